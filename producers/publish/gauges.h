#ifndef ORGCODE_PUBLISH_GAUGES_H
#define ORGCODE_PUBLISH_GAUGES_H

#include "report.h"
#include "shell/metrics.h"

/* What a run that takes long (stdin, --wait) shows to Prometheus while it runs: the counts of its report. */
struct gauges {
    struct metrics *metrics;
    struct metric *acts, *refused, *warned, *sent, *present, *delivered;
    struct metric *verdict[VERDICTS];
    char label[VERDICTS][32];
};

/* Serves at `address`; an empty one: nothing is served, and gauges_show does nothing. As for errors: metrics_listen. */
struct status gauges_open(struct gauges *gauges, const char *address, struct log *log, struct fault *fault) MUST_USE;
void gauges_close(struct gauges *gauges);
/* Also says that the run is alive. */
void gauges_show(const struct gauges *gauges, const struct report *report, long long delivered);

#endif
