#ifndef ORGCODE_APPLY_GAUGES_H
#define ORGCODE_APPLY_GAUGES_H

#include "engine/engine.h"
#include "shell/metrics.h"

/* What the program shows of itself at /metrics. */
enum gauge { GAUGE_FENCED, GAUGE_EVICTED, GAUGES };
struct gauges {
    struct metric *verdict[VERDICTS];
    struct metric *records, *foreign, *gaps, *repeats, *changes, *writes, *batch, *batch_records, *active, *lag;
    struct metric *sequence, *receipt, *offset, *journal_time, *next_due, *ticks;
    struct metric *counted[GAUGES];
    struct engine_seen shown;
    int64_t ticks_shown;
};

void gauges_open(struct gauges *gauges, struct metrics *metrics);
void gauges_count(struct gauges *gauges, enum gauge gauge, int64_t amount);
void gauges_batch(struct gauges *gauges, time_ms took_ms, size_t records);
void gauges_show(struct gauges *gauges, const struct engine *engine, bool active, int64_t lag, int64_t ticks);

#endif
