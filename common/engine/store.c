#include "engine/store.h"

#include <stdio.h>
#include <string.h>

#include "engine/place.h"
#include "engine/rows.h"
#include "engine_sql.h"

/* Plans must not hang on what the tables held when they were made: every look-up is by an index, and every join
 * walks from the few to the many. A writer that waits for the place gives up after lock_timeout. */
static const char session[] = "set lock_timeout = '2s'; set plan_cache_mode = force_generic_plan; set jit = off;"
                              "set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off;"
                              "set enable_bitmapscan = off; set synchronous_commit = on; set work_mem = '32MB'";

#define STATEMENT(name)                                                                                                \
    {                                                                                                                  \
#name, sql_##name                                                                                              \
    }
static const struct pg_statement statements[] = {
    STATEMENT(act_insert),
    STATEMENT(act_update),
    STATEMENT(acts),
    STATEMENT(begin),
    STATEMENT(built),
    STATEMENT(change_insert),
    STATEMENT(children),
    STATEMENT(code_insert),
    STATEMENT(code_update),
    STATEMENT(code_version_insert),
    STATEMENT(codes),
    STATEMENT(commit),
    STATEMENT(due),
    STATEMENT(edges),
    STATEMENT(edges_undo),
    STATEMENT(facts),
    STATEMENT(holds),
    STATEMENT(law_insert),
    STATEMENT(legacy),
    STATEMENT(mark_put),
    STATEMENT(marks),
    STATEMENT(next_due),
    STATEMENT(pending_act_insert),
    STATEMENT(pending_delay),
    STATEMENT(pending_release),
    STATEMENT(pending_remove),
    STATEMENT(pendings),
    STATEMENT(place),
    STATEMENT(place_blockers),
    STATEMENT(place_lock),
    STATEMENT(place_move),
    STATEMENT(receipt_insert),
    STATEMENT(scheme_put),
    STATEMENT(schemes),
    STATEMENT(subjects),
    STATEMENT(subtree),
    STATEMENT(succession_insert),
    STATEMENT(told),
};
static const struct pg_statement types[] = {STATEMENT(types)};

/* A column of a table that rows go to, the next in order. */
static void add_column(struct table_shape *shape, const char *known, size_t column, const PGresult *result, int row)
{
    size_t used = strlen(shape->copy), columns = strlen(known);
    if (column < columns)
        snprintf(shape->copy + used, sizeof shape->copy - used, "%s%.*s%s", column == 0 ? " (" : ", ",
            STR_ARG(pg_text(result, row, 3)), column + 1 == columns ? ") from stdin (format binary)" : "");
    else if (shape->laters < LATER_MAX)
        shape->later[shape->laters++] = (uint32_t)pg_int8(result, row, 4);
}

/* Rows of the answer from `row` on, as far as they are of one table; behind them. */
static int read_shape(struct store *store, const PGresult *result, int row)
{
    struct str name = pg_text(result, row, 0);
    int begin = row, end = PQntuples(result), t = 0;
    while (t < TABLES && !str_equal(name, str_of(store_tables[t].name)))
        t++;
    if (str_equal(name, STR("place")))
        store->place_table = pg_int8(result, row, 2);
    if (t < TABLES) {
        store->shape[t] = (struct table_shape){.row_type = (uint32_t)pg_int8(result, row, 1)};
        snprintf(store->shape[t].copy, sizeof store->shape[t].copy, "copy %s", store_tables[t].name);
    }
    for (; row < end && str_equal(pg_text(result, row, 0), name); row++)
        if (t < TABLES)
            add_column(&store->shape[t], store_tables[t].column, (size_t)(row - begin), result, row);
    return row;
}

struct status store_shapes(struct store *store, struct fault *fault)
{
    PGresult *result = NULL;
    struct status status = pg_run(&store->pg, "types", NULL, &result, fault);
    if (status_failed(status))
        return status;
    for (int row = 0; row < PQntuples(result);)
        row = read_shape(store, result, row);
    PQclear(result);
    for (int i = 0; i < TABLES; i++)
        if (store->shape[i].row_type == 0)
            return status_fail(fault, STATUS_STOP, "no-table", "table %s is missing: orgcode-apply --migrate makes it",
                store_tables[i].name);
    return status_ok();
}

struct status store_open(
    struct store *store, struct pg pg, const char *schema, const struct avro_reader *reader, struct fault *fault)
{
    *store = (struct store){.pg = pg, .reader = reader, .next_due = INT64_MAX};
    store->scratch = arena_open(0);
    store->hasher = hasher_open();
    struct status status = pg_exec(&store->pg, session, fault);
    if (!status_failed(status))
        status = pg_use_schema(&store->pg, schema, fault); /* statements name tables without one */
    if (!status_failed(status))
        status = pg_prepare(&store->pg, types, 1, fault);
    if (!status_failed(status))
        status = store_shapes(store, fault); /* before the others: they name the tables */
    if (!status_failed(status))
        status = pg_prepare(&store->pg, statements, sizeof statements / sizeof *statements, fault);
    if (status_failed(status))
        store_close(store);
    return status;
}

void store_close(struct store *store)
{
    pg_close(&store->pg);
    if (store->scratch)
        arena_close(store->scratch);
    if (store->hasher)
        hasher_close(store->hasher);
    store->scratch = NULL;
    store->hasher = NULL;
}

struct status store_bulk_begin(struct store *store, struct store *beside, struct fault *fault)
{
    store->bulk = true;
    store->beside = beside;
    struct status status = pg_exec(&store->pg, sql_bulk_begin, fault);
    return status_failed(status) ? status : pg_exec(&beside->pg, "set synchronous_commit = off", fault);
}

struct status store_bulk_end(struct store *store, struct fault *fault)
{
    store->bulk = false;
    store->beside = NULL;
    return pg_exec(&store->pg, sql_bulk_end, fault);
}

struct status store_place(struct store *store, struct journal_place *out, struct fault *fault)
{
    PGresult *result = NULL;
    struct status status = pg_run(&store->pg, "place", NULL, &result, fault);
    if (status_failed(status))
        return status;
    if (PQntuples(result) == 1)
        place_read(result, out);
    else
        status = status_fail(fault, STATUS_STOP, "no-place", "place has %d rows, not one", PQntuples(result));
    PQclear(result);
    if (status_failed(status))
        return status;
    status = pg_run(&store->pg, "next_due", NULL, &result, fault);
    if (status_failed(status))
        return status;
    store->next_due = PQntuples(result) ? pg_int8(result, 0, 0) : INT64_MAX;
    PQclear(result);
    return status;
}

struct status store_evict(struct store *store, int64_t *ended, struct fault *fault)
{
    PGresult *result = NULL;
    struct status status = pg_run(&store->pg, "place_blockers", NULL, &result, fault);
    if (status_failed(status))
        return status;
    *ended = pg_int8(result, 0, 0);
    PQclear(result);
    return status;
}
