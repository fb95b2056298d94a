#ifndef ORGCODE_SERVE_EVENT_H
#define ORGCODE_SERVE_EVENT_H

#include "asked.h"
#include "codec/json_change.h"
#include "shell/pg.h"

/* A change as the feed sends it, and what a filter looks at. */
struct event {
    struct change_attributes attributes;
    struct str authority; /* of its act; points into `json` */
    struct str json;      /* the CloudEvent in structured mode */
};

/* What all events of one feed share. */
struct event_source {
    int epoch;
    struct str member; /* "source":"..."} */
};
struct event_source event_source(struct arena *arena, int epoch, const char *source);
/* Bytes that a row's event takes at most. */
size_t event_room(const PGresult *result, int row, const struct event_source *source);
/* A row of sql/changes.sql, as the writer's next value: `json` stands there, the subject in the result. False: it was
 * written under a version of the law that this program does not know, so it cannot say in which form. */
bool event_read(
    const PGresult *result, int row, const struct event_source *source, struct writer *w, struct event *out);

/* Does the change fit it? */
bool filter_fits(const struct filter *filter, const struct event *event);

#endif
