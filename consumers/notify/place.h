#ifndef ORGCODE_NOTIFY_PLACE_H
#define ORGCODE_NOTIFY_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"
#include "base/uuid.h"
#include "shell/kafka.h"

/* How far the world has been told: the last change and the last receipt that were sent. Each stands in a topic of its
 * own, PREFIX.notify.place and PREFIX.notify.receipts, and is written in the transaction that sends them. Before
 * receipts went apart, both stood in the first; its records still bear both, and their receipt is what was known then,
 * no place. */
struct notify_place {
    int64_t sequence, receipt; /* PLACE_UNSAID: not in the record */
};
#define PLACE_UNSAID (-1)
#define PLACE_KEY "notify"
#define PLACE_WRITER "oc-writer" /* header: id of the running program that wrote it, new at each start */
#define PLACE_APART "oc-apart"   /* header: this record's receipt is no place */

/* What a topic says. */
struct notify_mark {
    struct notify_place place;
    bool found, apart;
    struct uuid writer; /* nil: none */
};

/* {"receipt":n,"sequence":n}, what is said of it, in the arena. */
struct str place_format(struct arena *arena, struct notify_place place);
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
