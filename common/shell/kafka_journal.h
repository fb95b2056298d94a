#ifndef ORGCODE_SHELL_KAFKA_JOURNAL_H
#define ORGCODE_SHELL_KAFKA_JOURNAL_H

#include <librdkafka/rdkafka.h>

#include "core/registry.h"

/* The headers of a journal record that this program appends: kind, own stamp (now), and for acts and refusals the origin (NULL
 * else). The caller owns them until a produce call has taken them. `arena` is used for scratch. */
rd_kafka_headers_t *kafka_journal_headers(struct arena *arena, enum record_kind kind, const struct origin *origin);

#endif
