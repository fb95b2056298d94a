#ifndef ORGCODE_SERVE_WAITERS_H
#define ORGCODE_SERVE_WAITERS_H

#include "exchange.h"
#include "ring.h"

/* Who waits for changes: polls, whose exchange goes to a worker again, and streams, whose connection is resumed. Not
 * locked: their owner (tail.c) does that. */

enum { SLEEP_SLOTS = 16 };

/* A stream that has nothing to send. */
struct tail_sleeper {
    struct MHD_Connection *connection;
    struct tail_sleeper *next, *previous;
    bool asleep;
};

struct waiter;

struct waiters {
    struct waiter *first;
    int polls;
    struct tail_sleeper slot[SLEEP_SLOTS]; /* a ring list with this as its head, for each second: who is due in it */
    int64_t second;                        /* up to this one all were woken that were due */
};

void waiters_open(struct waiters *waiters);
void waiters_add(struct waiters *waiters, struct exchange *exchange, int64_t after, const struct filter *filter);
/* Those for whom something has come, whose time is over, or all: into the pool, as far as there is room. */
void waiters_wake(struct waiters *waiters, struct pool *pool, struct ring *ring, bool all);

/* Suspends the connection until something comes, or `due`, which is less than SLEEP_SLOTS - 2 s away. */
void sleepers_add(struct waiters *waiters, struct tail_sleeper *sleeper, time_ms due);
void sleepers_remove(struct tail_sleeper *sleeper);
void sleepers_wake(struct waiters *waiters);
/* Those that are due. */
void sleepers_pulse(struct waiters *waiters);

#endif
