#include "init.h"

#include <stdio.h>
#include <string.h>

#include "codec/journal.h"
#include "shell/kafka_journal.h"

static bool visit(const rd_kafka_message_t *message, void *user)
{
    struct genesis *genesis = user;
    struct arena *arena = arena_open(0);
    struct journal_header header[8];
    size_t count = 0;
    rd_kafka_headers_t *headers;
    if (!rd_kafka_message_headers(message, &headers)) {
        const char *name;
        const void *value;
        size_t size;
        while (count < 8 && !rd_kafka_header_get_all(headers, count, &name, &value, &size)) {
            header[count] = (struct journal_header){str_of(name), {value, size}};
            count++;
        }
    }
    struct journal_record record;
    journal_read(arena, header, count, kafka_value(message), 0, &record, NULL);
    genesis->found = true;
    genesis->valid = record.kind == RECORD_GENESIS; /* read from 0 on: what stands before it never was (aborted) */
    if (genesis->valid) {
        genesis->registry_id = record.genesis.registry_id;
        genesis->epoch = record.genesis.epoch;
        genesis->mode = record.genesis.mode;
    }
    arena_close(arena);
    return false;
}

struct status genesis_read(
    const struct kafka_config *kafka, const char *topic, struct genesis *out, struct fault *fault)
{
    *out = (struct genesis){0};
    struct status status = kafka_scan(kafka, topic, 0, 0, KAFKA_DEADLINE_MS, visit, out, fault);
    return status;
}

/* A live registry goes by the broker's clock from its first record on. */
static struct status check_time(
    const struct kafka_config *kafka, const char *topic, enum journal_mode mode, struct fault *fault)
{
    struct kafka_client client = {0};
    char type[32];
    if (mode != MODE_LIVE)
        return status_ok();
    struct status status = kafka_producer_open(kafka, &(struct kafka_producer_config){0}, &client, fault);
    if (!status_failed(status))
        status = kafka_topic_get(&client, topic, "message.timestamp.type", type, sizeof type, KAFKA_DEADLINE_MS, fault);
    kafka_close(&client);
    if (status_failed(status) || strcmp(type, "LogAppendTime") == 0)
        return status;
    return status_fail(fault, STATUS_STOP, "journal-time",
        "%s takes the times of its writers: a live registry needs message.timestamp.type=LogAppendTime", topic);
}

struct status genesis_write(const struct kafka_config *kafka, const char *topic, const struct genesis *wanted,
    struct genesis *out, struct fault *fault)
{
    struct status status = genesis_read(kafka, topic, out, fault);
    if (status_failed(status))
        return status;
    if (out->found && !out->valid)
        return status_fail(fault, STATUS_STOP, "no-genesis", "the first record of %s is no genesis record", topic);
    if (out->found && !uuid_is_nil(wanted->registry_id) && !uuid_equal(wanted->registry_id, out->registry_id)) {
        char id[UUID_TEXT_SIZE];
        return status_fail(fault, STATUS_STOP, "other-registry", "%s is the journal of registry %s", topic,
            uuid_format(out->registry_id, id));
    }
    if (out->found)
        return status_ok();
    status = check_time(kafka, topic, wanted->mode, fault);
    if (status_failed(status))
        return status;
    struct uuid id = uuid_is_nil(wanted->registry_id) ? uuid_random() : wanted->registry_id;
    struct arena *arena = arena_open(0);
    struct str value;
    journal_genesis_encode(arena, id, wanted->epoch, wanted->mode, &value);
    rd_kafka_headers_t *headers = kafka_journal_headers(arena, RECORD_GENESIS, NULL);
    status = kafka_send(kafka, topic, 0, STR_NONE, value, headers, 0, KAFKA_DEADLINE_MS, NULL, fault);
    arena_close(arena);
    return status_failed(status) ? status : genesis_read(kafka, topic, out, fault);
}
