#ifndef ORGCODE_SERVE_FEED_H
#define ORGCODE_SERVE_FEED_H

#include "event.h"
#include "work.h"

/* What poll and stream have in common: the token, the filter, a page of changes. */

struct feed_question {
    int64_t after; /* sequence */
    bool given;    /* by a token or a time; else `after` is 0 */
    struct filter filter;
};
/* Reads token (`after`, Last-Event-ID) and filter from the request, inside the work's snapshot. False: answered. */
bool feed_question(struct work *work, struct feed_question *out);

struct feed_page {
    struct event *event;
    int count;
    struct str text; /* all of them, as a JSON array; their `json` stands in it */
    int64_t next;    /* looked at up to here, 20,000 changes at most: the token to go on from */
};
/* At most `limit` events and, but for the first, `bytes` of them behind `after`, and how far was looked. False:
 * answered. */
bool feed_page(
    struct work *work, int64_t after, const struct filter *filter, int limit, int64_t bytes, struct feed_page *out);

handler feed_poll;
handler feed_stream; /* stream.c */

#endif
