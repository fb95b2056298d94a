#include "tail.h"

#include <pthread.h>
#include <stdlib.h>

#include "shell/backoff.h"
#include "shell/process.h"
#include "statements.h"
#include "waiters.h"

enum {
    ROUND_ROWS = 1000, /* read at once */
    POLL_MS = 100,     /* a replica is asked as often; the primary when a notification was lost: */
    QUIET_MS = 1000,
};

struct tail {
    struct serve *serve;
    pthread_t thread;
    pthread_mutex_t lock;
    struct pg pg;
    struct arena *arena;
    bool known, leaving, ended, replica;
    int epoch;
    time_ms recorded, heard, lag; /* recorded: of the ring's head */
    struct ring ring;
    struct waiters waiters;
    int64_t woken_for; /* head for which all were woken */
};

/* ---- who waits --------------------------------------------------------------------------------------------------- */

bool tail_wait(
    struct tail *tail, struct exchange *exchange, int64_t after, const struct filter *filter, time_ms wait_ms)
{
    time_ms now = time_monotonic();
    if (!exchange->wait_until)
        exchange->wait_until = now + wait_ms;
    pthread_mutex_lock(&tail->lock);
    bool taken = now < exchange->wait_until && !tail->leaving && !tail->ended &&
                 tail->waiters.polls < tail->serve->options->waiters;
    if (taken)
        waiters_add(&tail->waiters, exchange, after, filter);
    pthread_mutex_unlock(&tail->lock);
    return taken;
}

enum tail_next tail_next(
    struct tail *tail, int epoch, int64_t *after, const struct filter *filter, struct tail_event **out)
{
    enum tail_next found = TAIL_NONE;
    pthread_mutex_lock(&tail->lock);
    if (tail->known && tail->epoch && epoch != tail->epoch) /* a worker may see the birth before the tail does */
        found = TAIL_RESET;
    else if (*after + 1 < tail->ring.oldest)
        found = TAIL_GONE;
    else if ((*out = ring_find(&tail->ring, after, filter))) {
        atomic_fetch_add(&(*out)->users, 1);
        found = TAIL_EVENT;
    }
    pthread_mutex_unlock(&tail->lock);
    return found;
}

bool tail_sleep(struct tail *tail, struct tail_sleeper *sleeper, int64_t after, time_ms due)
{
    pthread_mutex_lock(&tail->lock);
    bool sleeps = after >= tail->ring.head && !tail->leaving && !tail->ended;
    if (sleeps)
        sleepers_add(&tail->waiters, sleeper, due);
    pthread_mutex_unlock(&tail->lock);
    return sleeps;
}

void tail_forget(struct tail *tail, struct tail_sleeper *sleeper)
{
    pthread_mutex_lock(&tail->lock);
    sleepers_remove(sleeper);
    pthread_mutex_unlock(&tail->lock);
}

void tail_pulse(struct tail *tail)
{
    pthread_mutex_lock(&tail->lock);
    sleepers_pulse(&tail->waiters);
    pthread_mutex_unlock(&tail->lock);
}

bool tail_leaving(struct tail *tail)
{
    pthread_mutex_lock(&tail->lock);
    bool leaving = tail->leaving;
    pthread_mutex_unlock(&tail->lock);
    return leaving;
}

bool tail_head(struct tail *tail, int *epoch, int64_t *sequence, time_ms *recorded)
{
    pthread_mutex_lock(&tail->lock);
    bool known = tail->known;
    *epoch = tail->epoch;
    *sequence = tail->ring.head;
    *recorded = tail->recorded;
    pthread_mutex_unlock(&tail->lock);
    return known;
}

time_ms tail_silence(struct tail *tail)
{
    pthread_mutex_lock(&tail->lock);
    time_ms silence = time_monotonic() - tail->heard;
    pthread_mutex_unlock(&tail->lock);
    return silence;
}

time_ms tail_lag(struct tail *tail)
{
    pthread_mutex_lock(&tail->lock);
    time_ms lag = tail->lag;
    pthread_mutex_unlock(&tail->lock);
    return lag;
}

/* ---- following --------------------------------------------------------------------------------------------------- */

/* A replica knows no LISTEN. */
static struct status listen_unless_replica(struct tail *tail, struct fault *fault)
{
    PGresult *result = NULL;
    struct status status = pg_run(&tail->pg, "fresh", NULL, &result, fault);
    if (!status_failed(status))
        tail->replica = PQntuples(result) == 1 && pg_bool(result, 0, 4);
    PQclear(result);
    return status_failed(status) || tail->replica ? status : pg_listen(&tail->pg, "orgcode_change", fault);
}

static struct status connect_session(struct tail *tail, struct fault *fault)
{
    if (tail->pg.conn && !pg_lost(&tail->pg))
        return status_ok();
    pg_close(&tail->pg);
    struct status status =
        pg_open(tail->serve->options->pg.conninfo, "orgcode-serve tail", tail->serve->log, &tail->pg, fault);
    if (!status_failed(status))
        status = session_prepare(&tail->pg, tail->serve->options->statement_ms, fault);
    if (!status_failed(status))
        status = listen_unless_replica(tail, fault);
    if (status_failed(status))
        pg_close(&tail->pg);
    return status;
}

static struct status read_lag(struct tail *tail, struct fault *fault)
{
    PGresult *result = NULL;
    struct status status = tail->replica ? pg_run(&tail->pg, "lag", NULL, &result, fault) : status_ok();
    pthread_mutex_lock(&tail->lock);
    tail->lag = result && PQntuples(result) == 1 ? pg_int8(result, 0, 0) : -1;
    pthread_mutex_unlock(&tail->lock);
    PQclear(result);
    return status;
}

/* Reads the place: a registry of another epoch, or one that has stepped back (an old backup), begins anew. */
static struct status read_place(struct tail *tail, int64_t *end, time_ms *recorded, struct fault *fault)
{
    PGresult *result = NULL;
    struct status status = pg_run(&tail->pg, "fresh", NULL, &result, fault);
    if (status_failed(status) || PQntuples(result) != 1) {
        PQclear(result);
        return status_failed(status) ? status : status_fail(fault, STATUS_RETRY, "no-place", "orgcode.place is empty");
    }
    int epoch = pg_int4(result, 0, 0);
    bool replica = pg_bool(result, 0, 4);
    *end = pg_int8(result, 0, 1);
    *recorded = pg_int8(result, 0, 2);
    pthread_mutex_lock(&tail->lock);
    if (!tail->known || tail->epoch != epoch || *end < tail->ring.head) {
        ring_begin(&tail->ring, *end);
        tail->epoch = epoch;
        tail->known = true;
        tail->recorded = *recorded;
    }
    tail->heard = time_monotonic();
    pthread_mutex_unlock(&tail->lock);
    metric_set(tail->serve->metric.sequence, *end);
    PQclear(result);
    if (!replica && tail->replica) /* promoted: listen */
        status = pg_listen(&tail->pg, "orgcode_change", fault);
    tail->replica = replica;
    return status;
}

/* Everybody for whom there is something new; in leaving, everybody. */
static void wake(struct tail *tail)
{
    pthread_mutex_lock(&tail->lock);
    if (tail->ring.head != tail->woken_for || tail->leaving)
        sleepers_wake(&tail->waiters);
    tail->woken_for = tail->ring.head;
    waiters_wake(&tail->waiters, tail->serve->server->pool, &tail->ring, tail->leaving);
    pthread_mutex_unlock(&tail->lock);
}

/* The changes up to `end`; many of them in rounds, between which those who wait are woken: they shall not miss the
 * first because of the last. */
static struct status read_events(struct tail *tail, int64_t end, struct fault *fault)
{
    while (tail->ring.head < end) {
        struct pg_params params = PG_PARAMS(tail->arena);
        PGresult *result = NULL;
        bool newer = false;
        pg_param_int8(&params, tail->ring.head);
        pg_param_int4(&params, ROUND_ROWS);
        struct status status = pg_run(&tail->pg, "tail", &params, &result, fault);
        if (status_failed(status))
            return status;
        int rows = PQntuples(result);
        const struct event_source source = event_source(tail->arena, tail->epoch, tail->serve->options->source);
        pthread_mutex_lock(&tail->lock);
        for (int row = 0; row < rows && !newer; row++) {
            struct event event;
            struct writer w;
            writer_open(&w, tail->arena, event_room(result, row, &source));
            newer = !event_read(result, row, &source, &w, &event);
            if (!newer)
                ring_keep(&tail->ring, &event);
        }
        pthread_mutex_unlock(&tail->lock);
        PQclear(result);
        arena_reset(tail->arena);
        if (newer)
            return status_fail(fault, STATUS_STOP, "newer",
                "the change behind %lld was written under a version of the law that this program does not know",
                (long long)tail->ring.head);
        if (rows == 0)
            break;
        if (tail->ring.head < end)
            wake(tail);
    }
    return status_ok();
}

static struct status round_once(struct tail *tail, struct fault *fault)
{
    int64_t end = 0;
    time_ms recorded = 0;
    struct status status = connect_session(tail, fault);
    if (!status_failed(status))
        status = read_place(tail, &end, &recorded, fault);
    if (!status_failed(status))
        status = read_lag(tail, fault);
    if (!status_failed(status))
        status = read_events(tail, end, fault);
    if (!status_failed(status)) {
        pthread_mutex_lock(&tail->lock);
        tail->recorded = recorded;
        pthread_mutex_unlock(&tail->lock);
    }
    return status;
}

static void wait_for_news(struct tail *tail)
{
    struct fault fault;
    bool notified = false;
    struct status status = pg_notified(&tail->pg, &notified, &fault);
    if (status_failed(status) || notified)
        return;
    pthread_mutex_lock(&tail->lock);
    bool often = tail->replica || tail->waiters.polls;
    pthread_mutex_unlock(&tail->lock);
    process_wait(PQsocket(tail->pg.conn), often ? POLL_MS : QUIET_MS);
    status = pg_notified(&tail->pg, &notified, &fault);
    (void)status; /* a lost session is found in the next round */
}

static bool all_left(struct tail *tail)
{
    pthread_mutex_lock(&tail->lock);
    bool left = tail->leaving && !tail->waiters.polls;
    pthread_mutex_unlock(&tail->lock);
    return left;
}

static void *follow(void *user)
{
    struct tail *tail = user;
    struct backoff backoff = BACKOFF_USUAL;
    for (;;) {
        struct fault fault;
        struct status status = round_once(tail, &fault);
        wake(tail);
        if (all_left(tail))
            break;
        if (status_failed(status)) {
            log_warn(tail->serve->log, fault.text, LOG_TEXT("error", status.code));
            process_wait(-1, (int)backoff_next(&backoff));
        } else {
            backoff_reset(&backoff);
            wait_for_news(tail);
        }
    }
    return NULL;
}

struct tail *tail_open(struct serve *serve)
{
    struct tail *tail = calloc(1, sizeof *tail);
    if (!tail)
        abort();
    tail->serve = serve;
    tail->arena = arena_open(0);
    tail->heard = time_monotonic();
    tail->lag = -1;
    ring_open(&tail->ring, (int)serve->options->kept_changes);
    waiters_open(&tail->waiters);
    pthread_mutex_init(&tail->lock, NULL);
    if (pthread_create(&tail->thread, NULL, follow, tail) != 0)
        abort();
    return tail;
}

void tail_leave(struct tail *tail)
{
    pthread_mutex_lock(&tail->lock);
    tail->leaving = true;
    pthread_mutex_unlock(&tail->lock);
    pthread_join(tail->thread, NULL);
    pthread_mutex_lock(&tail->lock);
    tail->ended = true;
    sleepers_wake(&tail->waiters);
    pthread_mutex_unlock(&tail->lock);
}

void tail_close(struct tail *tail)
{
    if (!tail)
        return;
    ring_close(&tail->ring);
    pg_close(&tail->pg);
    arena_close(tail->arena);
    pthread_mutex_destroy(&tail->lock);
    free(tail);
}
