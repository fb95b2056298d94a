#ifndef ORGCODE_NOTIFY_NOTIFY_H
#define ORGCODE_NOTIFY_NOTIFY_H

#include <pthread.h>

#include "lane.h"
#include "shell/metrics.h"
#include "shell/option.h"

/* orgcode-notify: tells what PostgreSQL holds, each thing once. Two lanes run beside each other, each a thread with its
 * own place: one for changes and states, one for receipts. */

struct notify_options {
    struct option_common common;
    struct option_kafka kafka;
    struct option_pg pg;
    const char *source;           /* ce_source */
    const char *transactional_id; /* NULL: PREFIX-notify */
    long long poll_ms;
};

struct notify_topics {
    struct str changes, state, receipts; /* receipts: the part before the authority */
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
    struct notify_topics topics;
    struct uuid writer; /* this running program, in the places that it writes */
    struct lane changes, receipts;
    /* why a lane must not go on; the first counts */
    pthread_mutex_t lock;
    struct status end;
    struct fault fault;
};

/* Runs until it is told to stop (OK), or must not go on (STOP; "fenced": another notify has taken over). */
struct status notify_run(struct notifier *notifier, struct fault *fault) MUST_USE;

#endif
