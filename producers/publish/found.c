#include "found.h"

#include <stdlib.h>

#include "codec/avro_act.h"

struct reading {
    struct found *found;
    struct avro_reader *reader;
    struct arena *arena;
    bool no_memory;
};

static bool take_message(const rd_kafka_message_t *message, void *user)
{
    struct reading *reading = user;
    struct found *found = reading->found;
    struct act *act;
    struct fault fault;
    arena_reset(reading->arena);
    if (status_failed(avro_act_decode(reading->reader, reading->arena, kafka_value(message), &act, &fault)))
        return true;
    if (found->count == found->room) {
        size_t room = found->room ? found->room * 2 : 1024;
        struct sha256 *grown = realloc(found->digest, room * sizeof *grown);
        reading->no_memory = grown == NULL;
        if (!grown)
            return false;
        found->digest = grown;
        found->room = room;
    }
    found->digest[found->count++] = act_digest(act);
    return true;
}

struct status found_read(
    struct found *found, const struct kafka_config *kafka, const char *topic, int64_t offset, struct fault *fault)
{
    struct reading reading = {.found = found, .reader = avro_reader_open(fault), .arena = arena_open(0)};
    struct status status = {STATUS_STOP, "schema"};
    if (reading.reader && reading.arena)
        status = kafka_scan(kafka, topic, 0, offset, KAFKA_DEADLINE_MS, take_message, &reading, fault);
    if (!status_failed(status) && reading.no_memory)
        status = status_fail(fault, STATUS_STOP, "memory", "no memory");
    avro_reader_close(reading.reader);
    if (reading.arena)
        arena_close(reading.arena);
    return status;
}

static int compare_digest(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct sha256));
}

struct status found_sort(struct found *found, struct fault *fault)
{
    if (found->count == 0)
        return status_ok();
    qsort(found->digest, found->count, sizeof *found->digest, compare_digest);
    found->taken = calloc(found->count, sizeof *found->taken);
    return found->taken ? status_ok() : status_fail(fault, STATUS_STOP, "memory", "no memory");
}

bool found_take(struct found *found, struct sha256 digest)
{
    size_t low = 0, high = found->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_digest(&found->digest[middle], &digest) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < found->count && compare_digest(&found->digest[low], &digest) == 0; low++) {
        if (!found->taken[low]) {
            found->taken[low] = true;
            return true;
        }
    }
    return false;
}

void found_clear(struct found *found)
{
    free(found->digest);
    free(found->taken);
    *found = (struct found){0};
}
