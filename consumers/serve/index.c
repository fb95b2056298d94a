#include "index.h"

#include <pthread.h>
#include <stdlib.h>

#include "shell/backoff.h"
#include "shell/pg.h"
#include "shell/process.h"
#include "statements.h"
#include "tail.h"

enum { STEP = 2000, POLL_MS = 200 };

struct index {
    struct serve *serve;
    pthread_t thread;
    struct pg pg;
    struct arena *arena;
};

static struct status connect_session(struct index *index, struct fault *fault)
{
    if (index->pg.conn && !pg_lost(&index->pg))
        return status_ok();
    pg_close(&index->pg);
    struct status status =
        pg_open(index->serve->options->pg.conninfo, "orgcode-serve index", index->serve->log, &index->pg, fault);
    if (!status_failed(status))
        status = session_prepare(&index->pg, index->serve->options->statement_ms, fault);
    if (!status_failed(status))
        status = pg_exec(&index->pg, "set default_transaction_read_only = off; set statement_timeout = '60s'", fault);
    if (status_failed(status))
        pg_close(&index->pg);
    return status;
}

/* What is to be done in this transaction; *from == *to: nothing. */
static struct status take_place(struct index *index, int64_t *from, int64_t *to, struct fault *fault)
{
    PGresult *result = NULL;
    struct status status = pg_run(&index->pg, "index_place", NULL, &result, fault);
    *from = *to = 0;
    if (status_failed(status))
        return status;
    bool taken = PQntuples(result) == 1, ours = taken && pg_bool(result, 0, 2);
    if (taken) {
        *from = ours ? pg_int8(result, 0, 0) : 0;
        *to = pg_int8(result, 0, 1);
    }
    PQclear(result);
    if (taken && !ours)
        status = pg_run(&index->pg, "index_empty", NULL, NULL, fault);
    if (*to > *from + STEP)
        *to = *from + STEP;
    return status;
}

static struct status step(struct index *index, bool *more, struct fault *fault)
{
    struct pg_params params = PG_PARAMS(index->arena);
    int64_t from, to;
    struct status status = pg_exec(&index->pg, "begin", fault);
    if (!status_failed(status))
        status = take_place(index, &from, &to, fault);
    *more = !status_failed(status) && to > from;
    if (*more) {
        pg_param_int8(&params, from);
        pg_param_int8(&params, to);
        status = pg_run(&index->pg, "index_step", &params, NULL, fault);
    }
    struct fault ignored;
    struct status ended = pg_exec(&index->pg, status_failed(status) ? "rollback" : "commit", &ignored);
    arena_reset(index->arena);
    return status_failed(status) ? status : ended;
}

static void *follow(void *user)
{
    struct index *index = user;
    struct backoff backoff = {.min_ms = 1000, .max_ms = 30000};
    while (!process_stopping()) {
        struct fault fault = {""};
        bool more = false;
        struct status status = connect_session(index, &fault);
        if (!status_failed(status))
            status = step(index, &more, &fault);
        if (status_failed(status)) {
            log_warn(index->serve->log, "the search index is not kept up", LOG_TEXT("why", fault.text));
            backoff_wait(&backoff);
            continue;
        }
        backoff_reset(&backoff);
        if (!more)
            process_wait(-1, POLL_MS);
    }
    return NULL;
}

struct index *index_open(struct serve *serve)
{
    struct index *index = calloc(1, sizeof *index);
    if (!index)
        abort();
    index->serve = serve;
    index->arena = arena_open(0);
    if (pthread_create(&index->thread, NULL, follow, index) != 0)
        abort();
    return index;
}

void index_close(struct index *index)
{
    if (!index)
        return;
    pthread_join(index->thread, NULL);
    pg_close(&index->pg);
    arena_close(index->arena);
    free(index);
}
