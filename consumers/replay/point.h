#ifndef ORGCODE_REPLAY_POINT_H
#define ORGCODE_REPLAY_POINT_H

#include "base/time.h"
#include "partitions.h"

/* A place in a topic as people say it. */
struct point {
    enum { POINT_NONE, POINT_BEGINNING, POINT_END, POINT_OFFSET, POINT_LAST, POINT_TIME } kind;
    int64_t offset; /* OFFSET; LAST: so many before the end */
    time_ms time;   /* TIME: the first record of that time or later */
};
#define POINT_FORMS "an offset, a time (2025-07-01 or 2025-07-01T08:00:00+07:00), beginning or end"

/* NULL: NONE. False: it is none of the forms; "-N", the last N, counts as one. */
bool point_parse(const char *text, struct point *out);
/* Sets `offset` of each partition, whose ends are known; not bounded by them. */
struct status point_find(
    const struct point *point, struct kafka_client *client, struct partitions *all, struct fault *fault) MUST_USE;

#endif
