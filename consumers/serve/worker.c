#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "exchange.h"
#include "shell/process.h"
#include "statements.h"
#include "tail.h"

/* The workers and their queue. A worker that has lost its session answers with a problem and opens another one for the
 * next request. */

struct pool {
    struct serve *serve;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct exchange *first, *last;
    int waiting, working;
    bool closing;
    int threads;
    pthread_t thread[];
};

static struct exchange *take(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (!pool->first && !pool->closing)
        pthread_cond_wait(&pool->filled, &pool->lock);
    struct exchange *exchange = pool->first;
    if (exchange) {
        pool->first = exchange->next;
        if (!pool->first)
            pool->last = NULL;
        pool->waiting--;
        pool->working++;
    }
    pthread_mutex_unlock(&pool->lock);
    return exchange;
}

static void done(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->working--;
    pthread_mutex_unlock(&pool->lock);
}

/* A database that was restarted while nobody asked has closed the session, and may have said why before: all of that is
 * read here, so that the asker does not see it. */
static bool is_open(struct pg *pg)
{
    struct fault fault;
    bool notified;
    while (pg->conn && !pg_lost(pg)) {
        struct pollfd said = {.fd = PQsocket(pg->conn), .events = POLLIN};
        if (poll(&said, 1, 0) == 0)
            return true;
        if (status_failed(pg_notified(pg, &notified, &fault)))
            return false;
    }
    return false;
}

static bool connect_session(struct serve *serve, struct pg *pg)
{
    struct fault fault;
    if (is_open(pg))
        return true;
    pg_close(pg);
    struct status status = pg_open(serve->options->pg.conninfo, "orgcode-serve", serve->log, pg, &fault);
    if (!status_failed(status))
        status = session_prepare(pg, serve->options->statement_ms, &fault);
    if (!status_failed(status))
        return true;
    log_warn(serve->log, fault.text, LOG_TEXT("error", status.code));
    pg_close(pg);
    return false;
}

static const struct request nothing_asked; /* that of a stream is gone */

static void work_on(struct serve *serve, struct pg *pg, struct hasher *hasher, struct exchange *exchange)
{
    struct work work = {
        .serve = serve,
        .pg = pg,
        .arena = exchange->arena ? exchange->arena : arena_open(0), /* a stream keeps none */
        .hasher = hasher,
        .log = serve->log,
        .request = exchange->request ? exchange->request : &nothing_asked,
        .response = &exchange->response,
        .exchange = exchange,
    };
    if (!exchange->response.stream && atomic_load(&serve->server->held) > serve->options->answers_max) {
        metric_add(serve->metric.shed, 1); /* readers take their answers too slowly to make more of them */
        work_problem(&work, PROBLEM_BUSY, STR_NONE, STR_NONE);
        response_header(&exchange->response, "Retry-After", "1");
    } else if (connect_session(serve, pg)) {
        exchange->job(&work);
        work_end(&work);
    } else if (exchange->response.stream) {
        stream_lost(exchange->response.stream);
    } else {
        work_problem(&work, PROBLEM_DATABASE, STR_NONE, STR_NONE);
        response_header(&exchange->response, "Retry-After", "2");
    }
    if (!exchange->arena)
        arena_close(work.arena);
}

/* The memory of the answer counts until it is sent. */
static void hold(struct exchange *exchange)
{
    if (!exchange->arena)
        return;
    exchange->held = (int64_t)arena_used(exchange->arena);
    server_hold(exchange->serve->server, exchange->held);
}

/* From here on it is the front's, the tail's, or a worker's again. */
static void hand_on(struct pool *pool, struct exchange *exchange)
{
    const struct park park = exchange->park;
    if (exchange->again) {
        pool_put_back(pool, exchange);
    } else if (!park.wait_ms || !tail_wait(pool->serve->tail, exchange, park.after, &park.filter, park.wait_ms)) {
        answer_prepare(exchange);
        hold(exchange);
        MHD_resume_connection(exchange->connection);
    }
}

static void *run(void *user)
{
    struct pool *pool = user;
    struct pg pg = {0};
    struct hasher *hasher = hasher_open();
    struct exchange *exchange;
    while ((exchange = take(pool))) {
        exchange->park.wait_ms = 0;
        exchange->again = false;
        if (!exchange->response.stream)
            exchange->response = (struct response){.file = -1};
        work_on(pool->serve, &pg, hasher, exchange);
        hand_on(pool, exchange);
        done(pool);
    }
    hasher_close(hasher);
    pg_close(&pg);
    return NULL;
}

struct pool *pool_open(struct serve *serve)
{
    int threads = (int)serve->options->workers;
    struct pool *pool = calloc(1, sizeof *pool + (size_t)threads * sizeof *pool->thread);
    if (!pool)
        abort();
    pool->serve = serve;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->filled, NULL);
    for (int i = 0; i < threads; i++)
        if (pthread_create(&pool->thread[pool->threads], NULL, run, pool) == 0)
            pool->threads++;
    return pool;
}

static void append(struct pool *pool, struct exchange *exchange)
{
    exchange->next = NULL;
    *(pool->last ? &pool->last->next : &pool->first) = exchange;
    pool->last = exchange;
    pool->waiting++;
    pthread_cond_signal(&pool->filled);
}

bool pool_put(struct pool *pool, struct exchange *exchange)
{
    pthread_mutex_lock(&pool->lock);
    bool fits = !pool->closing && pool->waiting < pool->serve->options->queue;
    if (fits)
        append(pool, exchange);
    pthread_mutex_unlock(&pool->lock);
    return fits;
}

void pool_put_back(struct pool *pool, struct exchange *exchange)
{
    pthread_mutex_lock(&pool->lock);
    append(pool, exchange);
    pthread_mutex_unlock(&pool->lock);
}

int pool_busy(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    int busy = pool->waiting + pool->working;
    pthread_mutex_unlock(&pool->lock);
    return busy;
}

void pool_close(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_broadcast(&pool->filled);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->threads; i++)
        pthread_join(pool->thread[i], NULL);
    pthread_cond_destroy(&pool->filled);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
