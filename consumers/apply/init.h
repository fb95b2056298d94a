#ifndef ORGCODE_APPLY_INIT_H
#define ORGCODE_APPLY_INIT_H

#include "core/registry.h"
#include "shell/kafka.h"

/* The genesis record. */
struct genesis {
    bool found; /* the journal has a first record */
    bool valid; /* and it is a genesis record */
    struct uuid registry_id;
    int epoch;
    enum journal_mode mode;
};

/* Reads the journal's first record. */
struct status genesis_read(
    const struct kafka_config *kafka, const char *topic, struct genesis *out, struct fault *fault) MUST_USE;
/* Writes `wanted` to an empty journal; one that has a genesis record already is left alone and told in *out (STOP when
 * its id is another than a wanted one that is not nil, or the first record is something else). */
struct status genesis_write(const struct kafka_config *kafka, const char *topic, const struct genesis *wanted,
    struct genesis *out, struct fault *fault) MUST_USE;

#endif
