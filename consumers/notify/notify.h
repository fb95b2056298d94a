#ifndef ORGCODE_NOTIFY_H
#define ORGCODE_NOTIFY_H

#include "base/arena.h"
#include "base/map.h"
#include "base/status.h"
#include "feed.h"
#include "place.h"
#include "sender.h"
#include "shell/metrics.h"
#include "shell/option.h"

/* orgcode-notify: tells what PostgreSQL holds, each thing once. One round fetches what stands behind the place and sends
 * it with the new place in one Kafka transaction; a place that was not committed is not the place. */

struct notify_options {
    struct option_common common;
    struct option_kafka kafka;
    struct option_pg pg;
    const char *source;           /* ce_source */
    const char *transactional_id; /* NULL: PREFIX-notify */
    long long poll_ms;
};

struct notify_topics {
    struct str changes, state, place, receipts; /* receipts: the part before the authority */
};

struct notify_metrics {
    struct metric *changes, *states, *receipts, *skipped, *transactions, *aborts, *reopened;
    struct metric *sequence, *receipt, *lag, *duration;
};

struct notifier {
    const struct notify_options *options;
    struct kafka_config kafka;
    struct log *log;
    struct metrics *metrics;
    struct notify_metrics metric;
    struct arena *arena; /* of the round */
    struct arena *kept;  /* of the program's life: names of topics */
    struct notify_topics topics;
    struct map receipts; /* authority -> struct receipts_topic * */
    struct feed feed;
    struct sender sender;
    const char *transactional_id;

    struct uuid writer;          /* this running program, in the places that it writes */
    bool recovered;              /* `place` is what the topic says, or what was committed since */
    struct notify_place place;
    struct uuid last_writer;     /* of the last place that was read */
    struct feed_standing standing;
    time_ms committed_at;        /* the last transaction; monotonic, 0: none yet */
    bool behind;                 /* said that the registry is behind the place */
};

/* Runs until it is told to stop (OK), or must not go on (STOP; "fenced": another notify has taken over). */
struct status notify_run(struct notifier *notifier, struct fault *fault) MUST_USE;

/* batch.c: puts the rows of the last fetch into the open transaction, and the place behind them. */
struct batch_counts {
    int64_t changes, states, receipts, skipped;
};
struct status batch_send(struct notifier *notifier, struct notify_place *next, struct batch_counts *counts,
                         struct fault *fault) MUST_USE;
/* Finds out which receipts topics of the rows there are; to be called outside of the transaction. */
struct status batch_topics(struct notifier *notifier, struct fault *fault) MUST_USE;
/* A transaction failed: a receipts topic may have gone, and the error does not say which. All are looked up again. */
void batch_forget_topics(struct notifier *notifier);

#endif
