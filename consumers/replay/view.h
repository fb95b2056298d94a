#ifndef ORGCODE_REPLAY_VIEW_H
#define ORGCODE_REPLAY_VIEW_H

#include <jansson.h>
#include <librdkafka/rdkafka.h>

#include "chain.h"
#include "codec/avro_act.h"
#include "codec/journal.h"

/* A record of any of the registry's topics, made readable. */

enum form {
    FORM_OTHER, /* JSON, text or bytes */
    FORM_ACTS,
    FORM_JOURNAL,
    FORM_REJECTED,
    FORM_CHANGES,
    FORM_STATE,
    FORM_RECEIPTS,
};
/* By the topic's name; `prefix` may be another than the topic's. */
enum form view_form(const char *topic, const char *prefix);

struct viewer {
    enum form form;
    struct arena *arena; /* for one record */
    const struct avro_reader *reader;
    struct chain chain; /* CHANGES */
    int64_t unreadable;
};

struct view {
    json_t *json; /* everything: for programs */
    char *line;   /* for people, escaped; on the heap */
    json_t *body; /* borrowed from json: shown below the line; may be NULL */
    bool readable;
    char why[512]; /* why not */
    /* what filters ask for; in the viewer's arena */
    struct str authority, act;
    VEC(struct str) kinds, codes;
};
void view_make(struct viewer *viewer, const rd_kafka_message_t *message, struct view *out);
void view_close(struct view *view);

/* Between the files of the view. `out` writes the line. */
void view_told(struct viewer *viewer, const rd_kafka_message_t *message, FILE *out, struct view *view);
void view_kind(struct viewer *viewer, struct view *view, struct str kind);
void view_code(struct viewer *viewer, struct view *view, struct str code);
void view_unreadable(struct view *view, FILE *out, struct str bytes, const char *format, ...) FORMAT_LIKE(4, 5);
/* The value as JSON under "value", borrowed; NULL: unreadable, and so said. */
json_t *view_value(struct view *view, FILE *out, const rd_kafka_message_t *message);

#endif
