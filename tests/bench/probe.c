#include "probe.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>


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
    open_reader(probe, &probe->change_reader, "changes", false);
    pthread_create(&probe->change_thread, NULL, read_changes, probe);
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

void probe_close(struct probe *probe)
{
    atomic_store(&probe->stop, true);
    pthread_join(probe->change_thread, NULL);
    kafka_close(&probe->change_reader);
    if (probe->options->hops) {
        pthread_join(probe->journal_thread, NULL);
        kafka_close(&probe->journal_reader);
    }
    pthread_join(probe->commit_thread, NULL);
    read_commits(probe);
    pg_close(&probe->pg);
    free(probe->mark);
}
