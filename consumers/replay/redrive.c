/* redrive: refused acts back to their topics, byte for byte. */

#include "redrive.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "plan.h"
#include "shell/process.h"

struct redrive {
    struct command_run *run;
    const struct redrive_options *options;
    struct redrive_head head;
    struct ledger ledger;
    redrive_acts found;  /* what was refused */
    redrive_acts chosen; /* what is to be sent */
    int64_t before, homeless, beyond;
    bool begun; /* `chosen` is what this run sends */
};

/* ---- which of them
 * --------------------------------------------------------------------------------------------------- */

/* Of one act that was refused at several places the latest is sent. */
static void keep_latest(struct redrive *redrive, struct map *firsts, struct redrive_act *act)
{
    struct arena *arena = redrive->run->arena;
    size_t *index = map_get(firsts, act->first);
    if (index) {
        redrive->chosen.item[*index] = act;
        return;
    }
    index = arena_new(arena, size_t);
    *index = redrive->chosen.count;
    *map_put(arena, firsts, act->first) = index;
    *vec_push(arena, &redrive->chosen) = act;
}

/* An authority's topic may be gone with its account. */
static struct status has_topic(struct redrive *redrive, struct kafka_client *client, struct map *known,
    struct str topic, bool *out, struct fault *fault)
{
    static const char there[] = "there", gone[] = "gone";
    const char *state = map_get(known, topic);
    struct status status = status_ok();
    if (!state) {
        int64_t low, high;
        status = kafka_watermarks(client, topic.data, 0, KAFKA_DEADLINE_MS, &low, &high, fault);
        state = status_failed(status) ? gone : there;
        if (strcmp(status.code, "unknown-topic") == 0)
            status = status_ok();
        *map_put(redrive->run->arena, known, topic) = (void *)(uintptr_t)state;
    }
    *out = state[0] == 't';
    return status;
}

static struct status choose_from(struct redrive *redrive, struct kafka_client *client, struct fault *fault)
{
    struct map firsts = {0}, topics = {0};
    for (size_t i = 0; i < redrive->found.count; i++) {
        struct redrive_act *act = redrive->found.item[i];
        bool home;
        ledger_trace(&redrive->ledger, act);
        struct status status = has_topic(redrive, client, &topics, act->topic, &home, fault);
        if (status_failed(status))
            return status;
        if (!home)
            redrive->homeless++;
        else if (act->former && !redrive->options->again)
            redrive->before++;
        else
            keep_latest(redrive, &firsts, act);
    }
    size_t limit = (size_t)redrive->options->limit;
    if (limit > 0 && redrive->chosen.count > limit) {
        redrive->beyond = (int64_t)(redrive->chosen.count - limit);
        redrive->chosen.count = limit;
    }
    return status_ok();
}

static struct status choose(struct redrive *redrive, struct fault *fault)
{
    struct kafka_client client = {0};
    redrive->chosen.count = 0;
    redrive->before = redrive->homeless = redrive->beyond = 0;
    struct status status = ledger_read(redrive->run, &redrive->ledger, fault);
    if (!status_failed(status))
        status = kafka_consumer_open(&redrive->run->kafka, &(struct kafka_consumer_config){0}, &client, fault);
    if (!status_failed(status))
        status = choose_from(redrive, &client, fault);
    kafka_close(&client);
    return status;
}

/* ---- the plan
 * -------------------------------------------------------------------------------------------------------- */

/* How far was looked, and what was chosen: "RECEIPT-END.END.END.END-DIGEST". */
static const char *head_text(struct redrive *redrive)
{
    char hex[SHA256_TEXT_SIZE], ends[REDRIVE_PARTITIONS_MAX * 21] = "0";
    size_t length = 0;
    for (int i = 0; i < redrive->head.partitions; i++)
        length += (size_t)snprintf(
            ends + length, sizeof ends - length, "%s%lld", i ? "." : "", (long long)redrive->head.end[i]);
    struct hasher *hasher = hasher_open();
    hasher_begin(hasher);
    for (size_t i = 0; i < redrive->chosen.count; i++) {
        const struct redrive_act *act = redrive->chosen.item[i];
        hasher_add(hasher, act->origin.data, act->origin.len + 1);
    }
    sha256_format(hasher_end(hasher), hex);
    hasher_close(hasher);
    return str_format(redrive->run->arena, "%lld-%s-%.12s", (long long)redrive->head.receipt, ends, hex).data;
}

/* A plan at a head that was named looks no further than that one did. */
static void limit_head(struct redrive *redrive)
{
    const char *at = redrive->run->common->at;
    char *end;
    if (!at)
        return;
    long long number = strtoll(at, &end, 10);
    if (*end == '-' && number >= 0 && number < redrive->head.receipt)
        redrive->head.receipt = number;
    for (int i = 0; i < redrive->head.partitions && (*end == '-' || *end == '.'); i++) {
        number = strtoll(end + 1, &end, 10);
        if (number >= 0 && number < redrive->head.end[i])
            redrive->head.end[i] = number;
    }
}

struct tally {
    struct str rule, authority;
    int64_t count;
};

static int by_name(const void *left, const void *right)
{
    const struct tally *a = ((const struct map_entry *)left)->value, *b = ((const struct map_entry *)right)->value;
    int order = str_compare(a->rule, b->rule);
    return order ? order : str_compare(a->authority, b->authority);
}

static void plan_counts(struct redrive *redrive, struct plan *plan)
{
    struct arena *arena = redrive->run->arena;
    struct map tallies = {0};
    json_t *json = json_array();
    for (size_t i = 0; i < redrive->chosen.count; i++) {
        const struct redrive_act *act = redrive->chosen.item[i];
        void **slot =
            map_put(arena, &tallies, str_format(arena, "%.*s %.*s", STR_ARG(act->rule), STR_ARG(act->authority)));
        struct tally *tally = *slot;
        if (!tally) {
            *slot = tally = arena_new(arena, struct tally);
            *tally = (struct tally){act->rule, act->authority, 0};
        }
        tally->count++;
    }
    if (tallies.count > 1)
        qsort(tallies.entry, tallies.count, sizeof *tallies.entry, by_name);
    for (size_t i = 0; i < tallies.count; i++) {
        const struct tally *tally = tallies.entry[i].value;
        plan_line(
            plan, "%8lld  %-10.*s %.*s", (long long)tally->count, STR_ARG(tally->rule), STR_ARG(tally->authority));
        json_array_append_new(
            json, json_pack("{s:s%, s:s%, s:I}", "rule", tally->rule.data ? tally->rule.data : "", tally->rule.len,
                      "authority", tally->authority.data, tally->authority.len, "count", (json_int_t)tally->count));
    }
    plan_set(plan, "counts", json);
}

static struct status show_plan(struct redrive *redrive, bool *go, struct fault *fault)
{
    struct plan plan;
    plan_open(&plan, redrive->run, head_text(redrive));
    plan_line(&plan, "%zu refused acts go back to their topics, each with its origin in the header " REDRIVE_ORIGIN,
        redrive->chosen.count);
    plan_counts(redrive, &plan);
    if (redrive->options->rate > 0)
        plan_line(&plan, "%lld a second", redrive->options->rate);
    if (redrive->before > 0)
        plan_line(&plan, "%lld were sent by a former redrive and are left out (--again sends them)",
            (long long)redrive->before);
    if (redrive->homeless > 0)
        plan_line(&plan, "%lld came by topics that are there no longer", (long long)redrive->homeless);
    if (redrive->beyond > 0)
        plan_line(&plan, "%lld more are beyond --limit", (long long)redrive->beyond);
    plan_set(&plan, "acts", json_integer((json_int_t)redrive->chosen.count));
    plan_set(&plan, "sentBefore", json_integer(redrive->before));
    plan_set(&plan, "withoutTopic", json_integer(redrive->homeless));
    plan_set(&plan, "beyondLimit", json_integer(redrive->beyond));
    return plan_show(&plan, go, fault);
}

/* ---- the command
 * ------------------------------------------------------------------------------------------------------ */

static struct str last_place(const struct ledger_entry *entry)
{
    return entry && entry->places.count > 0 ? entry->places.item[entry->places.count - 1] : STR_NONE;
}

/* An outage has left in doubt what came through: it stands in the ledger, under a place that was not there before. */
static struct status drop_sent(struct redrive *redrive, struct fault *fault)
{
    size_t left = 0;
    struct status status = ledger_read(redrive->run, &redrive->ledger, fault);
    for (size_t i = 0; i < redrive->chosen.count && !status_failed(status); i++) {
        struct redrive_act *act = redrive->chosen.item[i];
        ledger_trace(&redrive->ledger, act);
        if (!act->former || str_equal(last_place(act->former), act->last))
            redrive->chosen.item[left++] = act;
    }
    if (!status_failed(status))
        redrive->chosen.count = left;
    return status;
}

static struct status choose_again(void *user, redrive_acts *out, struct fault *fault)
{
    struct redrive *redrive = user;
    struct status status = redrive->begun ? drop_sent(redrive, fault) : choose(redrive, fault);
    for (size_t i = 0; i < redrive->chosen.count && !redrive->begun; i++)
        redrive->chosen.item[i]->last = last_place(redrive->chosen.item[i]->former);
    redrive->begun = redrive->begun || !status_failed(status);
    *out = redrive->chosen;
    return status;
}

static struct status carry_out(struct redrive *redrive, struct fault *fault)
{
    struct redrive_sent sent;
    struct command_run *run = redrive->run;
    struct status status =
        redrive_send(run, &redrive->ledger, &(struct redrive_choice){choose_again, redrive}, &sent, fault);
    if (status_failed(status))
        return status;
    if (sent.gone > 0)
        run->exit = PROCESS_REFUSED;
    plan_done(run,
        json_pack(
            "{s:I, s:I, s:b}", "sent", (json_int_t)sent.sent, "gone", (json_int_t)sent.gone, "stopped", sent.stopped),
        "%lld acts sent%s", (long long)sent.sent,
        sent.gone ? str_format(run->arena, "; %lld stand no longer where they stood", (long long)sent.gone).data : "");
    return sent.stopped ? status_fail(fault, STATUS_RETRY, "stopping",
                              "stopped behind %lld acts: run it again to go on", (long long)sent.sent)
                        : status;
}

static struct status run_redrive(struct command_run *run, struct fault *fault)
{
    struct redrive redrive = {.run = run, .options = run->options};
    bool go = false;
    if (run->rest.count > 0)
        return command_usage(fault, "%s: there are options alone", run->rest.item[0]);
    struct status status = redrive_look(run, &redrive.head, fault);
    limit_head(&redrive);
    if (!status_failed(status))
        status = redrive_find(run, &redrive.head, &redrive.found, fault);
    if (!status_failed(status))
        status = choose(&redrive, fault);
    if (!status_failed(status))
        status = show_plan(&redrive, &go, fault);
    if (!status_failed(status) && go && redrive.chosen.count > 0)
        status = carry_out(&redrive, fault);
    return status;
}

static const struct option_row rows[] = {COMMAND_ROWS, COMMAND_ROWS_PLAN,
    {.name = "rule",
        .kind = OPTION_TEXT,
        .offset = offsetof(struct redrive_options, rule),
        .value = "RULE",
        .help = "Those that this rule (FORM, UNIQUE...) or reason (form-unreadable, unique-open...) refused."},
    {.name = "authority",
        .kind = OPTION_TEXT,
        .offset = offsetof(struct redrive_options, authority),
        .value = "CODE",
        .help = "Those that came by this authority's topic."},
    {.name = "from",
        .kind = OPTION_TEXT,
        .offset = offsetof(struct redrive_options, from),
        .value = "TIME",
        .help = "Those refused from then on: an instant (RFC 3339), or a day."},
    {.name = "to",
        .kind = OPTION_TEXT,
        .offset = offsetof(struct redrive_options, to),
        .value = "TIME",
        .help = "Those refused before then."},
    {.name = "limit",
        .kind = OPTION_INT,
        .offset = offsetof(struct redrive_options, limit),
        .value = "N",
        .min = 0,
        .max = 1000000000,
        .help = "So many at most, the oldest first. 0: all."},
    {.name = "rate",
        .kind = OPTION_INT,
        .offset = offsetof(struct redrive_options, rate),
        .value = "N",
        .min = 0,
        .max = 1000000,
        .help = "Acts a second, at most. 0: as fast as it goes."},
    {.name = "again",
        .kind = OPTION_FLAG,
        .offset = offsetof(struct redrive_options, again),
        .help = "Send also what a former redrive has sent."},
    {.name = "transactional-id",
        .kind = OPTION_TEXT,
        .offset = offsetof(struct redrive_options, transactional_id),
        .env = "ORGCODE_REDRIVE_TRANSACTIONAL_ID",
        .value = "ID",
        .help = "Name of its Kafka transactions; a second redrive under the same name ends the first. None: "
                "PREFIX-redrive."}};
static const struct option_program program = {
    .name = "orgcode-replay redrive",
    .summary = "send refused acts again",
    .arguments = "",
    .description = "Finds what validate has rejected (PREFIX.rejected) and the acts whose latest receipt is a refusal, "
                   "and sends them "
                   "back to the topics that they came by: key, value and headers as they were received, and one header "
                   "more that names "
                   "the origin. Acts and the ledger of what was sent (PREFIX.redrive) are written in the same Kafka "
                   "transactions. So a redrive that was killed has sent nothing twice, and one that is run again sends "
                   "what is left: "
                   "what a former one has sent is left out, also when it was refused again at its new place.",
    .examples = "orgcode-replay redrive --rule UNIQUE --authority H26 --dry-run\n"
                "orgcode-replay redrive --rule form-unreadable --from 2025-07-01 --rate 50\n",
    .exits = COMMAND_EXITS,
    .row = rows,
    .rows = sizeof rows / sizeof *rows,
};
const struct command command_redrive = {
    "redrive", "send refused acts again", &program, sizeof(struct redrive_options), run_redrive};
