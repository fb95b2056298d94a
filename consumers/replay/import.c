/* import: the journal of a file into an empty one, so that the same registry is made there. */

#include "import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "patience.h"
#include "plan.h"
#include "progress.h"
#include "replay_sql.h"
#include "shell/process.h"
#include "standing.h"

struct import_options {
    struct command_common common;
    const char *registry_id;
    bool compare;
};

struct import {
    struct command_run *run;
    const struct import_options *options;
    const char *path;
    bool stream; /* the file can be read once */
    struct import_file file;
    struct import_target target;
    struct sender sender;
    struct archive_tail tail; /* known beforehand unless it is a stream */
    struct sha256 digest;
};

/* ---- the file
 * -------------------------------------------------------------------------------------------------------- */

static long source(void *user, void *buffer, size_t size)
{
    const struct import_file *file = user;
    ssize_t count;
    do
        count = read(file->fd, buffer, size);
    while (count < 0 && errno == EINTR);
    return count;
}

/* The fault begins with the file's name. */
static struct status in_file(const struct import_file *file, struct status status, struct fault *fault)
{
    struct fault inner = *fault;
    return status_fail(fault, status.class, status.code, "%s: %.400s", file->path, inner.text);
}

struct status import_file_open(struct import_file *file, const char *path, struct fault *fault)
{
    bool standard = strcmp(path, "-") == 0;
    *file = (struct import_file){.path = standard ? "standard input" : path};
    file->fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (file->fd < 0)
        return status_fail(fault, STATUS_REJECT, "file", "%s: %s", path, strerror(errno));
    file->reader = archive_reader_open(source, file, false);
    struct status status = archive_read_head(file->reader, &file->head, fault);
    return status_failed(status) ? in_file(file, status, fault) : status;
}

void import_file_close(struct import_file *file)
{
    archive_reader_close(file->reader);
    if (file->fd > STDIN_FILENO)
        close(file->fd);
    *file = (struct import_file){0};
}

struct status import_file_next(struct import_file *file, const struct archive_record **out, struct fault *fault)
{
    struct status status = archive_read_record(file->reader, out, fault);
    if (status_failed(status))
        return in_file(file, status, fault);
    if (*out && (*out)->time <= 0)
        return status_fail(fault, STATUS_REJECT, "time",
            "%s: the record of offset %lld bears the time %lld: Kafka's library cannot write one before 1970",
            file->path, (long long)(*out)->offset, (long long)(*out)->time);
    return status;
}

/* All of it is read and found right before anything is written. */
static struct status read_through(struct import *import, struct fault *fault)
{
    struct progress progress;
    const struct archive_record *record;
    struct status status = import_file_open(&import->file, import->path, fault);
    progress_begin(&progress, import->run->log, "records checked", 0, 0);
    int64_t count = 0;
    while (!status_failed(status)) {
        status = import_file_next(&import->file, &record, fault);
        if (status_failed(status) || !record)
            break;
        progress_at(&progress, ++count, 0);
        if (process_stopping())
            status = status_fail(fault, STATUS_RETRY, "stopping", "stopped before anything was written");
    }
    progress_end(&progress);
    if (!status_failed(status)) {
        import->tail = *archive_tail_of(import->file.reader);
        import->digest = archive_digest_of(import->file.reader);
    }
    return status;
}

static struct status check_registry(const struct import *import, struct fault *fault)
{
    struct uuid wanted;
    char id[UUID_TEXT_SIZE];
    if (!import->options->registry_id)
        return status_ok();
    if (!uuid_parse(str_of(import->options->registry_id), &wanted))
        return command_usage(fault, "--registry-id %s: a UUID was expected", import->options->registry_id);
    if (uuid_equal(wanted, import->file.head.registry_id))
        return status_ok();
    return status_fail(fault, STATUS_STOP, "other-registry", "%s is the journal of registry %s, not of %s",
        import->file.path, uuid_format(import->file.head.registry_id, id), import->options->registry_id);
}

/* ---- the journal
 * ------------------------------------------------------------------------------------------------------ */

/* A journal that takes the times that its writer gives: those of the file must be kept. */
static struct status check_topic(const struct import *import, struct fault *fault)
{
    struct kafka_client client = {0};
    char type[32];
    const char *topic = import->target.topic;
    int partitions = 0;
    struct status status = kafka_producer_open(&import->run->kafka, &(struct kafka_producer_config){0}, &client, fault);
    if (!status_failed(status))
        status = kafka_partitions(&client, topic, KAFKA_DEADLINE_MS, &partitions, fault);
    if (!status_failed(status) && partitions != 1)
        status = status_fail(fault, STATUS_REJECT, "no-journal",
            partitions ? "%s has %d partitions, a journal has one"
                       : "there is no topic %s: make it with orgcode-topics --mode scripted",
            topic, partitions);
    if (!status_failed(status))
        status = kafka_topic_get(&client, topic, "message.timestamp.type", type, sizeof type, KAFKA_DEADLINE_MS, fault);
    if (!status_failed(status) && strcmp(type, "CreateTime") != 0)
        status = status_fail(fault, STATUS_REJECT, "journal-time",
            "%s gives its records times of its own (message.timestamp.type=%s): those of the file would be lost. Make "
            "it "
            "with orgcode-topics --mode scripted",
            topic, type);
    kafka_close(&client);
    return status;
}

static struct status show_plan(struct import *import, bool *go, struct fault *fault)
{
    struct plan plan;
    char hex[SHA256_TEXT_SIZE], id[UUID_TEXT_SIZE], text[TIME_TEXT_SIZE];
    const struct archive_head *head = &import->file.head;
    sha256_format(import->digest, hex);
    plan_open(&plan, import->run,
        str_format(import->run->arena, "%lld-%.12s", (long long)import->target.end, import->stream ? "stream" : hex)
            .data);
    plan_line(&plan, "registry %s, epoch %d; exported %s by %.*s", uuid_format(head->registry_id, id), head->epoch,
        time_format(head->exported, text), STR_ARG(head->program));
    plan_set(&plan, "registryId", json_string(id));
    if (!import->stream) {
        plan_line(&plan, "%lld records, %lld of them acts, the last of %s; the file is whole",
            (long long)import->tail.records, (long long)import->tail.kind[RECORD_ACT],
            time_format(import->tail.last, text));
        plan_set(&plan, "records", json_integer(import->tail.records));
        if (import->tail.last > time_now())
            plan_line(&plan, "CAUTION: by this machine's clock that is in the future");
    }
    plan_line(&plan, "into %s, which has %lld records of it; the rest is written behind them", import->target.topic,
        (long long)import->target.there);
    plan_set(&plan, "journal", json_string(import->target.topic));
    plan_set(&plan, "there", json_integer(import->target.there));
    plan_line(&plan, "no orgcode-validate may run there until `orgcode-replay control live` has ended the import");
    return plan_show(&plan, go, fault);
}

/* ---- the command
 * ------------------------------------------------------------------------------------------------------ */

/* Fences an import that is still running, and ends its transaction: so what stands there then is all of it. */
static struct status take_over(struct import *import, struct fault *fault)
{
    import->sender.log = import->run->log;
    struct status status = sender_open(&import->sender, &import->run->kafka,
        str_format(import->run->arena, "%s-import", import->run->common->kafka.prefix).data, fault);
    if (!status_failed(status))
        status = sender_mend(&import->sender, &import->run->kafka,
            &(struct sender_mending){.topic = &import->target.topic, .topics = 1}, fault);
    return status;
}

/* What stood there before may have been added to until then: then it is compared once more. */
static struct status settle(struct import *import, struct fault *fault)
{
    int64_t end = 0;
    struct status status = take_over(import, fault);
    if (!status_failed(status))
        status = command_end(import->run, import->target.topic, &end, fault);
    if (status_failed(status) || end == import->target.end)
        return status;
    import_file_close(&import->file);
    status = import_file_open(&import->file, import->path, fault);
    return status_failed(status) ? status : import_compare(&import->target, &import->file, fault);
}

static struct status write_journal(struct import *import, struct fault *fault)
{
    int64_t before = import->target.there, most = before;
    struct patience patience;
    struct status status;
    patience_begin(&patience);
    for (;;) {
        status = import->stream ? status_ok() : settle(import, fault);
        if (!status_failed(status))
            status = import_write(&import->target, &import->file, &import->sender, fault);
        if (import->target.there > most) {
            most = import->target.there;
            patience_good(&patience);
        }
        if (!status_failed(status) || import->stream || !patience_again(&patience, import->run, status, fault))
            break;
        sender_close(&import->sender);
        import->target.end = -1; /* what stands there is compared anew */
    }
    if (!status_failed(status))
        plan_done(import->run,
            json_pack("{s:s, s:I, s:I}", "journal", import->target.topic, "written",
                (json_int_t)(import->target.there - before), "records", (json_int_t)import->target.there),
            "%lld records written, %lld stand in %s: start orgcode-apply there, then orgcode-replay control live",
            (long long)(import->target.there - before), (long long)import->target.there, import->target.topic);
    return status;
}

static struct status import_journal(struct import *import, struct fault *fault)
{
    bool go = false;
    struct status status = check_topic(import, fault);
    if (!status_failed(status) && !import->stream)
        status = read_through(import, fault);
    import_file_close(&import->file);
    if (!status_failed(status))
        status = import_file_open(&import->file, import->path, fault);
    import->target.total = import->tail.records;
    if (!status_failed(status))
        status = check_registry(import, fault);
    if (!status_failed(status) && import->stream && !import->run->common->dry_run)
        status = take_over(import, fault); /* at once: it is compared once */
    if (!status_failed(status))
        status = import_compare(&import->target, &import->file, fault);
    if (!status_failed(status))
        status = show_plan(import, &go, fault);
    if (!status_failed(status) && go)
        status = write_journal(import, fault);
    sender_close(&import->sender);
    import_file_close(&import->file);
    return status;
}

static const struct pg_statement statement[] = {{"chain_at", sql_chain_at}};

/* The chains up to the place that the file names: what made them is the same, or nothing of this is. */
static struct status compare_chains(struct import *import, struct pg *pg, bool *same, struct fault *fault)
{
    const struct archive_place *place = &import->tail.place;
    struct pg_params params = PG_PARAMS(import->run->arena);
    PGresult *result = NULL;
    char hex[SHA256_TEXT_SIZE];
    pg_param_int8(&params, place->sequence);
    pg_param_int8(&params, place->receipt);
    struct status status = pg_prepare(pg, statement, 1, fault);
    if (!status_failed(status))
        status = pg_run(pg, statement[0].name, &params, &result, fault);
    if (status_failed(status))
        return status;
    /* A chain that has nothing yet begins with zeroes. */
    *same =
        (place->sequence == 0 || str_equal(pg_text(result, 0, 0), str_of(sha256_format(place->change_head, hex)))) &&
        (place->receipt == 0 || str_equal(pg_text(result, 0, 1), str_of(sha256_format(place->receipt_head, hex))));
    PQclear(result);
    return status;
}

static struct status compare_database(struct import *import, struct fault *fault)
{
    struct standing now;
    struct pg pg;
    bool same = false;
    char id[UUID_TEXT_SIZE];
    const struct archive_place *place = &import->tail.place;
    struct status status = command_pg(import->run, &pg, fault);
    if (status_failed(status))
        return status;
    status = standing_read(&pg, &now, fault);
    if (!status_failed(status) && !(now.born && uuid_equal(now.registry_id, import->file.head.registry_id)))
        status = status_fail(fault, STATUS_REJECT, "other-registry", "the database does not hold registry %s",
            uuid_format(import->file.head.registry_id, id));
    else if (!status_failed(status) && now.record < place->record)
        status = status_fail(fault, STATUS_REJECT, "behind",
            "the database has taken %lld records, the file's place is behind record %lld", (long long)now.record,
            (long long)place->record);
    else if (!status_failed(status))
        status = compare_chains(import, &pg, &same, fault);
    pg_close(&pg);
    if (status_failed(status))
        return status;
    import->run->exit = same ? PROCESS_DONE : PROCESS_REFUSED;
    plan_done(import->run,
        json_pack("{s:b, s:I, s:I, s:I}", "same", same, "record", (json_int_t)place->record, "sequence",
            (json_int_t)place->sequence, "receipt", (json_int_t)place->receipt),
        "%s up to record %lld (change %lld, receipt %lld)", same ? "the same registry" : "DIFFERENT",
        (long long)place->record, (long long)place->sequence, (long long)place->receipt);
    return status;
}

static struct status compare_file(struct import *import, struct fault *fault)
{
    struct status status = read_through(import, fault);
    if (!status_failed(status))
        status = check_registry(import, fault);
    if (!status_failed(status) && !import->tail.placed)
        status = status_fail(fault, STATUS_REJECT, "no-place",
            "%s names no place of a database: it was exported without --pg", import->file.path);
    if (!status_failed(status))
        status = compare_database(import, fault);
    import_file_close(&import->file);
    return status;
}

static struct status run_import(struct command_run *run, struct fault *fault)
{
    if (run->rest.count != 1)
        return command_usage(fault, "expected one FILE, or - for the standard input");
    struct import import = {.run = run, .options = run->options, .path = run->rest.item[0]};
    import.stream = strcmp(import.path, "-") == 0;
    import.target = (struct import_target){.run = run, .topic = command_topic(run, "journal")};
    return import.options->compare ? compare_file(&import, fault) : import_journal(&import, fault);
}

static const struct option_row rows[] = {COMMAND_ROWS, COMMAND_ROWS_PLAN,
    {.name = "registry-id",
        .kind = OPTION_TEXT,
        .offset = offsetof(struct import_options, registry_id),
        .value = "UUID",
        .help = "Import nothing but the journal of this registry."},
    {.name = "compare",
        .kind = OPTION_FLAG,
        .offset = offsetof(struct import_options, compare),
        .help =
            "Write nothing: say whether the registry in the database (--pg) is the one that the file's place names."}};
static const struct option_program program = {
    .name = "orgcode-replay import",
    .summary = "make a journal from a file",
    .arguments = "FILE|-",
    .description =
        "Writes the records of an exported journal, with their times, into the journal of --prefix, which must be "
        "empty and "
        "take its writers' times (orgcode-topics --mode scripted). A file is read through and its checksums are "
        "compared before the first record is written; of the standard input each part before it is written. "
        "Interrupted, it goes on when run again with the same file. orgcode-apply makes the same registry of it, and "
        "`control live` ends the import.",
    .examples = "orgcode-replay import journal.gz --dry-run\norgcode-replay import journal.gz\n"
                "orgcode-replay import --compare journal.gz\n",
    .exits = COMMAND_EXITS,
    .row = rows,
    .rows = sizeof rows / sizeof *rows,
};
const struct command command_import = {
    "import", "make a journal from a file", &program, sizeof(struct import_options), run_import};
