#include "shell/kafka_side.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define KAFKA_CLOSE_MS 6000

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    struct kafka_side *side = rd_kafka_opaque(rk);
    if (side == NULL) {
        return;
    }
    enum log_level as = level <= 2   ? LOG_LEVEL_ERROR
                        : level <= 4 ? LOG_LEVEL_WARN
                        : level <= 6 ? LOG_LEVEL_INFO
                                     : LOG_LEVEL_DEBUG;
    pthread_mutex_lock(&side->lock);
    LOG_AT(side->log, as, "librdkafka", LOG_TEXT("facility", facility), LOG_TEXT("text", text));
    pthread_mutex_unlock(&side->lock);
}

static void on_error(rd_kafka_t *rk, int err, const char *reason, void *opaque)
{
    struct kafka_side *side = opaque;
    (void)rk;
    /* A lost connection has been logged by librdkafka itself. */
    enum log_level as = err == RD_KAFKA_RESP_ERR__FATAL                                              ? LOG_LEVEL_ERROR
                        : err == RD_KAFKA_RESP_ERR__TRANSPORT || err == RD_KAFKA_RESP_ERR__TIMED_OUT ? LOG_LEVEL_DEBUG
                                                                                                     : LOG_LEVEL_WARN;
    pthread_mutex_lock(&side->lock);
    if (side->client != NULL && err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        atomic_store(&side->client->down, true);
    }
    LOG_AT(side->log, as, "kafka error", LOG_TEXT("error", rd_kafka_err2name((rd_kafka_resp_err_t)err)),
        LOG_TEXT("text", reason));
    pthread_mutex_unlock(&side->lock);
}

/* The program's struct while it is open; it is closed by the thread that polls, so it stays while a callback runs. */
static struct kafka_client *client_of(struct kafka_side *side)
{
    pthread_mutex_lock(&side->lock);
    struct kafka_client *client = side->client;
    pthread_mutex_unlock(&side->lock);
    return client;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct kafka_side *side = opaque;
    struct kafka_client *client = client_of(side);
    if (client != NULL) {
        side->on_delivery(rk, message, client);
    }
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct kafka_side *side = opaque;
    struct kafka_client *client = client_of(side);
    if (client != NULL) {
        side->on_rebalance(rk, err, list, client);
    } else {
        rd_kafka_assign(rk, NULL);
    }
}

struct kafka_side *kafka_side_open(rd_kafka_conf_t *conf, struct kafka_client *client)
{
    struct kafka_side *side = calloc(1, sizeof *side);
    if (side == NULL) {
        abort();
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&side->lock, NULL);
    pthread_cond_init(&side->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    side->client = client;
    side->log = client->log;
    rd_kafka_conf_set_opaque(conf, side);
    rd_kafka_conf_set_log_cb(conf, on_log);
    rd_kafka_conf_set_error_cb(conf, on_error);
    return side;
}

void kafka_side_set_delivery(rd_kafka_conf_t *conf, struct kafka_side *side,
    void (*program)(rd_kafka_t *rk, const rd_kafka_message_t *message, void *client))
{
    side->on_delivery = program;
    if (program != NULL) {
        rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
    }
}

void kafka_side_set_rebalance(rd_kafka_conf_t *conf, struct kafka_side *side,
    void (*program)(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list, void *client))
{
    side->on_rebalance = program;
    if (program != NULL) {
        rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
    }
}

void kafka_side_free(struct kafka_side *side)
{
    pthread_mutex_destroy(&side->lock);
    pthread_cond_destroy(&side->changed);
    free(side);
}

/* None of this has a bound of its own when the brokers do not answer: leaving a group waits for its coordinator. */
static void *end(void *argument)
{
    struct kafka_side *side = argument;
    if (rd_kafka_type(side->rk) == RD_KAFKA_CONSUMER) {
        rd_kafka_consumer_close(side->rk);
    } else {
        rd_kafka_purge(side->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    }
    while (atomic_load(&side->asking) > 0) {
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    rd_kafka_destroy(side->rk);
    pthread_mutex_lock(&side->lock);
    side->closed = true;
    bool left = side->left;
    pthread_cond_signal(&side->changed);
    pthread_mutex_unlock(&side->lock);
    if (left) {
        kafka_side_free(side);
    }
    return NULL;
}

/* What libraries do at the end of a program would take away what the threads left behind still use. */
static void end_at_once(int code, void *unused)
{
    (void)unused;
    fflush(NULL);
    _exit(code);
}

static bool wait_end(struct kafka_side *side)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += KAFKA_CLOSE_MS / 1000;
    pthread_mutex_lock(&side->lock);
    for (int waited = 0; !side->closed && waited == 0;) {
        waited = pthread_cond_timedwait(&side->changed, &side->lock, &deadline);
    }
    bool closed = side->closed;
    if (!closed) {
        side->left = true;
        side->log = NULL;
    }
    pthread_mutex_unlock(&side->lock);
    return closed;
}

bool kafka_close(struct kafka_client *client)
{
    struct kafka_side *side = client->side;
    pthread_t thread;
    if (client->rk == NULL) {
        return true;
    }
    client->rk = NULL;
    client->side = NULL;
    pthread_mutex_lock(&side->lock);
    side->client = NULL;
    pthread_mutex_unlock(&side->lock);
    bool alone = pthread_create(&thread, NULL, end, side) == 0;
    if (!alone) {
        end(side);
    }
    if (wait_end(side)) {
        if (alone) {
            pthread_join(thread, NULL);
        }
        kafka_side_free(side);
        return true;
    }
    pthread_detach(thread);
    on_exit(end_at_once, NULL);
    log_warn(client->log, "kafka client not closed: the brokers do not answer", LOG_TEXT("client", client->name));
    return false;
}
