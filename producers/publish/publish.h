#ifndef ORGCODE_PUBLISH_PUBLISH_H
#define ORGCODE_PUBLISH_PUBLISH_H

#include "gauges.h"
#include "input.h"
#include "judge.h"
#include "report.h"
#include "shell/log.h"
#include "shell/option.h"

/* What a run is to do, and the run itself: one pass over the input, or two when nothing may be sent before all is
 * judged. */

struct publish_options {
    struct option_common common;
    struct option_kafka kafka;
    bool check, no_check, all_or_nothing, json, wait, restart;
    int format;   /* enum input_format */
    int language; /* 0 auto, 1 vi, 2 en */
    int csv_kind; /* 0 established, 1 contact_updated */
    const char *authority, *state;
    long long give_up_ms, wait_ms;
};

struct publish {
    const struct publish_options *options;
    const char *const *file;
    int files;
    struct log *log;
    struct report *report;
    const struct gauges *gauges;
    struct judge *judge;
    struct arena *arena; /* of the item in work */
    int *spool;          /* per file: a copy that can be read twice, -1 for none */
};

/* The exit code (enum process_exit). Everything has been reported. */
int publish_run(struct publish *publish);

#endif
