#include <pthread.h>
#include <stdlib.h>

#include "codec/json_receipt.h"
#include "core/scene.h"
#include "engine/dirty.h"
#include "engine/place.h"
#include "engine/rows.h"
#include "engine/store.h"
#include "shell/hook.h"

/* One transaction. Few rows: everything in one pipeline, rows as arrays. Many: COPY, table by table. */

#define FEW_ROWS 64    /* of one table: below, COPY's own round trips cost more */
#define ARRAY_ROWS 500 /* in one statement */

struct write {
    struct store *store;
    const struct registry *registry;
    struct journal_place *to;
    bool pipelined; /* the connection is in pipeline mode */
    int64_t next_due;
    size_t due_index;      /* of the statement that tells it */
    size_t sent;           /* statements in the pipeline */
    struct pg_copy memory; /* rows that go as arrays */
    struct fault *fault;
    struct dirty dirty;
};

/* ---- rows of one table
 * ------------------------------------------------------------------------------------------------ */

/* Writes row `i` of a table. Both chains move on as their rows are written, so each row is made once. */
typedef void put_row(struct write *write, struct pg_copy *copy, size_t i);

static struct arena *scratch_of(struct write *write)
{
    return write->store->scratch;
}

#define PUT_ROW(name, row)                                                                                             \
    static void name(struct write *write, struct pg_copy *copy, size_t i)                                              \
    {                                                                                                                  \
        row;                                                                                                           \
    }
PUT_ROW(put_code_new, row_code(copy, scratch_of(write), write->dirty.codes_new.item[i]))
PUT_ROW(put_code_old, row_code(copy, scratch_of(write), write->dirty.codes_old.item[i]))
PUT_ROW(put_version, row_version(copy, scratch_of(write), &write->registry->out.versions.item[i]))
PUT_ROW(put_edge, row_edge(copy, &write->registry->out.edges.item[i]))
PUT_ROW(put_act_new, row_act(copy, write->dirty.acts_new.item[i]))
PUT_ROW(put_act_old, row_act(copy, write->dirty.acts_old.item[i]))
PUT_ROW(put_pending, row_pending(copy, scratch_of(write), &write->registry->out.pending_added.item[i]))
PUT_ROW(put_mark, row_mark(copy, write->dirty.marks.item[i]))
PUT_ROW(put_scheme, row_scheme(copy, scratch_of(write), write->dirty.schemes.item[i]))
PUT_ROW(put_law, row_law(copy, &write->registry->out.laws.item[i]))
#undef PUT_ROW

static void put_change(struct write *write, struct pg_copy *copy, size_t i)
{
    const struct change *change = &write->registry->out.changes.item[i];
    int epoch = write->registry->place.epoch;
    struct change_encoded encoded;
    change_encode(scratch_of(write), write->store->hasher, change, epoch, &write->to->change_head, &encoded);
    write->to->change_head = encoded.hash;
    struct change_attributes attributes = change_attributes_of(change, epoch);
    row_change(copy, &attributes, encoded.data);
}
static void put_receipt(struct write *write, struct pg_copy *copy, size_t i)
{
    const struct receipt *receipt = &write->registry->out.receipts.item[i];
    struct sha256 hash;
    struct str data;
    receipt_encode(scratch_of(write), write->store->hasher, receipt, &write->to->receipt_head, &hash, &data);
    write->to->receipt_head = hash;
    row_receipt(copy, receipt, data);
}

static void put(struct write *write, struct pg_copy *copy, put_row *row, size_t i)
{
    struct arena_mark mark = arena_mark(scratch_of(write));
    row(write, copy, i);
    arena_rewind(scratch_of(write), mark);
}

/* ---- transport
 * ---------------------------------------------------------------------------------------------------------- */

static struct status send(struct write *write, const char *name, const struct pg_params *params)
{
    struct status status = status_ok();
    if (!write->pipelined)
        status = pg_pipeline_begin(&write->store->pg, write->fault);
    if (status_failed(status))
        return status;
    if (!write->pipelined)
        write->sent = 0;
    write->pipelined = true;
    write->sent++;
    return pg_pipeline_send(&write->store->pg, name, params, write->fault);
}

static void take(void *user, size_t index, const PGresult *result)
{
    struct write *write = user;
    if (write->due_index && index + 1 == write->due_index)
        write->next_due = PQntuples(result) ? pg_int8(result, 0, 0) : INT64_MAX;
}

/* Leaves pipeline mode; `status` is what came before. */
static struct status flush(struct write *write, struct status status)
{
    struct fault ignored;
    if (!write->pipelined)
        return status;
    write->pipelined = false;
    struct status flushed =
        pg_pipeline_flush(&write->store->pg, take, write, status_failed(status) ? &ignored : write->fault);
    return status_failed(status) ? status : flushed;
}

static struct status send_rows(
    struct write *write, const struct table *table, const char *statement, put_row *row, size_t count)
{
    struct pg_copy *memory = &write->memory;
    struct status status = status_ok();
    for (size_t i = 0; i < count && !status_failed(status);) {
        memory->size = 0;
        for (size_t end = i + ARRAY_ROWS; i < count && i < end; i++)
            put(write, memory, row, i);
        struct arena_mark mark = arena_mark(scratch_of(write));
        struct pg_bytes bytes = {.arena = scratch_of(write)};
        size_t at = 0;
        rows_array(table, &write->store->shape[table - store_tables], (struct str){(char *)memory->data, memory->size},
            &at, ARRAY_ROWS, &bytes);
        struct pg_params params = PG_PARAMS(scratch_of(write));
        pg_param_bytes(&params, bytes.data, bytes.size);
        status = send(write, statement, &params);
        arena_rewind(scratch_of(write), mark);
    }
    return status;
}

static struct status copy_rows(struct write *write, const struct table *table, put_row *row, size_t count)
{
    struct pg_copy copy;
    struct status status = flush(write, status_ok());
    if (!status_failed(status))
        status = pg_copy_open(&write->store->pg, write->store->shape[table - store_tables].copy, &copy, write->fault);
    if (status_failed(status))
        return status;
    for (size_t i = 0; i < count && !status_failed(copy.status); i++) {
        put(write, &copy, row, i);
        if (i == count / 2)
            hook_point("in-copy");
    }
    return pg_copy_close(&copy, NULL, write->fault);
}

static struct status insert(struct write *write, enum store_table table, put_row *row, size_t count)
{
    if (count == 0)
        return status_ok();
    if (count < FEW_ROWS || !store_tables[table].copied)
        return send_rows(write, &store_tables[table], store_tables[table].insert, row, count);
    return copy_rows(write, &store_tables[table], row, count);
}

static struct status update(struct write *write, enum store_table table, put_row *row, size_t count)
{
    return send_rows(write, &store_tables[table], store_tables[table].update, row, count);
}

/* ---- statements
 * ----------------------------------------------------------------------------------------------------------- */

static struct status lock_place(struct write *write, const struct journal_place *from)
{
    struct pg_params params = PG_PARAMS(scratch_of(write));
    struct status status = send(write, "begin", NULL);
    pg_param_int8(&params, from->next_offset);
    pg_param_int4(&params, from->place.step);
    pg_param_int8(&params, write->store->place_table);
    return status_failed(status) ? status : send(write, "place_lock", &params);
}

static struct status move_place(struct write *write)
{
    struct pg_params params = PG_PARAMS(scratch_of(write));
    place_params(&params, write->to);
    return send(write, "place_move", &params);
}

static struct status send_pairs(struct write *write, const char *name, struct pg_array *first, struct pg_array *second)
{
    struct pg_params params = PG_PARAMS(scratch_of(write));
    if (first->count == 0)
        return status_ok();
    pg_param_array(&params, first);
    if (second)
        pg_param_array(&params, second);
    return send(write, name, &params);
}

static struct status remove_pending(struct write *write)
{
    const struct outcome *out = &write->registry->out;
    struct pg_array numbers = pg_array_open(scratch_of(write), PG_INT8);
    for (size_t i = 0; i < out->pending_removed.count; i++)
        pg_array_int8(&numbers, out->pending_removed.item[i]);
    return send_pairs(write, "pending_remove", &numbers, NULL);
}

/* Waiting acts. First those that leave, as one may come again under its number: held, released, announced. */
static struct status write_pending(struct write *write)
{
    const struct outcome *out = &write->registry->out;
    struct arena *scratch = scratch_of(write);
    struct pg_array authorities = pg_array_open(scratch, PG_TEXT);
    struct pg_array delayed = pg_array_open(scratch, PG_INT8), dues = pg_array_open(scratch, PG_INT8);
    for (size_t i = 0; i < out->released.count; i++)
        pg_array_text(&authorities, out->released.item[i]);
    for (size_t i = 0; i < out->pending_delayed.count; i++) {
        pg_array_int8(&delayed, out->pending_delayed.item[i].number);
        pg_array_int8(&dues, out->pending_delayed.item[i].due);
    }
    struct status status = remove_pending(write);
    if (!status_failed(status))
        status = insert(write, TABLE_PENDING, put_pending, out->pending_added.count);
    if (!status_failed(status))
        status = send_pairs(write, "pending_release", &authorities, NULL);
    if (!status_failed(status))
        status = send_pairs(write, "pending_delay", &delayed, &dues);
    return status;
}

static struct status write_undone(struct write *write)
{
    const struct outcome *out = &write->registry->out;
    struct pg_array acts = pg_array_open(scratch_of(write), PG_INT8),
                    sequences = pg_array_open(scratch_of(write), PG_INT8);
    for (size_t i = 0; i < out->edges_undone.count; i++) {
        pg_array_int8(&acts, out->edges_undone.item[i].act);
        pg_array_int8(&sequences, out->edges_undone.item[i].sequence);
    }
    return send_pairs(write, "edges_undo", &acts, &sequences);
}

/* Small ones first: they share the pipeline with the lock. */
static struct status write_rows(struct write *write)
{
    const struct outcome *out = &write->registry->out;
    struct status status = update(write, TABLE_MARK, put_mark, write->dirty.marks.count);
    if (!status_failed(status))
        status = update(write, TABLE_SCHEME, put_scheme, write->dirty.schemes.count);
    if (!status_failed(status))
        status = insert(write, TABLE_LAW, put_law, out->laws.count);
    if (!status_failed(status))
        status = update(write, TABLE_CODE, put_code_old, write->dirty.codes_old.count);
    if (!status_failed(status))
        status = update(write, TABLE_ACT, put_act_old, write->dirty.acts_old.count);
    if (!status_failed(status))
        status = insert(write, TABLE_CODE, put_code_new, write->dirty.codes_new.count);
    if (!status_failed(status))
        status = insert(write, TABLE_ACT, put_act_new, write->dirty.acts_new.count);
    if (!status_failed(status))
        status = insert(write, TABLE_SUCCESSION, put_edge, out->edges.count);
    if (!status_failed(status))
        status = write_undone(write);
    if (!status_failed(status))
        status = write_pending(write);
    return status;
}

/* History, and what the world is told: what is not asked for while the batch is written. Both chains move on. */
static struct status write_told(struct write *write)
{
    const struct outcome *out = &write->registry->out;
    struct status status = insert(write, TABLE_CODE_VERSION, put_version, out->versions.count);
    if (!status_failed(status))
        status = insert(write, TABLE_CHANGE, put_change, out->changes.count);
    if (!status_failed(status))
        status = insert(write, TABLE_RECEIPT, put_receipt, out->receipts.count);
    return status;
}

/* ---- beside: see store_bulk_begin
 * ------------------------------------------------------------------------------------------- */

struct beside {
    struct write write;
    struct fault fault;
    struct status status;
    pthread_t thread;
    bool begun;
};

static void *run_beside(void *argument)
{
    struct beside *beside = argument;
    struct write *write = &beside->write;
    struct status status = send(write, "begin", NULL);
    if (!status_failed(status))
        status = write_told(write);
    if (!status_failed(status))
        status = send(write, "commit", NULL);
    beside->status = flush(write, status);
    free(write->memory.data);
    arena_reset(scratch_of(write));
    return NULL;
}

/* Only while the place is ours. */
static struct status begin_beside(struct write *write, struct beside *beside)
{
    struct status status = flush(write, status_ok());
    if (status_failed(status))
        return status;
    beside->write = (struct write){
        .store = write->store->beside, .registry = write->registry, .to = write->to, .fault = &beside->fault};
    beside->begun = true;
    if (pthread_create(&beside->thread, NULL, run_beside, beside))
        abort();
    return status;
}

static struct status end_beside(struct write *write, struct beside *beside, struct status status)
{
    if (!beside->begun)
        return status;
    pthread_join(beside->thread, NULL);
    if (status_failed(status) || !status_failed(beside->status))
        return status;
    *write->fault = beside->fault;
    return beside->status;
}

static struct status finish(struct write *write)
{
    struct status status = move_place(write);
    if (!status_failed(status))
        status = send(write, "next_due", NULL);
    write->due_index = write->sent;
    const struct outcome *out = &write->registry->out;
    if (!status_failed(status) && !write->store->bulk && out->changes.count + out->receipts.count > 0)
        status = send(write, "told", NULL);
    hook_point("before-commit");
    if (!status_failed(status))
        status = send(write, "commit", NULL);
    return status;
}

/* Reads anew what the tables look like; true: there are more columns than before. */
static bool has_grown(struct store *store)
{
    struct fault ignored;
    size_t before = 0, after = 0;
    for (int i = 0; i < TABLES; i++)
        before += store->shape[i].laters;
    struct status status = store_shapes(store, &ignored);
    for (int i = 0; i < TABLES; i++)
        after += store->shape[i].laters;
    return !status_failed(status) && after > before;
}

/* What went wrong in the words of store.h. */
static struct status judged(struct store *store, struct status status)
{
    bool grown = false;
    if (str_equal(str_of(status.code), STR("42804"))) { /* rows as an array, with fewer columns than the table has */
        grown = has_grown(store);
        if (store->beside)
            grown |= has_grown(store->beside);
    }
    if (grown)
        return (struct status){STATUS_RETRY, "columns"};
    if (str_equal(str_of(status.code), STR("22012"))) /* place_lock: division by zero */
        return (struct status){STATUS_STOP, "fenced"};
    if (str_equal(str_of(status.code), STR("55P03")))
        return (struct status){STATUS_RETRY, "place-taken"};
    return status;
}

struct status store_write(struct store *store, const struct registry *registry, const struct journal_place *from,
    struct journal_place *to, struct fault *fault)
{
    struct write write = {.store = store, .registry = registry, .to = to, .fault = fault, .next_due = INT64_MAX};
    to->place = registry->place;
    to->change_head = from->change_head;
    to->receipt_head = from->receipt_head;
    dirty_collect(&write.dirty, registry->scene, store->scratch);
    struct beside beside = {.status = status_ok()};
    struct status status = lock_place(&write, from);
    if (!status_failed(status) && store->beside)
        status = begin_beside(&write, &beside);
    if (!status_failed(status))
        status = write_rows(&write);
    if (!status_failed(status) && !store->beside)
        status = write_told(&write);
    status = end_beside(&write, &beside, status);
    if (!status_failed(status))
        status = finish(&write);
    status = flush(&write, status);
    free(write.memory.data);
    arena_reset(store->scratch);
    if (!status_failed(status)) {
        hook_point("after-commit");
        store->next_due = write.next_due;
        return status;
    }
    struct fault ignored;
    struct status undone = pg_lost(&store->pg) ? status_ok() : pg_exec(&store->pg, "rollback", &ignored);
    if (status_failed(undone)) /* whoever reads the place next will meet it again */
        fault->text[sizeof fault->text - 1] = 0;
    return judged(store, status);
}
