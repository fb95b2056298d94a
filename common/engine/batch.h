#ifndef ORGCODE_ENGINE_BATCH_H
#define ORGCODE_ENGINE_BATCH_H

#include <librdkafka/rdkafka.h>

#include "engine/engine.h"

/* Records on their way from Kafka to the engine: copied out of the library's memory, decoded. */
struct batch {
    struct arena *arena;
    struct entry *entry; /* room for all, from the heap */
    size_t count, bytes;
};

/* `room`: entries at most. */
void batch_open(struct batch *batch, size_t room);
void batch_close(struct batch *batch);
void batch_clear(struct batch *batch);
/* There must be room. */
void batch_add(struct batch *batch, const rd_kafka_message_t *message, const struct avro_reader *reader);

#endif
