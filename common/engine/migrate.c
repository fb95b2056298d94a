#include "engine/migrate.h"

#include <stdio.h>
#include <stdlib.h>

#include "migrations_sql.h"

struct migration {
    int number;
    const char *name, *sql;
    bool registry; /* makes or changes what the journal fills: in every schema that holds a registry */
};
static const struct migration migrations[] = {
    {1, "registry", migration_001_registry, true},
    {2, "law", migration_002_law, true},
    {3, "search", migration_003_search, false},
    {4, "entry", migration_004_entry, false},
};
static const size_t migrations_count = sizeof migrations / sizeof *migrations;

/* The key of the lock is any number that nothing else uses. */
static const char lock[] = "select pg_advisory_lock(7166241)";
static const char unlock[] = "select pg_advisory_unlock(7166241)";

static struct status applied_number(struct pg *pg, int *out, struct fault *fault)
{
    static const struct pg_statement last[] = {
        {"migration_last", "select coalesce(max(number), 0) from orgcode_ops.migration"},
    };
    PGresult *result = NULL;
    struct status status = pg_prepare(pg, last, 1, fault);
    if (!status_failed(status))
        status = pg_run(pg, last[0].name, NULL, &result, fault);
    if (status_failed(status))
        return status;
    *out = pg_int4(result, 0, 0);
    PQclear(result);
    return status;
}

/* All or nothing. */
static struct status in_transaction(struct pg *pg, const char *const *sql, size_t count, struct fault *fault)
{
    struct status status = pg_exec(pg, "begin", fault);
    for (size_t i = 0; i < count && !status_failed(status); i++)
        status = pg_exec(pg, sql[i], fault);
    if (!status_failed(status))
        status = pg_exec(pg, "commit", fault);
    if (!status_failed(status))
        return status;
    struct fault ignored;
    struct status undone = pg_exec(pg, "rollback", &ignored);
    (void)undone; /* the first fault counts */
    return status;
}

static struct status apply_one(struct pg *pg, const struct migration *migration, struct fault *fault)
{
    char note[160];
    snprintf(note, sizeof note, "insert into orgcode_ops.migration (number, name) values (%d, '%s')", migration->number,
        migration->name);
    const char *const sql[] = {"set local search_path = orgcode, pg_temp", migration->sql, note};
    return in_transaction(pg, sql, sizeof sql / sizeof *sql, fault);
}

struct status migrate_schema(struct pg *pg, const char *schema, struct fault *fault)
{
    char make[2 * IDENTIFIER_SIZE + 80];
    const char *sql[1 + sizeof migrations / sizeof *migrations] = {make};
    size_t count = 1;
    char quoted[IDENTIFIER_SIZE];
    if (!pg_identifier(pg, schema, quoted))
        return status_fail(fault, STATUS_STOP, "schema-name", "%s: no name of a schema", schema);
    snprintf(make, sizeof make, "create schema %s; set local search_path = %s, pg_temp", quoted, quoted);
    for (size_t i = 0; i < migrations_count; i++)
        if (migrations[i].registry)
            sql[count++] = migrations[i].sql;
    return in_transaction(pg, sql, count, fault);
}

struct status migrate(struct pg *pg, int *applied, struct fault *fault)
{
    int last = 0;
    *applied = 0;
    struct status status = pg_exec(pg, lock, fault);
    if (status_failed(status))
        return status;
    const char *const base[] = {migration_000_base};
    status = in_transaction(pg, base, 1, fault);
    if (!status_failed(status))
        status = applied_number(pg, &last, fault);
    size_t count = migrations_count;
    if (!status_failed(status) && last > migrations[count - 1].number)
        status = status_fail(fault, STATUS_STOP, "schema-newer",
            "the database is at migration %d, this program knows up to %d", last, migrations[count - 1].number);
    for (size_t i = 0; i < count && !status_failed(status); i++) {
        if (migrations[i].number <= last)
            continue;
        status = apply_one(pg, &migrations[i], fault);
        if (!status_failed(status))
            (*applied)++;
    }
    struct fault ignored;
    struct status unlocked = pg_exec(pg, unlock, &ignored);
    (void)unlocked; /* the end of the session does it too */
    return status;
}
