#ifndef ORGCODE_SHELL_METRICS_H
#define ORGCODE_SHELL_METRICS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"
#include "shell/log.h"

/* Counters, gauges and histograms in the Prometheus text format at /metrics, with /healthz and /readyz, served
 * by a thread of its own. Values are atomics: any thread may move them. Register before metrics_listen. */
struct metrics;
struct metric;

/* NULL only when the system has no memory. */
struct metrics *metrics_open(void);
/* Stops the server too. */
void metrics_close(struct metrics *metrics);

/* `labels` as in the format, without braces (`reason="too-large"`), NULL for none; metrics of one name are
 * registered one after the other, with the same help. Texts are borrowed. Never NULL. */
struct metric *metrics_counter(struct metrics *metrics, const char *name, const char *labels, const char *help);
struct metric *metrics_gauge(struct metrics *metrics, const char *name, const char *labels, const char *help);
/* Durations; shown in seconds, buckets from 1 ms to 60 s. */
struct metric *metrics_duration(struct metrics *metrics, const char *name, const char *labels, const char *help);
void metric_add(struct metric *metric, int64_t amount);
void metric_set(struct metric *metric, int64_t value);
int64_t metric_value(const struct metric *metric);
void metric_observe_us(struct metric *metric, int64_t duration_us);

/* /readyz answers 200 when ready (503 else; false at first). */
void metrics_ready(struct metrics *metrics, bool ready);
/* The working loop calls this each round; /healthz answers 503 when it did not for 60 s. */
void metrics_beat(struct metrics *metrics);

/* "HOST:PORT", "[::1]:PORT", ":PORT" (loopback); port 0: any, logged. RETRY when the address is taken. */
struct status metrics_listen(struct metrics *metrics, const char *address, struct log *log, struct fault *fault) MUST_USE;
void metrics_write(const struct metrics *metrics, FILE *out);

#endif
