/* rebuild: the registry once more, read from the journal into a schema beside the live one. */

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "drive.h"
#include "engine/migrate.h"
#include "patience.h"
#include "plan.h"
#include "progress.h"
#include "replay_sql.h"
#include "schema.h"
#include "shell/process.h"

enum { HOLD_MS = 10000, IDLE_MS = 500 };
#define SWAP_MS ((time_ms)365 * 86400 * 1000) /* a swap may compare for as long as it likes */

struct rebuild_options {
    struct command_common common;
    const char *into;
    long long to, batch_records, batch_bytes;
    bool follow, fresh;
};

struct rebuild {
    struct command_run *run;
    const struct rebuild_options *options;
    struct pg pg; /* keeps the rebuild's lock */
    struct drive drive;
    struct schema_place live; /* when it began */
    bool exists;
    int64_t oid;       /* of the schema that exists */
    int64_t from, end; /* offsets: begun at, to be read up to */
    time_ms begun;
    struct progress progress;
};

static bool is_reserved(const char *name)
{
    static const char *const reserved[] = {STORE_LIVE, "orgcode_ops", SCHEMA_BEFORE, "public", "information_schema"};
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (strcmp(name, reserved[i]) == 0)
            return true;
    return strncmp(name, "pg_", 3) == 0;
}

/* ---- before ------------------------------------------------------------------------------------------------------ */

/* Nothing may be missing at the journal's beginning, now or ever. */
static struct status check_journal(struct rebuild *rebuild, const char *topic, struct fault *fault)
{
    struct kafka_client client = {0};
    int64_t low;
    const struct kafka_topic kept = {.name = topic};
    struct status status =
        kafka_consumer_open(&rebuild->run->kafka, &(struct kafka_consumer_config){0}, &client, fault);
    if (!status_failed(status))
        status = kafka_watermarks(&client, topic, 0, KAFKA_DEADLINE_MS, &low, &rebuild->end, fault);
    if (!status_failed(status) && low > rebuild->from)
        status = status_fail(fault, STATUS_STOP, "out-of-range", "%s begins at offset %lld: what stood before is gone",
            topic, (long long)low);
    if (!status_failed(status))
        status = kafka_topics_check(&client, &kept, 1, KAFKA_DEADLINE_MS, fault);
    kafka_close(&client);
    if (rebuild->options->to > 0)
        rebuild->end = rebuild->options->to;
    return status;
}

static struct status look(struct rebuild *rebuild, struct fault *fault)
{
    const char *into = rebuild->options->into;
    struct schema_place place = {0};
    bool live;
    struct status status = schema_exists(&rebuild->pg, STORE_LIVE, &live, fault);
    if (!status_failed(status) && live)
        status = schema_place(&rebuild->pg, STORE_LIVE, &rebuild->live, fault);
    if (!status_failed(status))
        status = schema_exists(&rebuild->pg, into, &rebuild->exists, fault);
    if (!status_failed(status) && rebuild->exists)
        status = schema_place(&rebuild->pg, into, &place, fault);
    rebuild->from = rebuild->options->fresh ? 0 : place.next_offset;
    rebuild->oid = place.oid;
    return status;
}

/* "rebuilt-new-0-120": what is done to the schema (which one is dropped or read on, by its oid), and from where to
 * where it reads. A plan at a head that was named ends where that one did. */
static const char *head_of(struct rebuild *rebuild)
{
    const struct rebuild_options *options = rebuild->options;
    const char *at = rebuild->run->common->at, *follow = options->follow ? "-follow" : "";
    struct str begin = rebuild->exists
                           ? str_format(rebuild->run->arena, "%s-%s-%lld-%lld-", options->into,
                                 options->fresh ? "drop" : "on", (long long)rebuild->oid, (long long)rebuild->from)
                           : str_format(rebuild->run->arena, "%s-new-0-", options->into);
    if (at && options->to == 0 && strncmp(at, begin.data, begin.len) == 0) {
        long long end = strtoll(at + begin.len, NULL, 10);
        if (end >= rebuild->from && end < rebuild->end)
            rebuild->end = end;
    }
    return str_format(rebuild->run->arena, "%.*s%lld%s", STR_ARG(begin), (long long)rebuild->end, follow).data;
}

static struct status show_plan(struct rebuild *rebuild, bool *go, struct fault *fault)
{
    const struct rebuild_options *options = rebuild->options;
    struct command_run *run = rebuild->run;
    bool anew = options->fresh || !rebuild->exists;
    struct plan plan;
    plan_open(&plan, run, head_of(rebuild));
    if (rebuild->exists && options->fresh)
        plan_line(&plan, "schema %s is dropped, with the registry in it", options->into);
    if (anew)
        plan_line(&plan, "schema %s is made, with the tables of an empty registry", options->into);
    plan_line(&plan, "%s is read into it, offsets %lld to %lld%s", rebuild->drive.topic, (long long)rebuild->from,
        (long long)rebuild->end, options->follow ? ", and followed from there on" : "");
    plan_line(&plan, "schema %s and its writer are left alone", STORE_LIVE);
    plan_set(&plan, "schema", json_string(options->into));
    plan_set(&plan, "drops", json_boolean(rebuild->exists && options->fresh));
    plan_set(&plan, "from", json_integer(rebuild->from));
    plan_set(&plan, "to", json_integer(rebuild->end));
    plan_set(&plan, "follow", json_boolean(options->follow));
    return plan_show(&plan, go, fault);
}

/* One rebuild a schema, as long as this session lives. (What keeps the tables right is the place, as ever.) */
static struct status lock_schema(struct rebuild *rebuild, struct fault *fault)
{
    struct schema_place place;
    struct pg_params params = PG_PARAMS(rebuild->run->arena);
    PGresult *result = NULL;
    struct status status = schema_place(&rebuild->pg, rebuild->options->into, &place, fault);
    pg_param_int8(&params, place.oid);
    if (!status_failed(status) && rebuild->oid && rebuild->oid != place.oid)
        status =
            status_fail(fault, STATUS_REJECT, "moved", "schema %s was made anew meanwhile", rebuild->options->into);
    if (!status_failed(status))
        status = schema_ask(&rebuild->pg, sql_rebuild_lock, &params, &result, fault);
    if (!status_failed(status) && !pg_bool(result, 0, 0))
        status =
            status_fail(fault, STATUS_REJECT, "busy", "another rebuild works on schema %s", rebuild->options->into);
    PQclear(result);
    return status;
}

static struct status make_schema(struct rebuild *rebuild, struct fault *fault)
{
    const struct rebuild_options *options = rebuild->options;
    struct status status = rebuild->exists ? lock_schema(rebuild, fault) : status_ok();
    if (!status_failed(status) && rebuild->exists && options->fresh)
        status = schema_drop(&rebuild->pg, options->into, fault);
    if (status_failed(status) || (rebuild->exists && !options->fresh))
        return status;
    rebuild->oid = 0;
    status = migrate_schema(&rebuild->pg, options->into, fault);
    return status_failed(status) ? status : lock_schema(rebuild, fault);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static struct status check_registry(struct rebuild *rebuild, struct fault *fault)
{
    const struct place *place = &rebuild->drive.engine.at.place;
    char id[UUID_TEXT_SIZE], live[UUID_TEXT_SIZE];
    if (!place->born || !rebuild->live.born || uuid_equal(place->registry_id, rebuild->live.registry_id))
        return status_ok();
    return status_fail(fault, STATUS_STOP, "other-registry", "%s is the journal of registry %s, schema %s holds %s",
        rebuild->drive.topic, uuid_format(place->registry_id, id), STORE_LIVE,
        uuid_format(rebuild->live.registry_id, live));
}

static struct status stopped(const struct rebuild *rebuild, struct fault *fault)
{
    return status_fail(fault, STATUS_RETRY, "stopping",
        "stopped at offset %lld of %lld; the same command without --fresh goes on from there",
        (long long)rebuild->drive.engine.at.next_offset, (long long)rebuild->end);
}

/* Up to the end, as fast as can be. */
static struct status read_all(struct rebuild *rebuild, struct fault *fault)
{
    struct drive *drive = &rebuild->drive;
    size_t took;
    struct status status = drive_hold(drive, HOLD_MS, fault);
    if (!status_failed(status))
        status = store_bulk_begin(&drive->apart, &drive->beside, fault);
    engine_bulk(&drive->engine, true);
    while (!status_failed(status) && drive->reached < rebuild->end && !process_stopping()) {
        status = drive_take(drive, rebuild->end, IDLE_MS, &took, fault);
        progress_at(&rebuild->progress, drive->reached - rebuild->from, rebuild->end - rebuild->from);
        if (!status_failed(status))
            status = check_registry(rebuild, fault);
        if (took == 0 && intake_end(drive->intake) >= rebuild->end) /* the end is no record: a marker of Kafka's */
            break;
    }
    progress_end(&rebuild->progress);
    if (!status_failed(status) && process_stopping() && drive->reached < rebuild->end) {
        status = drive_settle(drive, fault);
        return status_failed(status) ? status : stopped(rebuild, fault);
    }
    if (!status_failed(status))
        status = drive_finish(drive, fault);
    if (!status_failed(status))
        status = check_registry(rebuild, fault);
    return status_failed(status) ? status : drive_release(drive, fault);
}

static void tell(const struct rebuild *rebuild)
{
    const struct journal_place *at = &rebuild->drive.engine.at;
    int64_t took_ms = time_monotonic() - rebuild->begun, records = at->next_offset - rebuild->from;
    plan_done(rebuild->run,
        json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I}", "schema", rebuild->options->into, "record",
            (json_int_t)at->place.record, "offset", (json_int_t)at->next_offset, "sequence",
            (json_int_t)at->place.sequence, "receipt", (json_int_t)at->place.receipt, "records", (json_int_t)records,
            "ms", (json_int_t)took_ms),
        "schema %s is at record %lld, offset %lld, change %lld, receipt %lld: %lld records in %lld.%lld s",
        rebuild->options->into, (long long)at->place.record, (long long)at->next_offset, (long long)at->place.sequence,
        (long long)at->place.receipt, (long long)records, (long long)took_ms / 1000, (long long)took_ms % 1000 / 100);
}

/* A schema that was swapped or dropped ends its follower: *swapped, it is the live one now. */
static bool is_gone(struct rebuild *rebuild, bool *swapped)
{
    struct schema_place place;
    struct fault ignored;
    *swapped = false;
    if (!schema_place(&rebuild->pg, rebuild->options->into, &place, &ignored).class && place.oid == rebuild->drive.oid)
        return false;
    *swapped = !schema_place(&rebuild->pg, STORE_LIVE, &place, &ignored).class && place.oid == rebuild->drive.oid;
    return !pg_lost(&rebuild->pg);
}

/* Each record as it comes; the right to write is given back in between. */
static struct status follow(struct rebuild *rebuild, struct patience *patience, struct fault *fault)
{
    struct drive *drive = &rebuild->drive;
    struct status status = status_ok();
    while (!status_failed(status) && !process_stopping()) {
        size_t took;
        bool any, swapped;
        status = drive_wait(drive, IDLE_MS, &any, fault);
        if (!status_failed(status) && !any && is_gone(rebuild, &swapped))
            return status_fail(fault, STATUS_REJECT, "no-schema", "schema %s is gone", drive->schema);
        if (status_failed(status) || !any)
            continue;
        status = drive_hold(drive, SWAP_MS, fault);
        if (!status_failed(status))
            status = drive_take(drive, INT64_MAX, 0, &took, fault);
        if (!status_failed(status))
            status = drive_settle(drive, fault);
        if (!status_failed(status))
            status = drive_release(drive, fault);
        if (!status_failed(status))
            patience_good(patience);
    }
    return process_stopping() ? status_ok() : status;
}

/* Anew after a failure of the world: the place is in the schema. */
static struct status reopen(struct rebuild *rebuild, struct fault *fault)
{
    drive_close(&rebuild->drive);
    if (pg_lost(&rebuild->pg)) {
        pg_close(&rebuild->pg);
        struct status status = command_pg(rebuild->run, &rebuild->pg, fault);
        if (!status_failed(status))
            status = lock_schema(rebuild, fault);
        if (status_failed(status))
            return status;
    }
    return drive_open(&rebuild->drive, fault);
}

static struct status work(struct rebuild *rebuild, struct fault *fault)
{
    struct patience patience;
    bool read = false, swapped;
    patience_begin(&patience);
    struct status status = drive_open(&rebuild->drive, fault);
    for (;;) {
        if (!status_failed(status) && !read) {
            status = read_all(rebuild, fault);
            read = !status_failed(status);
            if (read)
                tell(rebuild);
        }
        if (!status_failed(status) && rebuild->options->follow)
            status = follow(rebuild, &patience, fault);
        if (!status_failed(status) || process_stopping())
            return status;
        if (read && is_gone(rebuild, &swapped)) {
            plan_done(rebuild->run, json_pack("{s:b}", "swapped", swapped), "schema %s %s: nothing is left to follow",
                rebuild->options->into, swapped ? "has become the live one" : "was dropped");
            return status_ok();
        }
        if (!patience_again(&patience, rebuild->run, status, fault))
            return status;
        status = reopen(rebuild, fault);
        if (!status_failed(status))
            patience.good = time_monotonic();
    }
}

static struct status run_rebuild(struct command_run *run, struct fault *fault)
{
    const struct rebuild_options *options = run->options;
    struct rebuild rebuild = {.run = run,
        .options = options,
        .begun = time_monotonic(),
        .drive = {.run = run,
            .schema = options->into,
            .topic = command_topic(run, "journal"),
            .records_max = (size_t)options->batch_records,
            .bytes_max = (size_t)options->batch_bytes,
            .bulk = true}};
    bool go = false;
    if (run->rest.count > 0 || is_reserved(options->into))
        return command_usage(fault,
            run->rest.count > 0 ? "%s: there are options alone" : "--into %s: the name is taken",
            run->rest.count > 0 ? run->rest.item[0] : options->into);
    struct status status = command_pg(run, &rebuild.pg, fault);
    if (!status_failed(status))
        status = look(&rebuild, fault);
    if (!status_failed(status))
        status = check_journal(&rebuild, rebuild.drive.topic, fault);
    if (!status_failed(status))
        status = show_plan(&rebuild, &go, fault);
    if (!status_failed(status) && go)
        status = make_schema(&rebuild, fault);
    progress_begin(&rebuild.progress, run->log, "records read", 0, rebuild.end - rebuild.from);
    if (!status_failed(status) && go)
        status = work(&rebuild, fault);
    drive_close(&rebuild.drive);
    pg_close(&rebuild.pg);
    return status;
}

static const struct option_row rows[] = {
    COMMAND_ROWS,
    COMMAND_ROWS_PLAN,
    {.name = "into",
        .kind = OPTION_TEXT,
        .flags = OPTION_REQUIRED,
        .offset = offsetof(struct rebuild_options, into),
        .value = "SCHEMA",
        .help = "The schema to be filled. One that is there already, from an interrupted rebuild, is read on."},
    {.name = "fresh",
        .kind = OPTION_FLAG,
        .offset = offsetof(struct rebuild_options, fresh),
        .help = "Drop the schema if it is there, and begin again."},
    {.name = "to",
        .kind = OPTION_INT,
        .offset = offsetof(struct rebuild_options, to),
        .initial = "0",
        .min = 0,
        .max = INT64_MAX,
        .value = "OFFSET",
        .help = "Read the records before this offset; 0: to the journal's present end."},
    {.name = "follow",
        .kind = OPTION_FLAG,
        .offset = offsetof(struct rebuild_options, follow),
        .help = "Go on with what comes, until stopped, or until the schema is swapped."},
    {.name = "batch-records",
        .kind = OPTION_INT,
        .offset = offsetof(struct rebuild_options, batch_records),
        .initial = "20000",
        .min = 1,
        .max = 100000,
        .help = "Journal records in one batch, at most."},
    {.name = "batch-bytes",
        .kind = OPTION_SIZE,
        .offset = offsetof(struct rebuild_options, batch_bytes),
        .initial = "24MiB",
        .min = 65536,
        .max = 268435456,
        .help = "Bytes of records in one batch, about."},
};
static const struct option_program program = {
    .name = "orgcode-replay rebuild",
    .summary = "read the journal into a schema beside the live one",
    .arguments = "",
    .description =
        "Makes the registry once more, from the journal's first record on, in a schema of its own. The live one and "
        "its "
        "writer go on meanwhile. A rebuild that was interrupted goes on where it stopped, as its place is in the "
        "schema; the registry is whole once the command has said so.\n\n"
        "`verify` compares what came of it with the live one, `swap` puts it in its place.",
    .examples = "orgcode-replay rebuild --into rebuilt\norgcode-replay rebuild --into rebuilt --follow\n",
    .exits = COMMAND_EXITS,
    .row = rows,
    .rows = sizeof rows / sizeof *rows,
};
const struct command command_rebuild = {"rebuild", "read the journal into a schema beside the live one", &program,
    sizeof(struct rebuild_options), run_rebuild};
