#include "shell/pg.h"

#include <stdlib.h>
#include <string.h>

#include "shell/backoff.h"
#include "shell/pg_wire.h"
#include "shell/process.h"

/* SQLSTATEs by what to do about them; the first that fits. A word of two letters stands for its class. */
static const struct {
    const char *state;
    enum status_class class;
} known_state[] = {
    {"40001", STATUS_RETRY},
    {"40P01", STATUS_RETRY},
    {"55P03", STATUS_RETRY},
    {"57014", STATUS_RETRY},
    {"57P01", STATUS_RETRY},
    {"57P02", STATUS_RETRY},
    {"57P03", STATUS_RETRY},
    {"57P05", STATUS_RETRY},
    {"25P03", STATUS_RETRY},
    {"25006", STATUS_RETRY},
    {"53100", STATUS_RETRY},
    {"53200", STATUS_RETRY},
    {"53300", STATUS_RETRY},
    {"08P01", STATUS_STOP},
    {"08", STATUS_RETRY},
    {"40", STATUS_RETRY},
    {"53", STATUS_RETRY},
    {"55", STATUS_RETRY},
    {"57", STATUS_RETRY},
    {"58", STATUS_RETRY},
    {"23505", STATUS_REJECT},
    {"23503", STATUS_REJECT},
    {"23502", STATUS_REJECT},
    {"23514", STATUS_REJECT},
    {"23", STATUS_REJECT},
    {"22012", STATUS_REJECT},
    {"22", STATUS_REJECT},
    {"25P02", STATUS_STOP},
    {"28000", STATUS_STOP},
    {"28P01", STATUS_STOP},
    {"3D000", STATUS_STOP},
    {"3F000", STATUS_STOP},
    {"42501", STATUS_STOP},
    {"42P01", STATUS_STOP},
    {"42703", STATUS_STOP},
    {"42804", STATUS_STOP},
    {"42", STATUS_STOP},
};

static struct status state_status(const char *state)
{
    for (size_t i = 0; state != NULL && i < sizeof known_state / sizeof known_state[0]; i++) {
        if (strncmp(state, known_state[i].state, strlen(known_state[i].state)) == 0) {
            return (struct status){known_state[i].class, known_state[i].state};
        }
    }
    return (struct status){STATUS_STOP, "sql"};
}

bool pg_lost(const struct pg *pg)
{
    return pg->conn == NULL || PQstatus(pg->conn) == CONNECTION_BAD;
}

/* Without the newline that libpq ends its messages with. */
static int text_length(const char *text)
{
    size_t length = strlen(text);
    while (length > 0 && text[length - 1] == '\n') {
        length--;
    }
    return (int)length;
}

struct status pg_fail_result(struct pg *pg, const PGresult *result, const char *what, struct fault *fault)
{
    const char *text = result ? PQresultErrorMessage(result) : NULL;
    const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
    text = text && text[0] ? text : PQerrorMessage(pg->conn);
    /* An error without SQLSTATE is libpq's own, about the connection: a failed write is told before it knows of the loss. */
    bool lost = pg_lost(pg) || (result && !state);
    struct status status = lost ? (struct status){STATUS_RETRY, "lost-connection"} : state_status(state);
    return status_fail(fault, status.class, status.code, "%s: %.*s", what, text_length(text), text);
}

static void on_notice(void *argument, const PGresult *result)
{
    struct log *log = argument;
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    bool warning = severity != NULL && strcmp(severity, "WARNING") == 0;
    LOG_AT(log, warning ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "postgresql notice", LOG_TEXT("sqlstate", state),
        LOG_TEXT("text", text));
}

/* libpq hides the SQLSTATE of a refused connection: its text has to tell what time will not heal. */
static enum status_class connect_class(const char *text)
{
    static const char *const hopeless[] = {"password authentication failed", "no pg_hba.conf entry",
        "no password supplied", "invalid connection option", "authentication failed", "certificate verify failed"};
    for (size_t i = 0; i < sizeof hopeless / sizeof hopeless[0]; i++) {
        if (strstr(text, hopeless[i]) != NULL) {
            return STATUS_STOP;
        }
    }
    bool missing = strstr(text, "FATAL:") != NULL && strstr(text, "does not exist") != NULL;
    return missing ? STATUS_STOP : STATUS_RETRY;
}

static bool conninfo_good(const char *conninfo, struct fault *fault, struct status *status)
{
    char *error = NULL;
    PQconninfoOption *parsed = PQconninfoParse(conninfo, &error);
    if (parsed == NULL) {
        *status = status_fail(fault, STATUS_STOP, "conninfo", "--pg cannot be read: %.*s",
            error ? text_length(error) : 0, error ? error : "");
        PQfreemem(error);
        return false;
    }
    PQconninfoFree(parsed);
    return true;
}

struct status pg_open(
    const char *conninfo, const char *application_name, struct log *log, struct pg *out, struct fault *fault)
{
    const char *keyword[] = {"fallback_application_name", "client_encoding", "connect_timeout", "keepalives_idle",
        "keepalives_interval", "keepalives_count", "tcp_user_timeout", "dbname", NULL};
    const char *value[] = {application_name, "UTF8", "10", "10", "5", "3", "20000", conninfo, NULL};
    struct status status;
    *out = (struct pg){.log = log};
    if (conninfo == NULL || conninfo[0] == '\0') {
        keyword[7] = NULL;
    } else if (!conninfo_good(conninfo, fault, &status)) {
        return status;
    }
    out->conn = PQconnectdbParams(keyword, value, 1);
    if (PQstatus(out->conn) != CONNECTION_OK) {
        const char *text = PQerrorMessage(out->conn);
        enum status_class class = connect_class(text);
        status = status_fail(fault, class, class == STATUS_STOP ? "connect-refused" : "lost-connection", "%.*s",
            text_length(text), text);
        pg_close(out);
        return status;
    }
    PQsetNoticeReceiver(out->conn, on_notice, log);
    status =
        pg_exec(out, "SET TimeZone TO 'UTC'; SET DateStyle TO 'ISO, YMD'; SET client_min_messages TO warning", fault);
    if (status_failed(status)) {
        pg_close(out);
    }
    return status;
}

struct status pg_open_wait(const char *conninfo, const char *application_name, struct log *log, int timeout_ms,
    struct pg *out, struct fault *fault)
{
    struct backoff backoff = {.min_ms = 100, .max_ms = 2000};
    struct fault local;
    fault = fault ? fault : &local;
    time_ms deadline = time_monotonic() + timeout_ms;
    for (;;) {
        struct status status = pg_open(conninfo, application_name, log, out, fault);
        if (status.class != STATUS_RETRY) {
            return status;
        }
        if (timeout_ms > 0 && time_monotonic() >= deadline) {
            return status;
        }
        /* One line at first, then one in about half a minute. */
        if (backoff.tries % 16 == 0) {
            log_warn(log, "postgresql cannot be reached, trying on", LOG_TEXT("text", fault->text),
                LOG_INT("tries", backoff.tries + 1));
        }
        if (backoff_wait(&backoff)) {
            return status_fail(fault, STATUS_RETRY, "stopping", "stopped while connecting to PostgreSQL");
        }
    }
}

void pg_close(struct pg *pg)
{
    if (pg->conn != NULL) {
        PQfinish(pg->conn);
        pg->conn = NULL;
    }
}

static struct status not_open(struct fault *fault)
{
    return status_fail(fault, STATUS_RETRY, "lost-connection", "there is no connection to PostgreSQL");
}

bool pg_identifier(struct pg *pg, const char *name, char out[IDENTIFIER_SIZE])
{
    size_t length = strlen(name);
    if (length == 0 || length > 63)
        return false;
    char *quoted = PQescapeIdentifier(pg->conn, name, length);
    bool fits = quoted && strlen(quoted) < IDENTIFIER_SIZE;
    if (fits)
        memcpy(out, quoted, strlen(quoted) + 1);
    PQfreemem(quoted);
    return fits;
}

struct status pg_use_schema(struct pg *pg, const char *schema, struct fault *fault)
{
    char quoted[IDENTIFIER_SIZE], sql[IDENTIFIER_SIZE + 40];
    if (!pg_identifier(pg, schema, quoted))
        return status_fail(fault, STATUS_REJECT, "schema-name", "%s: no name of a schema", schema);
    snprintf(sql, sizeof sql, "set search_path = %s, pg_temp", quoted);
    return pg_exec(pg, sql, fault);
}

struct status pg_exec(struct pg *pg, const char *sql, struct fault *fault)
{
    if (pg->conn == NULL) {
        return not_open(fault);
    }
    PGresult *result = PQexec(pg->conn, sql);
    ExecStatusType kind = PQresultStatus(result);
    struct status status = status_ok();
    if (kind != PGRES_COMMAND_OK && kind != PGRES_TUPLES_OK && kind != PGRES_EMPTY_QUERY) {
        char what[64];
        snprintf(what, sizeof what, "%.48s", sql);
        what[strcspn(what, "\n")] = '\0';
        status = pg_fail_result(pg, result, what, fault);
    } else if (strncasecmp(sql, "COMMIT", 6) == 0 && strcmp(PQcmdStatus(result), "ROLLBACK") == 0) {
        status = status_fail(fault, STATUS_RETRY, "rolled-back", "COMMIT of a failed transaction rolled it back");
    }
    PQclear(result);
    return status;
}

struct status pg_prepare(struct pg *pg, const struct pg_statement *statement, size_t count, struct fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        if (pg->conn == NULL) {
            return not_open(fault);
        }
        PGresult *result = PQprepare(pg->conn, statement[i].name, statement[i].sql, 0, NULL);
        struct status status = status_ok();
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            status = pg_fail_result(pg, result, statement[i].name, fault);
        }
        PQclear(result);
        if (status_failed(status)) {
            return status;
        }
    }
    return status_ok();
}

static const struct pg_params no_params;

struct status pg_run(
    struct pg *pg, const char *name, const struct pg_params *params, PGresult **out, struct fault *fault)
{
    const struct pg_params *p = params ? params : &no_params;
    if (out != NULL) {
        *out = NULL;
    }
    if (pg->conn == NULL) {
        return not_open(fault);
    }
    PGresult *result = PQexecPrepared(pg->conn, name, p->count, p->value, p->length, p->format, 1);
    ExecStatusType kind = PQresultStatus(result);
    struct status status = status_ok();
    if (kind != PGRES_COMMAND_OK && kind != PGRES_TUPLES_OK) {
        status = pg_fail_result(pg, result, name, fault);
    } else if (out != NULL) {
        *out = result;
        return status;
    }
    PQclear(result);
    return status;
}

struct status pg_ask(struct pg *pg, const char *name, const struct pg_params *params, struct fault *fault)
{
    const struct pg_params *p = params ? params : &no_params;
    if (pg->conn == NULL) {
        return not_open(fault);
    }
    int sent = PQsendQueryPrepared(pg->conn, name, p->count, p->value, p->length, p->format, 1);
    return sent ? status_ok() : pg_fail_result(pg, NULL, name, fault);
}

struct status pg_answer(struct pg *pg, const char *name, PGresult **out, struct fault *fault)
{
    PGresult *more;
    *out = PQgetResult(pg->conn);
    while ((more = PQgetResult(pg->conn)) != NULL) {
        PQclear(more);
    }
    ExecStatusType kind = PQresultStatus(*out);
    if (kind == PGRES_COMMAND_OK || kind == PGRES_TUPLES_OK) {
        return status_ok();
    }
    struct status status = pg_fail_result(pg, *out, name, fault);
    PQclear(*out);
    *out = NULL;
    return status;
}

struct status pg_pipeline_begin(struct pg *pg, struct fault *fault)
{
    if (pg->conn == NULL) {
        return not_open(fault);
    }
    return PQenterPipelineMode(pg->conn) ? status_ok() : pg_fail_result(pg, NULL, "pipeline", fault);
}

struct status pg_pipeline_send(struct pg *pg, const char *name, const struct pg_params *params, struct fault *fault)
{
    const struct pg_params *p = params ? params : &no_params;
    int sent = PQsendQueryPrepared(pg->conn, name, p->count, p->value, p->length, p->format, 1);
    return sent ? status_ok() : pg_fail_result(pg, NULL, name, fault);
}

struct status pg_pipeline_exec(struct pg *pg, const char *sql, struct fault *fault)
{
    int sent = PQsendQueryParams(pg->conn, sql, 0, NULL, NULL, NULL, NULL, 1);
    return sent ? status_ok() : pg_fail_result(pg, NULL, sql, fault);
}

struct status pg_pipeline_flush(
    struct pg *pg, void (*take)(void *user, size_t index, const PGresult *result), void *user, struct fault *fault)
{
    struct status status = status_ok();
    size_t index = 0;
    if (!PQpipelineSync(pg->conn)) {
        status = pg_fail_result(pg, NULL, "pipeline", fault);
    }
    for (bool synced = false, was_null = false; !synced && !pg_lost(pg);) {
        PGresult *result = PQgetResult(pg->conn);
        if (result == NULL) {
            if (was_null) { /* two in a row: nothing more will come */
                break;
            }
            was_null = true;
            continue;
        }
        was_null = false;
        ExecStatusType kind = PQresultStatus(result);
        if (kind == PGRES_PIPELINE_SYNC) {
            synced = true;
        } else {
            if (kind != PGRES_COMMAND_OK && kind != PGRES_TUPLES_OK && !status_failed(status)) {
                status = pg_fail_result(pg, result, "pipeline", fault);
            } else if (!status_failed(status) && take != NULL) {
                take(user, index, result);
            }
            index++;
        }
        PQclear(result);
    }
    if (!status_failed(status) && pg_lost(pg)) {
        status = pg_fail_result(pg, NULL, "pipeline", fault);
    }
    if (!PQexitPipelineMode(pg->conn) && !status_failed(status)) {
        status = pg_fail_result(pg, NULL, "pipeline", fault);
    }
    return status;
}

struct status pg_listen(struct pg *pg, const char *channel, struct fault *fault)
{
    char sql[128];
    snprintf(sql, sizeof sql, "LISTEN %s", channel);
    return pg_exec(pg, sql, fault);
}

struct status pg_notified(struct pg *pg, bool *notified, struct fault *fault)
{
    *notified = false;
    if (pg->conn == NULL) {
        return not_open(fault);
    }
    if (!PQconsumeInput(pg->conn)) {
        return pg_fail_result(pg, NULL, "notifications", fault);
    }
    for (PGnotify *notice = PQnotifies(pg->conn); notice != NULL; notice = PQnotifies(pg->conn)) {
        *notified = true;
        PQfreemem(notice);
    }
    return status_ok();
}
