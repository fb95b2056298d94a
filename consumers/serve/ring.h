#ifndef ORGCODE_SERVE_RING_H
#define ORGCODE_SERVE_RING_H

#include <stdatomic.h>

#include "event.h"

/* The latest changes in memory. Not locked: its owner (tail.c) does that. */

/* An event: text for SSE, shared by all that send it. */
struct tail_event {
    int64_t sequence;
    struct event event; /* its texts are in `text` or behind it */
    atomic_int users;
    size_t size;
    char text[]; /* "id: ...\nevent: change\ndata: ...\n\n" */
};
void tail_event_release(struct tail_event *event);

struct ring {
    int64_t head;              /* last event, or behind which it began */
    int64_t oldest;            /* first event; head + 1 when it is empty */
    int room;                  /* events at most */
    size_t bytes;              /* of the events */
    struct tail_event **event; /* by sequence % room */
};

void ring_open(struct ring *ring, int room);
void ring_close(struct ring *ring);
/* Empty, to go on behind `head`. */
void ring_begin(struct ring *ring, int64_t head);
/* The next event; the oldest make room for it. */
void ring_keep(struct ring *ring, const struct event *event);
/* The first behind *after, which is not older than `oldest`, that fits; *after moves to it, or to the head. NULL: none.
 */
struct tail_event *ring_find(struct ring *ring, int64_t *after, const struct filter *filter);

#endif
