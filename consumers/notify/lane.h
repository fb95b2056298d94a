#ifndef ORGCODE_NOTIFY_LANE_H
#define ORGCODE_NOTIFY_LANE_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/status.h"
#include "feed.h"
#include "place.h"
#include "shell/sender.h"

/* A lane tells the rows of one table, in order, each once. A round fetches what stands behind the lane's place and
 * sends it with the new place in one Kafka transaction; a place that was not committed is not the place. Lanes share
 * nothing that could fail: connection, producer, transactional id and place are each lane's own. */

struct notifier;
struct lane;

struct lane_counts {
    int64_t changes, states, receipts, skipped;
};

struct lane_kind {
    const char *name;
    enum feed_table table;
    const char *number; /* header that bears a record's number */
    /* Outside of the transaction: finds out what is needed to send the rows of the last fetch. May be NULL. */
    struct status (*prepare)(struct lane *lane, struct fault *fault);
    /* Puts row `row` of the last fetch into the open transaction. */
    struct status (*send)(struct lane *lane, int row, struct lane_counts *counts, struct fault *fault);
    /* Row `row` of the last fetch was told: its line of the log (debug). */
    void (*log)(struct lane *lane, int row);
    /* A transaction failed. May be NULL. */
    void (*failed)(struct lane *lane);
    int pace_ms; /* under load, from the begin of a transaction to that of the next, at least */
    const char *before_commit, *after_commit; /* names of hook points */
};
extern const struct lane_kind lane_changes, lane_receipts;

struct lane {
    const struct lane_kind *kind;
    struct notifier *notifier;
    struct lane *other;
    const char *transactional_id;
    struct kafka_topic topic[3]; /* that it cannot do without; the first holds its place */
    size_t topics;
    struct arena *arena; /* of the round */
    struct arena *kept;  /* of the program's life: names of topics */
    struct feed feed;
    struct sender sender;
    struct map receipts;  /* receipts: authority -> struct receipts_topic * */
    struct map last;      /* changes: subject -> row of its last change in the fetch */
    int64_t said;         /* what the place said when a transaction hung */
    _Atomic int64_t told; /* the last number that was told: the lane's place */
    struct feed_standing standing;
    int64_t offset[FEED_ROWS_MAX]; /* of the rows' records, for the log; -1: none was sent. What an aborted batch's late
                                      acknowledgement writes here harms nothing */
    time_ms begun_at, committed_at; /* the last transaction; monotonic, 0: none yet */
    bool claimed;                   /* the place was claimed once: its writer is this program */
    bool behind;                    /* said that the registry is behind the place */
    _Atomic time_ms beat_ms;
    atomic_bool ready;
};

void lane_open(struct lane *lane, const struct lane_kind *kind, struct notifier *notifier, struct lane *other);
void lane_close(struct lane *lane);

/* Opens the producer, which fences an older one of this lane and ends its transaction; looks at the topics. */
struct status lane_fence(struct lane *lane, struct fault *fault) MUST_USE;
/* Behind lane_fence: reads the place, and writes it again under this program's id, so that a fenced one sees who came.
 */
struct status lane_claim(struct lane *lane, struct fault *fault) MUST_USE;
/* Both places are claimed: tells until the program stops (OK) or must not go on (STOP). */
struct status lane_run(struct lane *lane, struct fault *fault) MUST_USE;

#endif
