#include "tail.h"

#include <pthread.h>
#include <stdlib.h>

#include "shell/backoff.h"
#include "shell/process.h"
#include "statements.h"

enum {
    RING = 4096,           /* events kept in memory, at most */
    RING_BYTES = 32 << 20, /* and their bytes */
    ROUND_ROWS = 1000,     /* read at once */
    POLL_MS = 100,         /* a replica is asked as often; the primary when a notification was lost: */
    QUIET_MS = 1000,
    PULSE_MS = 1000, /* sleeping streams are woken in turn, to show that they live: */
    PULSES = 12,     /* each about once in so many pulses */
};

struct waiter {
    struct exchange *exchange;
    int64_t after;
    struct filter filter; /* its texts are in the exchange's arena */
    time_ms until;
    struct waiter *next;
};

struct tail {
    struct serve *serve;
    pthread_t thread;
    pthread_mutex_t lock;
    struct pg pg;
    struct arena *arena;
    bool known, leaving, ended, replica;
    int epoch;
    int64_t head; /* last event in the ring, or where the tail began */
    time_ms recorded, heard, lag;
    struct tail_event *ring[RING]; /* by sequence % RING */
    int64_t oldest;                /* first in the ring; head + 1 when it is empty */
    size_t bytes;
    struct waiter *waiters;
    int waiting;
    struct tail_sleeper sleepers; /* a ring list with this as its head, the longest asleep first */
    int sleeping;
    int64_t woken_for; /* head for which all were woken */
    time_ms pulse;
};

/* ---- events in memory ------------------------------------------------------------------------------------------- */

void tail_event_release(struct tail_event *event)
{
    if (atomic_fetch_sub(&event->users, 1) == 1)
        free(event);
}

static struct tail_event *make_event(const struct event *event)
{
    char id[CHANGE_ID_SIZE];
    change_id_format(event->attributes.epoch, event->attributes.sequence, id);
    struct str subject = event->attributes.subject;
    size_t line = event->json.len + CHANGE_ID_SIZE + 40;
    struct tail_event *made = malloc(sizeof *made + line + subject.len);
    if (!made)
        abort();
    *made = (struct tail_event){.sequence = event->attributes.sequence, .event = *event};
    atomic_init(&made->users, 1);
    int size = snprintf(made->text, line, "id: %s\nevent: change\ndata: %.*s\n\n", id, STR_ARG(event->json));
    made->size = (size_t)size;
    /* the copy's texts point into the copy */
    const char *json = made->text + made->size - 2 - event->json.len;
    memcpy(made->text + line, subject.data, subject.len);
    made->event.attributes.subject = (struct str){made->text + line, subject.len};
    made->event.json = (struct str){json, event->json.len};
    made->event.authority.data = json + (event->authority.data - event->json.data);
    if (event->authority.len == 0)
        made->event.authority = STR("");
    return made;
}

static void drop_oldest(struct tail *tail)
{
    struct tail_event **place = &tail->ring[tail->oldest % RING];
    tail->bytes -= (*place)->size;
    tail_event_release(*place);
    *place = NULL;
    tail->oldest++;
}

static void forget_all(struct tail *tail)
{
    while (tail->oldest <= tail->head)
        drop_oldest(tail);
}

static void keep(struct tail *tail, const struct event *event)
{
    struct tail_event *made = make_event(event);
    while (
        tail->oldest <= tail->head && (tail->head + 1 - tail->oldest >= RING || tail->bytes + made->size > RING_BYTES))
        drop_oldest(tail);
    tail->head = made->sequence;
    tail->ring[made->sequence % RING] = made;
    tail->bytes += made->size;
}

/* ---- who waits ----------------------------------------------------------------------------------------------------
 */

static void take_out(struct tail *tail, struct tail_sleeper *sleeper)
{
    sleeper->previous->next = sleeper->next;
    sleeper->next->previous = sleeper->previous;
    sleeper->asleep = false;
    tail->sleeping--;
}

/* Those that have slept longest, at most `most`. */
static void wake_sleepers(struct tail *tail, int most)
{
    for (int i = 0; i < most && tail->sleeping; i++) {
        struct tail_sleeper *sleeper = tail->sleepers.next;
        take_out(tail, sleeper);
        MHD_resume_connection(sleeper->connection);
    }
}

static bool has_come(struct tail *tail, const struct waiter *waiter)
{
    if (waiter->after + 1 < tail->oldest)
        return true; /* more than is in memory: look */
    for (int64_t sequence = waiter->after + 1; sequence <= tail->head; sequence++)
        if (filter_fits(&waiter->filter, &tail->ring[sequence % RING]->event))
            return true;
    return false;
}

static void wake_waiters(struct tail *tail)
{
    time_ms now = time_monotonic();
    for (struct waiter **at = &tail->waiters; *at;) {
        struct waiter *waiter = *at;
        if (!tail->leaving && now < waiter->until && !has_come(tail, waiter)) {
            if (waiter->after < tail->head)
                waiter->after = tail->head;
            at = &waiter->next;
            continue;
        }
        if (!pool_put(tail->serve->server->pool, waiter->exchange)) {
            at = &waiter->next; /* the queue is full: in the next round */
            continue;
        }
        *at = waiter->next;
        tail->waiting--;
        free(waiter);
    }
}

bool tail_wait(
    struct tail *tail, struct exchange *exchange, int64_t after, const struct filter *filter, time_ms wait_ms)
{
    struct waiter *waiter = exchange->waited ? NULL : malloc(sizeof *waiter);
    pthread_mutex_lock(&tail->lock);
    bool taken = waiter && !tail->leaving && !tail->ended && tail->waiting < tail->serve->options->waiters;
    if (taken) {
        exchange->waited = true;
        *waiter = (struct waiter){exchange, after, *filter, time_monotonic() + wait_ms, tail->waiters};
        tail->waiters = waiter;
        tail->waiting++;
    }
    pthread_mutex_unlock(&tail->lock);
    if (!taken)
        free(waiter);
    return taken;
}

enum tail_next tail_next(
    struct tail *tail, int epoch, int64_t *after, const struct filter *filter, struct tail_event **out)
{
    enum tail_next found = TAIL_NONE;
    pthread_mutex_lock(&tail->lock);
    if (tail->known && epoch != tail->epoch)
        found = TAIL_RESET;
    else if (*after + 1 < tail->oldest)
        found = TAIL_GONE;
    while (found == TAIL_NONE && *after < tail->head) {
        struct tail_event *event = tail->ring[++*after % RING];
        if (!filter_fits(filter, &event->event))
            continue;
        atomic_fetch_add(&event->users, 1);
        *out = event;
        found = TAIL_EVENT;
    }
    pthread_mutex_unlock(&tail->lock);
    return found;
}

bool tail_sleep(struct tail *tail, struct tail_sleeper *sleeper, int64_t after)
{
    pthread_mutex_lock(&tail->lock);
    bool sleeps = after >= tail->head && !tail->leaving && !tail->ended;
    if (sleeps) {
        sleeper->asleep = true;
        sleeper->previous = tail->sleepers.previous;
        sleeper->next = &tail->sleepers;
        sleeper->previous->next = sleeper;
        tail->sleepers.previous = sleeper;
        tail->sleeping++;
        MHD_suspend_connection(sleeper->connection);
    }
    pthread_mutex_unlock(&tail->lock);
    return sleeps;
}

void tail_forget(struct tail *tail, struct tail_sleeper *sleeper)
{
    pthread_mutex_lock(&tail->lock);
    if (sleeper->asleep)
        take_out(tail, sleeper);
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
    *sequence = tail->head;
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

/* ---- following ----------------------------------------------------------------------------------------------------
 */

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
static struct status read_place(struct tail *tail, int64_t *end, struct fault *fault)
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
    pthread_mutex_lock(&tail->lock);
    if (!tail->known || tail->epoch != epoch || *end < tail->head) {
        forget_all(tail);
        tail->head = *end;
        tail->oldest = *end + 1;
        tail->epoch = epoch;
        tail->known = true;
    }
    tail->recorded = pg_int8(result, 0, 2);
    tail->heard = time_monotonic();
    pthread_mutex_unlock(&tail->lock);
    metric_set(tail->serve->metric.sequence, *end);
    PQclear(result);
    if (!replica && tail->replica) /* promoted: listen */
        status = pg_listen(&tail->pg, "orgcode_change", fault);
    tail->replica = replica;
    return status;
}

static struct status read_events(struct tail *tail, int64_t end, struct fault *fault)
{
    while (tail->head < end) {
        struct pg_params params = PG_PARAMS(tail->arena);
        PGresult *result = NULL;
        bool newer = false;
        pg_param_int8(&params, tail->head);
        pg_param_int4(&params, ROUND_ROWS);
        struct status status = pg_run(&tail->pg, "tail", &params, &result, fault);
        if (status_failed(status))
            return status;
        int rows = PQntuples(result);
        pthread_mutex_lock(&tail->lock);
        for (int row = 0; row < rows; row++) {
            struct event event;
            if (!event_read(result, row, tail->epoch, tail->serve->options->source, tail->arena, &event)) {
                newer = true;
                break;
            }
            keep(tail, &event);
        }
        pthread_mutex_unlock(&tail->lock);
        PQclear(result);
        arena_reset(tail->arena);
        if (newer)
            return status_fail(fault, STATUS_STOP, "newer",
                "the change behind %lld was written under a version of the law that this program does not know",
                (long long)tail->head);
        if (rows == 0)
            break;
    }
    return status_ok();
}

static struct status round_once(struct tail *tail, struct fault *fault)
{
    int64_t end = 0;
    struct status status = connect_session(tail, fault);
    if (!status_failed(status))
        status = read_place(tail, &end, fault);
    if (!status_failed(status))
        status = read_lag(tail, fault);
    if (!status_failed(status))
        status = read_events(tail, end, fault);
    return status;
}

static void wait_for_news(struct tail *tail)
{
    struct fault fault;
    bool notified = false;
    struct status status = pg_notified(&tail->pg, &notified, &fault);
    if (status_failed(status) || notified)
        return;
    process_wait(PQsocket(tail->pg.conn), tail->replica ? POLL_MS : tail->waiting ? POLL_MS : QUIET_MS);
    status = pg_notified(&tail->pg, &notified, &fault);
    (void)status; /* a lost session is found in the next round */
}

static void *follow(void *user)
{
    struct tail *tail = user;
    struct backoff backoff = BACKOFF_USUAL;
    for (bool leaving = false; !leaving;) {
        struct fault fault;
        struct status status = round_once(tail, &fault);
        pthread_mutex_lock(&tail->lock);
        if (tail->head != tail->woken_for || tail->leaving) {
            wake_sleepers(tail, tail->sleeping);
            tail->woken_for = tail->head;
        } else if (time_monotonic() >= tail->pulse) {
            wake_sleepers(tail, tail->sleeping / PULSES + 1);
            tail->pulse = time_monotonic() + PULSE_MS;
        }
        wake_waiters(tail);
        leaving = tail->leaving && !tail->waiters;
        pthread_mutex_unlock(&tail->lock);
        if (leaving)
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
    tail->oldest = tail->head + 1; /* nothing is in memory */
    tail->sleepers.next = tail->sleepers.previous = &tail->sleepers;
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
    wake_sleepers(tail, tail->sleeping);
    pthread_mutex_unlock(&tail->lock);
}

void tail_close(struct tail *tail)
{
    if (!tail)
        return;
    forget_all(tail);
    pg_close(&tail->pg);
    arena_close(tail->arena);
    pthread_mutex_destroy(&tail->lock);
    free(tail);
}
