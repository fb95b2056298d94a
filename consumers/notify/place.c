#include "place.h"

#include <inttypes.h>

enum { SCAN_TIMEOUT_MS = 10000, TAIL_FIRST = 256, TAIL_FACTOR = 16 };

struct str place_format(struct arena *arena, struct notify_place place)
{
    if (place.sequence == PLACE_UNSAID)
        return str_format(arena, "{\"receipt\":%" PRId64 "}", place.receipt);
    return str_format(arena, "{\"receipt\":%" PRId64 ",\"sequence\":%" PRId64 "}", place.receipt, place.sequence);
}

/* The number behind `"name":`, when there is that name. */
static bool member(struct str text, struct str name, int64_t *out)
{
    const char *at = text.len ? memmem(text.data, text.len, name.data, name.len) : NULL;
    *out = PLACE_UNSAID;
    if (!at)
        return true;
    const char *first = at + name.len, *end = text.data + text.len;
    while (first < end && *first == ' ')
        first++;
    const char *last = first;
    while (last < end && *last >= '0' && *last <= '9')
        last++;
    unsigned long long value;
    if (!str_to_u64((struct str){first, (size_t)(last - first)}, &value) || value > INT64_MAX)
        return false;
    *out = (int64_t)value;
    return true;
}

bool place_parse(struct str text, struct notify_place *out)
{
    struct notify_place place;
    if (!member(text, STR("\"receipt\":"), &place.receipt) || !member(text, STR("\"sequence\":"), &place.sequence) ||
        (place.receipt == PLACE_UNSAID && place.sequence == PLACE_UNSAID))
        return false;
    *out = place;
    return true;
}

static bool take_place(const rd_kafka_message_t *message, void *user)
{
    struct notify_mark *mark = user;
    struct notify_place place;
    if (str_equal(kafka_key(message), STR(PLACE_KEY)) && place_parse(kafka_value(message), &place)) {
        *mark =
            (struct notify_mark){.place = place, .found = true, .apart = str_given(kafka_header(message, PLACE_APART))};
        if (!uuid_parse(kafka_header(message, PLACE_WRITER), &mark->writer))
            mark->writer = (struct uuid){{0}};
    }
    return true;
}

struct status place_recover(const struct kafka_config *config, struct kafka_client *client, const char *topic,
    struct notify_mark *out, struct fault *fault)
{
    int64_t low, high;
    struct status s = kafka_watermarks(client, topic, 0, SCAN_TIMEOUT_MS, &low, &high, fault);
    if (status_failed(s))
        return s;
    /* The last record is near the end, behind it only markers and aborted ones: look there first. */
    *out = (struct notify_mark){0};
    for (int64_t tail = TAIL_FIRST; low < high; tail *= TAIL_FACTOR) {
        int64_t from = high - low > tail ? high - tail : low;
        s = kafka_scan(config, topic, 0, from, SCAN_TIMEOUT_MS, take_place, out, fault);
        if (status_failed(s))
            return s;
        if (out->found || from == low)
            break;
    }
    return status_ok();
}

static bool take_any(const rd_kafka_message_t *message, void *user)
{
    (void)message;
    *(bool *)user = true;
    return false;
}

struct status topic_has_record(
    const struct kafka_config *config, struct kafka_client *client, const char *topic, bool *out, struct fault *fault)
{
    int64_t low, high;
    *out = false;
    struct status s = kafka_watermarks(client, topic, 0, SCAN_TIMEOUT_MS, &low, &high, fault);
    if (status_failed(s) || low >= high)
        return s;
    return kafka_scan(config, topic, 0, low, SCAN_TIMEOUT_MS, take_any, out, fault);
}
