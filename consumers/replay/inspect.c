/* inspect: what stands in a topic, in readable form. */

#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "point.h"
#include "progress.h"
#include "shell/process.h"
#include "show.h"
#include "view.h"

#define SILENCE_MS 30000

struct inspect_options {
    struct command_common command;
    const char *from, *to, *authority, *code, *act, *kind;
    long long limit;
    bool follow;
};

struct inspect {
    struct command_run *run;
    const struct inspect_options *options;
    const char *topic;
    struct point from, to;
    struct kafka_client client;
    struct partitions partitions;
    char act[UUID_TEXT_SIZE]; /* as it is written everywhere */
    int64_t *until;           /* of each partition: not read any more */
    struct viewer viewer;
    struct progress progress;
    int64_t read, shown, total;
};

static bool any_is(const struct str *item, size_t count, const char *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(item[i], str_of(wanted)))
            return true;
    return false;
}

/* What cannot be read passes every filter that cannot be asked of it. */
static bool passes(const struct inspect *inspect, const struct view *view)
{
    const struct inspect_options *options = inspect->options;
    if (options->authority && (view->readable || str_given(view->authority)) &&
        !str_equal(view->authority, str_of(options->authority)))
        return false;
    if (!view->readable)
        return true;
    if (options->act && !str_equal(view->act, str_of(inspect->act)))
        return false;
    if (options->code && !any_is(view->codes.item, view->codes.count, options->code))
        return false;
    return !options->kind || any_is(view->kinds.item, view->kinds.count, options->kind);
}

static void show(struct inspect *inspect, struct view *view)
{
    if (inspect->options->command.json) {
        show_json(stdout, json_incref(view->json));
    } else {
        fputs(view->line, stdout);
        if (view->body) {
            fputs("\n    ", stdout);
            show_json(stdout, json_incref(view->body));
        }
    }
    fputc('\n', stdout);
    inspect->shown++;
}

static bool done(const struct inspect *inspect)
{
    return process_stopping() || ferror(stdout) ||
           (inspect->options->limit > 0 && inspect->shown >= inspect->options->limit);
}

static void take(struct inspect *inspect, const rd_kafka_message_t *message)
{
    struct view view;
    view_make(&inspect->viewer, message, &view);
    if (passes(inspect, &view))
        show(inspect, &view);
    view_close(&view);
    inspect->read++;
    if (!isatty(STDOUT_FILENO))
        progress_at(&inspect->progress, inspect->read, inspect->total);
}

static struct partition *partition_of(struct inspect *inspect, const rd_kafka_message_t *message)
{
    for (size_t i = 0; message->rkt && i < inspect->partitions.count; i++)
        if (inspect->partitions.item[i].partition == message->partition)
            return &inspect->partitions.item[i];
    return NULL;
}

/* One event. *ended: the partition was read as far as it is to be. */
static struct status take_event(
    struct inspect *inspect, const rd_kafka_message_t *message, bool *ended, struct fault *fault)
{
    struct partition *partition = partition_of(inspect, message);
    *ended = false;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        *ended = true;
        return status_ok();
    }
    if (message->err) {
        struct status status = kafka_fail(fault, message->err, inspect->topic);
        return status.class == STATUS_RETRY ? status_ok() : status; /* the library tries on */
    }
    if (!partition)
        return status_ok();
    int64_t until = inspect->until[partition - inspect->partitions.item];
    if (message->offset < until) {
        take(inspect, message);
        partition->offset = message->offset + 1;
    }
    *ended = partition->offset >= until;
    return status_ok();
}

/* Reads the assigned partitions until `open` of them have ended; 0: for ever. */
static struct status read_assigned(struct inspect *inspect, int open, struct fault *fault)
{
    bool bounded = open > 0;
    struct status status = status_ok();
    time_ms heard = time_monotonic();
    while (!done(inspect) && !status_failed(status) && (!bounded || open > 0)) {
        bool ended;
        rd_kafka_message_t *message = rd_kafka_consumer_poll(inspect->client.rk, 200);
        if (!message) {
            fflush(stdout);
            if (bounded && time_monotonic() - heard > SILENCE_MS)
                status = status_fail(fault, STATUS_RETRY, "timeout", "%s: the brokers sent nothing for %d s",
                    inspect->topic, SILENCE_MS / 1000);
            continue;
        }
        heard = time_monotonic();
        status = take_event(inspect, message, &ended, fault);
        if (ended)
            open--;
        rd_kafka_message_destroy(message);
    }
    return status;
}

/* One partition behind the other, so that the order of each is seen. */
static struct status read_bounded(struct inspect *inspect, struct fault *fault)
{
    struct status status = status_ok();
    for (size_t i = 0; i < inspect->partitions.count && !status_failed(status) && !done(inspect); i++) {
        const struct partition *partition = &inspect->partitions.item[i];
        if (partition->offset >= inspect->until[i])
            continue;
        status = kafka_assign(&inspect->client, inspect->topic, partition->partition, partition->offset, fault);
        if (!status_failed(status))
            status = read_assigned(inspect, 1, fault);
    }
    return status;
}

static struct status read_on(struct inspect *inspect, struct fault *fault)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)inspect->partitions.count);
    for (size_t i = 0; i < inspect->partitions.count; i++) {
        const struct partition *partition = &inspect->partitions.item[i];
        inspect->until[i] = INT64_MAX;
        rd_kafka_topic_partition_list_add(list, inspect->topic, partition->partition)->offset = partition->offset;
    }
    rd_kafka_resp_err_t err = rd_kafka_assign(inspect->client.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    struct status status = kafka_fail(fault, err, inspect->topic);
    return status_failed(status) ? status : read_assigned(inspect, 0, fault);
}

/* The topic by its name with or without the prefix; "acts" with --authority is that one's. */
static struct status find_topic(struct inspect *inspect, struct fault *fault)
{
    struct command_run *run = inspect->run;
    const char *name = run->rest.item[0], *authority = inspect->options->authority;
    const char *const tried[] = {command_topic(run, name), name,
        authority ? str_format(run->arena, "%s.%s", command_topic(run, name), authority).data : name};
    for (size_t i = 0; i < 3; i++) {
        int count;
        struct status status = kafka_partitions(&inspect->client, tried[i], KAFKA_DEADLINE_MS, &count, fault);
        if (status_failed(status) && i > 0 && strcmp(status.code, "TOPIC_AUTHORIZATION_FAILED") == 0)
            continue; /* outside the registry an account may not even know what there is */
        if (status_failed(status))
            return status;
        if (count == 0)
            continue;
        inspect->topic = str_copy(run->arena, str_of(tried[i])).data;
        for (int p = 0; p < count; p++)
            *vec_push(run->arena, &inspect->partitions) =
                (struct partition){.topic = inspect->topic, .partition = p, .low = -1, .high = -1, .place = -1};
        inspect->until = arena_array(run->arena, int64_t, count);
        return status_ok();
    }
    return status_fail(fault, STATUS_REJECT, "unknown-topic", "there is no topic %s, nor %s", tried[0], name);
}

/* From where to where in each partition. */
static struct status find_range(struct inspect *inspect, struct fault *fault)
{
    struct partitions *all = &inspect->partitions;
    struct point from = inspect->from, to = inspect->to;
    if (from.kind == POINT_NONE)
        from.kind = POINT_BEGINNING;
    if (to.kind == POINT_NONE)
        to.kind = POINT_END;
    struct status status = partitions_ends(&inspect->client, all, fault);
    if (!status_failed(status))
        status = point_find(&to, &inspect->client, all, fault);
    for (size_t i = 0; i < all->count; i++)
        inspect->until[i] = all->item[i].offset < all->item[i].high ? all->item[i].offset : all->item[i].high;
    if (!status_failed(status))
        status = point_find(&from, &inspect->client, all, fault);
    for (size_t i = 0; i < all->count; i++) {
        struct partition *partition = &all->item[i];
        if (partition->offset < partition->low)
            partition->offset = partition->low;
        if (partition->offset > partition->high)
            partition->offset = partition->high;
        if (inspect->until[i] > partition->offset)
            inspect->total += inspect->until[i] - partition->offset;
    }
    return status;
}

static void tell_chain(const struct inspect *inspect, FILE *out)
{
    const struct chain *chain = &inspect->viewer.chain;
    if (inspect->viewer.form != FORM_CHANGES || !chain->begun)
        return;
    if (chain->broken)
        fprintf(out, "the chain of hashes BREAKS at change %lld: %s\n", (long long)chain->broken, chain->why);
    else
        fprintf(out, "the chain of hashes holds from change %lld to %lld\n", (long long)chain->first,
            (long long)chain->sequence);
}

static struct status run_opened(struct inspect *inspect, struct fault *fault)
{
    struct status status = find_topic(inspect, fault);
    if (!status_failed(status))
        status = find_range(inspect, fault);
    if (status_failed(status))
        return status;
    inspect->viewer.form = view_form(inspect->topic, inspect->run->common->kafka.prefix);
    progress_begin(&inspect->progress, inspect->run->log, "records read", 0, inspect->total);
    status = read_bounded(inspect, fault);
    progress_end(&inspect->progress);
    if (!status_failed(status) && inspect->options->follow && !done(inspect))
        status = read_on(inspect, fault);
    if (inspect->viewer.chain.broken)
        inspect->run->exit = PROCESS_REFUSED;
    FILE *out = inspect->options->command.json ? stderr : stdout;
    if (!inspect->options->command.json)
        printf("%lld records read, %lld shown, %lld unreadable\n", (long long)inspect->read, (long long)inspect->shown,
            (long long)inspect->viewer.unreadable);
    tell_chain(inspect, out);
    return status;
}

static struct status run_inspect(struct command_run *run, struct fault *fault)
{
    const struct inspect_options *options = run->options;
    struct inspect inspect = {.run = run, .options = options};
    if (run->rest.count != 1)
        return command_usage(fault, "expected one TOPIC, like journal, acts.H26, changes");
    if (!point_parse(options->from, &inspect.from))
        return command_usage(fault, "--from %s: expected " POINT_FORMS ", or -N for the last N", options->from);
    if (!point_parse(options->to, &inspect.to) || inspect.to.kind == POINT_LAST)
        return command_usage(fault, "--to %s: expected " POINT_FORMS, options->to);
    struct uuid act;
    if (options->act && !uuid_parse(str_of(options->act), &act))
        return command_usage(fault, "--act %s: a UUID was expected", options->act);
    if (options->act)
        uuid_format(act, inspect.act);
    if (options->follow && options->to)
        return command_usage(fault, "--follow has no end: not together with --to");
    inspect.viewer = (struct viewer){.arena = arena_open(0), .reader = avro_reader_open(fault)};
    struct status status =
        inspect.viewer.reader ? partitions_client(run, &inspect.client, fault) : (struct status){STATUS_STOP, "schema"};
    if (!status_failed(status))
        status = run_opened(&inspect, fault);
    fflush(stdout);
    kafka_close(&inspect.client);
    avro_reader_close((struct avro_reader *)(uintptr_t)inspect.viewer.reader);
    arena_close(inspect.viewer.arena);
    return status;
}

#define FILTER(option_name, member, value_name, text)                                                                  \
    {                                                                                                                  \
        .name = option_name, .kind = OPTION_TEXT, .offset = offsetof(struct inspect_options, member),                  \
        .value = value_name, .help = text                                                                              \
    }
static const struct option_row rows[] = {
    COMMAND_ROWS,
    FILTER("from", from, "PLACE",
        "Begin at an offset, a time (2025-07-01, 2025-07-01T08:00:00+07:00), beginning, end, or -N: the last N. "
        "None: the beginning."),
    FILTER("to", to, "PLACE", "End before an offset or a time. None: the present end."),
    FILTER("authority", authority, "CODE", "Only of this authority; `acts` and `receipts` alone are then its topics."),
    FILTER("code", code, "CODE", "Only what names this code."),
    FILTER("act", act, "UUID", "Only of this act."),
    FILTER("kind", kind, "WORD",
        "Only of this kind: of an act (merged), of a journal record (tick), of a change (act.announced), a verdict or "
        "a reason (rejected, closed-code)."),
    {.name = "limit",
        .kind = OPTION_INT,
        .offset = offsetof(struct inspect_options, limit),
        .initial = "0",
        .value = "N",
        .max = 1000000000,
        .help = "End when so many were shown; 0: no limit."},
    {.name = "follow",
        .letter = 'f',
        .kind = OPTION_FLAG,
        .offset = offsetof(struct inspect_options, follow),
        .help = "At the end, wait for what comes, until stopped."},
};
static const struct option_program program = {
    .name = "orgcode-replay inspect",
    .summary = "show what stands in a topic",
    .arguments = "TOPIC",
    .description =
        "TOPIC is a topic of the registry, with or without the prefix: journal, acts.H26, changes, state, "
        "receipts.H26, "
        "rejected, notify.place, any other. Each record is a line `partition:offset time what`, and below it what it "
        "says as JSON: acts in the form that agencies write. With --json it is one object a line with everything, the "
        "bytes of acts in hex too. What cannot be read is never left out: it is shown with the reason and its first "
        "bytes in hex, whatever --act, --code and --kind ask for. Nothing that senders wrote reaches the terminal "
        "as a command of the terminal.\n"
        "The chain of hashes is checked over all changes that are read, shown or not; the exit code is 1 when it "
        "breaks. Partitions are read one after the other. It changes nothing and joins no group.",
    .examples = "orgcode-replay inspect journal --from -20\n"
                "orgcode-replay inspect acts.H26 --from 2025-07-01 --kind merged\n"
                "orgcode-replay inspect changes --code H26.14 --json\n"
                "orgcode-replay inspect rejected --follow\n",
    .exits = COMMAND_EXITS,
    .row = rows,
    .rows = sizeof rows / sizeof *rows,
};
const struct command command_inspect = {
    "inspect", "show what stands in a topic", &program, sizeof(struct inspect_options), run_inspect};
