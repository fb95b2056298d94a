#ifndef ORGCODE_APPLY_APPLY_H
#define ORGCODE_APPLY_APPLY_H

#include "shell/kafka.h"
#include "shell/metrics.h"
#include "shell/option.h"
#include "shell/pg.h"

/* orgcode-apply: the one writer of the registry, and its standbys. */
struct apply_options {
    struct option_common common;
    struct option_kafka kafka;
    struct option_pg pg;
    long long batch_records, batch_bytes;
    bool migrate;
    /* init */
    const char *registry_id;
    int mode;
    long long epoch;
};

/* Runs until the program shall stop (OK), or cannot go on (STOP). */
struct status apply_run(
    const struct apply_options *options, struct log *log, struct metrics *metrics, struct fault *fault) MUST_USE;

#endif
