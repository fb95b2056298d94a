#include "feed.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "engine/batch.h"
#include "shell/process.h"

#define BATCHES 3       /* one is filled, one decided, one written */
#define SPARE 64        /* records that come although the partition is paused */
#define IDLE_MS 100     /* poll while there is nothing */
#define STALLED_MS 1000 /* the writer is away this long: the partition is paused */
#define SILENT_MS 3000  /* nothing comes this long although the journal goes on: it is read again */

struct feed {
    struct feed_config config;
    struct kafka_client consumer;
    char client_id[64];
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* any of the following */
    bool stop, assigned, waiting;
    bool lost;           /* the last term ended without our doing */
    int term;            /* counts assignments and their ends */
    int64_t wanted;      /* begin there; -1: nothing asked */
    struct batch *ready; /* handed over, until the writer comes again */
    struct status status;
    struct fault fault;
    /* the thread's own */
    struct batch batch[BATCHES], *filling;
    int64_t expected; /* offset of the next record; -1: not begun */
    int64_t doubted;  /* offset at which a jump was seen once */
    bool paused;
    time_ms full_since, moved_at;
    int64_t silent_end; /* end of the journal at which silence was doubted last */
};

/* ---- the thread -------------------------------------------------------------------------------------------------- */

static bool batch_full(const struct feed *feed)
{
    return feed->filling->count >= feed->config.records_max || feed->filling->bytes >= feed->config.bytes_max;
}

static void feed_fail(struct feed *feed, struct status status, const char *what)
{
    pthread_mutex_lock(&feed->lock);
    if (!status_failed(feed->status))
        feed->status = status_fail(&feed->fault, status.class, status.code, "%s: %s", feed->config.topic, what);
    pthread_cond_broadcast(&feed->changed);
    pthread_mutex_unlock(&feed->lock);
}

static rd_kafka_topic_partition_list_t *partition(const struct feed *feed, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, feed->config.topic, 0)->offset = offset;
    return list;
}

static void pause_reading(struct feed *feed, bool pause)
{
    rd_kafka_topic_partition_list_t *list = partition(feed, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_resp_err_t err = pause ? rd_kafka_pause_partitions(feed->consumer.rk, list)
                                    : rd_kafka_resume_partitions(feed->consumer.rk, list);
    if (err)
        log_warn(feed->config.log, pause ? "cannot pause" : "cannot resume", LOG_TEXT("error", rd_kafka_err2name(err)));
    rd_kafka_topic_partition_list_destroy(list);
    feed->paused = pause;
}

/* Reads from `offset` on: assigning anew is the one way of seeking that always holds. */
static void read_from(struct feed *feed, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = partition(feed, offset);
    rd_kafka_resp_err_t err = rd_kafka_assign(feed->consumer.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (err) {
        feed_fail(feed, kafka_status(err), rd_kafka_err2str(err));
        return;
    }
    if (feed->paused)
        pause_reading(feed, false);
    feed->expected = offset;
    feed->moved_at = time_monotonic();
}

static void new_term(struct feed *feed, bool assigned, bool lost)
{
    pthread_mutex_lock(&feed->lock);
    feed->assigned = assigned;
    feed->lost = lost;
    feed->term++;
    feed->wanted = feed->expected = -1;
    batch_clear(feed->filling);
    pthread_cond_broadcast(&feed->changed);
    pthread_mutex_unlock(&feed->lock);
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct feed *feed = ((struct kafka_client *)opaque)->user;
    bool answer = err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, assigned = answer && list->cnt > 0;
    new_term(feed, assigned, rd_kafka_assignment_lost(rk));
    /* Where to begin stands in PostgreSQL: nothing is read, from no offset, before the writer says it. (To assign the
     * partition paused and then seek loses a race in the library when brokers come back: it went on reading at the
     * end.) */
    feed->paused = false;
    /* An assignment of nothing is answered with an empty list too: NULL is no answer, and without one the library never
     * joins again, so that a standby would stay one for ever. */
    rd_kafka_topic_partition_list_t *none = answer ? rd_kafka_topic_partition_list_new(0) : NULL;
    rd_kafka_assign(rk, none);
    if (none)
        rd_kafka_topic_partition_list_destroy(none);
}

static void take_message(struct feed *feed, const rd_kafka_message_t *message)
{
    if (message->partition != 0 || feed->expected < 0 || message->offset < feed->expected)
        return;
    if (feed->filling->count == feed->config.records_max + SPARE)
        return; /* read again when the writer is back */
    if (message->offset > feed->expected && feed->doubted != feed->expected) {
        feed->doubted = feed->expected; /* the library may have skipped it: once more */
        log_warn(feed->config.log, "records were skipped, reading again",
            LOG_PLACE(feed->config.topic, 0, feed->expected), LOG_INT("read", message->offset));
        read_from(feed, feed->expected);
        return;
    }
    batch_add(feed->filling, message, feed->config.reader);
    feed->expected = message->offset + 1;
    feed->moved_at = time_monotonic();
}

/* The journal goes on beyond what comes: the library reads elsewhere, or not at all. */
static void doubt_silence(struct feed *feed)
{
    if (feed->expected < 0 || time_monotonic() - feed->moved_at < SILENT_MS)
        return;
    feed->moved_at = time_monotonic();
    int64_t low, high;
    if (rd_kafka_get_watermark_offsets(feed->consumer.rk, feed->config.topic, 0, &low, &high) !=
            RD_KAFKA_RESP_ERR_NO_ERROR ||
        high <= feed->expected || high == feed->silent_end)
        return;
    feed->silent_end = high;
    log_warn(feed->config.log, "records do not come, reading again", LOG_PLACE(feed->config.topic, 0, feed->expected),
        LOG_INT("end", high));
    read_from(feed, feed->expected);
}

static void take_event(struct feed *feed, const rd_kafka_message_t *message)
{
    if (!message->err) {
        take_message(feed, message);
        return;
    }
    struct status status = kafka_status(message->err);
    const char *text = rd_kafka_message_errstr(message);
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
        feed_fail(feed, (struct status){STATUS_STOP, "out-of-range"}, text);
    else if (status.class == STATUS_STOP)
        feed_fail(feed, status, text);
    else
        log_warn(feed->config.log, "reading the journal", LOG_TEXT("error", rd_kafka_err2name(message->err)),
            LOG_TEXT("text", text));
}

/* What the writer asked for. False: it is time to end. */
static bool serve(struct feed *feed, bool drained)
{
    pthread_mutex_lock(&feed->lock);
    bool go_on = !feed->stop;
    int64_t wanted = feed->assigned ? feed->wanted : -1;
    feed->wanted = -1;
    if (wanted >= 0)
        batch_clear(feed->filling);
    if (wanted < 0 && feed->waiting && !feed->ready && feed->filling->count > 0 && (drained || batch_full(feed))) {
        feed->ready = feed->filling;
        feed->filling = feed->batch + (feed->filling - feed->batch + 1) % BATCHES;
        batch_clear(feed->filling);
        pthread_cond_broadcast(&feed->changed);
    }
    pthread_mutex_unlock(&feed->lock);
    if (go_on && wanted >= 0)
        read_from(feed, wanted);
    return go_on;
}

/* The batch is full and the writer busy, or away: then the partition is paused and the group is still served. */
static void serve_full(struct feed *feed)
{
    if (!feed->full_since)
        feed->full_since = time_monotonic();
    if (!feed->paused && time_monotonic() - feed->full_since > STALLED_MS)
        pause_reading(feed, true);
    if (feed->paused) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(feed->consumer.rk, IDLE_MS);
        if (message) {
            take_event(feed, message);
            rd_kafka_message_destroy(message);
        }
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += 50 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&feed->lock);
    if (!feed->waiting && !feed->stop)
        pthread_cond_timedwait(&feed->changed, &feed->lock, &until);
    pthread_mutex_unlock(&feed->lock);
}

static void *run(void *argument)
{
    struct feed *feed = argument;
    bool drained = false;
    while (serve(feed, drained)) {
        /* brokers that were all away may come back with a journal whose end was lost: the writer verifies again */
        if (atomic_exchange(&feed->consumer.down, false) && feed->assigned)
            new_term(feed, true, false);
        if (batch_full(feed)) {
            serve_full(feed);
            continue;
        }
        feed->full_since = 0;
        if (feed->paused && feed->expected >= 0)
            read_from(feed, feed->expected);
        int timeout_ms = feed->filling->count == 0 ? IDLE_MS : drained ? 1 : 0;
        rd_kafka_message_t *message = rd_kafka_consumer_poll(feed->consumer.rk, timeout_ms);
        drained = !message;
        if (drained)
            doubt_silence(feed);
        if (message) {
            take_event(feed, message);
            rd_kafka_message_destroy(message);
        }
    }
    return NULL;
}

/* ---- the writer's side
 * ----------------------------------------------------------------------------------------------- */

struct status feed_open(struct feed **out, const struct feed_config *config, struct fault *fault)
{
    struct feed *feed = calloc(1, sizeof *feed);
    if (!feed)
        abort();
    *out = feed;
    feed->config = *config;
    feed->wanted = feed->expected = feed->doubted = -1;
    feed->status = status_ok();
    feed->filling = &feed->batch[0];
    for (int i = 0; i < BATCHES; i++)
        batch_open(&feed->batch[i], config->records_max + SPARE);
    pthread_mutex_init(&feed->lock, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&feed->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    /* The broker makes member ids from client ids, and `range` gives one partition to the least: so the copy that began
     * first stays the active one, and another that joins or comes back does not take the journal from it. */
    snprintf(feed->client_id, sizeof feed->client_id, "orgcode-apply-%016lld", (long long)time_now());
    const struct kafka_setting quick[] = {
        {"client.id", feed->client_id}, {"heartbeat.interval.ms", "1000"}, {"fetch.wait.max.ms", "100"}};
    struct kafka_config kafka = *config->kafka;
    kafka.user = feed;
    kafka.extra = quick;
    kafka.extras = sizeof quick / sizeof *quick;
    const struct kafka_consumer_config consumer = {.group = config->group,
        .session_timeout_ms = 6000,
        .on_rebalance = on_rebalance,
        .assignor = "range",
        .queue_max_kib = 2048};
    struct status status = kafka_consumer_open(&kafka, &consumer, &feed->consumer, fault);
    if (status_failed(status))
        return status;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, config->topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(feed->consumer.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    if (err)
        return kafka_fail(fault, err, "subscribing to the journal");
    if (pthread_create(&feed->thread, NULL, run, feed) != 0)
        return status_fail(fault, STATUS_STOP, "thread", "no thread can be started");
    feed->started = true;
    return status_ok();
}

void feed_close(struct feed *feed)
{
    if (!feed)
        return;
    pthread_mutex_lock(&feed->lock);
    feed->stop = true;
    pthread_cond_broadcast(&feed->changed);
    pthread_mutex_unlock(&feed->lock);
    if (feed->started)
        pthread_join(feed->thread, NULL);
    kafka_close(&feed->consumer);
    for (int i = 0; i < BATCHES; i++)
        batch_close(&feed->batch[i]);
    pthread_cond_destroy(&feed->changed);
    pthread_mutex_destroy(&feed->lock);
    free(feed);
}

/* Waits for a change, at most until `until` (monotonic). With the lock held. */
static bool wait_change(struct feed *feed, time_ms until)
{
    time_ms left = until - time_monotonic();
    if (left <= 0 || process_stopping())
        return false;
    left = left > 200 ? 200 : left; /* a signal wakes nobody here */
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t nanos = at.tv_nsec + left * 1000000;
    at.tv_sec += nanos / 1000000000;
    at.tv_nsec = nanos % 1000000000;
    pthread_cond_timedwait(&feed->changed, &feed->lock, &at);
    return true;
}

int feed_term(struct feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    int term = feed->assigned ? feed->term : 0;
    pthread_mutex_unlock(&feed->lock);
    return term;
}

bool feed_lost(struct feed *feed)
{
    pthread_mutex_lock(&feed->lock);
    bool lost = feed->lost;
    pthread_mutex_unlock(&feed->lock);
    return lost;
}

struct status feed_wait(struct feed *feed, int term, int timeout_ms, struct fault *fault)
{
    time_ms until = time_monotonic() + timeout_ms;
    pthread_mutex_lock(&feed->lock);
    while ((feed->assigned ? feed->term : 0) == term && !status_failed(feed->status))
        if (!wait_change(feed, until))
            break;
    struct status status = feed->status;
    if (status_failed(status))
        *fault = feed->fault;
    pthread_mutex_unlock(&feed->lock);
    return status;
}

void feed_begin(struct feed *feed, int term, int64_t offset)
{
    pthread_mutex_lock(&feed->lock);
    if (feed->assigned && feed->term == term) {
        feed->wanted = offset;
        feed->ready = NULL;
    }
    pthread_cond_broadcast(&feed->changed);
    pthread_mutex_unlock(&feed->lock);
}

struct status feed_next(struct feed *feed, int term, int timeout_ms, struct feed_batch *out, struct fault *fault)
{
    time_ms until = time_monotonic() + timeout_ms;
    *out = (struct feed_batch){0};
    pthread_mutex_lock(&feed->lock);
    feed->ready = NULL;
    feed->waiting = true;
    pthread_cond_broadcast(&feed->changed);
    while (!feed->ready && feed->assigned && feed->term == term && !status_failed(feed->status))
        if (!wait_change(feed, until))
            break;
    feed->waiting = false;
    struct status status = feed->status;
    if (status_failed(status))
        *fault = feed->fault;
    else if (feed->ready && feed->assigned && feed->term == term)
        *out = (struct feed_batch){feed->ready->entry, feed->ready->count};
    pthread_mutex_unlock(&feed->lock);
    return status;
}

void feed_tell(struct feed *feed, int64_t next_offset)
{
    rd_kafka_topic_partition_list_t *list = partition(feed, next_offset);
    rd_kafka_commit(feed->consumer.rk, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
}

int64_t feed_end(struct feed *feed)
{
    int64_t low = 0, high = -1;
    if (rd_kafka_get_watermark_offsets(feed->consumer.rk, feed->config.topic, 0, &low, &high) || high < 0)
        return -1;
    return high;
}

int64_t feed_lag(struct feed *feed, int64_t next_offset)
{
    int64_t end = feed_end(feed);
    return end < 0 ? -1 : end > next_offset ? end - next_offset : 0;
}
