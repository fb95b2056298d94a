/* reset validate: where it goes, what that means, the order, and its answer. */

#include <inttypes.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/uuid.h"
#include "plan.h"
#include "point.h"
#include "reset.h"
#include "shell/process.h"

#define ASK_MS 200
#define ROUND_TRIP_MS 30000

/* What was found at the place that was asked for. */
enum outcome { OUTCOME_FOUND, OUTCOME_BEFORE_START, OUTCOME_BEYOND_END, OUTCOME_EMPTY, OUTCOME_EQUAL_TIMES };
static const struct {
    const char *name, *text;
} outcomes[] = {
    [OUTCOME_FOUND] = {"found", ""},
    [OUTCOME_BEFORE_START] = {"before-start", ": that is before the first record, so from the first"},
    [OUTCOME_BEYOND_END] = {"beyond-end", ": that is behind the last record, so at the end"},
    [OUTCOME_EMPTY] = {"empty", ": the partition holds no record"},
    [OUTCOME_EQUAL_TIMES] = {"equal-timestamps", ": several records bear that very time, from the first of them"},
};

struct move {
    const struct partition *partition; /* `offset`: the new place */
    enum outcome outcome;
    int64_t old, repeats, skips;
    int64_t ahead; /* records that it would skip, and was not told to: it stays, and will read them all the same */
    uint64_t id;   /* of the order; 0: none is given */
};

struct reset {
    struct command_run *run;
    const struct reset_options *options;
    const char *group, *control;
    struct point to;
    struct kafka_client client;
    struct partitions partitions;
    struct move *moves; /* beside partitions */
};

static bool is_wanted(const struct reset *reset, const char *topic)
{
    const struct option_list *wanted = &reset->options->topics;
    struct arena *arena = reset->run->arena;
    for (size_t i = 0; i < wanted->count; i++)
        if (strcmp(topic, wanted->item[i]) == 0 || strcmp(topic, command_topic(reset->run, wanted->item[i])) == 0 ||
            strcmp(topic, command_topic(reset->run, str_format(arena, "acts.%s", wanted->item[i]).data)) == 0)
            return true;
    return wanted->count == 0;
}

static struct status find_partitions(struct reset *reset, struct fault *fault)
{
    struct partitions *all = &reset->partitions;
    struct status status = partitions_find(reset->run, &reset->client, command_topic(reset->run, "acts."), all, fault);
    size_t kept = 0;
    for (size_t i = 0; i < all->count; i++)
        if (is_wanted(reset, all->item[i].topic))
            all->item[kept++] = all->item[i];
    all->count = kept;
    if (!status_failed(status) && kept == 0)
        status = status_fail(fault, STATUS_REJECT, "unknown-topic", "there is no such topic of acts (%s*)",
            command_topic(reset->run, "acts."));
    if (!status_failed(status))
        status = partitions_ends(&reset->client, all, fault);
    if (!status_failed(status))
        status = partitions_places(reset->run, reset->group, all, fault);
    if (!status_failed(status))
        status = point_find(&reset->to, &reset->client, all, fault);
    return status;
}

/* The first record from `offset` on in each partition; the places themselves stay as they are. */
static struct status first_from(struct reset *reset, const int64_t *offset, struct partitions *out, struct fault *fault)
{
    out->count = reset->partitions.count;
    out->item = arena_array(reset->run->arena, struct partition, out->count);
    for (size_t i = 0; i < out->count; i++) {
        out->item[i] = reset->partitions.item[i];
        out->item[i].place = offset[i];
        out->item[i].note = (struct reset_note){0};
        out->item[i].found_ms = 0;
    }
    return partitions_first(reset->run, out, fault);
}

static enum outcome outcome_of(const struct reset *reset, struct partition *partition)
{
    bool exact = reset->to.kind == POINT_OFFSET, by_time = reset->to.kind == POINT_TIME;
    if (partition->low == partition->high) {
        partition->offset = partition->high;
        return OUTCOME_EMPTY;
    }
    if (partition->offset < partition->low) {
        partition->offset = partition->low;
        return OUTCOME_BEFORE_START;
    }
    if ((exact && partition->offset > partition->high) || (by_time && !partition->found)) {
        partition->offset = partition->high;
        return OUTCOME_BEYOND_END;
    }
    return OUTCOME_FOUND;
}

/* By time: before the first record, and several of the very time. */
static struct status judge_times(struct reset *reset, struct fault *fault)
{
    size_t count = reset->partitions.count;
    int64_t *from = arena_array(reset->run->arena, int64_t, count);
    struct partitions first, second;
    for (size_t i = 0; i < count; i++)
        from[i] = reset->partitions.item[i].offset;
    struct status status = first_from(reset, from, &first, fault);
    for (size_t i = 0; i < count; i++)
        from[i] = first.item[i].offset + 1;
    if (!status_failed(status))
        status = first_from(reset, from, &second, fault);
    for (size_t i = 0; i < count && !status_failed(status); i++) {
        struct move *move = &reset->moves[i];
        if (move->outcome != OUTCOME_FOUND || !first.item[i].found)
            continue;
        if (first.item[i].found_ms > reset->to.time && move->partition->offset == move->partition->low)
            move->outcome = OUTCOME_BEFORE_START;
        else if (first.item[i].found_ms == reset->to.time && second.item[i].found &&
                 second.item[i].found_ms == reset->to.time)
            move->outcome = OUTCOME_EQUAL_TIMES;
    }
    return status;
}

static struct status judge_moves(struct reset *reset, struct fault *fault)
{
    size_t count = reset->partitions.count;
    int64_t *from = arena_array(reset->run->arena, int64_t, count);
    struct partitions waiting;
    reset->moves = arena_array(reset->run->arena, struct move, count);
    for (size_t i = 0; i < count; i++) {
        struct partition *partition = &reset->partitions.item[i];
        struct move *move = &reset->moves[i];
        *move = (struct move){.partition = partition, .outcome = outcome_of(reset, partition)};
        move->old = from[i] = partition->place >= 0 ? partition->place : partition->low; /* where it would begin */
    }
    struct status status = first_from(reset, from, &waiting, fault);
    for (size_t i = 0; i < count && !status_failed(status); i++) {
        struct move *move = &reset->moves[i];
        int64_t target = move->partition->offset;
        bool ahead = target > move->old && waiting.item[i].found && waiting.item[i].offset < target;
        *(reset->options->skip ? &move->skips : &move->ahead) = ahead ? target - move->old : 0;
        move->repeats = target < move->old ? move->old - target : 0;
        bool unskip = !move->ahead && move->partition->note.skip_to > target;
        if (move->skips || move->repeats || unskip)
            while (move->id == 0)
                memcpy(&move->id, uuid_random().byte, sizeof move->id);
    }
    return status_failed(status) || reset->to.kind != POINT_TIME ? status : judge_times(reset, fault);
}

/* Names where all go, not where they are: validate moves on while the plan is read. */
static const char *head_of(const struct reset *reset)
{
    char hex[SHA256_TEXT_SIZE];
    struct hasher *hasher = hasher_open();
    hasher_begin(hasher);
    for (size_t i = 0; i < reset->partitions.count; i++) {
        const struct move *move = &reset->moves[i];
        struct str line = str_format(reset->run->arena, "%s/%d %lld %d\n", move->partition->topic,
            move->partition->partition, (long long)move->partition->offset, move->skips > 0);
        hasher_add(hasher, line.data, line.len);
    }
    sha256_format(hasher_end(hasher), hex);
    hasher_close(hasher);
    return str_format(reset->run->arena, "%.12s", hex).data;
}

static void plan_move(struct plan *plan, json_t *list, const struct move *move)
{
    const struct partition *partition = move->partition;
    const char *why = outcomes[move->outcome].text;
    json_t *json = json_pack("{s:s s:i s:o s:I s:I s:I s:I s:I s:s s:s}", "topic", partition->topic, "partition",
        partition->partition, "old", partition->place >= 0 ? json_integer(partition->place) : json_null(), "new",
        (json_int_t)(move->ahead ? move->old : partition->offset), "begin", (json_int_t)partition->low, "end",
        (json_int_t)partition->high, "repeats", (json_int_t)move->repeats, "skips", (json_int_t)move->skips, "outcome",
        move->ahead ? "ahead" : outcomes[move->outcome].name, "move",
        move->skips     ? "ahead"
        : move->repeats ? "back"
                        : "none");
    json_array_append_new(list, json);
    if (move->repeats)
        plan_line(plan, "%s %d: %lld -> %lld, %lld records again (and what it has taken since its last commit)%s",
            partition->topic, partition->partition, (long long)move->old, (long long)partition->offset,
            (long long)move->repeats, why);
    else if (move->skips)
        plan_line(plan, "%s %d: %lld -> %lld, %lld records are NEVER DECIDED%s", partition->topic, partition->partition,
            (long long)move->old, (long long)partition->offset, (long long)move->skips, why);
    else if (move->ahead)
        plan_line(plan, "%s %d: stays at %lld; to %lld, %lld records would never be decided: only with --skip",
            partition->topic, partition->partition, (long long)move->old, (long long)partition->offset,
            (long long)move->ahead);
    else
        plan_line(plan, "%s %d: stays at %lld%s", partition->topic, partition->partition, (long long)move->old, why);
}

static struct status show_plan(struct reset *reset, bool *go, struct fault *fault)
{
    struct plan plan;
    json_t *list = json_array();
    int64_t repeats = 0, skips = 0, ahead = 0;
    bool any = false;
    plan_open(&plan, reset->run, head_of(reset));
    for (size_t i = 0; i < reset->partitions.count; i++) {
        plan_move(&plan, list, &reset->moves[i]);
        repeats += reset->moves[i].repeats;
        skips += reset->moves[i].skips;
        ahead += reset->moves[i].ahead;
        any = any || reset->moves[i].id != 0;
    }
    plan_line(&plan, "in all %lld records again, which orgcode-apply passes over; %lld skipped", (long long)repeats,
        (long long)skips);
    plan_set(&plan, "partitions", list);
    plan_set(&plan, "repeats", json_integer(repeats));
    plan_set(&plan, "skips", json_integer(skips));
    struct status status = plan_show(&plan, go, fault);
    if (!status_failed(status) && ahead > 0 && !any)
        return status_fail(fault, STATUS_REJECT, "ahead",
            "%lld records would never be decided; nothing was changed. If that is wanted: --skip", (long long)ahead);
    return status;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *client)
{
    (void)rk;
    (void)client;
    *(rd_kafka_resp_err_t *)message->_private = message->err;
}

#define PENDING RD_KAFKA_RESP_ERR__IN_PROGRESS
static rd_kafka_resp_err_t send_order(
    struct reset *reset, struct kafka_client *client, const struct move *move, rd_kafka_resp_err_t *result)
{
    struct str key, value;
    struct reset_order order = {.topic = str_of(move->partition->topic),
        .partition = move->partition->partition,
        .id = move->id,
        .offset = move->partition->offset,
        .skip = move->skips > 0};
    reset_encode(reset->run->arena, &order, &key, &value);
    *result = PENDING;
    return rd_kafka_producev(client->rk, RD_KAFKA_V_TOPIC(reset->control), RD_KAFKA_V_PARTITION(0),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data, key.len),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)value.data, value.len), RD_KAFKA_V_OPAQUE(result), RD_KAFKA_V_END);
}

/* All orders, acknowledged. */
static struct status send_orders(struct reset *reset, struct fault *fault)
{
    const struct kafka_topic topic = {.name = reset->control, .compacted = true};
    struct kafka_client client = {0};
    struct kafka_config config = reset->run->kafka;
    size_t count = reset->partitions.count;
    rd_kafka_resp_err_t *result = arena_array(reset->run->arena, rd_kafka_resp_err_t, count), err = 0;
    config.log = log_takes(config.log, LOG_LEVEL_DEBUG) ? config.log : NULL;
    struct status status = kafka_topics_create(&reset->client, &topic, 1, ROUND_TRIP_MS, fault);
    if (!status_failed(status))
        status = kafka_producer_open(&config,
            &(struct kafka_producer_config){.message_timeout_ms = ROUND_TRIP_MS, .on_delivery = on_delivery}, &client,
            fault);
    if (status_failed(status))
        return status;
    for (size_t i = 0; i < count && !err; i++)
        if (reset->moves[i].id)
            err = send_order(reset, &client, &reset->moves[i], &result[i]);
    rd_kafka_flush(client.rk, ROUND_TRIP_MS + 1000);
    for (size_t i = 0; i < count && !err; i++)
        err = result[i];
    kafka_close(&client);
    return kafka_fail(fault, err, reset->control);
}

/* How many orders no commit tells of yet. */
static struct status count_unanswered(struct reset *reset, int *out, struct fault *fault)
{
    struct status status = partitions_places(reset->run, reset->group, &reset->partitions, fault);
    *out = 0;
    for (size_t i = 0; i < reset->partitions.count; i++)
        *out += reset->moves[i].id != 0 && reset->partitions.item[i].note.id != reset->moves[i].id;
    return status;
}

static struct status await(struct reset *reset, struct fault *fault)
{
    struct group group = {0};
    int left = 0;
    time_ms end = time_monotonic() + reset->options->wait_ms;
    struct status status = group_look(&reset->client, reset->group, &group, fault);
    if (!status_failed(status) && group.members == 0) {
        plan_done(reset->run, json_pack("{s:b}", "obeyed", 0),
            "the order stands in %s; no orgcode-validate runs, the next one obeys it when it starts", reset->control);
        return status;
    }
    while (!status_failed(status)) {
        status = count_unanswered(reset, &left, fault);
        if (status_failed(status) || left == 0 || time_monotonic() > end || process_wait(-1, ASK_MS))
            break;
    }
    if (status_failed(status))
        return status;
    if (left == 0) {
        plan_done(reset->run, json_pack("{s:b}", "obeyed", 1), "done: orgcode-validate reads from there");
        return status;
    }
    return status_fail(fault, STATUS_REJECT, "unanswered",
        "the order stands in %s and will be obeyed, but orgcode-validate has not answered for %d partitions yet: is it "
        "able to read that topic?",
        reset->control, left);
}

struct status reset_validate(struct command_run *run, const struct reset_options *options, struct fault *fault)
{
    struct reset reset = {.run = run, .options = options, .control = command_topic(run, RESET_TOPIC)};
    bool go = false;
    reset.group = options->group ? options->group : command_topic(run, "validate");
    if (!point_parse(options->to, &reset.to) || reset.to.kind == POINT_LAST)
        return command_usage(fault, "--to %s: expected " POINT_FORMS, options->to);
    struct status status = partitions_client(run, &reset.client, fault);
    if (!status_failed(status))
        status = find_partitions(&reset, fault);
    if (!status_failed(status))
        status = judge_moves(&reset, fault);
    if (!status_failed(status))
        status = show_plan(&reset, &go, fault);
    bool any = false;
    for (size_t i = 0; i < reset.partitions.count && !status_failed(status); i++)
        any = any || reset.moves[i].id != 0;
    if (!status_failed(status) && go && !any)
        plan_done(run, json_pack("{s:b}", "obeyed", 1), "nothing to do");
    if (!status_failed(status) && go && any)
        status = send_orders(&reset, fault);
    if (!status_failed(status) && go && any)
        status = await(&reset, fault);
    kafka_close(&reset.client);
    return status;
}
