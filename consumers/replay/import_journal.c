/* The journal's side of an import. */

#include "import.h"
#include "progress.h"
#include "shell/hook.h"
#include "shell/process.h"

enum { BATCH_RECORDS = 2000, BATCH_BYTES = 4 << 20 };

/* ---- what stands there already -------------------------------------------------------------------------------------
 */

struct side_by_side {
    struct import_target *target;
    struct import_file *file;
    struct fault *fault;
    struct status status;
};

static bool same_headers(const rd_kafka_message_t *message, const struct archive_record *record)
{
    rd_kafka_headers_t *headers = NULL;
    if (rd_kafka_message_headers(message, &headers))
        return record->headers == 0;
    if (rd_kafka_header_cnt(headers) != record->headers)
        return false;
    for (size_t i = 0; i < record->headers; i++) {
        const char *name;
        const void *value;
        size_t size;
        if (rd_kafka_header_get_all(headers, i, &name, &value, &size) ||
            !str_equal(str_of(name), record->header[i].name) ||
            !str_equal(value ? (struct str){value, size} : STR_NONE, record->header[i].value))
            return false;
    }
    return true;
}

static bool same(const rd_kafka_message_t *message, const struct archive_record *record)
{
    return rd_kafka_message_timestamp(message, NULL) == record->time && str_equal(kafka_key(message), record->key) &&
           str_equal(kafka_value(message), record->value) && same_headers(message, record);
}

static bool visit(const rd_kafka_message_t *message, void *user)
{
    struct side_by_side *side = user;
    struct import_target *target = side->target;
    const struct archive_record *record;
    side->status = import_file_next(side->file, &record, side->fault);
    if (status_failed(side->status))
        return false;
    if (!record)
        side->status = status_fail(side->fault, STATUS_REJECT, "imported",
            "%s holds all %lld records of %s already, and more behind them: it was imported, and goes on",
            target->topic, (long long)target->there, side->file->path);
    else if (!same(message, record))
        side->status = status_fail(side->fault, STATUS_STOP, "other-journal",
            "%s is not empty, and its record at offset %lld is not record %lld of %s: a file is imported into an empty "
            "journal, or into one in which an import of the same file was interrupted",
            target->topic, (long long)message->offset, (long long)target->there + 1, side->file->path);
    else
        target->there++;
    return !status_failed(side->status) && !process_stopping();
}

struct status import_compare(struct import_target *target, struct import_file *file, struct fault *fault)
{
    struct side_by_side side = {.target = target, .file = file, .fault = fault, .status = status_ok()};
    const struct kafka_config bulk = command_bulk(target->run);
    target->there = 0;
    struct status status = command_end(target->run, target->topic, &target->end, fault);
    if (!status_failed(status) && target->end > 0)
        status = kafka_scan(&bulk, target->topic, 0, 0, KAFKA_DEADLINE_MS, visit, &side, fault);
    if (!status_failed(status))
        status = side.status;
    if (process_stopping())
        status = status_fail(fault, STATUS_RETRY, "stopping", "stopped before anything was written");
    return status;
}

/* ---- what comes
 * ------------------------------------------------------------------------------------------------------ */

struct batch {
    int64_t offset[BATCH_RECORDS];
    size_t count, bytes;
};

static rd_kafka_headers_t *headers_of(const struct archive_record *record)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(record->headers);
    for (size_t i = 0; i < record->headers; i++) {
        const struct journal_header *header = &record->header[i];
        rd_kafka_header_add(
            headers, header->name.data, (ssize_t)header->name.len, header->value.data, (ssize_t)header->value.len);
    }
    return headers;
}

static struct status fill(struct import_target *target, struct import_file *file, struct sender *sender,
    struct batch *batch, bool *last, struct fault *fault)
{
    *batch = (struct batch){0};
    while (batch->count < BATCH_RECORDS && batch->bytes < BATCH_BYTES) {
        const struct archive_record *record;
        struct status status = import_file_next(file, &record, fault);
        if (!status_failed(status) && !record) {
            *last = true;
            return status;
        }
        if (!status_failed(status) && batch->count == 0)
            status = sender_begin(sender, fault);
        if (!status_failed(status))
            status = sender_send(sender,
                &(struct sender_record){.topic = target->topic,
                    .key = record->key,
                    .value = record->value,
                    .headers = headers_of(record),
                    .time = record->time,
                    .offset = &batch->offset[batch->count]},
                fault);
        if (status_failed(status))
            return status;
        batch->count++;
        batch->bytes += record->value.len + 512;
    }
    return status_ok();
}

/* Nothing may have come between: the journal would be another. */
static struct status check_alone(const struct import_target *target, const struct batch *batch, struct fault *fault)
{
    for (size_t i = 0; i < batch->count; i++)
        if (batch->offset[i] != target->end + (int64_t)i)
            return status_fail(fault, STATUS_STOP, "not-alone",
                "another writer has appended to %s at offset %lld: what was imported is of no use now, delete the "
                "topic and "
                "make it anew, with no orgcode-validate running",
                target->topic, (long long)(target->end + (int64_t)i));
    return status_ok();
}

static struct status commit(
    struct import_target *target, const struct batch *batch, struct sender *sender, struct fault *fault)
{
    struct status status = sender_flush(sender, fault);
    hook_point("import-sent");
    if (!status_failed(status))
        status = check_alone(target, batch, fault);
    if (!status_failed(status))
        status = sender_commit(sender, fault);
    hook_point("import-committed");
    target->end += (int64_t)batch->count + 1; /* and the transaction's marker */
    target->there += (int64_t)batch->count;
    return status;
}

struct status import_write(
    struct import_target *target, struct import_file *file, struct sender *sender, struct fault *fault)
{
    static struct batch batch;
    struct progress progress;
    struct status status = status_ok();
    bool last = false;
    progress_begin(&progress, target->run->log, "records imported", target->there, target->total);
    while (!last && !status_failed(status)) {
        if (process_stopping()) {
            status = status_fail(fault, STATUS_RETRY, "stopping",
                "stopped: %lld records of the file stand in %s; run it again to go on", (long long)target->there,
                target->topic);
            break;
        }
        status = fill(target, file, sender, &batch, &last, fault);
        if (!status_failed(status) && batch.count > 0)
            status = commit(target, &batch, sender, fault);
        progress_at(&progress, target->there, target->total);
    }
    progress_end(&progress);
    if (!status_failed(status))
        return sender_wait_seen(&target->run->kafka, target->topic, 0, target->end, fault);
    struct fault more;
    struct status aborted = sender_abort(sender, &more);
    if (status_failed(aborted))
        log_debug(target->run->log, "the transaction was left to its time-out", LOG_TEXT("text", more.text));
    return status;
}
