#include <stdlib.h>

#include "codec/json_change.h"
#include "codec/json_receipt.h"
#include "notify.h"
#include "record.h"

/* A topic that is missing is asked for again after so long. */
enum { MISSING_MS = 2000, LOOKUP_MS = 10000 };

struct receipts_topic {
    const char *name;
    bool exists, told;
    time_ms looked_up; /* monotonic; 0: not yet */
};

static struct receipts_topic *topic_of(struct notifier *n, struct str authority)
{
    struct receipts_topic *topic = map_get(&n->receipts, authority);
    if (!topic) {
        topic = arena_new(n->kept, struct receipts_topic);
        topic->name = str_format(n->kept, "%.*s%.*s", STR_ARG(n->topics.receipts), STR_ARG(authority)).data;
        *map_put(n->kept, &n->receipts, str_copy(n->kept, authority)) = topic;
    }
    return topic;
}

static struct status look_up(struct notifier *n, struct receipts_topic *topic, struct fault *fault)
{
    time_ms now = time_monotonic();
    int partitions;
    if (topic->exists || (topic->looked_up && now - topic->looked_up < MISSING_MS))
        return status_ok();
    struct status s = kafka_partitions(&n->sender.client, topic->name, LOOKUP_MS, &partitions, fault);
    if (status_failed(s) && s.class == STATUS_RETRY)
        return s;
    topic->looked_up = now;
    topic->exists = !status_failed(s) && partitions > 0;
    if (!topic->exists && !topic->told)
        log_warn(n->log, "receipts are left out: there is no such topic", LOG_TEXT("topic", topic->name));
    if (topic->exists && topic->told)
        log_info(n->log, "receipts are sent again", LOG_TEXT("topic", topic->name));
    topic->told = !topic->exists;
    if (topic->exists)
        sender_know(&n->sender, topic->name);
    return status_ok();
}

struct status batch_topics(struct notifier *n, struct fault *fault)
{
    const PGresult *rows = n->feed.receipts;
    struct str last = STR_NONE;
    for (int row = 0; rows && row < PQntuples(rows); row++) {
        struct str authority = pg_text(rows, row, RECEIPT_AUTHORITY);
        if (str_equal(authority, last))
            continue;
        last = authority;
        struct status s = look_up(n, topic_of(n, authority), fault);
        if (status_failed(s))
            return s;
    }
    return status_ok();
}

void batch_forget_topics(struct notifier *n)
{
    for (size_t i = 0; i < n->receipts.count; i++) {
        struct receipts_topic *topic = n->receipts.entry[i].value;
        topic->exists = false;
        topic->looked_up = 0;
    }
}

static rd_kafka_headers_t *change_headers(const struct notifier *n, const struct change_texts *texts)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(16);
    kafka_header_add(headers, "ce_specversion", STR(CHANGE_SPEC_VERSION));
    kafka_header_add(headers, "ce_id", str_of(texts->id));
    kafka_header_add(headers, "ce_source", str_of(n->options->source));
    kafka_header_add(headers, "ce_type", texts->type);
    kafka_header_add(headers, "ce_subject", texts->subject);
    kafka_header_add(headers, "ce_partitionkey", texts->subject);
    kafka_header_add(headers, "ce_time", str_of(texts->time));
    kafka_header_add(headers, "ce_recordedtime", str_of(texts->recorded_time));
    kafka_header_add(headers, "ce_sequence", str_of(texts->sequence));
    kafka_header_add(headers, "ce_subjectversion", str_of(texts->subject_version));
    kafka_header_add(headers, "ce_correlationid", str_of(texts->correlation_id));
    kafka_header_add(headers, "ce_actindex", str_of(texts->act_index));
    kafka_header_add(headers, "ce_actcount", str_of(texts->act_count));
    kafka_header_add(headers, "ce_dataschema", STR(CHANGE_SCHEMA));
    kafka_header_add(headers, "content-type", STR(CHANGE_CONTENT_TYPE));
    return headers;
}

static struct status send_change(struct notifier *n, const PGresult *rows, int row, struct fault *fault)
{
    struct change_attributes attributes = {.epoch = n->standing.epoch,
        .sequence = pg_int8(rows, row, CHANGE_SEQUENCE),
        .type = (enum change_type)pg_int2(rows, row, CHANGE_TYPE),
        .subject = pg_text(rows, row, CHANGE_SUBJECT),
        .subject_version = pg_int8(rows, row, CHANGE_VERSION),
        .act_id = pg_uuid(rows, row, CHANGE_ACT),
        .act_index = pg_int4(rows, row, CHANGE_INDEX),
        .act_count = pg_int4(rows, row, CHANGE_COUNT),
        .effective_on = pg_date(rows, row, CHANGE_EFFECTIVE),
        .recorded = pg_int8(rows, row, CHANGE_RECORDED)};
    struct change_texts texts;
    change_texts_format(&attributes, &texts);
    return sender_put(&n->sender, n->topics.changes.data, attributes.subject, pg_text(rows, row, CHANGE_DATA),
        change_headers(n, &texts), fault);
}

/* Of several changes of one subject in a batch the last is its state. */
static struct map last_of_subject(struct notifier *n, const PGresult *rows)
{
    struct map last = {0};
    for (int row = 0; row < PQntuples(rows); row++) {
        int *at = arena_new(n->arena, int);
        *at = row;
        *map_put(n->arena, &last, pg_text(rows, row, CHANGE_SUBJECT)) = at;
    }
    return last;
}

/* A code that was never granted has no record, and a null value would erase one: nothing is sent. */
static struct status send_state(struct notifier *n, const PGresult *rows, int row, struct batch_counts *counts,
    struct fault *fault)
{
    struct str record = record_member(pg_text(rows, row, CHANGE_DATA), STR("record"));
    if (!str_given(record) || record.data[0] != '{')
        return status_ok();
    counts->states++;
    return sender_put(&n->sender, n->topics.state.data, pg_text(rows, row, CHANGE_SUBJECT), record, NULL, fault);
}

static struct status send_receipt(struct notifier *n, const PGresult *rows, int row, struct batch_counts *counts,
    struct fault *fault)
{
    char id[UUID_TEXT_SIZE];
    struct str key = STR_NONE, value;
    const struct receipts_topic *topic = topic_of(n, pg_text(rows, row, RECEIPT_AUTHORITY));
    if (!topic->exists) {
        counts->skipped++;
        return status_ok();
    }
    if (!pg_is_null(rows, row, RECEIPT_ACT))
        key = str_of(uuid_format(pg_uuid(rows, row, RECEIPT_ACT), id));
    struct status s = receipt_with_messages(n->arena, pg_text(rows, row, RECEIPT_DATA), &value, fault);
    if (status_failed(s))
        return s;
    rd_kafka_headers_t *headers = rd_kafka_headers_new(2);
    kafka_header_add_int(headers, "oc-number", pg_int8(rows, row, RECEIPT_NUMBER));
    kafka_header_add(headers, "oc-verdict", verdict_name((enum verdict)pg_int2(rows, row, RECEIPT_VERDICT)));
    counts->receipts++;
    return sender_put(&n->sender, topic->name, key, value, headers, fault);
}

/* The numbers of the rows follow `*at` without a hole; `*at` moves to the last. */
static struct status follow(const PGresult *rows, int column, const char *what, int64_t *at, struct fault *fault)
{
    for (int row = 0; rows && row < PQntuples(rows); row++) {
        int64_t number = pg_int8(rows, row, column);
        if (number != *at + 1)
            return status_fail(fault, STATUS_STOP, "hole", "%s %lld follows %lld", what, (long long)number, (long long)*at);
        *at = number;
    }
    return status_ok();
}

static struct status send_place(struct notifier *n, struct notify_place next, struct fault *fault)
{
    struct str place;
    char writer[UUID_TEXT_SIZE];
    place_format(n->arena, next, &place);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
    kafka_header_add(headers, NOTIFY_PLACE_WRITER, str_of(uuid_format(n->writer, writer)));
    return sender_put(&n->sender, n->topics.place.data, STR(NOTIFY_PLACE_KEY), place, headers, fault);
}

/* The topics take turns: all are named to the coordinator in one request then, and none waits for another to end. The place
 * counts only with its transaction, so it may go first. */
struct status batch_send(struct notifier *n, struct notify_place *next, struct batch_counts *counts,
    struct fault *fault)
{
    const PGresult *changes = n->feed.changes, *receipts = n->feed.receipts;
    int change_count = changes ? PQntuples(changes) : 0, receipt_count = receipts ? PQntuples(receipts) : 0;
    struct map last = changes ? last_of_subject(n, changes) : (struct map){0};
    *next = n->place;
    *counts = (struct batch_counts){0};
    struct status s = follow(changes, CHANGE_SEQUENCE, "change", &next->sequence, fault);
    if (!status_failed(s))
        s = follow(receipts, RECEIPT_NUMBER, "receipt", &next->receipt, fault);
    if (!status_failed(s))
        s = send_place(n, *next, fault);
    for (int row = 0; (row < change_count || row < receipt_count) && !status_failed(s); row++) {
        if (row < change_count)
            s = send_change(n, changes, row, fault);
        if (!status_failed(s) && (size_t)row < last.count)
            s = send_state(n, changes, *(const int *)last.entry[row].value, counts, fault);
        if (!status_failed(s) && row < receipt_count)
            s = send_receipt(n, receipts, row, counts, fault);
    }
    counts->changes = change_count;
    return s;
}
