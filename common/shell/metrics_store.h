#ifndef ORGCODE_SHELL_METRICS_STORE_H
#define ORGCODE_SHELL_METRICS_STORE_H

#include <stdatomic.h>

#include "shell/metrics.h"

/* Between metrics.c and metrics_server.c. */

#define METRICS_MAX 160
#define METRIC_BUCKETS 15

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_DURATION };

struct metric {
    enum metric_kind kind;
    const char *name, *labels, *help;
    _Atomic int64_t value; /* of a duration: how many */
    _Atomic int64_t sum_us;
    _Atomic int64_t bucket[METRIC_BUCKETS];
};

struct metrics {
    size_t count;
    struct metric metric[METRICS_MAX];
    _Atomic bool ready;
    _Atomic int64_t beat_ms;
    void *server; /* struct MHD_Daemon */
};

bool metrics_is_alive(const struct metrics *metrics);

#endif
