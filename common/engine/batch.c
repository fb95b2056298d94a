#include "engine/batch.h"

#include <stdlib.h>
#include <string.h>

void batch_open(struct batch *batch, size_t room)
{
    *batch = (struct batch){.arena = arena_open(0), .entry = calloc(room, sizeof *batch->entry)};
    if (!batch->arena || !batch->entry)
        abort();
}

void batch_close(struct batch *batch)
{
    arena_close(batch->arena);
    free(batch->entry);
}

void batch_clear(struct batch *batch)
{
    arena_reset(batch->arena);
    batch->count = batch->bytes = 0;
}

static struct str copy_of(struct arena *arena, const void *data, size_t size)
{
    return data ? (struct str){arena_copy(arena, data, size), size} : STR_NONE;
}

/* All of a record's headers in one piece: they are many and short. */
static void copy_headers(struct arena *arena, const rd_kafka_message_t *message, struct entry *entry)
{
    rd_kafka_headers_t *headers;
    if (rd_kafka_message_headers(message, &headers))
        return;
    size_t count = rd_kafka_header_cnt(headers), total = 0;
    entry->header = arena_array(arena, struct journal_header, count);
    for (size_t i = 0; i < count; i++) {
        struct journal_header *header = &entry->header[i];
        const char *name;
        const void *value;
        if (rd_kafka_header_get_all(headers, i, &name, &value, &header->value.len))
            break;
        header->name = str_of(name);
        header->value.data = value;
        total += header->name.len + header->value.len;
        entry->headers++;
    }
    char *at = arena_alloc(arena, total);
    for (size_t i = 0; i < entry->headers; i++) {
        struct str *text[] = {&entry->header[i].name, &entry->header[i].value};
        for (int j = 0; j < 2; j++) {
            if (!text[j]->data)
                continue;
            memcpy(at, text[j]->data, text[j]->len);
            text[j]->data = at;
            at += text[j]->len;
        }
    }
}

void batch_add(struct batch *batch, const rd_kafka_message_t *message, const struct avro_reader *reader)
{
    struct entry *entry = &batch->entry[batch->count++];
    rd_kafka_timestamp_type_t type;
    time_ms broker_ms = rd_kafka_message_timestamp(message, &type);
    *entry = (struct entry){.offset = message->offset, .log_append = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME};
    entry->key = copy_of(batch->arena, message->key, message->key_len);
    entry->value = copy_of(batch->arena, message->payload, message->len);
    copy_headers(batch->arena, message, entry);
    entry_read(entry, reader, batch->arena, broker_ms);
    /* A journal that says that it is live, and bears times that a writer gave, was imported: it is scripted up to a `live`
     * record that the broker has stamped. From there on the broker's clock counts, as in a journal that was born live. */
    if (!entry->log_append && entry->record.kind == RECORD_GENESIS)
        entry->record.genesis.mode = MODE_SCRIPTED;
    if (!entry->log_append && entry->record.kind == RECORD_CONTROL)
        entry->record.control.live = false;
    batch->bytes += message->len + 512;
}
