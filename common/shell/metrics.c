#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "shell/metrics_store.h"

#define METRICS_BEAT_MAX_MS 60000

/* Upper bounds of the duration buckets, microseconds. */
static const int64_t bound_us[METRIC_BUCKETS] = {1000, 2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000,
    2000000, 5000000, 10000000, 30000000, 60000000};

struct metrics *metrics_open(void)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (metrics != NULL) {
        atomic_store(&metrics->beat_ms, time_monotonic());
    }
    return metrics;
}

static struct metric *metric_new(
    struct metrics *metrics, enum metric_kind kind, const char *name, const char *labels, const char *help)
{
    if (metrics->count == METRICS_MAX) {
        abort(); /* a program with more metrics than METRICS_MAX */
    }
    struct metric *metric = &metrics->metric[metrics->count++];
    metric->kind = kind;
    metric->name = name;
    metric->labels = labels;
    metric->help = help;
    return metric;
}

struct metric *metrics_counter(struct metrics *metrics, const char *name, const char *labels, const char *help)
{
    return metric_new(metrics, METRIC_COUNTER, name, labels, help);
}

struct metric *metrics_gauge(struct metrics *metrics, const char *name, const char *labels, const char *help)
{
    return metric_new(metrics, METRIC_GAUGE, name, labels, help);
}

struct metric *metrics_duration(struct metrics *metrics, const char *name, const char *labels, const char *help)
{
    return metric_new(metrics, METRIC_DURATION, name, labels, help);
}

void metric_add(struct metric *metric, int64_t amount)
{
    atomic_fetch_add_explicit(&metric->value, amount, memory_order_relaxed);
}

void metric_set(struct metric *metric, int64_t value)
{
    atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

int64_t metric_value(const struct metric *metric)
{
    return atomic_load_explicit(&metric->value, memory_order_relaxed);
}

void metric_observe_us(struct metric *metric, int64_t duration_us)
{
    size_t i = 0;
    while (i < METRIC_BUCKETS && duration_us > bound_us[i]) {
        i++;
    }
    if (i < METRIC_BUCKETS) {
        atomic_fetch_add_explicit(&metric->bucket[i], 1, memory_order_relaxed);
    }
    atomic_fetch_add_explicit(&metric->sum_us, duration_us, memory_order_relaxed);
    atomic_fetch_add_explicit(&metric->value, 1, memory_order_relaxed);
}

void metrics_ready(struct metrics *metrics, bool ready)
{
    atomic_store(&metrics->ready, ready);
}

void metrics_beat(struct metrics *metrics)
{
    atomic_store_explicit(&metrics->beat_ms, time_monotonic(), memory_order_relaxed);
}

bool metrics_is_alive(const struct metrics *metrics)
{
    return time_monotonic() - atomic_load(&metrics->beat_ms) <= METRICS_BEAT_MAX_MS;
}

static void write_labels(FILE *out, const struct metric *metric, const char *more)
{
    bool own = metric->labels != NULL && metric->labels[0] != '\0';
    if (own || more != NULL) {
        fprintf(out, "{%s%s%s}", own ? metric->labels : "", own && more ? "," : "", more ? more : "");
    }
}

static void write_duration(FILE *out, const struct metric *metric)
{
    char le[48];
    int64_t sum = 0;
    for (size_t i = 0; i < METRIC_BUCKETS; i++) {
        sum += atomic_load_explicit(&metric->bucket[i], memory_order_relaxed);
        snprintf(le, sizeof le, "le=\"%g\"", (double)bound_us[i] / 1e6);
        fprintf(out, "%s_bucket", metric->name);
        write_labels(out, metric, le);
        fprintf(out, " %" PRId64 "\n", sum);
    }
    int64_t count = metric_value(metric);
    fprintf(out, "%s_bucket", metric->name);
    write_labels(out, metric, "le=\"+Inf\"");
    fprintf(out, " %" PRId64 "\n%s_sum", count > sum ? count : sum, metric->name);
    write_labels(out, metric, NULL);
    fprintf(out, " %.6f\n%s_count", (double)atomic_load_explicit(&metric->sum_us, memory_order_relaxed) / 1e6,
        metric->name);
    write_labels(out, metric, NULL);
    fprintf(out, " %" PRId64 "\n", count > sum ? count : sum);
}

void metrics_write(const struct metrics *metrics, FILE *out)
{
    static const char *const type[] = {"counter", "gauge", "histogram"};
    for (size_t i = 0; i < metrics->count; i++) {
        const struct metric *metric = &metrics->metric[i];
        if (i == 0 || strcmp(metrics->metric[i - 1].name, metric->name) != 0) {
            fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name, type[metric->kind]);
        }
        if (metric->kind == METRIC_DURATION) {
            write_duration(out, metric);
            continue;
        }
        fprintf(out, "%s", metric->name);
        write_labels(out, metric, NULL);
        fprintf(out, " %" PRId64 "\n", metric_value(metric));
    }
}
