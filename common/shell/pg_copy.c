#include <stdlib.h>

#include "shell/pg_wire.h"

#define COPY_CHUNK ((size_t)65536)

static uint8_t *copy_room(struct pg_copy *copy, size_t size)
{
    if (copy->size + size > copy->room) {
        size_t room = copy->room == 0 ? 2 * COPY_CHUNK : copy->room * 2;
        room = room > copy->size + size ? room : copy->size + size;
        copy->data = realloc(copy->data, room);
        if (copy->data == NULL) {
            abort();
        }
        copy->room = room;
    }
    uint8_t *at = copy->data + copy->size;
    copy->size += size;
    return at;
}

static void copy_send(struct pg_copy *copy)
{
    if (copy->pg == NULL || status_failed(copy->status)) {
        copy->size = copy->pg == NULL ? copy->size : 0;
        return;
    }
    if (copy->size > 0 && PQputCopyData(copy->pg->conn, (const char *)copy->data, (int)copy->size) != 1) {
        copy->status = pg_fail_result(copy->pg, NULL, "COPY", NULL);
    }
    copy->size = 0;
}

struct status pg_copy_open(struct pg *pg, const char *sql, struct pg_copy *out, struct fault *fault)
{
    *out = (struct pg_copy){.pg = pg};
    if (pg != NULL) {
        if (pg->conn == NULL) {
            return status_fail(fault, STATUS_RETRY, "lost-connection", "there is no connection to PostgreSQL");
        }
        PGresult *result = PQexec(pg->conn, sql);
        if (PQresultStatus(result) != PGRES_COPY_IN) {
            struct status status = pg_fail_result(pg, result, "COPY", fault);
            PQclear(result);
            return status;
        }
        PQclear(result);
    }
    memcpy(copy_room(out, 19), "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
    return status_ok();
}

void pg_copy_row(struct pg_copy *copy, int fields)
{
    if (copy->size >= COPY_CHUNK) {
        copy_send(copy);
    }
    pg_put2(copy_room(copy, 2), (int16_t)fields);
    copy->rows++;
}

static uint8_t *copy_field(struct pg_copy *copy, size_t size)
{
    uint8_t *at = copy_room(copy, 4 + size);
    pg_put4(at, (int32_t)size);
    return at + 4;
}

void pg_copy_null(struct pg_copy *copy)
{
    pg_put4(copy_room(copy, 4), -1);
}

void pg_copy_bool(struct pg_copy *copy, bool value)
{
    *copy_field(copy, 1) = value;
}

void pg_copy_int2(struct pg_copy *copy, int16_t value)
{
    pg_put2(copy_field(copy, 2), value);
}

void pg_copy_int4(struct pg_copy *copy, int32_t value)
{
    pg_put4(copy_field(copy, 4), value);
}

void pg_copy_int8(struct pg_copy *copy, int64_t value)
{
    pg_put8(copy_field(copy, 8), value);
}

void pg_copy_bytes(struct pg_copy *copy, const void *data, size_t size)
{
    uint8_t *at = copy_field(copy, size);
    if (size > 0) {
        memcpy(at, data, size);
    }
}

void pg_copy_text(struct pg_copy *copy, struct str value)
{
    if (str_given(value)) {
        pg_copy_bytes(copy, value.data, value.len);
    } else {
        pg_copy_null(copy);
    }
}

void pg_copy_uuid(struct pg_copy *copy, struct uuid value)
{
    pg_copy_bytes(copy, value.byte, 16);
}

void pg_copy_date(struct pg_copy *copy, date_day value)
{
    if (value == DATE_NONE) {
        pg_copy_null(copy);
    } else {
        pg_copy_int4(copy, value - PG_EPOCH_DAY);
    }
}

void pg_copy_time(struct pg_copy *copy, time_ms value)
{
    pg_copy_int8(copy, pg_micros(value));
}

void pg_copy_array(struct pg_copy *copy, struct pg_array *array)
{
    struct str bytes = pg_array_finish(array);
    pg_copy_bytes(copy, bytes.data, bytes.len);
}

static void copy_end(struct pg_copy *copy, const char *error, struct fault *fault)
{
    struct pg *pg = copy->pg;
    if (PQputCopyEnd(pg->conn, error) != 1 && !status_failed(copy->status)) {
        copy->status = pg_fail_result(pg, NULL, "COPY", fault);
    }
    for (PGresult *result = PQgetResult(pg->conn); result != NULL; result = PQgetResult(pg->conn)) {
        /* A failure while sending is told again, in better words, by the result. */
        if (PQresultStatus(result) != PGRES_COMMAND_OK && error == NULL) {
            copy->status = pg_fail_result(pg, result, "COPY", fault);
        }
        bool stuck = PQresultStatus(result) == PGRES_COPY_IN;
        PQclear(result);
        if (stuck) {
            break;
        }
    }
}

struct status pg_copy_close(struct pg_copy *copy, uint64_t *rows_out, struct fault *fault)
{
    pg_put2(copy_room(copy, 2), -1);
    copy_send(copy);
    if (copy->pg != NULL) {
        if (status_failed(copy->status)) {
            status_fail(fault, copy->status.class, copy->status.code, "COPY: %s", PQerrorMessage(copy->pg->conn));
        }
        copy_end(copy, NULL, fault);
    }
    if (rows_out != NULL) {
        *rows_out = copy->rows;
    }
    free(copy->data);
    copy->data = NULL;
    return copy->status;
}

void pg_copy_abort(struct pg_copy *copy)
{
    if (copy->pg != NULL && !pg_lost(copy->pg)) {
        copy_end(copy, "given up", NULL);
    }
    free(copy->data);
    copy->data = NULL;
}
