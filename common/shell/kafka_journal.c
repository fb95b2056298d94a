#include "shell/kafka_journal.h"

#include "base/time.h"
#include "codec/journal.h"

rd_kafka_headers_t *kafka_journal_headers(struct arena *arena, enum record_kind kind, const struct origin *origin)
{
    struct journal_header header[JOURNAL_HEADERS_MAX];
    size_t count = journal_headers(arena, kind, time_now(), origin, header);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(count);
    for (size_t i = 0; i < count; i++)
        rd_kafka_header_add(headers, header[i].name.data, (ssize_t)header[i].name.len, header[i].value.data,
            (ssize_t)header[i].value.len);
    return headers;
}
