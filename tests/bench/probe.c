#include "probe.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char tag[] = "orgbench";

int64_t probe_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void probe_must(struct status status, const struct fault *fault)
{
    if (!status_failed(status))
        return;
    fprintf(stderr, "bench: %s: %s\n", status.code, fault->text);
    exit(3);
}

struct uuid probe_id(long number)
{
    struct uuid id;
    memcpy(id.byte, tag, 8);
    for (int i = 0; i < 8; i++)
        id.byte[8 + i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
    return id;
}

long probe_number(const struct probe *probe, struct uuid id)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | id.byte[8 + i];
    return memcmp(id.byte, tag, 8) == 0 && number < (uint64_t)probe->acts ? (long)number : -1;
}

static void note(const struct probe *probe, _Atomic int64_t *slot, struct uuid id, int64_t at)
{
    long number = probe_number(probe, id);
    int64_t none = 0;
    if (number >= 0)
        atomic_compare_exchange_strong(&slot[number], &none, at);
}

static void *read_changes(void *argument)
{
    struct probe *probe = argument;
    while (!atomic_load(&probe->stop)) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(probe->change_reader.rk, 100);
        if (!message)
            continue;
        int64_t at = probe_now();
        struct uuid id;
        if (!message->err && uuid_parse(kafka_header(message, "ce_correlationid"), &id)) {
            note(probe, probe->seen, id, at);
            atomic_fetch_add(&probe->changes, 1);
        }
        rd_kafka_message_destroy(message);
    }
    return NULL;
}

/* As apply sees the journal. */
static void *read_journal(void *argument)
{
    struct probe *probe = argument;
    struct arena *arena = arena_open(0);
    while (!atomic_load(&probe->stop)) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(probe->journal_reader.rk, 100);
        if (!message)
            continue;
        int64_t at = probe_now();
        struct act *act = NULL;
        struct fault fault;
        arena_reset(arena);
        if (!message->err && !status_failed(avro_act_decode(probe->reader, arena, kafka_value(message), &act, &fault)))
            note(probe, probe->journaled, act->id, at);
        rd_kafka_message_destroy(message);
    }
    arena_close(arena);
    return NULL;
}

static PGresult *ask(struct probe *probe, const char *sql)
{
    PGresult *result = PQexec(probe->pg.conn, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        fprintf(stderr, "bench: %s: %s\n", sql, PQerrorMessage(probe->pg.conn));
        exit(3);
    }
    return result;
}

static void mark_commit(struct probe *probe)
{
    PGresult *result = ask(probe, "select receipt from orgcode.place");
    if (probe->marks == probe->mark_room) {
        probe->mark_room = probe->mark_room * 2 + 1024;
        probe->mark = realloc(probe->mark, probe->mark_room * sizeof *probe->mark);
        if (!probe->mark)
            abort();
    }
    probe->mark[probe->marks++] = (struct probe_mark){atoll(PQgetvalue(result, 0, 0)), probe_now()};
    PQclear(result);
}

static void *watch_commits(void *argument)
{
    struct probe *probe = argument;
    struct fault fault;
    while (!atomic_load(&probe->stop)) {
        bool notified = false;
        probe_must(pg_notified(&probe->pg, &notified, &fault), &fault);
        if (notified)
            mark_commit(probe);
        else
            poll(&(struct pollfd){.fd = PQsocket(probe->pg.conn), .events = POLLIN}, 1, 100);
    }
    return NULL;
}

static void open_reader(struct probe *probe, struct kafka_client *client, const char *name, bool uncommitted)
{
    struct fault fault;
    char topic[256];
    int64_t low, high;
    struct kafka_config config = {.log = probe->log, .options = &probe->options->kafka, .client_id = "orgcode-bench"};
    struct kafka_consumer_config consumer = {.uncommitted = uncommitted};
    snprintf(topic, sizeof topic, "%s.%s", probe->options->kafka.prefix, name);
    probe_must(kafka_consumer_open(&config, &consumer, client, &fault), &fault);
    probe_must(kafka_watermarks(client, topic, 0, 10000, &low, &high, &fault), &fault);
    probe_must(kafka_assign(client, topic, 0, high, &fault), &fault);
}

void probe_listen(struct probe *probe)
{
    struct fault fault;
    if (probe->options->serve) {
        streams_open(
            &probe->streams, probe->options->serve, (long)probe->options->streams, &probe->changes, &probe->stop);
    } else {
        open_reader(probe, &probe->change_reader, "changes", false);
        pthread_create(&probe->change_thread, NULL, read_changes, probe);
    }
    if (probe->options->hops) {
        open_reader(probe, &probe->journal_reader, "journal", false);
        pthread_create(&probe->journal_thread, NULL, read_journal, probe);
    }
    probe_must(pg_open(probe->options->pg.conninfo, "orgcode-bench", probe->log, &probe->pg, &fault), &fault);
    probe_must(pg_listen(&probe->pg, "orgcode_change", &fault), &fault);
    pthread_create(&probe->commit_thread, NULL, watch_commits, probe);
}

/* The receipts up to a mark's were visible when it was made. */
static void read_commits(struct probe *probe)
{
    PGresult *rows = ask(probe, "select number, act_id from orgcode.receipt where act_id is not null order by number");
    size_t at = 0;
    for (int row = 0; row < PQntuples(rows); row++) {
        struct uuid id;
        while (at < probe->marks && probe->mark[at].receipt < atoll(PQgetvalue(rows, row, 0)))
            at++;
        if (at == probe->marks || !uuid_parse(str_of(PQgetvalue(rows, row, 1)), &id))
            continue;
        long number = probe_number(probe, id);
        if (number >= 0 && probe->committed[number] == 0)
            probe->committed[number] = probe->mark[at].us;
    }
    PQclear(rows);
}

struct change {
    int64_t called, committed; /* monotonic; 0: not known */
};

/* By sequence: when the act of each change was called for and, where the server keeps it (track_commit_timestamp), when
 * its transaction was committed. */
static struct change *read_changes_made(struct probe *probe, int64_t *last)
{
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    int64_t offset = (int64_t)wall.tv_sec * 1000000 + wall.tv_nsec / 1000 - probe_now();
    PGresult *rows = ask(probe,
        "select sequence, act_id, case when current_setting('track_commit_timestamp')::boolean then "
        "(extract(epoch from pg_xact_commit_timestamp(xmin)) * 1000000)::bigint end from orgcode.change order by 1");
    int count = PQntuples(rows);
    *last = count ? atoll(PQgetvalue(rows, count - 1, 0)) : 0;
    struct change *change = calloc((size_t)*last + 1, sizeof *change);
    if (!change)
        abort();
    for (int row = 0; row < count; row++) {
        struct change *made = &change[atoll(PQgetvalue(rows, row, 0))];
        struct uuid id;
        long number = uuid_parse(str_of(PQgetvalue(rows, row, 1)), &id) ? probe_number(probe, id) : -1;
        long first = (long)(probe->options->warm_ms * probe->options->rate / 1000);
        if (number >= first)
            made->called = atomic_load(&probe->called[number]);
        if (!PQgetisnull(rows, row, 2))
            made->committed = atoll(PQgetvalue(rows, row, 2)) - offset;
    }
    PQclear(rows);
    return change;
}

static void read_arrivals(struct probe *probe)
{
    int64_t last;
    struct change *change = read_changes_made(probe, &last);
    probe->from_call = calloc(probe->streams.arrivals + 1, sizeof *probe->from_call);
    probe->from_commit = calloc(probe->streams.arrivals + 1, sizeof *probe->from_commit);
    if (!probe->from_call || !probe->from_commit)
        abort();
    for (size_t i = 0; i < probe->streams.arrivals; i++) {
        const struct arrival *arrival = &probe->streams.arrival[i];
        if (arrival->sequence > last || !change[arrival->sequence].called)
            continue;
        probe->from_call[probe->arrived++] = arrival->us - change[arrival->sequence].called;
        if (change[arrival->sequence].committed)
            probe->from_commit[probe->dated++] = arrival->us - change[arrival->sequence].committed;
    }
    free(change);
    free(probe->streams.arrival);
}

void probe_close(struct probe *probe)
{
    if (probe->options->serve)
        sleep(1); /* the first client has everything; the others may be behind it */
    atomic_store(&probe->stop, true);
    if (probe->options->serve) {
        streams_close(&probe->streams);
    } else {
        pthread_join(probe->change_thread, NULL);
        kafka_close(&probe->change_reader);
    }
    if (probe->options->hops) {
        pthread_join(probe->journal_thread, NULL);
        kafka_close(&probe->journal_reader);
    }
    pthread_join(probe->commit_thread, NULL);
    read_commits(probe);
    if (probe->options->serve)
        read_arrivals(probe);
    pg_close(&probe->pg);
    free(probe->mark);
}
