#ifndef ORGCODE_SERVE_EXCHANGE_H
#define ORGCODE_SERVE_EXCHANGE_H

#include <netinet/in.h>
#include <stdatomic.h>

#include "event.h"
#include "server.h"

/* An answer that is empty now and shall be asked for again when a change has come. */
struct park {
    int64_t after;
    time_ms wait_ms; /* 0: no */
    struct filter filter;
};

/* A request on its way through the server. It is the front's until it is put into the queue, then the worker's, and the
 * front's again when its connection is resumed. */
struct exchange {
    struct MHD_Connection *connection;
    struct serve *serve;
    struct arena *arena;
    const struct route *route;
    handler *job;            /* what a worker does with it: the route's, or a stream's */
    struct request *request; /* in the arena; NULL for a stream, which keeps no arena */
    enum method method;
    char peer[INET6_ADDRSTRLEN];
    struct response response;
    struct exchange *next; /* in the queue */
    struct park park;
    time_ms wait_until; /* 0: it has not waited */
    int64_t looked;     /* poll: up to here nothing fits */
    bool again;         /* the work goes on when others have had their turn */
    time_ms begun;
    int64_t sent; /* bytes of the body */
    int64_t held; /* bytes of memory that the answer takes */
    char *target; /* as received, for the log; its own memory */
    bool target_good, headers_read, too_large, answered, prepared;
    struct str upload; /* the body so far, in the arena */
    size_t upload_room;
};

/* ---- the queue between front and workers (worker.c) ---- */
struct pool;
struct pool *pool_open(struct serve *serve);
/* False: the queue is full. */
bool pool_put(struct pool *pool, struct exchange *exchange);
/* Puts back what a worker has taken: there is always room. */
void pool_put_back(struct pool *pool, struct exchange *exchange);
/* How many wait or are in work. */
int pool_busy(struct pool *pool);
/* Waits for what is in work; what waits is answered as busy. */
void pool_close(struct pool *pool);

/* ---- the front (server.c) ---- */
struct server {
    struct MHD_Daemon *daemon;
    struct pool *pool;
    struct limit *limit;
    struct connections *connections;
    struct sockaddr_storage proxy; /* whose X-Forwarded-For counts; family 0: nobody's */
    atomic_bool leaving;           /* no connection is kept for another request */
    atomic_llong held;             /* bytes of memory in answers that are on their way */
    int port;
    bool inherited; /* the socket is the service manager's */
};
static inline void server_hold(struct server *server, int64_t bytes)
{
    atomic_fetch_add(&server->held, bytes);
}

/* ---- who asks how often (limit.c) ---- */
struct limit *limit_open(int per_second);
void limit_close(struct limit *limit);
/* Takes one from the address's bucket; false: it is empty. Only the front's thread. */
bool limit_take(struct limit *limit, const struct sockaddr *address, time_ms now);

/* ---- streams (stream.c) ---- */
struct stream;
/* The response that sends it; the exchange's arena is given back. */
struct MHD_Response *stream_response(struct exchange *exchange);
/* Its worker has no database: it says goodbye. */
void stream_lost(struct stream *stream);
void stream_close(struct stream *stream);

/* What an answer still needs and takes time: as a page, ETag, 304, gzip. A worker does it; else answer_send. */
void answer_prepare(struct exchange *exchange);
/* Hands the answer to the connection, with CORS and the usual headers. */
enum MHD_Result answer_send(struct exchange *exchange);

#endif
