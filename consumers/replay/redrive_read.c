/* The bytes of refused acts, as they were received. */

#include <stdlib.h>

#include "codec/avro_act.h"
#include "codec/journal.h"
#include "redrive.h"

#define READ_ON 500        /* records that are rather passed over than sought across */
#define VALIDATE_HEADERS 6 /* behind the sender's in orgcode.rejected */

struct redrive_reader {
    struct kafka_client consumer;
    struct avro_reader *schemas;
    struct arena *arena; /* of one act */
    char topic[256];     /* where it reads; "": nowhere */
    int32_t partition;
    int64_t next;
};

struct status redrive_reader_open(struct command_run *run, struct redrive_reader **out, struct fault *fault)
{
    struct redrive_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        abort();
    *out = reader;
    reader->arena = arena_open(0);
    reader->schemas = avro_reader_open(fault);
    if (!reader->schemas)
        return (struct status){STATUS_STOP, "schemas"};
    return kafka_consumer_open(
        &run->kafka, &(struct kafka_consumer_config){.partition_eof = true}, &reader->consumer, fault);
}

void redrive_reader_close(struct redrive_reader *reader)
{
    if (!reader)
        return;
    kafka_close(&reader->consumer);
    if (reader->schemas)
        avro_reader_close(reader->schemas);
    arena_close(reader->arena);
    free(reader);
}

static struct status seek(struct redrive_reader *reader, const struct redrive_act *act, struct fault *fault)
{
    if (str_equal(str_of(reader->topic), act->bytes.topic) && reader->partition == act->bytes.partition &&
        reader->next <= act->bytes.offset && act->bytes.offset - reader->next < READ_ON)
        return status_ok();
    snprintf(reader->topic, sizeof reader->topic, "%.*s", STR_ARG(act->bytes.topic));
    reader->partition = act->bytes.partition;
    reader->next = act->bytes.offset;
    return kafka_assign(&reader->consumer, reader->topic, reader->partition, reader->next, fault);
}

/* What is there now: the message, its absence (OK, NULL), or nothing yet (*again). */
static struct status take(struct redrive_reader *reader, const struct redrive_act *act, rd_kafka_message_t *message,
    rd_kafka_message_t **out, bool *again, struct fault *fault)
{
    bool ours = message->rkt && message->partition == reader->partition &&
                str_equal(str_of(rd_kafka_topic_name(message->rkt)), str_of(reader->topic));
    *again = false;
    if (!message->err && !ours) {
        *again = true; /* of the assignment before */
    } else if (!message->err) {
        reader->next = message->offset + 1;
        *again = message->offset < act->bytes.offset;
        if (message->offset == act->bytes.offset) {
            *out = message;
            return status_ok();
        }
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        *again = !ours;
    } else if (message->err != RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET &&
               message->err != RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        struct status status = kafka_fail(fault, message->err, reader->topic);
        *again = status.class == STATUS_RETRY;
        rd_kafka_message_destroy(message);
        return *again ? status_ok() : status;
    }
    if (!*again)
        reader->topic[0] = '\0'; /* where it stands is not known any more */
    rd_kafka_message_destroy(message);
    return status_ok();
}

/* Is it the act that was refused? In a topic that was made anew another may stand there. */
static bool is_act(struct redrive_reader *reader, struct redrive_act *act, const rd_kafka_message_t *message)
{
    struct act *read = NULL;
    struct str value = kafka_value(message);
    struct fault fault;
    time_ms time = rd_kafka_message_timestamp(message, NULL);
    arena_reset(reader->arena);
    bool readable = str_given(value) && value.len <= AVRO_ACT_MAX &&
                    !status_failed(avro_act_decode(reader->schemas, reader->arena, value, &read, &fault));
    if (act->has_id && !(readable && uuid_equal(read->id, act->id)))
        return false;
    if (!act->bytes.rejected && act->arrived >= 0 && act->arrived != time)
        return false;
    if (act->arrived < 0)
        act->arrived = time;
    if (readable) {
        act->has_id = true;
        act->id = read->id;
    }
    return true;
}

struct status redrive_read(
    struct redrive_reader *reader, struct redrive_act *act, rd_kafka_message_t **out, struct fault *fault)
{
    *out = NULL;
    struct status status = seek(reader, act, fault);
    time_ms deadline = time_monotonic() + KAFKA_DEADLINE_MS;
    for (bool again = true; again && !status_failed(status);) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(reader->consumer.rk, 200);
        if (message)
            status = take(reader, act, message, out, &again, fault);
        if (!status_failed(status) && again && time_monotonic() > deadline)
            status = status_fail(fault, STATUS_RETRY, "timeout", "%.*s: the broker sent nothing for %d ms",
                STR_ARG(act->bytes.topic), KAFKA_DEADLINE_MS);
    }
    if (*out && !is_act(reader, act, *out)) {
        rd_kafka_message_destroy(*out);
        *out = NULL;
    }
    return status;
}

rd_kafka_headers_t *redrive_headers(const struct redrive_act *act, const rd_kafka_message_t *message)
{
    rd_kafka_headers_t *theirs = NULL, *headers;
    rd_kafka_message_headers(message, &theirs);
    size_t count = theirs ? rd_kafka_header_cnt(theirs) : 0;
    if (act->bytes.rejected && count >= VALIDATE_HEADERS)
        count -= VALIDATE_HEADERS;
    const char *name;
    const void *value;
    size_t size;
    /* A former redrive's word on the origin is the same as this one's. */
    if (act->former && count > 0 && !rd_kafka_header_get_all(theirs, count - 1, &name, &value, &size) &&
        str_equal(str_of(name), STR(REDRIVE_ORIGIN)))
        count--;
    headers = rd_kafka_headers_new(count + 1);
    for (size_t i = 0; i < count; i++)
        if (!rd_kafka_header_get_all(theirs, i, &name, &value, &size))
            rd_kafka_header_add(headers, name, -1, value, (ssize_t)size);
    kafka_header_add(headers, REDRIVE_ORIGIN, act->first);
    return headers;
}
