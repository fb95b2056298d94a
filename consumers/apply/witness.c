#include "witness.h"

#include <string.h>

#include "engine/batch.h"

struct status witness_compare(
    const struct journal_place *at, const struct entry *first, const char *topic, struct fault *fault)
{
    struct sha256 digest = first ? entry_digest(first) : (struct sha256){0};
    if (first && first->offset == at->last_offset && memcmp(digest.byte, at->last_digest.byte, sizeof digest.byte) == 0)
        return status_ok();
    return status_fail(fault, STATUS_STOP, "other-journal",
        "record %lld of %s is not the one that this database has taken at offset %lld: this is "
        "another journal, or its end was lost",
        (long long)(first ? first->offset : at->last_offset), topic, (long long)at->last_offset);
}

struct seen {
    struct batch batch;
    const struct avro_reader *reader;
};

static bool visit(const rd_kafka_message_t *message, void *user)
{
    struct seen *seen = user;
    batch_add(&seen->batch, message, seen->reader);
    return false;
}

struct status witness_check(const struct kafka_config *kafka, const char *topic, const struct avro_reader *reader,
    const struct journal_place *at, struct fault *fault)
{
    struct seen seen = {.reader = reader};
    batch_open(&seen.batch, 1);
    struct status status = kafka_scan(kafka, topic, 0, at->last_offset, KAFKA_DEADLINE_MS, visit, &seen, fault);
    if (!status_failed(status))
        status = witness_compare(at, seen.batch.count ? seen.batch.entry : NULL, topic, fault);
    batch_close(&seen.batch);
    return status;
}
