#ifndef ORGCODE_SHELL_PG_H
#define ORGCODE_SHELL_PG_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/status.h"
#include "base/str.h"
#include "base/time.h"
#include "base/uuid.h"
#include "shell/log.h"

/* Thin over libpq. All parameters and results are binary unless it says otherwise. One thread a connection.
 * Status: RETRY for a lost connection, serialization, lock time-out, shutdown, full disk; STOP for wrong rights,
 * missing tables, and programming errors; REJECT for integrity and data errors. `code` is "lost-connection" or
 * the SQLSTATE ("40001", ...), static. */

struct pg {
    PGconn *conn; /* NULL when closed */
    struct log *log;
};

/* One attempt, within 10 s. conninfo: URI or words; "" for the PG* variables alone. Sets application_name,
 * client_encoding UTF8, TCP keep-alives and TimeZone UTC; notices go to the log. */
struct status pg_open(const char *conninfo, const char *application_name, struct log *log, struct pg *out,
                      struct fault *fault) MUST_USE;
/* Attempts with back-off until it holds, the program shall stop (RETRY "stopping") or the fault is not of the
 * world (STOP: wrong password, unknown database...). timeout_ms 0: for ever. */
struct status pg_open_wait(const char *conninfo, const char *application_name, struct log *log, int timeout_ms,
                           struct pg *out, struct fault *fault) MUST_USE;
void pg_close(struct pg *pg);
/* The connection is lost (not: in a failed transaction). */
bool pg_lost(const struct pg *pg);

/* `name` as an identifier, quoted, for SQL that takes no parameter. False: empty, or longer than PostgreSQL keeps. */
#define IDENTIFIER_SIZE (2 * 63 + 3)
bool pg_identifier(struct pg *pg, const char *name, char out[IDENTIFIER_SIZE]) MUST_USE;
/* Tables named without a schema are those of this one (and temporary ones). REJECT "schema-name": no name of one. */
struct status pg_use_schema(struct pg *pg, const char *schema, struct fault *fault) MUST_USE;
/* Text protocol, several statements allowed, results dropped: BEGIN, COMMIT, SET, migrations. */
struct status pg_exec(struct pg *pg, const char *sql, struct fault *fault) MUST_USE;
/* SQL from a .sql file (see orgcode_embed), prepared under its name once a connection. */
struct pg_statement {
    const char *name, *sql;
};
struct status pg_prepare(struct pg *pg, const struct pg_statement *statement, size_t count, struct fault *fault) MUST_USE;

/* Parameters, in order. Values are encoded into the arena; texts are borrowed. */
#define PG_PARAM_MAX 32
struct pg_params {
    struct arena *arena;
    const char *value[PG_PARAM_MAX];
    int length[PG_PARAM_MAX], format[PG_PARAM_MAX];
    int count;
};
#define PG_PARAMS(a) ((struct pg_params){.arena = (a)})
void pg_param_bool(struct pg_params *params, bool value);
void pg_param_int4(struct pg_params *params, int32_t value);
void pg_param_int8(struct pg_params *params, int64_t value);
void pg_param_text(struct pg_params *params, struct str value); /* absent is NULL */
void pg_param_bytes(struct pg_params *params, const void *data, size_t size);
void pg_param_uuid(struct pg_params *params, struct uuid value);
void pg_param_date(struct pg_params *params, date_day value); /* DATE_NONE is NULL */
void pg_param_time(struct pg_params *params, time_ms value);  /* timestamptz */
void pg_param_null(struct pg_params *params);

/* A one-dimensional array as one parameter: for = ANY($1) and unnest($1, $2). */
enum pg_type { PG_BOOL = 16, PG_BYTEA = 17, PG_INT8 = 20, PG_INT2 = 21, PG_INT4 = 23, PG_TEXT = 25, PG_DATE = 1082, PG_TIMESTAMPTZ = 1184, PG_UUID = 2950 };
/* Bytes in network order, growing in an arena. */
struct pg_bytes {
    struct arena *arena;
    uint8_t *data;
    size_t size, room;
};
struct pg_array {
    struct pg_bytes bytes;
    enum pg_type type;
    size_t count;
    bool has_null;
};
struct pg_array pg_array_open(struct arena *arena, enum pg_type type);
/* The caller's type must be that of the array. */
void pg_array_int2(struct pg_array *array, int16_t value);
void pg_array_int4(struct pg_array *array, int32_t value);
void pg_array_int8(struct pg_array *array, int64_t value);
void pg_array_bool(struct pg_array *array, bool value);
void pg_array_text(struct pg_array *array, struct str value); /* absent is NULL; also for bytea */
void pg_array_uuid(struct pg_array *array, struct uuid value);
void pg_array_date(struct pg_array *array, date_day value);
void pg_array_time(struct pg_array *array, time_ms value);
void pg_array_null(struct pg_array *array);
void pg_param_array(struct pg_params *params, struct pg_array *array);

/* Runs a prepared statement. *out is the caller's to PQclear (NULL on failure); out may be NULL. params may be NULL. */
struct status pg_run(struct pg *pg, const char *name, const struct pg_params *params, PGresult **out,
                     struct fault *fault) MUST_USE;

/* The same in two steps: what is done between them goes on beside the server. *out is set as by pg_run; each pg_ask needs its
 * pg_answer. */
struct status pg_ask(struct pg *pg, const char *name, const struct pg_params *params, struct fault *fault) MUST_USE;
struct status pg_answer(struct pg *pg, const char *name, PGresult **out, struct fault *fault) MUST_USE;

/* Pipeline: begin, any number of send, then flush, which awaits all and gives the results in order of sending to
 * `take` (only good ones; borrowed for the call). The first failure is returned, the rest is drained; the
 * connection is out of pipeline mode in any case. take may be NULL. */
struct status pg_pipeline_begin(struct pg *pg, struct fault *fault) MUST_USE;
struct status pg_pipeline_send(struct pg *pg, const char *name, const struct pg_params *params, struct fault *fault) MUST_USE;
/* One plain statement without parameters (BEGIN, COMMIT, LOCK ...). */
struct status pg_pipeline_exec(struct pg *pg, const char *sql, struct fault *fault) MUST_USE;
struct status pg_pipeline_flush(struct pg *pg, void (*take)(void *user, size_t index, const PGresult *result), void *user,
                                struct fault *fault) MUST_USE;

/* COPY ... FROM STDIN (FORMAT binary). pg_copy_row, then as many fields, and so on, then pg_copy_close. Failures
 * while writing are kept and returned by pg_copy_close. With pg == NULL everything stays in `data` (tests). */
struct pg_copy {
    struct pg *pg;
    uint8_t *data;
    size_t size, room;
    struct status status;
    uint64_t rows;
};
struct status pg_copy_open(struct pg *pg, const char *sql, struct pg_copy *out, struct fault *fault) MUST_USE;
/* rows_out may be NULL. Frees the buffer in any case. */
struct status pg_copy_close(struct pg_copy *copy, uint64_t *rows_out, struct fault *fault) MUST_USE;
/* Gives up: the server is told to drop what came. */
void pg_copy_abort(struct pg_copy *copy);
void pg_copy_row(struct pg_copy *copy, int fields);
void pg_copy_null(struct pg_copy *copy);
void pg_copy_bool(struct pg_copy *copy, bool value);
void pg_copy_int2(struct pg_copy *copy, int16_t value);
void pg_copy_int4(struct pg_copy *copy, int32_t value);
void pg_copy_int8(struct pg_copy *copy, int64_t value);
void pg_copy_text(struct pg_copy *copy, struct str value); /* absent is NULL */
void pg_copy_bytes(struct pg_copy *copy, const void *data, size_t size);
void pg_copy_uuid(struct pg_copy *copy, struct uuid value);
void pg_copy_date(struct pg_copy *copy, date_day value); /* DATE_NONE is NULL */
void pg_copy_time(struct pg_copy *copy, time_ms value);
/* An array field; `array` is complete. */
void pg_copy_array(struct pg_copy *copy, struct pg_array *array);

/* Fields of a binary result. Texts point into the result. NULL reads as 0, absent, DATE_NONE, nil. */
bool pg_is_null(const PGresult *result, int row, int column);
bool pg_bool(const PGresult *result, int row, int column);
int16_t pg_int2(const PGresult *result, int row, int column);
int32_t pg_int4(const PGresult *result, int row, int column);
int64_t pg_int8(const PGresult *result, int row, int column);
struct str pg_text(const PGresult *result, int row, int column); /* bytea too */
struct sha256 pg_sha256(const PGresult *result, int row, int column); /* NULL: zeros, where a chain begins */
struct uuid pg_uuid(const PGresult *result, int row, int column);
date_day pg_date(const PGresult *result, int row, int column);
time_ms pg_time(const PGresult *result, int row, int column);
/* Elements of a one-dimensional text[] field, into the arena; *count 0 for NULL. */
struct str *pg_text_array(const PGresult *result, int row, int column, struct arena *arena, size_t *count);

/* LISTEN; channel is a plain identifier. */
struct status pg_listen(struct pg *pg, const char *channel, struct fault *fault) MUST_USE;
/* Reads what has arrived without waiting: *notified when any notification was among it. The socket to poll is
 * PQsocket(pg->conn). */
struct status pg_notified(struct pg *pg, bool *notified, struct fault *fault) MUST_USE;

#endif
