#ifndef ORGCODE_SERVE_SERVE_H
#define ORGCODE_SERVE_SERVE_H

#include "shell/log.h"
#include "shell/metrics.h"
#include "shell/option.h"

/* orgcode-serve: the directory and its feed over HTTP, read-only. */

struct serve_options {
    struct option_common common;
    struct option_pg pg;
    const char *listen;
    const char *source; /* of the changes */
    bool index;
    const char *snapshots;
    long long snapshot_every_ms, snapshots_kept;
    long long workers, queue, connections, connections_per_address, requests_per_second;
    long long waiters, kept_changes, body_max, answers_max, statement_ms, idle_ms, request_ms, answer_ms;
    const char *trusted_proxy;
};

struct serve_metrics {
    struct metric *requests[6]; /* by class of status: [2] is 2xx */
    struct metric *duration, *shed, *limited, *cut, *streams, *overflows, *bytes, *sequence;
};

struct server;
struct tail;
struct kept;

struct serve {
    const struct serve_options *options;
    struct log *log;
    struct metrics *metrics;
    struct serve_metrics metric;
    struct server *server;
    struct tail *tail;
    struct kept *kept; /* what takes long to make */
};

#endif
