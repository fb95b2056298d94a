/* What was refused: by validate, as it stands in orgcode.rejected; by apply, as the receipts say. */

#include <stdlib.h>

#include "codec/journal.h"
#include "progress.h"
#include "redrive.h"
#include "replay_sql.h"
#include "shell/process.h"
#include "standing.h"

struct find {
    struct command_run *run;
    const struct redrive_options *options;
    time_ms from, to; /* refused in from..to-1 */
    int64_t end;      /* of the partition in work */
    int partition;
    const char *rejected;
    struct map known; /* origin -> act */
    redrive_acts *out;
    struct progress progress;
    int64_t seen, total;
};

struct str redrive_origin(struct arena *arena, struct str topic, int32_t partition, int64_t offset)
{
    return str_format(arena, "%.*s-%d-%lld", STR_ARG(topic), partition, (long long)offset);
}

/* A day begins at midnight at +07:00. */
static struct status read_time(const char *option, const char *text, time_ms *out, struct fault *fault)
{
    date_day day;
    if (!text || time_parse(str_of(text), out))
        return status_ok();
    if (!date_parse(str_of(text), &day))
        return command_usage(
            fault, "--%s %s: an instant like 2025-07-01T00:00:00+07:00 or a day was expected", option, text);
    *out = date_start(day);
    return status_ok();
}

static struct status read_options(struct find *find, struct fault *fault)
{
    const struct redrive_options *o = find->options;
    find->from = INT64_MIN;
    find->to = INT64_MAX;
    if (o->rule && rule_parse(str_of(o->rule)) == RULE_NONE && reason_parse(str_of(o->rule)) == REASON_NONE)
        return command_usage(
            fault, "--rule %s: a rule like FORM or a reason like form-unreadable was expected", o->rule);
    struct status status = read_time("from", o->from, &find->from, fault);
    return status_failed(status) ? status : read_time("to", o->to, &find->to, fault);
}

static struct redrive_act *add(struct find *find, struct str topic, int32_t partition, int64_t offset)
{
    struct arena *arena = find->run->arena;
    struct str origin = redrive_origin(arena, topic, partition, offset);
    if (map_get(&find->known, origin))
        return NULL; /* twice in orgcode.rejected, or in the receipts too */
    struct redrive_act *act = arena_new(arena, struct redrive_act);
    *act = (struct redrive_act){
        .origin = origin, .topic = str_copy(arena, topic), .partition = partition, .offset = offset, .arrived = -1};
    act->authority = journal_authority(act->topic);
    act->bytes.topic = act->topic;
    act->bytes.partition = partition;
    act->bytes.offset = offset;
    *map_put(arena, &find->known, origin) = act;
    return act;
}

/* ---- orgcode.rejected
 * ------------------------------------------------------------------------------------------------ */

static bool wanted(const struct find *find, struct str authority, struct str reason, struct str rule, time_ms time)
{
    const struct redrive_options *o = find->options;
    return time >= find->from && time < find->to && (!o->authority || str_equal(authority, str_of(o->authority))) &&
           (!o->rule || str_equal(reason, str_of(o->rule)) || str_equal(rule, str_of(o->rule)));
}

static bool visit(const rd_kafka_message_t *message, void *user)
{
    struct find *find = user;
    long long partition, offset, time;
    struct str topic = kafka_header(message, JOURNAL_TOPIC), reason = kafka_header(message, JOURNAL_REASON);
    struct str rule = str_given(reason) ? rule_name(reason_rule(reason_parse(reason))) : STR_NONE;
    if (message->offset >= find->end || process_stopping())
        return false;
    progress_at(&find->progress, ++find->seen, find->total);
    if (!str_given(topic) || !str_given(reason) || !kafka_header_int(message, JOURNAL_PARTITION, &partition) ||
        !kafka_header_int(message, JOURNAL_OFFSET, &offset) || !kafka_header_int(message, JOURNAL_TIME, &time))
        return true; /* none of validate's */
    struct redrive_act *act = add(find, topic, (int32_t)partition, offset);
    if (!act)
        return true;
    act->time = act->arrived = time;
    act->rule = rule;
    if (message
            ->payload) { /* without a value the bytes were too many for this topic: they are in the acts topic alone */
        act->bytes.topic = str_of(find->rejected);
        act->bytes.partition = find->partition;
        act->bytes.offset = message->offset;
        act->bytes.rejected = true;
    }
    if (wanted(find, act->authority, reason, rule, time))
        *vec_push(find->run->arena, find->out) = act;
    return true;
}

static struct status find_rejected(struct find *find, const struct redrive_head *head, struct fault *fault)
{
    const struct kafka_config bulk = command_bulk(find->run);
    struct status status = status_ok();
    for (int i = 0; i < head->partitions; i++)
        find->total += head->end[i];
    progress_begin(&find->progress, find->run->log, "rejected records read", 0, find->total);
    for (int i = 0; i < head->partitions && !status_failed(status); i++) {
        find->partition = i;
        find->end = head->end[i];
        if (head->end[i] > 0)
            status =
                kafka_scan(&bulk, find->rejected, i, RD_KAFKA_OFFSET_BEGINNING, KAFKA_DEADLINE_MS, visit, find, fault);
    }
    progress_end(&find->progress);
    if (!status_failed(status) && process_stopping())
        status = status_fail(fault, STATUS_RETRY, "stopping", "stopped before anything was sent");
    return status;
}

/* ---- receipts
 * ---------------------------------------------------------------------------------------------------------- */

static const struct pg_statement statement[] = {{"refused", sql_refused}};

static void take_row(struct find *find, const PGresult *result, int row)
{
    struct redrive_act *act = add(find, pg_text(result, row, 1), pg_int4(result, row, 2), pg_int8(result, row, 3));
    if (!act)
        return;
    act->has_id = true;
    act->id = pg_uuid(result, row, 0);
    act->rule = str_copy(find->run->arena, pg_text(result, row, 4));
    act->time = pg_int8(result, row, 5);
    *vec_push(find->run->arena, find->out) = act;
}

static struct status find_refused(struct find *find, const struct redrive_head *head, struct fault *fault)
{
    struct pg pg;
    PGresult *result = NULL;
    struct pg_params params = PG_PARAMS(find->run->arena);
    struct status status = command_pg(find->run, &pg, fault);
    if (status_failed(status))
        return status;
    pg_param_int8(&params, head->receipt);
    pg_param_int4(&params, VERDICT_REJECTED);
    pg_param_text(&params, str_of(find->options->authority));
    pg_param_text(&params, str_of(find->options->rule));
    pg_param_int8(&params, find->from);
    pg_param_int8(&params, find->to);
    status = pg_prepare(&pg, statement, 1, fault);
    if (!status_failed(status))
        status = pg_run(&pg, statement[0].name, &params, &result, fault);
    for (int i = 0; !status_failed(status) && i < PQntuples(result); i++)
        take_row(find, result, i);
    PQclear(result);
    pg_close(&pg);
    return status;
}

/* ---- both
 * --------------------------------------------------------------------------------------------------------------- */

struct status redrive_look(struct command_run *run, struct redrive_head *out, struct fault *fault)
{
    struct kafka_client client = {0};
    struct standing standing;
    struct pg pg;
    const char *rejected = command_topic(run, "rejected");
    *out = (struct redrive_head){0};
    struct status status = command_pg(run, &pg, fault);
    if (status_failed(status))
        return status;
    status = standing_read(&pg, &standing, fault);
    pg_close(&pg);
    if (status_failed(status))
        return status;
    out->receipt = standing.receipt;
    status = kafka_consumer_open(&run->kafka, &(struct kafka_consumer_config){0}, &client, fault);
    if (!status_failed(status))
        status = kafka_partitions(&client, rejected, KAFKA_DEADLINE_MS, &out->partitions, fault);
    if (!status_failed(status) && out->partitions > REDRIVE_PARTITIONS_MAX)
        status = status_fail(
            fault, STATUS_STOP, "partitions", "%s has more than %d partitions", rejected, REDRIVE_PARTITIONS_MAX);
    for (int i = 0; i < out->partitions && !status_failed(status); i++) {
        int64_t low;
        status = kafka_watermarks(&client, rejected, i, KAFKA_DEADLINE_MS, &low, &out->end[i], fault);
    }
    kafka_close(&client);
    return status;
}

static int by_time(const void *left, const void *right)
{
    const struct redrive_act *a = *(struct redrive_act *const *)left, *b = *(struct redrive_act *const *)right;
    if (a->time != b->time)
        return a->time < b->time ? -1 : 1;
    int order = str_compare(a->topic, b->topic);
    return order ? order : (a->offset > b->offset) - (a->offset < b->offset);
}

struct status redrive_find(
    struct command_run *run, const struct redrive_head *head, redrive_acts *out, struct fault *fault)
{
    struct find find = {.run = run, .options = run->options, .rejected = command_topic(run, "rejected"), .out = out};
    *out = (redrive_acts){0};
    struct status status = read_options(&find, fault);
    if (!status_failed(status))
        status = find_rejected(&find, head, fault);
    if (!status_failed(status))
        status = find_refused(&find, head, fault);
    if (!status_failed(status) && out->count > 1)
        qsort(out->item, out->count, sizeof *out->item, by_time);
    return status;
}
