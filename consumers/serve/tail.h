#ifndef ORGCODE_SERVE_TAIL_H
#define ORGCODE_SERVE_TAIL_H

#include "waiters.h"

/* The one reader of new changes: a thread that follows the change table by sequence, woken by NOTIFY on the primary,
 * polling on a replica. It keeps the latest events in memory, made ready for the wire, and wakes who waits for them. */
struct tail;

struct tail *tail_open(struct serve *serve);
/* Everybody that waits is answered or told goodbye; then the thread ends. */
void tail_leave(struct tail *tail);
void tail_close(struct tail *tail);

/* Where the tail stands; false until it has read the registry's place. */
bool tail_head(struct tail *tail, int *epoch, int64_t *sequence, time_ms *recorded);
/* ms since the database was last heard of; for readiness. */
time_ms tail_silence(struct tail *tail);
/* ms that a replica is behind its primary, as far as it knows; < 0 on the primary. */
time_ms tail_lag(struct tail *tail);

/* Puts the exchange, whose connection is suspended, aside until a change behind `after` fits, or until wait_ms are over
 * since it was put aside first; then it goes to a worker again. False: no room, or that time is over. */
bool tail_wait(
    struct tail *tail, struct exchange *exchange, int64_t after, const struct filter *filter, time_ms wait_ms);

/* ---- streams (stream.c) ---- */

enum tail_next {
    TAIL_EVENT, /* *out is the next one, to be released */
    TAIL_NONE,  /* the end is reached */
    TAIL_GONE,  /* it is older than what is kept in memory */
    TAIL_RESET, /* the registry's epoch is another */
};
/* The first event behind *after that fits; *after moves to it, or to the last that did not fit. */
enum tail_next tail_next(
    struct tail *tail, int epoch, int64_t *after, const struct filter *filter, struct tail_event **out);

/* A stream that has nothing to send sleeps: its connection is suspended, and resumed when something comes, or when it
 * is due to say something of its own. False: something behind `after` is there already. Front's thread. */
bool tail_sleep(struct tail *tail, struct tail_sleeper *sleeper, int64_t after, time_ms due);
void tail_forget(struct tail *tail, struct tail_sleeper *sleeper);
bool tail_leaving(struct tail *tail);
/* Resumes those that are due; once a second. Not the tail's own thread, which may hang on a database that is away. */
void tail_pulse(struct tail *tail);

#endif
