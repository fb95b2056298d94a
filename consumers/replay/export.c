/* export: the journal as a file, with all that makes the same registry of it elsewhere. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/archive.h"
#include "command.h"
#include "orgcode_version.h"
#include "plan.h"
#include "progress.h"
#include "shell/hook.h"
#include "shell/process.h"
#include "standing.h"

struct export
{
    struct command_run *run;
    const char *topic, *path;
    int fd; /* -1: none yet */
    struct archive_writer *writer;
    struct archive_tail tail;
    struct standing standing; /* of the database, when one is named */
    int64_t end;              /* behind the last offset that is read */
    int64_t expected;         /* offset of the next record */
    int64_t doubted;          /* where a jump was seen once */
    int64_t placed;           /* records up to the database's place, foreign ones not counted */
    bool headed, again;
    struct arena *arena; /* of one record */
    struct progress progress;
    struct status status;
    struct fault *fault;
};

/* ---- the file ------------------------------------------------------------------------------------------------------
 */

static bool to_stdout(const struct export *export)
{
    return strcmp(export->path, "-") == 0;
}

static const char *part_of(const struct export *export)
{
    return str_format(export->run->arena, "%s.part", export->path).data;
}

static bool sink(void *user, const void *bytes, size_t size)
{
    struct export *export = user;
    for (const char *at = bytes; size > 0;) {
        ssize_t count = write(export->fd, at, size);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return false;
        at += count;
        size -= (size_t)count;
    }
    return true;
}

static struct status file_fail(const struct export *export, const char *what, struct fault *fault)
{
    return status_fail(fault, STATUS_RETRY, "file", "%s: %s: %s", export->path, what, strerror(errno));
}

/* Written under another name until it is whole. */
static struct status file_open(struct export *export, struct fault *fault)
{
    if (to_stdout(export)) {
        if (isatty(STDOUT_FILENO))
            return command_usage(fault, "a journal is no text for a terminal: send it to a file or a program");
        export->fd = STDOUT_FILENO;
        return status_ok();
    }
    if (access(export->path, F_OK) == 0)
        return status_fail(fault, STATUS_REJECT, "exists", "%s is there already", export->path);
    export->fd = open(part_of(export), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    return export->fd < 0 ? file_fail(export, "cannot be made", fault) : status_ok();
}

/* It gets its name when it is on the disk. */
static struct status file_finish(struct export *export, struct fault *fault)
{
    if (to_stdout(export))
        return status_ok();
    if (fsync(export->fd) != 0 || rename(part_of(export), export->path) != 0)
        return file_fail(export, "cannot be finished", fault);
    return status_ok();
}

static void file_close(struct export *export)
{
    if (export->fd < 0 || to_stdout(export))
        return;
    close(export->fd);
    unlink(part_of(export));
}

/* ---- the records ---------------------------------------------------------------------------------------------------
 */

static void read_headers(struct arena *arena, const rd_kafka_message_t *message, struct archive_record *out)
{
    rd_kafka_headers_t *headers;
    if (rd_kafka_message_headers(message, &headers))
        return;
    size_t count = rd_kafka_header_cnt(headers);
    out->header = arena_array(arena, struct journal_header, count);
    for (; out->headers < count; out->headers++) {
        struct journal_header *header = &out->header[out->headers];
        const char *name;
        const void *value;
        if (rd_kafka_header_get_all(headers, out->headers, &name, &value, &header->value.len))
            return;
        header->name = str_of(name);
        header->value.data = value;
    }
}

/* The first record says whose journal this is. */
static struct status write_head(struct export *export, const struct journal_record *record, int64_t offset)
{
    if (record->kind != RECORD_GENESIS)
        return status_fail(export->fault, STATUS_STOP, "no-genesis",
            "the first record of %s, at offset %lld, is no genesis record: its beginning was lost", export->topic,
            (long long)offset);
    if (export->standing.born && !uuid_equal(export->standing.registry_id, record->genesis.registry_id)) {
        char id[UUID_TEXT_SIZE], own[UUID_TEXT_SIZE];
        return status_fail(export->fault, STATUS_STOP, "other-registry",
            "%s is the journal of registry %s, the database holds registry %s", export->topic,
            uuid_format(record->genesis.registry_id, id), uuid_format(export->standing.registry_id, own));
    }
    archive_write_head(export->writer, &(struct archive_head){.registry_id = record->genesis.registry_id,
                                           .epoch = record->genesis.epoch,
                                           .prefix = str_of(export->run->common->kafka.prefix),
                                           .program = STR("orgcode-replay " ORGCODE_VERSION),
                                           .first = offset,
                                           .end = export->end,
                                           .exported = time_now()});
    export->headed = true;
    hook_point("export-begun");
    return status_ok();
}

static bool visit(const rd_kafka_message_t *message, void *user)
{
    struct export *export = user;
    if (message->offset >= export->end || process_stopping())
        return false;
    if (message->offset > export->expected && export->doubted != export->expected) {
        export->doubted = export->expected; /* a hole, or the library has skipped it: once more */
        export->again = true;
        return false;
    }
    struct archive_record record = {
        .offset = message->offset, .key = kafka_key(message), .value = kafka_value(message)};
    struct journal_record journal;
    rd_kafka_timestamp_type_t type;
    arena_reset(export->arena);
    record.time = rd_kafka_message_timestamp(message, &type);
    record.log_append = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
    read_headers(export->arena, message, &record);
    journal_read(export->arena, record.header, record.headers, record.value, record.time, &journal, NULL);
    if (!export->headed)
        export->status = write_head(export, &journal, message->offset);
    if (status_failed(export->status))
        return false;
    archive_write_record(export->writer, &record);
    export->tail.records++;
    export->tail.kind[journal.kind]++;
    export->tail.last = record.time;
    if (journal.kind != RECORD_FOREIGN && message->offset < export->standing.next_offset)
        export->placed++;
    export->expected = message->offset + 1;
    progress_at(&export->progress, export->expected, export->end);
    return export->expected < export->end;
}

static struct status read_all(struct export *export)
{
    const struct kafka_config bulk = command_bulk(export->run);
    progress_begin(&export->progress, export->run->log, "records exported", 0, export->end);
    do {
        export->again = false;
        struct status status =
            kafka_scan(&bulk, export->topic, 0, export->expected ? export->expected : RD_KAFKA_OFFSET_BEGINNING,
                KAFKA_DEADLINE_MS, visit, export, export->fault);
        if (!status_failed(export->status))
            export->status = status;
    } while (export->again && !status_failed(export->status) && !process_stopping());
    progress_end(&export->progress);
    if (process_stopping())
        return status_fail(export->fault, STATUS_RETRY, "stopping",
            "stopped at offset %lld of %lld: nothing was kept, run it again", (long long)export->expected,
            (long long)export->end);
    if (status_failed(export->status))
        return export->status;
    if (!export->headed)
        return status_fail(export->fault, STATUS_REJECT, "empty", "%s is empty", export->topic);
    return status_ok();
}

/* ---- the database
 * ---------------------------------------------------------------------------------------------------- */

/* Read before the journal's end is: so that the journal has what the database has. */
static struct status read_standing(struct export *export, struct fault *fault)
{
    if (str_of(export->run->common->pg.conninfo).len == 0)
        return status_ok();
    struct pg pg;
    struct status status = command_pg(export->run, &pg, fault);
    if (status_failed(status))
        return status;
    status = standing_read(&pg, &export->standing, fault);
    pg_close(&pg);
    return status;
}

/* What the database has counted must be what was read. In the middle of a record there is nothing to compare. */
static struct status place_tail(struct export *export)
{
    const struct standing *now = &export->standing;
    if (!now->born || now->step > 0)
        return status_ok();
    if (now->record != export->placed)
        return status_fail(export->fault, STATUS_STOP, "other-journal",
            "the database has taken %lld records up to offset %lld, %s has %lld there", (long long)now->record,
            (long long)now->next_offset, export->topic, (long long)export->placed);
    export->tail.placed = true;
    export->tail.place =
        (struct archive_place){now->record, now->sequence, now->receipt, now->change_head, now->receipt_head};
    return status_ok();
}

/* ---- the command
 * ----------------------------------------------------------------------------------------------------- */

static void tell(struct export *export, struct sha256 digest)
{
    char hex[SHA256_TEXT_SIZE];
    sha256_format(digest, hex);
    const struct archive_tail *tail = &export->tail;
    if (to_stdout(export)) { /* stdout is the file */
        fprintf(stderr, "exported %lld records of %s, digest %s\n", (long long)tail->records, export->topic, hex);
        return;
    }
    plan_done(export->run,
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:s, s:b}", "file", export->path, "journal", export->topic, "records",
            (json_int_t)tail->records, "acts", (json_int_t)tail->kind[RECORD_ACT], "end", (json_int_t) export->end,
            "digest", hex, "placed", tail->placed),
        "%s: %lld records (%lld acts) of %s up to offset %lld\ndigest %s%s", export->path, (long long)tail->records,
        (long long)tail->kind[RECORD_ACT], export->topic, (long long)export->end, hex,
        tail->placed ? "\nwith the place and the chain heads of the database" : "");
}

static struct status export_journal(struct export *export, struct fault *fault)
{
    struct sha256 digest;
    export->writer = archive_writer_open(sink, export);
    export->arena = arena_open(0);
    struct status status = read_all(export);
    if (!status_failed(status))
        status = place_tail(export);
    if (!status_failed(status))
        status = archive_write_tail(export->writer, &export->tail, &digest, fault);
    if (!status_failed(status))
        status = file_finish(export, fault);
    if (!status_failed(status))
        tell(export, digest);
    archive_writer_close(export->writer);
    arena_close(export->arena);
    return status;
}

static struct status run_export(struct command_run *run, struct fault *fault)
{
    struct export export = {.run = run,
        .topic = command_topic(run, "journal"),
        .fd = -1,
        .doubted = -1,
        .fault = fault,
        .status = status_ok()};
    if (run->rest.count != 1)
        return command_usage(fault, "expected one FILE, or - for the standard output");
    export.path = run->rest.item[0];
    struct status status = read_standing(&export, fault);
    if (!status_failed(status))
        status = command_end(run, export.topic, &export.end, fault);
    if (!status_failed(status))
        status = file_open(&export, fault);
    if (!status_failed(status))
        status = export_journal(&export, fault);
    file_close(&export);
    return status;
}

static const struct option_row rows[] = {COMMAND_ROWS};
static const struct option_program program = {
    .name = "orgcode-replay export",
    .summary = "write the journal into a file",
    .arguments = "FILE|-",
    .description =
        "Writes every record of the journal up to its present end, with key, headers and time, into a gzip file with "
        "checksums; `-` is the standard output. The registry goes on meanwhile. The file gets its name when it is "
        "whole. "
        "When a database is named (--pg), its place and the heads of its chains are written into the "
        "file, so that `import --compare` can say whether the registry made elsewhere is the same.",
    .examples = "orgcode-replay export journal.gz\norgcode-replay export - | ssh archive 'cat > journal.gz'\n",
    .exits = COMMAND_EXITS,
    .row = rows,
    .rows = sizeof rows / sizeof *rows,
};
const struct command command_export = {
    "export", "write the journal into a file", &program, sizeof(struct command_common), run_export};
