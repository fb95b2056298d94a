#ifndef ORGCODE_SERVE_HTTP_H
#define ORGCODE_SERVE_HTTP_H

#include <microhttpd.h>

#include "core/rule.h"
#include "uri.h"

/* One HTTP exchange: what was asked, and what is answered. Knows no socket. */

enum method { METHOD_GET, METHOD_HEAD, METHOD_POST, METHOD_OPTIONS, METHOD_OTHER };

/* The request headers that anything looks at; others are dropped. */
enum header {
    HEADER_ACCEPT,
    HEADER_ACCEPT_ENCODING,
    HEADER_ACCEPT_LANGUAGE,
    HEADER_CONTENT_TYPE,
    HEADER_IF_NONE_MATCH,
    HEADER_IF_RANGE,
    HEADER_LAST_EVENT_ID,
    HEADER_ORIGIN,
    HEADER_RANGE,
    HEADERS,
};

struct request {
    enum method method;
    struct uri uri;
    struct str header[HEADERS]; /* absent when not given; of several the first */
    struct str body;
    struct str argument[2]; /* what stood at the holes of the route's pattern; absent when it has none */
    enum language language;
};

#define RESPONSE_HEADERS 10
struct response_header {
    const char *name;
    const char *value; /* in the exchange's arena, or constant */
};

struct response {
    unsigned status;
    const char *type;         /* of the body */
    struct str body;          /* in the exchange's arena */
    struct str zipped;        /* the same gzipped already; absent: that is done when it is sent */
    struct str title, detail; /* of a problem: what a page says instead of the body */
    int file;                 /* else, >= 0: `length` bytes of it from `offset` on; closed by the server */
    int64_t offset, length;
    struct stream *stream; /* else: events without end; the server's from here on */
    /* The body stands for this text: its ETag is made from it (weak, as freshness may differ). Absent: none. */
    struct str identity;
    const char *tag;   /* else: a strong ETag of one's own; NULL: none */
    const char *cache; /* Cache-Control; NULL: no-cache, which allows conditional requests */
    struct response_header header[RESPONSE_HEADERS];
    int headers;
};

void response_header(struct response *response, const char *name, const char *value);
/* Does an Accept or Accept-Encoding header allow `what` ("text/html", "gzip")? A missing header allows nothing. */
bool http_accepts(struct str header, const char *what);
/* The language that Accept-Language prefers, of ours. */
enum language http_language(struct str header);
/* Does If-None-Match name this tag (weak comparison)? */
bool http_matches(struct str header, struct str tag);
/* "bytes=A-B", "bytes=A-", "bytes=-N" of a thing of `size` bytes: 1 a range, 0 none or not understood (send all), -1
 * not satisfiable. */
int http_range(struct str header, int64_t size, int64_t *offset, int64_t *length);

#endif
