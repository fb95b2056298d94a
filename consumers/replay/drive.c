#include "drive.h"

#include "replay_sql.h"
#include "schema.h"
#include "shell/hook.h"
#include "shell/process.h"

static struct status open_session(struct drive *drive, struct store *store, struct fault *fault)
{
    struct pg pg;
    struct status status = command_pg(drive->run, &pg, fault);
    return status_failed(status) ? status : store_open(store, pg, drive->schema, drive->reader, fault);
}

static struct status open_intake(struct drive *drive, struct fault *fault)
{
    const struct journal_place *at = &drive->engine.at;
    struct kafka_config kafka = drive->run->kafka;
    kafka.log = drive->log;
    const struct intake_config config = {.kafka = &kafka,
        .topic = drive->topic,
        .reader = drive->reader,
        .log = drive->log,
        .offset = at->last_offset >= 0 ? at->last_offset : at->next_offset,
        .records_max = drive->records_max,
        .bytes_max = drive->bytes_max};
    intake_close(drive->intake);
    drive->intake = NULL;
    drive->batch = drive->before = NULL;
    drive->verified = at->last_offset < 0;
    drive->reached = at->next_offset;
    return intake_open(&drive->intake, &config, fault);
}

static struct status open_engine(struct drive *drive, struct fault *fault)
{
    engine_open(&drive->engine, &drive->store, drive->log, drive->topic);
    drive->open = true;
    if (!drive->bulk)
        return status_ok();
    struct status status = open_session(drive, &drive->apart, fault);
    if (!status_failed(status))
        status = open_session(drive, &drive->beside, fault);
    if (status_failed(status))
        return status;
    engine_write_apart(&drive->engine, &drive->apart);
    return status;
}

void drive_close(struct drive *drive)
{
    intake_close(drive->intake);
    if (drive->open)
        engine_close(&drive->engine);
    struct store *store[] = {&drive->beside, &drive->apart, &drive->store};
    for (int i = 0; i < 3; i++)
        if (store[i]->pg.conn)
            store_close(store[i]);
    if (drive->reader)
        avro_reader_close(drive->reader);
    if (drive->log)
        log_close(drive->log);
    drive->log = NULL;
    drive->intake = NULL;
    drive->reader = NULL;
    drive->batch = drive->before = NULL;
    drive->open = drive->held = false;
}

/* ---- turns ------------------------------------------------------------------------------------------------------- */

static struct status ask(struct drive *drive, const char *sql, int64_t param, bool *out, struct fault *fault)
{
    PGresult *result = NULL;
    struct arena *arena = arena_open(0);
    struct pg_params params = PG_PARAMS(arena);
    pg_param_int8(&params, param);
    struct status status = schema_ask(&drive->store.pg, sql, &params, &result, fault);
    *out = !status_failed(status) && pg_bool(result, 0, 0);
    PQclear(result);
    arena_close(arena);
    return status;
}

/* Somebody else moved the place, in his turn: everything begins again there. */
static struct status begin_again(struct drive *drive, struct fault *fault)
{
    struct schema_place place;
    struct status status = schema_place(&drive->store.pg, drive->schema, &place, fault);
    if (!status_failed(status) && place.oid != drive->oid)
        return status_fail(
            fault, STATUS_REJECT, "no-schema", "schema %s is not the one that it was any more", drive->schema);
    if (!status_failed(status))
        status = engine_start(&drive->engine, fault);
    return status_failed(status) ? status : open_intake(drive, fault);
}

/* Who wrote in his turn may have decided what this engine holds for due. */
static struct status begin_where_it_stands(struct drive *drive, struct fault *fault)
{
    bool moved;
    struct status status = ask(drive, sql_drive_moved, drive->engine.at.next_offset, &moved, fault);
    return status_failed(status) || !moved ? status : begin_again(drive, fault);
}

struct status drive_hold(struct drive *drive, time_ms wait_ms, struct fault *fault)
{
    enum { LOOK_MS = 5 };
    time_ms until = time_monotonic() + wait_ms;
    while (!drive->held) {
        struct status status = ask(drive, sql_drive_lock, drive->oid, &drive->held, fault);
        if (status_failed(status) || drive->held)
            return status_failed(status) ? status : begin_where_it_stands(drive, fault);
        if (time_monotonic() > until)
            return status_fail(fault, STATUS_REJECT, "in-work", "another session is writing to schema %s for %lld s",
                drive->schema, (long long)(wait_ms / 1000));
        if (process_wait(-1, LOOK_MS))
            return status_fail(fault, STATUS_RETRY, "stopping", "stopped");
    }
    return status_ok();
}

struct status drive_release(struct drive *drive, struct fault *fault)
{
    bool given;
    if (!drive->held)
        return status_ok();
    drive->held = false;
    return ask(drive, sql_drive_unlock, drive->oid, &given, fault);
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

/* The first record is the one done last: it must be the same bytes. */
static struct status verify(struct drive *drive, struct fault *fault)
{
    const struct journal_place *at = &drive->engine.at;
    const struct entry *first = drive->batch->entry;
    struct sha256 digest = entry_digest(first);
    if (first->offset != at->last_offset || memcmp(digest.byte, at->last_digest.byte, sizeof digest.byte) != 0)
        return status_fail(fault, STATUS_STOP, "other-journal",
            "record %lld of %s is not the one that schema %s has taken at offset %lld: this is another journal, or its "
            "end was lost",
            (long long)first->offset, drive->topic, drive->schema, (long long)at->last_offset);
    drive->next = 1;
    drive->verified = true;
    return status_ok();
}

static void give_back(struct drive *drive, struct batch **batch)
{
    if (*batch)
        intake_give(drive->intake, *batch);
    *batch = NULL;
}

struct status drive_wait(struct drive *drive, int timeout_ms, bool *out, struct fault *fault)
{
    struct status status = status_ok();
    if (!drive->batch || drive->next == drive->batch->count) {
        if (drive->batch) {
            give_back(drive, &drive->before);
            drive->before = drive->batch;
        }
        drive->next = 0;
        status = intake_next(drive->intake, timeout_ms, &drive->batch, fault);
        if (!status_failed(status) && drive->batch && !drive->verified)
            status = verify(drive, fault);
    }
    *out = drive->batch && drive->next < drive->batch->count;
    return status;
}

/* Before anything is written: is it the journal that the schema was read from. */
static struct status verify_first(struct drive *drive, struct fault *fault)
{
    bool any;
    time_ms until = time_monotonic() + KAFKA_DEADLINE_MS;
    struct status status = status_ok();
    while (!status_failed(status) && !drive->verified && !process_stopping()) {
        status = drive_wait(drive, KAFKA_DEADLINE_MS, &any, fault);
        if (!status_failed(status) && !drive->verified && time_monotonic() > until)
            return status_fail(fault, STATUS_RETRY, "timeout", "%s: the broker sent nothing for %d ms", drive->topic,
                KAFKA_DEADLINE_MS);
    }
    return status;
}

struct status drive_open(struct drive *drive, struct fault *fault)
{
    struct schema_place place;
    const struct option_common *common = &drive->run->common->common;
    enum log_level level = common->log_level == LOG_LEVEL_INFO ? LOG_LEVEL_WARN : (enum log_level)common->log_level;
    drive->log = log_open("orgcode-replay", level, (enum log_format)common->log_format, 2);
    drive->reader = avro_reader_open(fault);
    if (!drive->reader)
        return (struct status){STATUS_STOP, "schemas"};
    struct status status = open_session(drive, &drive->store, fault);
    if (!status_failed(status))
        status = open_engine(drive, fault);
    if (!status_failed(status))
        status = schema_place(&drive->store.pg, drive->schema, &place, fault);
    if (!status_failed(status))
        status = engine_start(&drive->engine, fault);
    if (!status_failed(status))
        status = open_intake(drive, fault);
    if (!status_failed(status))
        status = verify_first(drive, fault);
    if (status_failed(status))
        drive_close(drive);
    else
        drive->oid = place.oid;
    hook_point("drive-opened");
    return status;
}

struct status drive_take(struct drive *drive, int64_t limit, int timeout_ms, size_t *took, struct fault *fault)
{
    bool any;
    *took = 0;
    struct status status = drive_wait(drive, timeout_ms, &any, fault);
    if (status_failed(status) || !any)
        return status;
    const struct entry *entry = drive->batch->entry + drive->next;
    size_t count = 0, left = drive->batch->count - drive->next;
    while (count < left && entry[count].offset < limit)
        count++;
    if (count == 0)
        return status;
    status = engine_take(&drive->engine, entry, count, fault);
    if (strcmp(status.code, "fenced") == 0)
        return begin_again(drive, fault);
    if (status_failed(status))
        return status;
    drive->reached = entry[count - 1].offset + 1;
    drive->next += count;
    *took = count;
    give_back(drive, &drive->before); /* its last transaction is done, since engine_take came back */
    return status;
}

struct status drive_settle(struct drive *drive, struct fault *fault)
{
    struct status status = engine_settle(&drive->engine, fault);
    return strcmp(status.code, "fenced") == 0 ? begin_again(drive, fault) : status;
}

struct status drive_finish(struct drive *drive, struct fault *fault)
{
    struct status status = drive_settle(drive, fault);
    hook_point("before-bulk-end");
    if (!status_failed(status))
        status = store_bulk_end(&drive->apart, fault);
    engine_bulk(&drive->engine, false);
    return status;
}
