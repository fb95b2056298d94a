#ifndef ORGCODE_APPLY_FEED_H
#define ORGCODE_APPLY_FEED_H

#include "engine/engine.h"
#include "shell/kafka.h"

/* The journal as batches. A thread of its own polls Kafka whatever the writer does (so the group never loses a member
 * that only waits for PostgreSQL), copies and decodes; the writer takes a batch when it is free: under load batches
 * grow by themselves, at rest a record is passed on at once.
 *
 * The group elects the active one. A term is what lies between an assignment and its end (each has a number of its
 * own); reading begins where feed_begin says. */
struct feed;

struct feed_config {
    const struct kafka_config *kafka;
    const char *topic, *group;
    const struct avro_reader *reader;
    struct log *log;
    size_t records_max, bytes_max; /* of a batch */
};

struct feed_batch {
    struct entry *entry;
    size_t count;
};

struct status feed_open(struct feed **out, const struct feed_config *config, struct fault *fault) MUST_USE;
/* Leaves the group. */
void feed_close(struct feed *feed);

/* The number of the term if this member has the journal, else 0. */
int feed_term(struct feed *feed);
/* No term: the group gave the journal away because this member was not heard of for longer than its session. */
bool feed_lost(struct feed *feed);
/* Waits until the term is another than `term`, or timeout_ms, or stopping. Fails when none can come: a right is
 * missing. */
struct status feed_wait(struct feed *feed, int term, int timeout_ms, struct fault *fault) MUST_USE;
/* In this term, read from `offset` on (again). */
void feed_begin(struct feed *feed, int term, int64_t offset);
/* The next batch; the one before the last is given back by that. `out->count` 0: nothing came within timeout_ms, or the
 * term is over. STOP: the journal cannot be read from there ("out-of-range"), rights are missing. */
struct status feed_next(
    struct feed *feed, int term, int timeout_ms, struct feed_batch *out, struct fault *fault) MUST_USE;
/* Tells the group how far we are: for operators' tools alone. */
void feed_tell(struct feed *feed, int64_t next_offset);
/* Where the journal ends, as last known; -1: unknown. */
int64_t feed_end(struct feed *feed);
/* Records in the journal that are not read yet, as last known; -1: unknown. */
int64_t feed_lag(struct feed *feed, int64_t next_offset);

#endif
