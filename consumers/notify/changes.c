#include "codec/json_change.h"
#include "notify.h"
#include "record.h"

static rd_kafka_headers_t *change_headers(const struct lane *lane, const struct change_texts *texts)
{
    rd_kafka_headers_t *headers = rd_kafka_headers_new(16);
    kafka_header_add(headers, "ce_specversion", STR(CHANGE_SPEC_VERSION));
    kafka_header_add(headers, "ce_id", str_of(texts->id));
    kafka_header_add(headers, "ce_source", str_of(lane->notifier->options->source));
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
    kafka_header_add(headers, "ce_dataschema", str_of(texts->schema));
    kafka_header_add(headers, "content-type", STR(CHANGE_CONTENT_TYPE));
    return headers;
}

static struct status send_change(struct lane *lane, int row, struct fault *fault)
{
    const PGresult *rows = lane->feed.rows;
    struct change_attributes attributes = {.form = law_of(pg_int4(rows, row, CHANGE_LAW))->change_form,
        .epoch = lane->standing.epoch,
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
    const struct sender_record record = {.topic = lane->notifier->topics.changes.data,
        .key = attributes.subject,
        .value = pg_text(rows, row, CHANGE_DATA),
        .headers = change_headers(lane, &texts),
        .offset = &lane->offset[row]};
    return sender_send(&lane->sender, &record, fault);
}

/* A code that was never granted has no record, and a null value would erase one: nothing is sent. */
static struct status send_state(struct lane *lane, int row, struct lane_counts *counts, struct fault *fault)
{
    const PGresult *rows = lane->feed.rows;
    struct str record = record_member(pg_text(rows, row, CHANGE_DATA), STR("record"));
    if (!str_given(record) || record.data[0] != '{')
        return status_ok();
    counts->states++;
    return sender_put(
        &lane->sender, lane->notifier->topics.state.data, pg_text(rows, row, CHANGE_SUBJECT), record, NULL, fault);
}

/* Of several changes of one subject in a batch the last is its state. */
static struct status prepare_rows(struct lane *lane, struct fault *fault)
{
    struct status status = feed_check_law(&lane->feed, CHANGE_LAW, fault);
    if (status_failed(status))
        return status;
    lane->last = (struct map){0};
    for (int row = 0; row < lane->feed.count; row++) {
        int *at = arena_new(lane->arena, int);
        *at = row;
        *map_put(lane->arena, &lane->last, pg_text(lane->feed.rows, row, CHANGE_SUBJECT)) = at;
    }
    return status_ok();
}

/* The two topics take turns: both are named to the coordinator in one request then, and neither waits for the other to
 * end. The row's number says which of the states goes with it, they are not of one subject. */
static struct status send_row(struct lane *lane, int row, struct lane_counts *counts, struct fault *fault)
{
    struct status s = send_change(lane, row, fault);
    counts->changes++;
    if (!status_failed(s) && (size_t)row < lane->last.count)
        s = send_state(lane, *(const int *)lane->last.entry[row].value, counts, fault);
    return s;
}

static void log_row(struct lane *lane, int row)
{
    const PGresult *rows = lane->feed.rows;
    struct uuid act = pg_uuid(rows, row, CHANGE_ACT);
    log_debug(lane->notifier->log, "change told", LOG_INT("change", pg_int8(rows, row, CHANGE_SEQUENCE)),
        LOG_STR("subject", pg_text(rows, row, CHANGE_SUBJECT)), LOG_ACT(act),
        LOG_PLACE(lane->notifier->topics.changes.data, 0, lane->offset[row]));
}

const struct lane_kind lane_changes = {.name = "changes",
    .table = FEED_CHANGES,
    .number = "ce_sequence",
    .prepare = prepare_rows,
    .send = send_row,
    .log = log_row,
    .pace_ms = 20,
    .before_commit = "before-kafka-commit",
    .after_commit = "after-kafka-commit"};
