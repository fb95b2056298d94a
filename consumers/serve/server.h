#ifndef ORGCODE_SERVE_SERVER_H
#define ORGCODE_SERVE_SERVER_H

#include "serve.h"
#include "work.h"

/* libmicrohttpd in front, workers behind: a thread with epoll takes requests and sends answers, and never waits; a pool
 * of workers, each with a database session of its own, makes them. Between the two stands a bounded queue: what does
 * not fit is told to come again. */

/* One address. `pattern` may have two holes: "v1/acts/{}/{}". */
struct route {
    enum method method; /* GET is HEAD too */
    const char *pattern;
    handler *handler;
    bool direct;            /* needs no database: made at once by the thread that reads the sockets */
    const char *parameters; /* the query parameters that it knows, separated by blanks */
};
/* The route of an address, and what stands at its holes. NULL: there is none; `elsewhere`: but one of another method.
 */
const struct route *route_find(enum method method, const struct uri *uri, struct str argument[2], bool *elsewhere);
/* Every parameter must be one that the route knows: a misspelt filter would let through what one did not ask for. */
bool route_knows(const struct route *route, struct str parameter);

/* Listens and begins to work. RETRY "address-taken". */
struct status server_open(struct serve *serve, struct fault *fault) MUST_USE;
/* To be called about once a second: cuts those whose request does not come. */
void server_tend(struct serve *serve);
/* No new connections; requests that are in work are answered, up to `timeout_ms`. */
void server_close(struct serve *serve, int timeout_ms);

#endif
