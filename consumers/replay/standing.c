#include "standing.h"

#include "replay_sql.h"

static const struct pg_statement statement[] = {{"standing", sql_standing}};

struct status standing_read(struct pg *pg, struct standing *out, struct fault *fault)
{
    PGresult *result = NULL;
    struct status status = pg_prepare(pg, statement, 1, fault);
    if (!status_failed(status))
        status = pg_run(pg, statement[0].name, NULL, &result, fault);
    if (status_failed(status))
        return status;
    if (PQntuples(result) == 1)
        *out = (struct standing){
            .born = pg_bool(result, 0, 0),
            .registry_id = pg_uuid(result, 0, 1),
            .epoch = pg_int4(result, 0, 2),
            .mode = (enum journal_mode)pg_int2(result, 0, 3),
            .rules_version = pg_int4(result, 0, 4),
            .record = pg_int8(result, 0, 5),
            .step = pg_int4(result, 0, 6),
            .time = pg_int8(result, 0, 7),
            .sequence = pg_int8(result, 0, 8),
            .receipt = pg_int8(result, 0, 9),
            .change_head = pg_sha256(result, 0, 10),
            .receipt_head = pg_sha256(result, 0, 11),
            .next_offset = pg_int8(result, 0, 12),
        };
    else
        status = status_fail(fault, STATUS_STOP, "no-place", "orgcode.place has %d rows, not one", PQntuples(result));
    PQclear(result);
    return status;
}
