#include "shell/sender.h"

#include <stdio.h>

#include "base/time.h"
#include "shell/process.h"

enum { STEP_MS = 1000, INIT_DEADLINE_MS = 30000, COMMIT_DEADLINE_MS = 30000, ABORT_DEADLINE_MS = 10000 };

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *client)
{
    (void)rk;
    struct sender *sender = ((struct kafka_client *)client)->user;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (message->_private)
            *(int64_t *)message->_private = message->offset;
        return;
    }
    sender->failed++;
    /* what was purged because of another failure says nothing about its own topic */
    if (message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE || message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT ||
        sender->first_error)
        return;
    sender->first_error = message->err;
    snprintf(sender->first_topic, sizeof sender->first_topic, "%s", rd_kafka_topic_name(message->rkt));
}

static bool is_fencing(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR__FENCED || err == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
           err == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH || err == RD_KAFKA_RESP_ERR_TRANSACTION_COORDINATOR_FENCED;
}

/* The end of this producer: its fatal error, in our words. */
static struct status dead(
    struct sender *sender, rd_kafka_resp_err_t err, const char *what, const char *text, struct fault *fault)
{
    char words[256];
    rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(sender->client.rk, words, sizeof words);
    if (fatal) {
        err = fatal;
        text = words;
    }
    return status_fail(
        fault, STATUS_RETRY, is_fencing(err) ? "fenced" : "reopen", "%s: %s (%s)", what, text, rd_kafka_err2name(err));
}

struct status sender_open(
    struct sender *sender, const struct kafka_config *config, const char *transactional_id, struct fault *fault)
{
    /* a request must not wait longer than its transaction lives */
    const struct kafka_setting extra[] = {{"socket.timeout.ms", "10000"}};
    struct kafka_config own = *config;
    own.user = sender;
    own.extra = extra;
    own.extras = sizeof extra / sizeof *extra;
    const struct kafka_producer_config producer = {.transactional_id = transactional_id,
        .linger_ms = 0,
        .message_max = KAFKA_MESSAGE_MAX_JOURNAL,
        .transaction_timeout_ms = SENDER_TRANSACTION_MS,
        .on_delivery = on_delivery};
    struct status s = kafka_producer_open(&own, &producer, &sender->client, fault);
    if (status_failed(s))
        return s;
    sender->open = true;
    sender->in_transaction = false;
    sender->arena = arena_open(0);
    sender->topics = (struct map){0};
    time_ms deadline = time_monotonic() + INIT_DEADLINE_MS;
    for (;;) {
        rd_kafka_error_t *error = rd_kafka_init_transactions(sender->client.rk, STEP_MS);
        if (!error)
            return status_ok();
        bool again = rd_kafka_error_is_retriable(error) && !process_stopping() && time_monotonic() < deadline;
        if (!again) {
            bool denied = rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
            s = status_fail(fault, denied ? STATUS_STOP : STATUS_RETRY, denied ? "not-authorized" : "reopen",
                "cannot begin as %s: %s", transactional_id, rd_kafka_error_string(error));
        }
        rd_kafka_error_destroy(error);
        if (!again) {
            sender_close(sender);
            return s;
        }
        process_alive();
    }
}

void sender_close(struct sender *sender)
{
    if (!sender->open)
        return;
    rd_kafka_purge(
        sender->client.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    for (size_t i = 0; i < sender->topics.count; i++)
        rd_kafka_topic_destroy(sender->topics.entry[i].value);
    arena_close(sender->arena);
    sender->topics = (struct map){0};
    kafka_close(&sender->client);
    sender->open = false;
    sender->in_transaction = false;
}

void sender_know(struct sender *sender, const char *topic)
{
    if (!map_get(&sender->topics, str_of(topic)))
        *map_put(sender->arena, &sender->topics, str_copy(sender->arena, str_of(topic))) =
            rd_kafka_topic_new(sender->client.rk, topic, NULL);
}

struct status sender_begin(struct sender *sender, struct fault *fault)
{
    sender->failed = 0;
    sender->first_error = RD_KAFKA_RESP_ERR_NO_ERROR;
    sender->first_topic[0] = 0;
    rd_kafka_error_t *error = rd_kafka_begin_transaction(sender->client.rk);
    if (error) {
        struct status s = dead(sender, rd_kafka_error_code(error), "begin", rd_kafka_error_string(error), fault);
        rd_kafka_error_destroy(error);
        return s;
    }
    sender->in_transaction = true;
    sender->begun = time_monotonic();
    return status_ok();
}

bool sender_overran(const struct sender *sender)
{
    return time_monotonic() - sender->begun >= SENDER_TRANSACTION_MS;
}

struct status sender_put(struct sender *sender, const char *topic, struct str key, struct str value,
    rd_kafka_headers_t *headers, struct fault *fault)
{
    return sender_send(
        sender, &(struct sender_record){.topic = topic, .key = key, .value = value, .headers = headers}, fault);
}

struct status sender_send(struct sender *sender, const struct sender_record *record, struct fault *fault)
{
    time_ms deadline = time_monotonic() + SENDER_TRANSACTION_MS;
    const char *topic = record->topic;
    struct str key = record->key, value = record->value;
    rd_kafka_headers_t *headers = record->headers ? record->headers : rd_kafka_headers_new(1);
    sender_know(sender, topic);
    rd_kafka_topic_t *known = map_get(&sender->topics, str_of(topic));
    for (;;) {
        rd_kafka_resp_err_t err =
            rd_kafka_producev(sender->client.rk, RD_KAFKA_V_RKT(known), RD_KAFKA_V_PARTITION(record->partition),
                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data, key.len),
                RD_KAFKA_V_VALUE((void *)(uintptr_t)value.data, value.len), RD_KAFKA_V_HEADERS(headers),
                RD_KAFKA_V_TIMESTAMP(record->time), RD_KAFKA_V_OPAQUE(record->offset), RD_KAFKA_V_END);
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
            return status_ok();
        if (err == RD_KAFKA_RESP_ERR__QUEUE_FULL && time_monotonic() < deadline && !process_stopping()) {
            rd_kafka_poll(sender->client.rk, 10);
            continue;
        }
        rd_kafka_headers_destroy(headers);
        if (err == RD_KAFKA_RESP_ERR__FATAL)
            return dead(sender, err, "send", rd_kafka_err2str(err), fault);
        if (!sender->first_error) {
            sender->first_error = err;
            snprintf(sender->first_topic, sizeof sender->first_topic, "%s", topic);
        }
        return kafka_fail(fault, err, topic);
    }
}

struct status sender_flush(struct sender *sender, struct fault *fault)
{
    rd_kafka_resp_err_t err = rd_kafka_flush(sender->client.rk, COMMIT_DEADLINE_MS);
    if (rd_kafka_fatal_error(sender->client.rk, NULL, 0))
        return dead(sender, RD_KAFKA_RESP_ERR__FATAL, "flush", "fatal", fault);
    if (!err && !sender->failed)
        return status_ok();
    return status_fail(fault, STATUS_RETRY, "abort", "%s: %s", sender->first_topic[0] ? sender->first_topic : "sending",
        rd_kafka_err2str(sender->first_error ? sender->first_error : err));
}

/* Runs an ending call again while it only ran out of time; takes over its error. */
static struct status end_transaction(struct sender *sender, rd_kafka_error_t *(*end)(rd_kafka_t *, int),
    int deadline_ms, const char *what, struct fault *fault)
{
    time_ms deadline = time_monotonic() + deadline_ms;
    for (;;) {
        rd_kafka_error_t *error = end(sender->client.rk, STEP_MS);
        process_alive();
        if (!error) {
            sender->in_transaction = false;
            return status_ok();
        }
        if (rd_kafka_error_is_retriable(error) && time_monotonic() < deadline) {
            rd_kafka_error_destroy(error);
            continue;
        }
        struct status s;
        if (rd_kafka_error_txn_requires_abort(error))
            s = status_fail(fault, STATUS_RETRY, "abort", "%s: %s (%s)%s%s", what, rd_kafka_error_string(error),
                rd_kafka_error_name(error), sender->first_topic[0] ? ", topic " : "", sender->first_topic);
        else
            s = dead(sender, rd_kafka_error_code(error), what, rd_kafka_error_string(error), fault);
        rd_kafka_error_destroy(error);
        return s;
    }
}

struct status sender_commit(struct sender *sender, struct fault *fault)
{
    struct status s = end_transaction(sender, rd_kafka_commit_transaction, COMMIT_DEADLINE_MS, "commit", fault);
    if (!status_failed(s) && sender->failed)
        return status_fail(fault, STATUS_RETRY, "reopen", "%d records of a committed batch failed", sender->failed);
    return s;
}

struct status sender_wait_seen(
    const struct kafka_config *config, const char *topic, int partition, int64_t end, struct fault *fault)
{
    enum { LOOK_MS = 20 };
    struct kafka_client client = {0};
    time_ms deadline = time_monotonic() + COMMIT_DEADLINE_MS;
    int64_t low, high = 0;
    struct status s = kafka_consumer_open(config, &(struct kafka_consumer_config){0}, &client, fault);
    while (!status_failed(s) && high < end) {
        s = kafka_watermarks(&client, topic, partition, KAFKA_DEADLINE_MS, &low, &high, fault);
        if (!status_failed(s) && high < end && (time_monotonic() > deadline || process_wait(-1, LOOK_MS)))
            s = status_fail(fault, STATUS_RETRY, "unseen",
                "%s: what was committed, up to offset %lld, cannot be read yet", topic, (long long)end);
    }
    kafka_close(&client);
    return s;
}

struct status sender_abort(struct sender *sender, struct fault *fault)
{
    if (!sender->open || !sender->in_transaction)
        return status_ok();
    struct status s = end_transaction(sender, rd_kafka_abort_transaction, ABORT_DEADLINE_MS, "abort", fault);
    if (status_failed(s) && strcmp(s.code, "fenced") != 0)
        s.code = "reopen";
    return s;
}

struct status sender_poll(struct sender *sender, struct fault *fault)
{
    rd_kafka_poll(sender->client.rk, 0);
    if (rd_kafka_fatal_error(sender->client.rk, NULL, 0))
        return dead(sender, RD_KAFKA_RESP_ERR__FATAL, "idle", "fatal", fault);
    return status_ok();
}
