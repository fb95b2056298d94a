#ifndef ORGCODE_REPLAY_INTAKE_H
#define ORGCODE_REPLAY_INTAKE_H

#include "engine/batch.h"
#include "shell/kafka.h"

/* The journal from an offset on, as batches: a thread reads and decodes ahead of the writer, a few batches at most. No
 * group, so nobody is disturbed. */
struct intake;

struct intake_config {
    const struct kafka_config *kafka;
    const char *topic;
    const struct avro_reader *reader;
    struct log *log;
    int64_t offset;                /* to begin with */
    size_t records_max, bytes_max; /* of a batch */
};

struct status intake_open(struct intake **out, const struct intake_config *config, struct fault *fault) MUST_USE;
void intake_close(struct intake *intake);
/* The next batch, the caller's until intake_give; NULL: nothing came within timeout_ms. STOP "out-of-range". */
struct status intake_next(struct intake *intake, int timeout_ms, struct batch **out, struct fault *fault) MUST_USE;
/* At most two are the caller's at a time. */
void intake_give(struct intake *intake, struct batch *batch);
/* The journal ended at this offset when it was last read to its end; -1: it was not yet. */
int64_t intake_end(struct intake *intake);

#endif
