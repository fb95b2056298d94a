#ifndef ORGCODE_APPLY_TICK_H
#define ORGCODE_APPLY_TICK_H

#include "base/time.h"
#include "shell/backoff.h"
#include "shell/kafka.h"

/* Ticks: when something is due and the journal is at rest, a record is appended so that time stands in the journal;
 * what is due happens when it is read back. One at a time, the next with back-off. A tick that is lost or comes twice
 * does no harm. */
struct tick {
    const struct kafka_config *kafka;
    const char *topic;
    struct log *log;
    struct kafka_client producer;
    bool open;
    struct backoff backoff;
    time_ms next_at; /* monotonic: none before */
    int64_t sent;
};

void tick_open(struct tick *tick, const struct kafka_config *kafka, const char *topic, struct log *log);
void tick_close(struct tick *tick);
/* Sends one if `due` (own clock) has come and it is time. Never waits. */
void tick_serve(struct tick *tick, time_ms due);
/* A tick, ours or another's, was read back, and what was due is done. */
void tick_done(struct tick *tick);

#endif
