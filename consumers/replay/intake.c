#include "intake.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "shell/process.h"

enum { BATCHES = 5, POLL_MS = 100, HOLD_MS = 50 };

struct intake {
    struct intake_config config;
    struct kafka_client consumer;
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* any of the following */
    bool stop, waiting;
    struct batch *ready[BATCHES], *spare[BATCHES];
    int readies, spares;
    int64_t end;
    struct status status;
    struct fault fault;
    /* the thread's own */
    struct batch batch[BATCHES], *filling;
    int64_t expected, doubted; /* offset of the next record; at which a jump was seen once */
};

static void wait_changed(struct intake *intake, int64_t timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t nanos = until.tv_nsec + timeout_ms * 1000000;
    until.tv_sec += nanos / 1000000000;
    until.tv_nsec = nanos % 1000000000;
    pthread_cond_timedwait(&intake->changed, &intake->lock, &until);
}

/* ---- the thread -------------------------------------------------------------------------------------------------- */

static void fail(struct intake *intake, struct status status, const char *what)
{
    pthread_mutex_lock(&intake->lock);
    if (!status_failed(intake->status))
        intake->status = status_fail(&intake->fault, status.class, status.code, "%s: %s", intake->config.topic, what);
    pthread_cond_broadcast(&intake->changed);
    pthread_mutex_unlock(&intake->lock);
}

/* A jump is doubted once: the library may have skipped records. */
static void take_record(struct intake *intake, const rd_kafka_message_t *message)
{
    struct fault fault;
    if (message->offset < intake->expected)
        return;
    if (message->offset > intake->expected && intake->doubted != intake->expected) {
        intake->doubted = intake->expected;
        log_warn(intake->config.log, "records were skipped, reading again",
            LOG_PLACE(intake->config.topic, 0, intake->expected), LOG_INT("read", message->offset));
        struct status status = kafka_assign(&intake->consumer, intake->config.topic, 0, intake->expected, &fault);
        if (status_failed(status))
            fail(intake, status, fault.text);
        return;
    }
    batch_add(intake->filling, message, intake->config.reader);
    intake->expected = message->offset + 1;
}

static void take_message(struct intake *intake, const rd_kafka_message_t *message)
{
    struct status status = kafka_status(message->err);
    const char *text = rd_kafka_message_errstr(message);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        take_record(intake, message);
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        pthread_mutex_lock(&intake->lock);
        intake->end = message->offset;
        pthread_mutex_unlock(&intake->lock);
    } else if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
               message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
        fail(intake, (struct status){STATUS_STOP, "out-of-range"},
            "it does not hold the record to be read next: its beginning was deleted, or its end was lost");
    } else if (status.class == STATUS_STOP) {
        fail(intake, status, text);
    } else {
        log_warn(intake->config.log, "reading the journal", LOG_TEXT("error", rd_kafka_err2name(message->err)),
            LOG_TEXT("text", text));
    }
}

static bool is_full(const struct intake *intake)
{
    return intake->filling->count >= intake->config.records_max || intake->filling->bytes >= intake->config.bytes_max;
}

/* Hands over what is full, or all there is when the writer waits for it. False: it is time to end. */
static bool hand_over(struct intake *intake, bool drained)
{
    pthread_mutex_lock(&intake->lock);
    while (is_full(intake) && intake->spares == 0 && !intake->stop)
        wait_changed(intake, HOLD_MS);
    if (intake->spares > 0 && intake->filling->count > 0 &&
        (is_full(intake) || (drained && intake->waiting && intake->readies == 0))) {
        intake->ready[intake->readies++] = intake->filling;
        intake->filling = intake->spare[--intake->spares];
        pthread_cond_broadcast(&intake->changed);
    }
    bool go_on = !intake->stop && !status_failed(intake->status);
    pthread_mutex_unlock(&intake->lock);
    return go_on;
}

static void *run(void *argument)
{
    struct intake *intake = argument;
    bool drained = false;
    while (hand_over(intake, drained)) {
        int timeout_ms = intake->filling->count == 0 ? POLL_MS : drained ? 1 : 0;
        rd_kafka_message_t *message = rd_kafka_consumer_poll(intake->consumer.rk, timeout_ms);
        drained = !message || message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
        if (message) {
            take_message(intake, message);
            rd_kafka_message_destroy(message);
        }
    }
    return NULL;
}

/* ---- the writer's side ------------------------------------------------------------------------------------------- */

struct status intake_open(struct intake **out, const struct intake_config *config, struct fault *fault)
{
    struct intake *intake = calloc(1, sizeof *intake);
    if (!intake)
        abort();
    *out = intake;
    intake->config = *config;
    intake->end = intake->doubted = -1;
    intake->expected = config->offset;
    intake->status = status_ok();
    for (int i = 0; i < BATCHES; i++) {
        batch_open(&intake->batch[i], config->records_max);
        if (i > 0)
            intake->spare[intake->spares++] = &intake->batch[i];
    }
    intake->filling = &intake->batch[0];
    pthread_mutex_init(&intake->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&intake->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    struct status status = kafka_consumer_open(
        config->kafka, &(struct kafka_consumer_config){.partition_eof = true}, &intake->consumer, fault);
    if (!status_failed(status))
        status = kafka_assign(&intake->consumer, config->topic, 0, config->offset, fault);
    if (status_failed(status))
        return status;
    if (pthread_create(&intake->thread, NULL, run, intake) != 0)
        return status_fail(fault, STATUS_STOP, "thread", "no thread can be started");
    intake->started = true;
    return status;
}

void intake_close(struct intake *intake)
{
    if (!intake)
        return;
    pthread_mutex_lock(&intake->lock);
    intake->stop = true;
    pthread_cond_broadcast(&intake->changed);
    pthread_mutex_unlock(&intake->lock);
    if (intake->started)
        pthread_join(intake->thread, NULL);
    kafka_close(&intake->consumer);
    for (int i = 0; i < BATCHES; i++)
        batch_close(&intake->batch[i]);
    pthread_cond_destroy(&intake->changed);
    pthread_mutex_destroy(&intake->lock);
    free(intake);
}

struct status intake_next(struct intake *intake, int timeout_ms, struct batch **out, struct fault *fault)
{
    time_ms until = time_monotonic() + timeout_ms;
    *out = NULL;
    pthread_mutex_lock(&intake->lock);
    intake->waiting = true;
    for (time_ms left; intake->readies == 0 && !status_failed(intake->status) && !process_stopping();) {
        left = until - time_monotonic();
        if (left <= 0)
            break;
        wait_changed(intake, left < POLL_MS ? left : POLL_MS); /* a signal wakes nobody here */
    }
    intake->waiting = false;
    struct status status = status_ok();
    if (intake->readies > 0) {
        *out = intake->ready[0];
        intake->readies--;
        memmove(intake->ready, intake->ready + 1, (size_t)intake->readies * sizeof *intake->ready);
    } else if (status_failed(intake->status)) {
        status = intake->status;
        *fault = intake->fault;
    }
    pthread_mutex_unlock(&intake->lock);
    return status;
}

void intake_give(struct intake *intake, struct batch *batch)
{
    batch_clear(batch);
    pthread_mutex_lock(&intake->lock);
    intake->spare[intake->spares++] = batch;
    pthread_cond_broadcast(&intake->changed);
    pthread_mutex_unlock(&intake->lock);
}

int64_t intake_end(struct intake *intake)
{
    pthread_mutex_lock(&intake->lock);
    int64_t end = intake->end;
    pthread_mutex_unlock(&intake->lock);
    return end;
}
