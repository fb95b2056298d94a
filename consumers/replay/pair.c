#include "pair.h"

#include <stdio.h>

#include "replay_sql.h"

static const char begin[] = "begin isolation level repeatable read read only";

struct status pair_open(struct pair *pair, struct command_run *run, const char *a, const char *b, struct fault *fault)
{
    *pair = (struct pair){.schema = {a, b}};
    struct status status = status_ok();
    for (int i = 0; i < 2 && pair->schema[i] && !status_failed(status); i++)
        status = command_pg(run, &pair->pg[i], fault);
    if (status_failed(status))
        pair_close(pair);
    return status;
}

void pair_close(struct pair *pair)
{
    for (int i = 0; i < 2; i++)
        pg_close(&pair->pg[i]);
}

/* The second connection sees what the first sees. */
static struct status share(struct pair *pair, struct fault *fault)
{
    PGresult *result = NULL;
    char sql[128];
    struct status status = schema_ask(&pair->pg[0], sql_snapshot, NULL, &result, fault);
    if (status_failed(status))
        return status;
    snprintf(sql, sizeof sql, "%s; set transaction snapshot '%.*s'", begin, STR_ARG(pg_text(result, 0, 0)));
    PQclear(result);
    status = pg_exec(&pair->pg[1], sql, fault);
    return status_failed(status) ? status : pg_use_schema(&pair->pg[1], pair->schema[1], fault);
}

struct status pair_see(struct pair *pair, struct fault *fault)
{
    struct status status = pg_exec(&pair->pg[0], begin, fault);
    if (!status_failed(status) && pair->schema[1])
        status = schema_place(&pair->pg[0], pair->schema[1], &pair->place[1], fault);
    if (!status_failed(status))
        status = schema_place(&pair->pg[0], pair->schema[0], &pair->place[0], fault);
    return status_failed(status) || !pair->schema[1] ? status : share(pair, fault);
}

struct status pair_leave(struct pair *pair, struct fault *fault)
{
    struct status status = status_ok();
    for (int i = 0; i < 2 && pair->schema[i] && !status_failed(status); i++)
        status = pg_exec(&pair->pg[i], "rollback", fault);
    return status;
}

bool pair_level(const struct pair *pair)
{
    return !pair->schema[1] ||
           memcmp(pair->place[0].whole.byte, pair->place[1].whole.byte, sizeof pair->place[0].whole.byte) == 0;
}
