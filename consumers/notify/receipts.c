#include "codec/json_receipt.h"
#include "notify.h"

/* A topic that is missing is asked for again after so long. */
enum { MISSING_MS = 2000, LOOKUP_MS = 10000 };

struct receipts_topic {
    const char *name;
    bool exists, told;
    time_ms looked_up; /* monotonic; 0: not yet */
};

static struct receipts_topic *topic_of(struct lane *lane, struct str authority)
{
    struct receipts_topic *topic = map_get(&lane->receipts, authority);
    if (!topic) {
        topic = arena_new(lane->kept, struct receipts_topic);
        topic->name =
            str_format(lane->kept, "%.*s%.*s", STR_ARG(lane->notifier->topics.receipts), STR_ARG(authority)).data;
        *map_put(lane->kept, &lane->receipts, str_copy(lane->kept, authority)) = topic;
    }
    return topic;
}

static struct status look_up(struct lane *lane, struct receipts_topic *topic, struct fault *fault)
{
    time_ms now = time_monotonic();
    int partitions;
    if (topic->exists || (topic->looked_up && now - topic->looked_up < MISSING_MS))
        return status_ok();
    struct status s = kafka_partitions(&lane->sender.client, topic->name, LOOKUP_MS, &partitions, fault);
    if (status_failed(s) && s.class == STATUS_RETRY)
        return s;
    topic->looked_up = now;
    topic->exists = !status_failed(s) && partitions > 0;
    if (!topic->exists && !topic->told)
        log_warn(lane->notifier->log, "receipts are left out: there is no such topic", LOG_TEXT("topic", topic->name));
    if (topic->exists && topic->told)
        log_info(lane->notifier->log, "receipts are sent again", LOG_TEXT("topic", topic->name));
    topic->told = !topic->exists;
    if (topic->exists)
        sender_know(&lane->sender, topic->name);
    return status_ok();
}

/* Finds out which receipts topics of the rows there are. */
static struct status prepare_rows(struct lane *lane, struct fault *fault)
{
    struct str last = STR_NONE;
    struct status s = feed_check_law(&lane->feed, RECEIPT_LAW, fault);
    for (int row = 0; row < lane->feed.count && !status_failed(s); row++) {
        struct str authority = pg_text(lane->feed.rows, row, RECEIPT_AUTHORITY);
        if (str_equal(authority, last))
            continue;
        last = authority;
        s = look_up(lane, topic_of(lane, authority), fault);
    }
    return s;
}

/* A receipts topic may have gone, and the error does not say which: all are looked up again. */
static void forget_topics(struct lane *lane)
{
    for (size_t i = 0; i < lane->receipts.count; i++) {
        struct receipts_topic *topic = lane->receipts.entry[i].value;
        topic->exists = false;
        topic->looked_up = 0;
    }
}

static struct status send_row(struct lane *lane, int row, struct lane_counts *counts, struct fault *fault)
{
    const PGresult *rows = lane->feed.rows;
    char id[UUID_TEXT_SIZE];
    struct str key = STR_NONE, value;
    const struct receipts_topic *topic = topic_of(lane, pg_text(rows, row, RECEIPT_AUTHORITY));
    if (!topic->exists) {
        counts->skipped++;
        return status_ok();
    }
    if (!pg_is_null(rows, row, RECEIPT_ACT))
        key = str_of(uuid_format(pg_uuid(rows, row, RECEIPT_ACT), id));
    struct status s = receipt_with_messages(lane->arena, pg_text(rows, row, RECEIPT_DATA), &value, fault);
    if (status_failed(s))
        return s;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(2);
    kafka_header_add_int(headers, "oc-number", pg_int8(rows, row, RECEIPT_NUMBER));
    kafka_header_add(headers, "oc-verdict", verdict_name((enum verdict)pg_int2(rows, row, RECEIPT_VERDICT)));
    counts->receipts++;
    const struct sender_record record = {
        .topic = topic->name, .key = key, .value = value, .headers = headers, .offset = &lane->offset[row]};
    return sender_send(&lane->sender, &record, fault);
}

static void log_row(struct lane *lane, int row)
{
    const PGresult *rows = lane->feed.rows;
    bool sent = lane->offset[row] >= 0, of_act = !pg_is_null(rows, row, RECEIPT_ACT);
    struct uuid act = of_act ? pg_uuid(rows, row, RECEIPT_ACT) : (struct uuid){0};
    const struct receipts_topic *topic = topic_of(lane, pg_text(rows, row, RECEIPT_AUTHORITY));
    const struct log_field field[] = {LOG_INT("receipt", pg_int8(rows, row, RECEIPT_NUMBER)),
        LOG_STR("verdict", verdict_name((enum verdict)pg_int2(rows, row, RECEIPT_VERDICT))),
        of_act ? LOG_ACT(act) : LOG_STR("act", STR_NONE),
        sent ? LOG_PLACE(topic->name, 0, lane->offset[row]) : LOG_TEXT("topic", topic->name)};
    log_write(lane->notifier->log, LOG_LEVEL_DEBUG, sent ? "receipt told" : "receipt left out", field,
        sizeof field / sizeof *field);
}

const struct lane_kind lane_receipts = {.name = "receipts",
    .table = FEED_RECEIPTS,
    .number = "oc-number",
    .prepare = prepare_rows,
    .send = send_row,
    .log = log_row,
    .pace_ms = 100,
    .failed = forget_topics,
    .before_commit = "before-receipts-commit",
    .after_commit = "after-receipts-commit"};
