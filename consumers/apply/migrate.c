#include "migrate.h"

#include <stdio.h>
#include <stdlib.h>

#include "migrations_sql.h"

struct migration {
    int number;
    const char *name, *sql;
};
static const struct migration migrations[] = {
    {1, "registry", migration_001_registry},
};

/* The key of the lock is any number that nothing else uses. */
static const char lock[] = "select pg_advisory_lock(7166241)";
static const char unlock[] = "select pg_advisory_unlock(7166241)";

static struct status applied_number(struct pg *pg, int *out, struct fault *fault)
{
    static const struct pg_statement known[] = {
        {"migration_table", "select to_regclass('orgcode_ops.migration') is not null"},
    };
    static const struct pg_statement last[] = {
        {"migration_last", "select coalesce(max(number), 0) from orgcode_ops.migration"},
    };
    PGresult *result = NULL;
    *out = 0;
    struct status status = pg_prepare(pg, known, 1, fault);
    if (!status_failed(status))
        status = pg_run(pg, known[0].name, NULL, &result, fault);
    if (status_failed(status))
        return status;
    bool there = pg_bool(result, 0, 0);
    PQclear(result);
    if (!there)
        return status;
    result = NULL;
    status = pg_prepare(pg, last, 1, fault);
    if (!status_failed(status))
        status = pg_run(pg, last[0].name, NULL, &result, fault);
    if (!status_failed(status))
        *out = pg_int4(result, 0, 0);
    PQclear(result);
    return status;
}

static struct status apply_one(struct pg *pg, const struct migration *migration, struct fault *fault)
{
    char note[160];
    snprintf(note, sizeof note, "insert into orgcode_ops.migration (number, name) values (%d, '%s'); commit",
        migration->number, migration->name);
    struct status status = pg_exec(pg, "begin", fault);
    if (!status_failed(status))
        status = pg_exec(pg, migration->sql, fault);
    if (!status_failed(status))
        status = pg_exec(pg, note, fault);
    if (!status_failed(status))
        return status;
    struct fault ignored;
    struct status undone = pg_exec(pg, "rollback", &ignored);
    (void)undone; /* the first fault counts */
    return status;
}

struct status migrate(struct pg *pg, int *applied, struct fault *fault)
{
    int last = 0;
    *applied = 0;
    struct status status = pg_exec(pg, lock, fault);
    if (status_failed(status))
        return status;
    status = applied_number(pg, &last, fault);
    size_t count = sizeof migrations / sizeof *migrations;
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
