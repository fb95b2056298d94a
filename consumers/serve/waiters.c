#include "waiters.h"

#include <stdlib.h>

/* ---- polls ------------------------------------------------------------------------------------------------------- */

struct waiter {
    struct exchange *exchange;
    int64_t after;
    struct filter filter; /* its texts are in the exchange's arena */
    struct waiter *next;
};

void waiters_open(struct waiters *waiters)
{
    *waiters = (struct waiters){.second = time_monotonic() / 1000};
    for (int i = 0; i < SLEEP_SLOTS; i++)
        waiters->slot[i].next = waiters->slot[i].previous = &waiters->slot[i];
}

void waiters_add(struct waiters *waiters, struct exchange *exchange, int64_t after, const struct filter *filter)
{
    struct waiter *waiter = malloc(sizeof *waiter);
    if (!waiter)
        abort();
    *waiter = (struct waiter){exchange, after, *filter, waiters->first};
    waiters->first = waiter;
    waiters->polls++;
}

static bool has_come(struct ring *ring, struct waiter *waiter)
{
    if (waiter->after + 1 < ring->oldest)
        return true; /* more than is in memory: a worker looks, and it waits on if nothing fits */
    return ring_find(ring, &waiter->after, &waiter->filter) != NULL;
}

void waiters_wake(struct waiters *waiters, struct pool *pool, struct ring *ring, bool all)
{
    time_ms now = time_monotonic();
    for (struct waiter **at = &waiters->first; *at;) {
        struct waiter *waiter = *at;
        int64_t after = waiter->after;
        if (!all && now < waiter->exchange->wait_until && !has_come(ring, waiter)) {
            at = &waiter->next;
            continue;
        }
        if (!pool_put(pool, waiter->exchange)) {
            waiter->after = after; /* the queue is full: in the next round */
            at = &waiter->next;
            continue;
        }
        *at = waiter->next;
        waiters->polls--;
        free(waiter);
    }
}

/* ---- streams ----------------------------------------------------------------------------------------------------- */

void sleepers_add(struct waiters *waiters, struct tail_sleeper *sleeper, time_ms due)
{
    int64_t second = due / 1000 + 1; /* not before it is due */
    if (second <= waiters->second)
        second = waiters->second + 1;
    struct tail_sleeper *slot = &waiters->slot[second % SLEEP_SLOTS];
    sleeper->asleep = true;
    sleeper->previous = slot->previous;
    sleeper->next = slot;
    sleeper->previous->next = sleeper->next->previous = sleeper;
    MHD_suspend_connection(sleeper->connection);
}

void sleepers_remove(struct tail_sleeper *sleeper)
{
    if (!sleeper->asleep)
        return;
    sleeper->previous->next = sleeper->next;
    sleeper->next->previous = sleeper->previous;
    sleeper->asleep = false;
}

static void wake_slot(struct tail_sleeper *slot)
{
    while (slot->next != slot) {
        struct tail_sleeper *sleeper = slot->next;
        sleepers_remove(sleeper);
        MHD_resume_connection(sleeper->connection);
    }
}

void sleepers_wake(struct waiters *waiters)
{
    for (int i = 0; i < SLEEP_SLOTS; i++)
        wake_slot(&waiters->slot[i]);
}

void sleepers_pulse(struct waiters *waiters)
{
    int64_t now = time_monotonic() / 1000;
    if (now > waiters->second + SLEEP_SLOTS)
        waiters->second = now - SLEEP_SLOTS;
    while (waiters->second < now)
        wake_slot(&waiters->slot[++waiters->second % SLEEP_SLOTS]);
}
