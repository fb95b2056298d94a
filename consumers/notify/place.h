#ifndef ORGCODE_NOTIFY_PLACE_H
#define ORGCODE_NOTIFY_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"
#include "base/uuid.h"
#include "shell/kafka.h"

/* How far the world has been told: the last change and the last receipt that were sent. It stands in the topic
 * orgcode.notify.place and is written in the transaction that sends them. */
struct notify_place {
    int64_t sequence, receipt;
};
#define NOTIFY_PLACE_KEY "notify"
#define NOTIFY_PLACE_WRITER "oc-writer" /* header: id of the running program that wrote it, new at each start */

/* What the topic says. */
struct notify_mark {
    struct notify_place place;
    bool found;
    struct uuid writer; /* nil: none */
};

/* {"receipt":n,"sequence":n}, in the arena. */
void place_format(struct arena *arena, struct notify_place place, struct str *out);
/* False when it is not such a text, or a number is negative. */
bool place_parse(struct str text, struct notify_place *out);

/* The last place that was committed to the topic. It is final when no older writer is left, that is after
 * init_transactions. */
struct status place_recover(const struct kafka_config *config, struct kafka_client *client, const char *topic,
                            struct notify_mark *out, struct fault *fault) MUST_USE;
/* Does the topic hold any committed record? */
struct status topic_has_record(const struct kafka_config *config, struct kafka_client *client, const char *topic,
                               bool *out, struct fault *fault) MUST_USE;

#endif
