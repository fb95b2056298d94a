#include "gauges.h"

static void register_all(struct gauges *gauges)
{
    struct metrics *m = gauges->metrics;
    gauges->acts = metrics_counter(m, "orgcode_publish_acts_total", NULL, "Acts read.");
    gauges->refused = metrics_counter(m, "orgcode_publish_refused_total", NULL, "Acts refused before they were sent.");
    gauges->warned = metrics_counter(m, "orgcode_publish_warned_total", NULL, "Acts with a warning.");
    gauges->sent = metrics_counter(m, "orgcode_publish_sent_total", NULL, "Acts given to the broker.");
    gauges->present = metrics_counter(
        m, "orgcode_publish_present_total", NULL, "Acts that an earlier run had brought to their topic already.");
    gauges->delivered =
        metrics_counter(m, "orgcode_publish_delivered_total", NULL, "Acts that the broker acknowledged.");
    for (int i = VERDICT_ACCEPTED; i < VERDICTS; i++) {
        struct str name = verdict_name((enum verdict)i);
        snprintf(gauges->label[i], sizeof gauges->label[i], "verdict=\"%.*s\"", (int)name.len, name.data);
        gauges->verdict[i] =
            metrics_counter(m, "orgcode_publish_verdicts_total", gauges->label[i], "Verdicts that came (--wait).");
    }
}

struct status gauges_open(struct gauges *gauges, const char *address, struct log *log, struct fault *fault)
{
    *gauges = (struct gauges){0};
    if (str_of(address).len == 0)
        return status_ok();
    gauges->metrics = metrics_open();
    if (!gauges->metrics)
        return status_fail(fault, STATUS_STOP, "memory", "no memory");
    register_all(gauges);
    metrics_ready(gauges->metrics, true);
    metrics_beat(gauges->metrics);
    return metrics_listen(gauges->metrics, address, log, fault);
}

void gauges_close(struct gauges *gauges)
{
    if (gauges->metrics)
        metrics_close(gauges->metrics);
    gauges->metrics = NULL;
}

void gauges_show(const struct gauges *gauges, const struct report *report, long long delivered)
{
    if (!gauges->metrics)
        return;
    metrics_beat(gauges->metrics);
    metric_set(gauges->acts, report->count.acts);
    metric_set(gauges->refused, report->count.refused);
    metric_set(gauges->warned, report->count.warned);
    metric_set(gauges->sent, report->count.sent);
    metric_set(gauges->present, report->count.present);
    metric_set(gauges->delivered, delivered);
    for (int i = VERDICT_ACCEPTED; i < VERDICTS; i++)
        metric_set(gauges->verdict[i], report->count.verdict[i]);
}
