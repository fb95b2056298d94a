#include <inttypes.h>
#include <stdlib.h>

#include "base/hash.h"
#include "codec/journal.h"
#include "judge.h"
#include "shell/hook.h"
#include "shell/kafka_journal.h"
#include "shell/process.h"
#include "validate.h"

static rd_kafka_resp_err_t send_rejected(struct validate *v, struct entry *entry, bool bare);

static void on_failure(struct validate *v, struct entry *entry, const rd_kafka_message_t *message)
{
    rd_kafka_resp_err_t err = message->err;
    if (err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && entry->state == ENTRY_WAITING && !entry->bare) {
        err = send_rejected(v, entry, true);
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            return;
        }
    }
    if (err != RD_KAFKA_RESP_ERR__PURGE_QUEUE && err != RD_KAFKA_RESP_ERR__PURGE_INFLIGHT) {
        metric_add(v->m.failed, 1);
        if (!v->broken) {
            log_warn(v->log, "delivery failed", LOG_PLACE(entry->flow->topic, entry->flow->partition, entry->offset),
                LOG_TEXT("to", rd_kafka_topic_name(message->rkt)), LOG_TEXT("error", rd_kafka_err2name(err)));
        }
    }
    v->broken = true;
}

/* An acknowledgement or its absence. Entries outlive the producer that holds them, so the pointer is good. */
static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct kafka_client *client = opaque;
    struct validate *v = client->user;
    struct entry *entry = message->_private;
    (void)rk;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        on_failure(v, entry, message);
        return;
    }
    backoff_reset(&v->backoff);
    if (entry->state == ENTRY_WAITING) {
        entry->state = ENTRY_READY;
        v->unsent = true;
        return;
    }
    hook_point("after-send");
    entry->state = ENTRY_DONE;
    v->under_way--;
    metric_add(entry->reason == REASON_NONE                ? v->m.forwarded
               : entry->reason == REASON_ACCOUNT_PUBLISHER ? v->m.refused_account
                                                           : v->m.refused_form,
        1);
    if (entry->flow->head == entry) {
        flow_settle(&v->flows, entry->flow);
    }
}

static struct status producer_open(struct validate *v)
{
    struct kafka_config config = {
        .log = v->log, .options = &v->options->kafka, .client_id = "orgcode-validate", .user = v};
    struct kafka_producer_config producer = {.linger_ms = (int)v->options->linger_ms, .on_delivery = on_delivery};
    struct status status = kafka_producer_open(&config, &producer, &v->producer, &v->fault);
    if (status_failed(status)) {
        return status;
    }
    v->journal = rd_kafka_topic_new(v->producer.rk, v->journal_name, NULL);
    v->rejected = rd_kafka_topic_new(v->producer.rk, v->rejected_name, NULL);
    if (v->journal == NULL || v->rejected == NULL) {
        return kafka_fail(&v->fault, rd_kafka_last_error(), v->journal_name);
    }
    return status_ok();
}

static bool producer_close(struct validate *v)
{
    if (v->producer.rk == NULL) {
        return !v->stuck;
    }
    rd_kafka_purge(v->producer.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    if (v->journal != NULL) {
        rd_kafka_topic_destroy(v->journal);
    }
    if (v->rejected != NULL) {
        rd_kafka_topic_destroy(v->rejected);
    }
    v->journal = v->rejected = NULL;
    v->stuck = !kafka_close(&v->producer);
    return !v->stuck;
}

struct status relay_open(struct validate *v)
{
    snprintf(v->journal_name, sizeof v->journal_name, "%s.journal", v->options->kafka.prefix);
    snprintf(v->rejected_name, sizeof v->rejected_name, "%s.rejected", v->options->kafka.prefix);
    v->backoff = BACKOFF_USUAL;
    return producer_open(v);
}

struct status relay_wait_topics(struct validate *v)
{
    const struct kafka_topic topic[] = {
        {.name = v->journal_name, .message_max = KAFKA_MESSAGE_MAX_JOURNAL},
        {.name = v->rejected_name, .message_max = KAFKA_MESSAGE_MAX_JOURNAL},
    };
    struct backoff backoff = BACKOFF_USUAL;
    while (!process_stopping()) {
        int partitions = 0;
        struct status status = kafka_partitions(&v->producer, v->journal_name, 5000, &partitions, &v->fault);
        if (!status_failed(status) && partitions == 0) {
            status = status_fail(&v->fault, STATUS_RETRY, "unknown-topic", "there is no topic %s", v->journal_name);
        }
        if (!status_failed(status)) {
            status = kafka_topics_check(&v->producer, topic, 2, 5000, &v->fault);
        }
        if (status.class == STATUS_STOP && strcmp(status.code, "TOPIC_AUTHORIZATION_FAILED") == 0) {
            log_warn(v->log, "retention not checked: no right to describe the topics", LOG_TEXT("text", v->fault.text));
            return status_ok();
        }
        if (status.class != STATUS_RETRY) {
            return status;
        }
        if (backoff.tries % 8 == 0) {
            log_warn(v->log, "the topics are not there, trying on", LOG_TEXT("text", v->fault.text));
        }
        metrics_beat(v->metrics);
        backoff_wait(&backoff);
    }
    return status_ok();
}

/* Own headers alone: none of the sender's comes near the journal. */
static rd_kafka_headers_t *journal_headers_of(struct validate *v, const struct entry *entry)
{
    struct origin origin = {.topic = str_of(entry->flow->topic),
        .authority = entry->flow->authority,
        .partition = entry->flow->partition,
        .from = entry->from,
        .offset = entry->offset,
        .time = entry->time_ms};
    enum record_kind kind = entry->reason == REASON_NONE ? RECORD_ACT : RECORD_REFUSAL;
    return kafka_journal_headers(v->arena, kind, &origin);
}

/* False: the producer's queue is full, try later. */
static bool send_to_journal(struct validate *v, struct entry *entry)
{
    bool act = entry->reason == REASON_NONE;
    struct arena_mark mark = arena_mark(v->arena);
    rd_kafka_headers_t *headers = journal_headers_of(v, entry);
    arena_rewind(v->arena, mark);
    rd_kafka_resp_err_t err = rd_kafka_producev(v->producer.rk, RD_KAFKA_V_RKT(v->journal), RD_KAFKA_V_PARTITION(0),
        RD_KAFKA_V_MSGFLAGS(0), RD_KAFKA_V_KEY(entry->flow->authority.data, entry->flow->authority.len),
        RD_KAFKA_V_VALUE(
            act ? entry->message->payload : entry->refusal, act ? entry->message->len : entry->refusal_size),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(entry), RD_KAFKA_V_END);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        entry->state = ENTRY_SENT;
        v->under_way++;
        return true;
    }
    rd_kafka_headers_destroy(headers);
    if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        log_warn(v->log, "the producer takes nothing",
            LOG_PLACE(entry->flow->topic, entry->flow->partition, entry->offset),
            LOG_TEXT("error", rd_kafka_err2name(err)));
        metric_add(v->m.failed, 1);
        v->broken = true;
    }
    return false;
}

/* Sends what may be sent of a flow, in order. False: the producer's queue is full. */
static bool send_flow(struct validate *v, struct flow *flow)
{
    while (flow->unsent != NULL && flow->unsent->state == ENTRY_READY) {
        if (!send_to_journal(v, flow->unsent)) {
            return false;
        }
        flow->unsent = flow->unsent->next;
    }
    return true;
}

/* What is ready goes as one group, and the next gathers until the journal has it: one request and one write to the disk
 * for many records. librdkafka has one request of an idempotent producer under way per partition in practice, and burns
 * a core while further records wait for its answer: so they wait here. */
static void send_ready(struct validate *v)
{
    if (v->under_way > 0) {
        return;
    }
    v->unsent = false;
    for (size_t i = 0; i < v->flows.count && !v->broken; i++) {
        if (!send_flow(v, v->flows.item[i])) {
            v->unsent = true;
            return;
        }
    }
}

/* Key, value and headers as they came, then ours. Without the value when it is more than a topic takes: the bytes
 * stay where they are, in the acts topic. */
static rd_kafka_resp_err_t send_rejected(struct validate *v, struct entry *entry, bool bare)
{
    const rd_kafka_message_t *message = entry->message;
    rd_kafka_headers_t *theirs = NULL, *headers;
    if (rd_kafka_message_headers(message, &theirs) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        headers = rd_kafka_headers_copy(theirs);
    } else {
        headers = rd_kafka_headers_new(6);
    }
    kafka_header_add(headers, JOURNAL_REASON, reason_slug(entry->reason));
    if (bare) {
        snprintf(entry->detail, sizeof entry->detail,
            "%zu bytes are more than this topic takes: they stay in the acts topic", message->len);
    }
    kafka_header_add(headers, JOURNAL_DETAIL, str_of(entry->detail));
    kafka_header_add(headers, JOURNAL_TOPIC, str_of(entry->flow->topic));
    kafka_header_add_int(headers, JOURNAL_PARTITION, entry->flow->partition);
    kafka_header_add_int(headers, JOURNAL_OFFSET, entry->offset);
    kafka_header_add_int(headers, JOURNAL_TIME, entry->time_ms);
    entry->bare = bare;
    void *value = bare ? NULL : message->payload;
    size_t size = bare ? 0 : message->len;
    rd_kafka_resp_err_t err =
        rd_kafka_producev(v->producer.rk, RD_KAFKA_V_RKT(v->rejected), RD_KAFKA_V_PARTITION(RD_KAFKA_PARTITION_UA),
            RD_KAFKA_V_MSGFLAGS(0), RD_KAFKA_V_KEY(message->key, message->key_len), RD_KAFKA_V_VALUE(value, size),
            RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(entry), RD_KAFKA_V_END);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_headers_destroy(headers);
    }
    return err;
}

static void refuse(struct validate *v, struct entry *entry, const struct judgement *judgement)
{
    struct str value = kafka_value(entry->message), text;
    struct journal_refusal refusal = {.reason = judgement->reason,
        .code = judgement->code,
        .expected = judgement->expected,
        .has_id = judgement->has_id,
        .id = judgement->id,
        .digest = sha256_of(value.data ? value.data : "", value.len),
        .size = value.len};
    journal_refusal_encode(v->arena, &refusal, &text);
    entry->refusal = malloc(text.len + 1);
    if (entry->refusal == NULL) {
        abort();
    }
    memcpy(entry->refusal, text.data, text.len);
    entry->refusal_size = text.len;
    entry->size += text.len;
    v->flows.bytes += text.len;
    snprintf(entry->detail, sizeof entry->detail, "%.*s", STR_ARG(judgement->expected));
    char id[UUID_TEXT_SIZE] = "";
    log_info(v->log, "record refused", LOG_PLACE(entry->flow->topic, entry->flow->partition, entry->offset),
        LOG_STR("reason", reason_slug(judgement->reason)), LOG_TEXT("expected", entry->detail),
        LOG_TEXT("act", judgement->has_id ? uuid_format(judgement->id, id) : NULL));
    rd_kafka_resp_err_t err = send_rejected(v, entry, false);
    if (err == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
        err = send_rejected(v, entry, true);
    }
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        log_warn(v->log, "the producer takes nothing",
            LOG_PLACE(entry->flow->topic, entry->flow->partition, entry->offset),
            LOG_TEXT("error", rd_kafka_err2name(err)));
        v->broken = true;
    }
}

void relay_take(struct validate *v, struct entry *entry)
{
    struct judgement judgement;
    arena_reset(v->arena);
    judge(v->reader, v->arena, entry->flow->authority, kafka_value(entry->message), &judgement);
    entry->reason = judgement.reason;
    if (judgement.reason != REASON_NONE) {
        entry->state = ENTRY_WAITING;
        refuse(v, entry, &judgement);
        return;
    }
    entry->state = ENTRY_READY;
    v->unsent = true;
}

void relay_serve(struct validate *v, int timeout_ms)
{
    if (v->producer.rk == NULL) { /* ending */
        return;
    }
    if (v->unsent && !v->broken) {
        send_ready(v);
    }
    rd_kafka_poll(v->producer.rk, timeout_ms);
    if (v->unsent && !v->broken) {
        send_ready(v);
    }
}

bool relay_flush(struct validate *v, int timeout_ms)
{
    time_ms end = time_monotonic() + timeout_ms;
    while (v->flows.entries > 0 && !v->broken && v->producer.rk != NULL && time_monotonic() < end) {
        relay_serve(v, 20);
    }
    return v->flows.entries == 0;
}

void relay_restart(struct validate *v)
{
    v->broken = v->unsent = false;
    v->under_way = 0;
    if (!producer_close(v)) {
        v->fatal = status_fail(&v->fault, STATUS_RETRY, "stuck", "the producer does not end: a new start is needed");
        return;
    }
    for (size_t i = 0; i < v->flows.count; i++) {
        flow_rewind(&v->flows, v->flows.item[i]);
    }
    metric_add(v->m.restarts, 1);
    while (!process_stopping()) {
        if (backoff_wait(&v->backoff)) {
            return;
        }
        struct status status = producer_open(v);
        if (!status_failed(status)) {
            return;
        }
        log_error(v->log, "no new producer", LOG_TEXT("text", v->fault.text));
    }
}

void relay_forget(struct validate *v)
{
    if (v->stuck) { /* a producer that was left behind may still read them */
        v->flows.count = v->flows.entries = v->flows.bytes = 0;
    }
    flows_drop(&v->flows);
}

void relay_close(struct validate *v)
{
    producer_close(v);
    relay_forget(v);
}
