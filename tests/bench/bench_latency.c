/* orgcode-bench-latency: acts at a steady rate through a running registry, and how long each took to each stage. */

#include <stdlib.h>
#include <time.h>

#include "probe.h"

#define AUTHORITIES_MAX 63
#define GRANT_WAIT_MS 60000
#define DRAIN_MS 15000

static const struct option_row rows[] = {
    OPTION_ROWS_KAFKA(struct probe_options, kafka),
    OPTION_ROWS_PG(struct probe_options, pg),
    {.name = "rate", .kind = OPTION_INT, .offset = offsetof(struct probe_options, rate), .initial = "1000", .min = 1, .max = 20000,
        .help = "Acts a second."},
    {.name = "warm", .kind = OPTION_DURATION, .offset = offsetof(struct probe_options, warm_ms), .initial = "30s",
        .help = "Time before the measured one."},
    {.name = "measure", .kind = OPTION_DURATION, .offset = offsetof(struct probe_options, measure_ms), .initial = "60s",
        .help = "Measured time."},
    {.name = "authorities", .kind = OPTION_INT, .offset = offsetof(struct probe_options, authorities), .initial = "8", .min = 1,
        .max = AUTHORITIES_MAX, .help = "H01, H02 and so on: their topics must be there, their codes must not."},
    {.name = "serve", .kind = OPTION_TEXT, .offset = offsetof(struct probe_options, serve), .value = "HOST:PORT",
        .help = "Measure to clients of orgcode-serve there, by server-sent events, instead of to the changes topic."},
    {.name = "streams", .kind = OPTION_INT, .offset = offsetof(struct probe_options, streams), .initial = "1", .min = 1, .max = 15000,
        .help = "Clients of --serve."},
    {.name = "hops", .kind = OPTION_FLAG, .offset = offsetof(struct probe_options, hops),
        .help = "Read the journal too. One more reader costs the others something."},
    {.name = "json", .kind = OPTION_FLAG, .offset = offsetof(struct probe_options, json), .help = "One JSON object instead of a table."},
    OPTION_ROWS_COMMON(struct probe_options, common),
};

static const struct option_program program = {
    .name = "orgcode-bench-latency",
    .summary = "measures how long acts take to PostgreSQL and to the changes topic",
    .arguments = "",
    .description =
        "Publishes acts at a steady rate to a new registry whose programs run, and measures, each from the call that produces: "
        "ack, the broker's acknowledgement; journal, a reader of the journal has it (--hops); commit, a session that LISTENs "
        "has been told of the commit and has read the new place; changes, a read_committed reader of the changes has its change. With "
        "--serve instead of changes: stream, a client of the event stream has it; and from_commit, how long that was behind the commit, "
        "where the server has track_commit_timestamp.",
    .examples = "orgcode-bench-latency --warm 5s --measure 10s",
    .exits = "0  done\n1  some acts did not come out\n3  broker or database out of reach",
    .row = rows,
    .rows = sizeof rows / sizeof *rows,
};

static struct act *make_act(const struct probe *probe, struct arena *arena, long number)
{
    long authorities = (long)probe->options->authorities, at = number % authorities, turn = number / authorities;
    struct act *act = arena_new(arena, struct act);
    date_day today = date_of(time_now());
    act->id = probe_id(number);
    act->authority = str_format(arena, "H%02ld", at + 1);
    act->scheme = STR("gov");
    act->happened_on = act->effective_on = today - 3;
    if (turn % 2 == 0) {
        act->kind = ACT_ESTABLISHED;
        act->body.established.code = str_format(arena, "H%02ld.%ld", at + 1, turn / 2 + 1);
        struct str *field = act->body.established.info.field;
        field[INFO_NAME] = str_format(arena, "Trung tâm Nông nghiệp và Môi trường số %ld", number);
        field[INFO_ADDRESS] = str_format(arena, "Số %ld đường Lê Đại Hành, phường %ld", number % 900 + 1, number % 30 + 1);
        field[INFO_EMAIL] = str_format(arena, "vanthu.%ld@example.vn", number);
        field[INFO_PHONE] = str_format(arena, "024 %04ld %04ld", number % 10000, number / 7 % 10000);
        act->decision = (struct decision_doc){.given = true, .number = str_format(arena, "%ld/QĐ-UBND", number % 9999),
            .issued_by = str_format(arena, "Ủy ban nhân dân tỉnh H%02ld", at + 1), .issued_on = today - 5};
    } else {
        long newest = turn / 2 + 1, back = newest - 1 < 50 ? newest - 1 : 50;
        act->kind = ACT_CONTACT_UPDATED;
        act->body.contact_updated.code = str_format(arena, "H%02ld.%ld", at + 1, newest - back);
        act->body.contact_updated.set.field[INFO_EMAIL] = str_format(arena, "moi.%ld@example.vn", number);
    }
    return act;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    struct probe *probe = ((struct kafka_client *)opaque)->user;
    intptr_t number = (intptr_t)message->_private - 1;
    (void)rk;
    if (message->err) {
        fprintf(stderr, "bench: not delivered: %s\n", rd_kafka_err2str(message->err));
        exit(3);
    }
    if (number >= 0)
        atomic_store(&probe->acked[number], probe_now());
}

static void produce(rd_kafka_topic_t *topic, struct str value, long number)
{
    if (rd_kafka_produce(topic, 0, RD_KAFKA_MSG_F_COPY, (void *)(uintptr_t)value.data, value.len, NULL, 0,
            (void *)(intptr_t)(number + 1))) {
        fprintf(stderr, "bench: %s\n", rd_kafka_err2str(rd_kafka_last_error()));
        exit(3);
    }
}

static rd_kafka_topic_t *open_topic(const struct probe *probe, struct kafka_client *producer, const char *authority)
{
    char name[256];
    snprintf(name, sizeof name, "%s.acts.%s", probe->options->kafka.prefix, authority);
    return rd_kafka_topic_new(producer->rk, name, NULL);
}

/* ROOT grants the codes of the authorities; what waits for them would be no measure. */
static void grant(struct probe *probe, struct kafka_client *producer)
{
    struct arena *arena = arena_open(0);
    rd_kafka_topic_t *topic = open_topic(probe, producer, "ROOT");
    for (long i = 0; i < probe->options->authorities; i++) {
        struct act *act = make_act(probe, arena, i);
        struct str value;
        act->id = uuid_random();
        act->body.established.code = act->authority;
        act->happened_on = act->effective_on -= 2000;
        act->decision.issued_on -= 2000;
        act->authority = STR("ROOT");
        avro_act_encode(arena, act, &value);
        produce(topic, value, -1);
    }
    for (int64_t end = probe_now() + GRANT_WAIT_MS * 1000; atomic_load(&probe->changes) < probe->options->authorities;) {
        rd_kafka_poll(producer->rk, 20);
        if (probe_now() > end) {
            fprintf(stderr, "bench: the authorities' codes were not granted: do all programs run, and is the registry new?\n");
            exit(3);
        }
    }
    rd_kafka_topic_destroy(topic);
    arena_close(arena);
}

/* Returns by how much the latest call came too late, in microseconds. */
static int64_t run(struct probe *probe, struct kafka_client *producer)
{
    struct arena *arena = arena_open(0);
    rd_kafka_topic_t *topic[AUTHORITIES_MAX];
    int64_t late = 0, begun = probe_now() + 10000;
    for (int i = 0; i < probe->options->authorities; i++) {
        char authority[16];
        snprintf(authority, sizeof authority, "H%02d", i + 1);
        topic[i] = open_topic(probe, producer, authority);
    }
    for (long i = 0; i < probe->acts; i++) {
        struct str value;
        int64_t due = begun + i * 1000000 / probe->options->rate;
        arena_reset(arena);
        avro_act_encode(arena, make_act(probe, arena, i), &value);
        rd_kafka_poll(producer->rk, 0);
        for (int64_t left; (left = due - probe_now()) > 0;)
            nanosleep(&(struct timespec){.tv_nsec = left * 1000}, NULL);
        int64_t now = probe_now();
        late = now - due > late ? now - due : late;
        atomic_store(&probe->called[i], now);
        produce(topic[i % probe->options->authorities], value, i);
    }
    int64_t end = probe_now() + DRAIN_MS * 1000;
    while (atomic_load(&probe->changes) < probe->acts + probe->options->authorities && probe_now() < end)
        rd_kafka_poll(producer->rk, 10);
    rd_kafka_flush(producer->rk, 5000);
    for (int i = 0; i < probe->options->authorities; i++)
        rd_kafka_topic_destroy(topic[i]);
    arena_close(arena);
    return late;
}

/* ---- figures ------------------------------------------------------------------------------------------------------------ */

struct figures {
    long count;
    double p50, p90, p99, p999, max;
};

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double at_rank(const int64_t *sorted, long count, double part)
{
    long rank = (long)(part * (double)count + 0.999999);
    return count == 0 ? 0 : (double)sorted[(rank < 1 ? 1 : rank > count ? count : rank) - 1] / 1000;
}

static struct figures figures_from(int64_t *took, long count)
{
    qsort(took, (size_t)count, sizeof *took, by_value);
    return (struct figures){count, at_rank(took, count, 0.5), at_rank(took, count, 0.9), at_rank(took, count, 0.99),
        at_rank(took, count, 0.999), at_rank(took, count, 1)};
}

static struct figures figures_of(const struct probe *probe, const _Atomic int64_t *slot, const int64_t *plain)
{
    long first = (long)(probe->options->warm_ms * probe->options->rate / 1000);
    int64_t *took = calloc((size_t)probe->acts + 1, sizeof *took);
    struct figures f = {0};
    if (!took)
        abort();
    for (long i = first; i < probe->acts; i++) {
        int64_t at = slot ? atomic_load(&slot[i]) : plain[i];
        if (at)
            took[f.count++] = at - atomic_load(&probe->called[i]);
    }
    f = figures_from(took, f.count);
    free(took);
    return f;
}

static void print_figures(bool json, const char *name, struct figures f)
{
    printf(json ? ",\"%s\":{\"acts\":%ld,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}"
                : "%-8s %8ld %8.1f %8.1f %8.1f %8.1f %8.1f\n",
        name, f.count, f.p50, f.p90, f.p99, f.p999, f.max);
}

/* Returns how many measured acts did not come out. */
static long report(const struct probe *probe, int64_t late)
{
    bool json = probe->options->json;
    long measured = (long)(probe->options->measure_ms * probe->options->rate / 1000);
    bool streams = probe->options->serve != NULL;
    struct figures changes =
        streams ? figures_from(probe->from_call, probe->arrived) : figures_of(probe, probe->seen, NULL);
    long lost = measured * (streams ? (long)probe->options->streams : 1) - changes.count;
    if (json)
        printf("{\"rate\":%lld,\"measured\":%ld,\"lost\":%ld,\"late_max_ms\":%.1f", probe->options->rate, measured,
            lost, (double)late / 1000);
    else
        printf("%lld acts/s, %ld measured, %ld did not come out, latest call %.1f ms late; milliseconds from the call that produces\n"
               "%-8s %8s %8s %8s %8s %8s %8s\n",
            probe->options->rate, measured, lost, (double)late / 1000, "to", "acts", "p50", "p90", "p99", "p99.9",
            "max");
    print_figures(json, "ack", figures_of(probe, probe->acked, NULL));
    if (probe->options->hops)
        print_figures(json, "journal", figures_of(probe, probe->journaled, NULL));
    print_figures(json, "commit", figures_of(probe, NULL, probe->committed));
    print_figures(json, streams ? "stream" : "changes", changes);
    if (probe->dated)
        print_figures(json, "from_commit", figures_from(probe->from_commit, probe->dated));
    if (json)
        printf("}\n");
    return lost;
}

int main(int argc, char **argv)
{
    struct probe_options options;
    struct fault fault = {0};
    struct arena *arena = arena_open(0);
    int code = option_parse(&program, argc, argv, &options, NULL, arena, stdout, stderr);
    if (code >= 0)
        return code;
    struct probe probe = {.options = &options, .log = log_open("bench", LOG_LEVEL_WARN, LOG_FORMAT_AUTO, 2),
        .acts = (long)((options.warm_ms + options.measure_ms) * options.rate / 1000), .reader = avro_reader_open(&fault)};
    size_t room = (size_t)probe.acts + 1;
    probe.called = calloc(room, sizeof *probe.called);
    probe.acked = calloc(room, sizeof *probe.acked);
    probe.journaled = calloc(room, sizeof *probe.journaled);
    probe.seen = calloc(room, sizeof *probe.seen);
    probe.committed = calloc(room, sizeof *probe.committed);
    if (!probe.reader || !probe.called || !probe.acked || !probe.journaled || !probe.seen || !probe.committed)
        abort();
    struct kafka_client producer;
    const struct kafka_config kafka = {.log = probe.log, .options = &options.kafka, .client_id = "orgcode-bench", .user = &probe};
    const struct kafka_producer_config config = {.linger_ms = 0, .on_delivery = on_delivery};
    probe_must(kafka_producer_open(&kafka, &config, &producer, &fault), &fault);
    probe_listen(&probe);
    grant(&probe, &producer);
    int64_t late = run(&probe, &producer);
    kafka_close(&producer);
    probe_close(&probe);
    long lost = report(&probe, late);
    avro_reader_close(probe.reader);
    free(probe.called);
    free(probe.acked);
    free(probe.journaled);
    free(probe.seen);
    free(probe.committed);
    free(probe.from_call);
    free(probe.from_commit);
    log_close(probe.log);
    arena_close(arena);
    return lost ? 1 : 0;
}
