/* status: how everything stands, and what does not move. */

#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "look.h"
#include "shell/process.h"
#include "show.h"

#define LOOKS 4 /* until something that waits was seen to move */
#define BETWEEN_MS 700

struct status_options {
    struct command_common command;
    bool watch;
    long long interval_ms;
};

static json_t *time_json(time_ms instant)
{
    char text[TIME_TEXT_SIZE];
    return json_string(time_format(instant, text));
}

static long long seconds_since(time_ms since)
{
    return since > 0 && time_now() > since ? (time_now() - since) / 1000 : 0;
}

/* ---- for programs ---------------------------------------------------------------------------------------------- */

static json_t *registry_json(const struct look *look)
{
    char id[UUID_TEXT_SIZE], change[SHA256_TEXT_SIZE], receipt[SHA256_TEXT_SIZE];
    const struct standing *s = &look->standing;
    json_t *json = json_pack("{s:s s:i s:s s:i s:o s:I s:I s:I s:s s:s s:I s:I s:I s:o}", "id",
        uuid_format(s->registry_id, id), "epoch", s->epoch, "mode", s->mode == MODE_LIVE ? "live" : "scripted",
        "rulesVersion", s->rules_version, "journalTime", time_json(s->time), "record", (json_int_t)s->record,
        "sequence", (json_int_t)s->sequence, "receipt", (json_int_t)s->receipt, "changeHead",
        sha256_format(s->change_head, change), "receiptHead", sha256_format(s->receipt_head, receipt), "held",
        (json_int_t)look->held, "announced", (json_int_t)look->announced, "databaseBytes", (json_int_t)look->bytes,
        "nextDue", look->next_due < 0 ? json_null() : time_json(look->next_due));
    if (!look->last.given)
        return json;
    struct str verdict = verdict_name(look->last.verdict);
    json_t *last =
        json_pack("{s:I s:s#}", "receipt", (json_int_t)look->last.number, "verdict", verdict.data, (int)verdict.len);
    show_put(last, "authority", look->last.authority);
    show_put(last, "recordedAt", look->last.recorded);
    json_object_set_new(last, "actId", look->last.has_id ? json_string(uuid_format(look->last.id, id)) : json_null());
    json_object_set_new(json, "lastAct", last);
    return json;
}

static json_t *group_json(struct command_run *run, const char *name, const struct group *group)
{
    return json_pack(
        "{s:s s:s s:i}", "group", command_topic(run, name), "state", group->state, "members", group->members);
}

static json_t *json_of(const struct look *look)
{
    json_t *topics = json_array(), *positions = json_array(), *problems = json_array();
    for (size_t i = 0; i < look->topics.count; i++) {
        const struct partition *p = &look->topics.item[i];
        json_array_append_new(topics, json_pack("{s:s s:i s:I s:I}", "topic", p->topic, "partition", p->partition,
                                          "begin", (json_int_t)p->low, "end", (json_int_t)p->high));
    }
    for (size_t i = 0; i < look->positions.count; i++) {
        const struct position *p = &look->positions.item[i];
        json_array_append_new(positions,
            json_pack("{s:s s:s s:i s:I s:I s:I s:I s:b}", "who", p->who, "where", p->where, "partition", p->partition,
                "place", (json_int_t)p->place, "end", (json_int_t)p->end, "lagRecords", (json_int_t)p->lag,
                "lagSeconds", (json_int_t)seconds_since(p->since), "stands", (int)p->stands));
    }
    for (size_t i = 0; i < look->problems.count; i++)
        json_array_append_new(problems, json_string(look->problems.item[i]));
    return json_pack("{s:o s:o s:o s:[o,o] s:o s:o}", "time", time_json(time_now()), "registry",
        look->has_registry ? registry_json(look) : json_null(), "positions", positions, "groups",
        group_json(look->run, "validate", &look->validate), group_json(look->run, "apply", &look->apply), "topics",
        topics, "problems", problems);
}

/* ---- for people ------------------------------------------------------------------------------------------------ */

static void show_registry(const struct look *look)
{
    char id[UUID_TEXT_SIZE], hex[SHA256_TEXT_SIZE], time[TIME_TEXT_SIZE];
    const struct standing *s = &look->standing;
    printf("registry %s, epoch %d, %s, rules version %d\n", uuid_format(s->registry_id, id), s->epoch,
        s->mode == MODE_LIVE ? "live" : "scripted", s->rules_version);
    printf("  journal time %s, record %lld, change %lld, receipt %lld\n", time_format(s->time, time),
        (long long)s->record, (long long)s->sequence, (long long)s->receipt);
    printf("  digest: changes %s\n", sha256_format(s->change_head, hex));
    printf("         receipts %s\n", sha256_format(s->receipt_head, hex));
    printf("  %lld held, %lld announced", (long long)look->held, (long long)look->announced);
    if (look->next_due >= 0)
        printf(", the next due %s", look->next_due ? time_format(look->next_due, time) : "now");
    printf("; database %.1f MiB\n", (double)look->bytes / 1048576);
    if (!look->last.given)
        return;
    printf("  last act: %.*s, of ", STR_ARG(verdict_name(look->last.verdict)));
    show_text(stdout, look->last.authority);
    printf(", act %s, at ", look->last.has_id ? uuid_format(look->last.id, id) : "unreadable");
    show_text(stdout, look->last.recorded);
    putchar('\n');
}

static void show_look(const struct look *look)
{
    if (look->has_registry)
        show_registry(look);
    printf("\n%-9s %-40s %12s %12s %9s %8s\n", "position", "of", "place", "end", "lag", "seconds");
    for (size_t i = 0; i < look->positions.count; i++) {
        const struct position *p = &look->positions.item[i];
        printf("%-9s %-38s %d %12lld %12lld %9lld %8lld%s\n", p->who, p->where, p->partition, (long long)p->place,
            (long long)p->end, (long long)p->lag, seconds_since(p->since), p->stands ? "  stands" : "");
    }
    printf("\n%-50s %12s %8s\n", "group", "state", "members");
    printf("%-50s %12s %8d\n", command_topic(look->run, "validate"), look->validate.state, look->validate.members);
    printf("%-50s %12s %8d\n", command_topic(look->run, "apply"), look->apply.state, look->apply.members);
    printf("\n%-50s %12s %12s\n", "topic", "begin", "end");
    for (size_t i = 0; i < look->topics.count; i++)
        printf("%-48s %d %12lld %12lld\n", look->topics.item[i].topic, look->topics.item[i].partition,
            (long long)look->topics.item[i].low, (long long)look->topics.item[i].high);
    putchar('\n');
    for (size_t i = 0; i < look->problems.count; i++) {
        fputs("WRONG: ", stdout);
        show_text(stdout, str_of(look->problems.item[i]));
        putchar('\n');
    }
    if (look->problems.count == 0)
        puts("nothing is wrong");
}

/* ---- the command ----------------------------------------------------------------------------------------------- */

/* Looks until what waits was seen to move, or has not for LOOKS looks. */
static struct status look_twice(struct command_run *run, struct kafka_client *client, struct fault *fault)
{
    struct arena *arena[2] = {arena_open(0), arena_open(0)};
    struct look look[2];
    struct status status = status_ok();
    int now = 0;
    for (int i = 0; i < LOOKS && !status_failed(status); i++) {
        now = i % 2;
        arena_reset(arena[now]);
        look[now] = (struct look){.run = run, .arena = arena[now], .client = client};
        status = look_at(&look[now], fault);
        bool waits = false;
        for (size_t p = 0; i == 0 && !status_failed(status) && p < look[now].positions.count; p++)
            waits = waits || look[now].positions.item[p].lag > 0;
        if (i > 0 && !status_failed(status))
            waits = look_compare(&look[now], &look[1 - now]);
        if (!waits || !look[now].has_database || process_wait(-1, BETWEEN_MS))
            break;
    }
    if (!status_failed(status)) {
        look_judge(&look[now]);
        if (run->common->json) {
            show_json(stdout, json_of(&look[now]));
            putchar('\n');
        } else {
            show_look(&look[now]);
        }
        fflush(stdout);
        run->exit = !look[now].has_database        ? PROCESS_WORLD
                    : look[now].problems.count > 0 ? PROCESS_REFUSED
                                                   : PROCESS_DONE;
    }
    arena_close(arena[0]);
    arena_close(arena[1]);
    return status;
}

static struct status run_status(struct command_run *run, struct fault *fault)
{
    const struct status_options *options = run->options;
    struct kafka_client client = {0};
    if (run->rest.count > 0)
        return command_usage(fault, "%s: it takes no argument", run->rest.item[0]);
    if (!log_takes(run->log, LOG_LEVEL_DEBUG))
        run->kafka.log = NULL;
    struct status status = partitions_client(run, &client, fault);
    while (!status_failed(status)) {
        if (options->watch && !options->command.json && isatty(STDOUT_FILENO))
            fputs("\033[H\033[2J", stdout);
        struct arena_mark mark = arena_mark(run->arena);
        status = look_twice(run, &client, fault);
        arena_rewind(run->arena, mark);
        if (!options->watch || process_stopping() || process_wait(-1, (int)options->interval_ms))
            break;
    }
    kafka_close(&client);
    return status;
}

static const struct option_row rows[] = {
    COMMAND_ROWS,
    {.name = "watch",
        .kind = OPTION_FLAG,
        .offset = offsetof(struct status_options, watch),
        .help = "Look again and again, until stopped."},
    {.name = "interval",
        .kind = OPTION_DURATION,
        .offset = offsetof(struct status_options, interval_ms),
        .initial = "2s",
        .min = 100,
        .max = 3600000,
        .help = "Time between two looks of --watch."},
};
static const struct option_program program = {
    .name = "orgcode-replay status",
    .summary = "show how everything stands, and what does not move",
    .arguments = "",
    .description =
        "The registry as its database has it (journal time, last record, change and receipt, the heads of the two "
        "chains, "
        "what is held and announced), the positions of validate in each topic of acts, of apply in the journal, of "
        "notify among changes and receipts, with what waits there and for how long, the groups, and all topics.\n"
        "Something is wrong, and the exit code 1, when a topic is missing, a group has no member, something waits at a "
        "position that does not move while it is looked at (two seconds), a position is beyond the end of what it "
        "reads, "
        "the registry is not born, or an act is due for more than a minute.",
    .examples = "orgcode-replay status\norgcode-replay status --watch\norgcode-replay status --json\n",
    .exits = COMMAND_EXITS,
    .row = rows,
    .rows = sizeof rows / sizeof *rows,
};
const struct command command_status = {"status", "show how everything stands, and what does not move", &program,
    sizeof(struct status_options), run_status};
