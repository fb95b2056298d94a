#ifndef ORGCODE_BENCH_STREAMS_H
#define ORGCODE_BENCH_STREAMS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

/* Clients of orgcode-serve's event stream, all on one thread, and when each change came to each of them. */

struct arrival {
    int64_t sequence, us; /* of the monotonic clock */
};

struct stream_client;

struct streams {
    long count;
    struct stream_client *client;
    int epoll;
    struct arrival *arrival;
    size_t arrivals, room;
    atomic_long *first; /* counts the changes that the first client has */
    atomic_bool *stop;
    pthread_t thread;
};

/* Opens `count` streams at HOST:PORT, one after another group, and starts to read them. Ends the program when one is
 * refused. */
void streams_open(struct streams *streams, const char *address, long count, atomic_long *first, atomic_bool *stop);
/* Behind *stop. */
void streams_close(struct streams *streams);

#endif
