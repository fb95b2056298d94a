#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "shell/kafka_again.h"
#include "shell/kafka_side.h"

/* A question that librdkafka may answer later than it was told to: asked by a thread of its own, which nobody
 * waits for longer than the deadline. Freed by the last of the two that lets go. */
struct question {
    struct kafka_side *side;
    pthread_mutex_t lock;
    pthread_cond_t answered;
    int holders;
    bool done;
    char *topic;
    int partition, timeout_ms;
    int64_t low, high;
    rd_kafka_resp_err_t err;
};

static void let_go(struct question *question)
{
    pthread_mutex_lock(&question->lock);
    bool last = --question->holders == 0;
    pthread_mutex_unlock(&question->lock);
    if (last) {
        pthread_mutex_destroy(&question->lock);
        pthread_cond_destroy(&question->answered);
        free(question->topic);
        free(question);
    }
}

static void *ask(void *argument)
{
    struct question *question = argument;
    int64_t low = 0, high = 0;
    rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(
        question->side->rk, question->topic, question->partition, &low, &high, question->timeout_ms);
    atomic_fetch_sub(&question->side->asking, 1);
    pthread_mutex_lock(&question->lock);
    question->low = low;
    question->high = high;
    question->err = err;
    question->done = true;
    pthread_cond_signal(&question->answered);
    pthread_mutex_unlock(&question->lock);
    let_go(question);
    return NULL;
}

static struct question *question_open(struct kafka_client *client, const char *topic, int partition, int timeout_ms)
{
    struct question *question = calloc(1, sizeof *question);
    char *name = strdup(topic);
    if (question == NULL || name == NULL) {
        abort();
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&question->lock, NULL);
    pthread_cond_init(&question->answered, &monotonic);
    pthread_condattr_destroy(&monotonic);
    question->side = client->side;
    question->topic = name;
    question->partition = partition;
    question->timeout_ms = timeout_ms;
    question->holders = 2;
    return question;
}

/* Asks once. */
static rd_kafka_resp_err_t ask_ends(
    struct kafka_client *client, const char *topic, int partition, int timeout_ms, int64_t *low, int64_t *high)
{
    struct question *question = question_open(client, topic, partition, timeout_ms);
    pthread_t thread;
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += timeout_ms / 1000;
    deadline.tv_nsec += (timeout_ms % 1000) * 1000000L;
    if (deadline.tv_nsec >= 1000000000L) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000L;
    }
    atomic_fetch_add(&client->side->asking, 1);
    if (pthread_create(&thread, NULL, ask, question) != 0) {
        atomic_fetch_sub(&client->side->asking, 1);
        question->holders = 1;
        let_go(question);
        return RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE;
    }
    pthread_detach(thread);
    pthread_mutex_lock(&question->lock);
    int waited = 0;
    while (!question->done && waited == 0) {
        waited = pthread_cond_timedwait(&question->answered, &question->lock, &deadline);
    }
    rd_kafka_resp_err_t err = question->done ? question->err : RD_KAFKA_RESP_ERR__TIMED_OUT;
    *low = question->low;
    *high = question->high;
    pthread_mutex_unlock(&question->lock);
    let_go(question);
    return err;
}

/* What the broker says of one topic now. The library keeps it: what it took for a leader is mended by it, too. */
static rd_kafka_resp_err_t look_up(struct kafka_client *client, const char *topic, int timeout_ms, int *partitions)
{
    const struct rd_kafka_metadata *metadata = NULL;
    *partitions = 0;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(client->rk, topic, NULL);
    if (handle == NULL) {
        return rd_kafka_last_error();
    }
    rd_kafka_resp_err_t err = rd_kafka_metadata(client->rk, 0, handle, &metadata, timeout_ms);
    rd_kafka_topic_destroy(handle);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        err = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR__BAD_MSG;
        *partitions = err == RD_KAFKA_RESP_ERR_NO_ERROR ? metadata->topics[0].partition_cnt : 0;
    }
    if (metadata != NULL) {
        rd_kafka_metadata_destroy(metadata);
    }
    return err;
}

struct status kafka_watermarks(struct kafka_client *client, const char *topic, int partition, int timeout_ms,
    int64_t *low, int64_t *high, struct fault *fault)
{
    int partitions;
    struct kafka_again again = kafka_again_begin(timeout_ms);
    rd_kafka_resp_err_t err = ask_ends(client, topic, partition, timeout_ms, low, high);
    while (kafka_again(&again, err)) {
        (void)look_up(client, topic, kafka_again_left(&again), &partitions);
        err = ask_ends(client, topic, partition, kafka_again_left(&again), low, high);
    }
    if (kafka_is_unknown(err)) {
        return status_fail(
            fault, STATUS_RETRY, "unknown-topic", "there is no topic %s (partition %d)", topic, partition);
    }
    return kafka_again_fail(&again, fault, err, topic);
}

struct status kafka_partitions(
    struct kafka_client *client, const char *topic, int timeout_ms, int *out, struct fault *fault)
{
    struct kafka_again again = kafka_again_begin(timeout_ms);
    rd_kafka_resp_err_t err;
    do {
        err = look_up(client, topic, kafka_again_left(&again), out);
    } while (!kafka_is_unknown(err) && kafka_again(&again, err));
    return kafka_is_unknown(err) ? status_ok() : kafka_again_fail(&again, fault, err, topic);
}

struct status kafka_metadata(struct kafka_client *client, bool topics, int timeout_ms,
    const struct rd_kafka_metadata **out, const char *what, struct fault *fault)
{
    struct kafka_again again = kafka_again_begin(timeout_ms);
    rd_kafka_resp_err_t err;
    *out = NULL;
    do {
        err = rd_kafka_metadata(client->rk, topics, NULL, out, kafka_again_left(&again));
    } while (kafka_again(&again, err));
    return kafka_again_fail(&again, fault, err, what);
}

struct status kafka_assign(
    struct kafka_client *consumer, const char *topic, int partition, int64_t offset, struct fault *fault)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, partition)->offset = offset;
    rd_kafka_resp_err_t err = rd_kafka_assign(consumer->rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return kafka_fail(fault, err, topic);
}

/* Until the broker knows the topic. */
static struct status wait_known(struct kafka_client *client, const char *topic, int timeout_ms, struct fault *fault)
{
    int partitions;
    struct kafka_again again = kafka_again_begin(timeout_ms);
    rd_kafka_resp_err_t err;
    do {
        err = look_up(client, topic, kafka_again_left(&again), &partitions);
    } while (kafka_again(&again, err));
    return kafka_is_unknown(err) ? status_fail(fault, STATUS_RETRY, "unknown-topic", "there is no topic %s", topic)
                                 : kafka_again_fail(&again, fault, err, topic);
}

/* The legacy consumer needs no group, hence no right on one. */
struct status kafka_scan(const struct kafka_config *config, const char *topic, int partition, int64_t offset,
    int timeout_ms, bool (*visit)(const rd_kafka_message_t *message, void *user), void *user, struct fault *fault)
{
    struct kafka_client client;
    struct kafka_config quiet = *config;
    quiet.log = log_takes(config->log, LOG_LEVEL_DEBUG) ? config->log : NULL;
    struct status status =
        kafka_consumer_open(&quiet, &(struct kafka_consumer_config){.partition_eof = true}, &client, fault);
    if (status_failed(status)) {
        return status;
    }
    /* Asked for first: otherwise the library, not connected yet, looks for the partition's leader again a second later.
     */
    rd_kafka_topic_t *handle = NULL;
    status = wait_known(&client, topic, timeout_ms, fault);
    if (status_failed(status)) {
        goto out;
    }
    handle = rd_kafka_topic_new(client.rk, topic, NULL);
    if (handle == NULL || rd_kafka_consume_start(handle, partition, offset) != 0) {
        status = kafka_fail(fault, rd_kafka_last_error(), topic);
        goto out;
    }
    time_ms deadline = time_monotonic() + timeout_ms;
    rd_kafka_resp_err_t last = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (bool more = true; more;) {
        rd_kafka_message_t *message = rd_kafka_consume(handle, partition, 200);
        rd_kafka_resp_err_t err = message ? message->err : RD_KAFKA_RESP_ERR__TIMED_OUT;
        last = message ? err : last;
        if (kafka_is_transient(err) || kafka_is_unknown(err)) { /* the library tries on by itself */
            if (time_monotonic() > deadline) {
                status = status_fail(fault, STATUS_RETRY, "timeout", "%s: the broker sent nothing for %d ms%s%s", topic,
                    timeout_ms, last ? ", at last this: " : "", last ? rd_kafka_err2str(last) : "");
                more = false;
            }
        } else if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            more = visit(message, user);
            deadline = time_monotonic() + timeout_ms;
        } else if (err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            more = false;
        } else if (err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
            status = status_fail(fault, STATUS_STOP, "out-of-range", "%s has no offset %lld", topic, (long long)offset);
            more = false;
        } else {
            status = kafka_fail(fault, err, topic);
            more = false;
        }
        if (message != NULL) {
            rd_kafka_message_destroy(message);
        }
    }
    rd_kafka_consume_stop(handle, partition);
out:
    if (handle != NULL) {
        rd_kafka_topic_destroy(handle);
    }
    kafka_close(&client);
    return status;
}

struct delivery {
    bool done;
    rd_kafka_resp_err_t err;
    int64_t offset;
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)opaque;
    struct delivery *delivery = message->_private;
    *delivery = (struct delivery){.done = true, .err = message->err, .offset = message->offset};
}

struct status kafka_send(const struct kafka_config *config, const char *topic, int partition, struct str key,
    struct str value, rd_kafka_headers_t *headers, int64_t timestamp_ms, int timeout_ms, int64_t *offset_out,
    struct fault *fault)
{
    struct kafka_client client;
    struct delivery delivery = {0};
    struct kafka_config quiet = *config;
    quiet.log = log_takes(config->log, LOG_LEVEL_DEBUG) ? config->log : NULL;
    struct status status = kafka_producer_open(&quiet,
        &(struct kafka_producer_config){.message_timeout_ms = timeout_ms, .on_delivery = on_delivery}, &client, fault);
    if (status_failed(status)) {
        if (headers != NULL) {
            rd_kafka_headers_destroy(headers);
        }
        return status;
    }
    headers = headers ? headers : rd_kafka_headers_new(1);
    rd_kafka_resp_err_t err = rd_kafka_producev(client.rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data, key.len),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)value.data, value.len), RD_KAFKA_V_TIMESTAMP(timestamp_ms),
        RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(&delivery), RD_KAFKA_V_END);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_headers_destroy(headers);
    } else {
        for (time_ms end = time_monotonic() + timeout_ms + 1000; !delivery.done && time_monotonic() < end;) {
            rd_kafka_poll(client.rk, 100);
        }
        err = delivery.done ? delivery.err : RD_KAFKA_RESP_ERR__TIMED_OUT;
    }
    if (offset_out != NULL) {
        *offset_out = delivery.offset;
    }
    kafka_close(&client);
    return kafka_fail(fault, err, topic);
}
