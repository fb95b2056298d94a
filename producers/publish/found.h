#ifndef ORGCODE_PUBLISH_FOUND_H
#define ORGCODE_PUBLISH_FOUND_H

#include "base/hash.h"
#include "shell/kafka.h"

/* The acts that stand in their topics behind the progress of a run that was killed, as digests. */
struct found {
    struct sha256 *digest; /* sorted by found_sort */
    bool *taken;
    size_t count, room;
};

/* Adds the acts of a topic from `offset` to its end; what is no act is passed over. As kafka_scan. */
struct status found_read(struct found *found, const struct kafka_config *kafka, const char *topic, int64_t offset,
    struct fault *fault) MUST_USE;
/* Once, after the last found_read. */
struct status found_sort(struct found *found, struct fault *fault) MUST_USE;
/* Is the act there? True once for each time that it is. */
bool found_take(struct found *found, struct sha256 digest);
void found_clear(struct found *found);

#endif
