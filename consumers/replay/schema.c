#include "schema.h"

#include <stdio.h>

#include "replay_sql.h"
#include "shell/pg_wire.h"

struct status schema_ask(
    struct pg *pg, const char *sql, const struct pg_params *params, PGresult **out, struct fault *fault)
{
    PGresult *result = PQexecParams(pg->conn, sql, params ? params->count : 0, NULL, params ? params->value : NULL,
        params ? params->length : NULL, params ? params->format : NULL, 1);
    *out = NULL;
    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        *out = result;
        return status_ok();
    }
    struct status status = pg_fail_result(pg, result, "PostgreSQL", fault);
    PQclear(result);
    return status;
}

struct status schema_exists(struct pg *pg, const char *schema, bool *out, struct fault *fault)
{
    PGresult *result = NULL;
    struct arena *arena = arena_open(0);
    struct pg_params params = PG_PARAMS(arena);
    pg_param_text(&params, str_of(schema));
    struct status status = schema_ask(pg, sql_schema_exists, &params, &result, fault);
    arena_close(arena);
    if (status_failed(status))
        return status;
    *out = pg_bool(result, 0, 0);
    PQclear(result);
    return status;
}

struct status schema_place(struct pg *pg, const char *schema, struct schema_place *out, struct fault *fault)
{
    PGresult *result = NULL;
    struct status status = pg_use_schema(pg, schema, fault);
    if (!status_failed(status))
        status = schema_ask(pg, sql_schema_place, NULL, &result, fault);
    if (strcmp(status.code, "42P01") == 0) /* undefined_table */
        return status_fail(fault, STATUS_REJECT, "no-schema", "there is no registry in schema %s", schema);
    if (status_failed(status))
        return status;
    if (PQntuples(result) == 1)
        *out = (struct schema_place){
            .oid = pg_int8(result, 0, 0),
            .born = pg_bool(result, 0, 1),
            .registry_id = pg_uuid(result, 0, 2),
            .epoch = pg_int4(result, 0, 3),
            .step = pg_int4(result, 0, 4),
            .record = pg_int8(result, 0, 5),
            .sequence = pg_int8(result, 0, 6),
            .receipt = pg_int8(result, 0, 7),
            .next_offset = pg_int8(result, 0, 8),
            .time = pg_int8(result, 0, 9),
            .change_head = pg_sha256(result, 0, 10),
            .receipt_head = pg_sha256(result, 0, 11),
            .whole = pg_sha256(result, 0, 12),
            .exact = pg_sha256(result, 0, 13),
            .mode = (enum journal_mode)pg_int4(result, 0, 14),
        };
    else
        status =
            status_fail(fault, STATUS_STOP, "no-place", "%s.place has %d rows, not one", schema, PQntuples(result));
    PQclear(result);
    return status;
}

struct status schema_drop(struct pg *pg, const char *schema, struct fault *fault)
{
    char quoted[IDENTIFIER_SIZE], sql[IDENTIFIER_SIZE + 40];
    if (!pg_identifier(pg, schema, quoted))
        return status_fail(fault, STATUS_REJECT, "schema-name", "%s: no name of a schema", schema);
    snprintf(sql, sizeof sql, "drop schema if exists %s cascade", quoted);
    return pg_exec(pg, sql, fault);
}

char *schema_place_format(const struct schema_place *place, char out[SCHEMA_PLACE_TEXT])
{
    snprintf(out, SCHEMA_PLACE_TEXT, "record %lld, offset %lld, change %lld, receipt %lld", (long long)place->record,
        (long long)place->next_offset, (long long)place->sequence, (long long)place->receipt);
    return out;
}
