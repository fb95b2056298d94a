#include "gauges.h"

static const char *const verdict_label[VERDICTS] = {
    [VERDICT_ACCEPTED] = "verdict=\"accepted\"",
    [VERDICT_ANNOUNCED] = "verdict=\"announced\"",
    [VERDICT_HELD] = "verdict=\"held\"",
    [VERDICT_DUPLICATE] = "verdict=\"duplicate\"",
    [VERDICT_CONFLICT] = "verdict=\"conflict\"",
    [VERDICT_REJECTED] = "verdict=\"rejected\"",
    [VERDICT_WITHDRAWN] = "verdict=\"withdrawn\"",
    [VERDICT_ANNULLED] = "verdict=\"annulled\"",
};

void gauges_open(struct gauges *gauges, struct metrics *metrics)
{
    *gauges = (struct gauges){0};
    for (int i = VERDICT_ACCEPTED; i < VERDICTS; i++)
        gauges->verdict[i] =
            metrics_counter(metrics, "orgcode_apply_verdicts_total", verdict_label[i], "Verdicts written.");
    gauges->records = metrics_counter(metrics, "orgcode_apply_records_total", NULL, "Journal records taken.");
    gauges->foreign =
        metrics_counter(metrics, "orgcode_apply_foreign_total", NULL, "Journal records of unknown kind, passed over.");
    gauges->gaps = metrics_counter(metrics, "orgcode_apply_gaps_total", NULL,
        "Records passed over because earlier ones of their origin are missing.");
    gauges->repeats =
        metrics_counter(metrics, "orgcode_apply_repeats_total", NULL, "Repeats made by the pipeline itself.");
    gauges->changes = metrics_counter(metrics, "orgcode_apply_changes_total", NULL, "Changes written.");
    gauges->writes = metrics_counter(metrics, "orgcode_apply_transactions_total", NULL, "Transactions committed.");
    gauges->batch =
        metrics_duration(metrics, "orgcode_apply_batch_seconds", NULL, "From taking a batch to its commit.");
    gauges->batch_records = metrics_gauge(metrics, "orgcode_apply_batch_records", NULL, "Records of the last batch.");
    gauges->active =
        metrics_gauge(metrics, "orgcode_apply_active", NULL, "1: this copy has the journal, 0: it stands by.");
    gauges->lag =
        metrics_gauge(metrics, "orgcode_apply_lag_records", NULL, "Journal records not yet taken; -1: unknown.");
    gauges->sequence = metrics_gauge(metrics, "orgcode_apply_sequence", NULL, "Last change.");
    gauges->receipt = metrics_gauge(metrics, "orgcode_apply_receipt", NULL, "Last receipt.");
    gauges->offset = metrics_gauge(metrics, "orgcode_apply_next_offset", NULL, "Journal offset to be read next.");
    gauges->journal_time =
        metrics_gauge(metrics, "orgcode_apply_journal_time_ms", NULL, "Journal time, ms since 1970.");
    gauges->next_due = metrics_gauge(
        metrics, "orgcode_apply_next_due_ms", NULL, "When the next waiting act is due, ms since 1970; -1: none waits.");
    gauges->ticks = metrics_counter(metrics, "orgcode_apply_ticks_total", NULL, "Ticks sent.");
    gauges->counted[GAUGE_FENCED] = metrics_counter(metrics, "orgcode_apply_fenced_total", NULL,
        "Transactions given up because another writer had moved the place.");
    gauges->counted[GAUGE_EVICTED] =
        metrics_counter(metrics, "orgcode_apply_evicted_total", NULL, "Sessions ended because they kept the place.");
}

void gauges_count(struct gauges *gauges, enum gauge gauge, int64_t amount)
{
    metric_add(gauges->counted[gauge], amount);
}

void gauges_batch(struct gauges *gauges, time_ms took_ms, size_t records)
{
    metric_observe_us(gauges->batch, took_ms * 1000);
    metric_set(gauges->batch_records, (int64_t)records);
}

void gauges_show(struct gauges *gauges, const struct engine *engine, bool active, int64_t lag, int64_t ticks)
{
    const struct engine_seen *seen = &engine->seen, *shown = &gauges->shown;
    for (int i = VERDICT_ACCEPTED; i < VERDICTS; i++)
        metric_add(gauges->verdict[i], seen->verdict[i] - shown->verdict[i]);
    metric_add(gauges->records, seen->records - shown->records);
    metric_add(gauges->foreign, seen->foreign - shown->foreign);
    metric_add(gauges->gaps, seen->gaps - shown->gaps);
    metric_add(gauges->repeats, seen->repeats - shown->repeats);
    metric_add(gauges->changes, seen->changes - shown->changes);
    metric_add(gauges->writes, seen->writes - shown->writes);
    metric_add(gauges->ticks, ticks - gauges->ticks_shown);
    gauges->shown = *seen;
    gauges->ticks_shown = ticks;
    metric_set(gauges->active, active);
    metric_set(gauges->lag, lag);
    metric_set(gauges->sequence, engine->at.place.sequence);
    metric_set(gauges->receipt, engine->at.place.receipt);
    metric_set(gauges->offset, engine->at.next_offset);
    metric_set(gauges->journal_time, engine->at.place.time);
    int64_t due = engine->store ? engine->store->next_due : INT64_MAX;
    metric_set(gauges->next_due, due == INT64_MAX ? -1 : due);
}
