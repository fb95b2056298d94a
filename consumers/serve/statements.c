#include "statements.h"

#include <stdio.h>

#include "serve_sql.h"

#define STATEMENT(name) {#name, sql_##name},
static const struct pg_statement statements[] = {sql_each(STATEMENT)};

struct status session_prepare(struct pg *pg, long long statement_ms, struct fault *fault)
{
    char session[300]; /* starting parallel workers takes longer than what is asked here, and from others */
    snprintf(session, sizeof session,
        "set search_path = orgcode, orgcode_ops, public, pg_temp; set default_transaction_read_only = on;"
        "set jit = off; set max_parallel_workers_per_gather = 0; set statement_timeout = %lld",
        statement_ms);
    struct status status = pg_exec(pg, session, fault);
    if (!status_failed(status))
        status = pg_prepare(pg, statements, sizeof statements / sizeof *statements, fault);
    return status;
}
