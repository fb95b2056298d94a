#ifndef ORGCODE_APPLY_WITNESS_H
#define ORGCODE_APPLY_WITNESS_H

#include "engine/engine.h"
#include "shell/kafka.h"

/* Is this journal the one that the database was made from? The record taken last tells: it must stand where it stood.
 */

/* STOP ("other-journal") unless `first` is that record. */
struct status witness_compare(
    const struct journal_place *at, const struct entry *first, const char *topic, struct fault *fault) MUST_USE;
/* Reads it once more, apart from the feed. */
struct status witness_check(const struct kafka_config *kafka, const char *topic, const struct avro_reader *reader,
    const struct journal_place *at, struct fault *fault) MUST_USE;

#endif
