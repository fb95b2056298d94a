#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "codec/avro_act.h"
#include "engine/engine.h"
#include "engine/migrate.h"
#include "national.h"

/* orgcode-bench-apply CONNINFO [established|mixed|rebuild|fill] [ACTS] [BATCH]
 *
 * Acts a second through apply's engine (decode, prefetch, decide, write, commit: all but Kafka's client) against COPY
 * of the same rows into the same tables, as many acts a transaction. The database is made new. One line of figures; the
 * ratio counts.
 *
 * rebuild: mixed acts in the engine's bulk mode, to the last index, against COPY in the same mode with the indexes that
 * are kept in it: what is built afterwards is in the engine's time alone.
 *
 * fill: as rebuild, but the registry is left as it is then, for others to read. */

struct bench {
    struct pg pg;
    struct store store, apart, beside;
    struct engine engine;
    struct avro_reader *reader;
    struct national *national;
    struct arena *arena; /* of the journal's bytes */
    struct entry *entry;
    struct arena *batch_arena[2];
    int turn;
    bool rebuild; /* fill, too */
    long acts, batch;
    int64_t offset;
    int64_t mark[NATIONAL_PROVINCES + 1];
    double prepare_s, take_s, cpu_s, backend_s[3], copy_backend_s;
};

static void must(struct status status, const struct fault *fault)
{
    if (!status_failed(status))
        return;
    fprintf(stderr, "bench: %s: %s\n", status.code, fault->text);
    exit(3);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* CPU of the server's process behind a connection, where it runs on this machine; else 0. Wall time lies on a busy
 * machine. */
static double backend_seconds(PGconn *conn)
{
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", PQbackendPID(conn));
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    unsigned long user = 0, system = 0;
    const char *rest = fgets(line, sizeof line, file) ? strrchr(line, ')') : NULL;
    fclose(file);
    if (!rest || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        return 0;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static const time_ms today_ms = (time_ms)NATIONAL_TODAY * DAY_MS;

static struct entry *next_entry(struct bench *bench)
{
    struct entry *entry = &bench->entry[bench->offset];
    *entry = (struct entry){.offset = bench->offset++, .log_append = true};
    entry->header = arena_array(bench->arena, struct journal_header, JOURNAL_HEADERS_MAX);
    return entry;
}

static void make_genesis(struct bench *bench)
{
    struct entry *entry = next_entry(bench);
    struct uuid id = {{1}};
    journal_genesis_encode(bench->arena, id, 1, MODE_LIVE, &entry->value);
    entry->headers = journal_headers(bench->arena, RECORD_GENESIS, today_ms, NULL, entry->header);
}

static void make_act(struct bench *bench, struct arena *scratch)
{
    struct entry *entry = next_entry(bench);
    struct act *act = national_next(bench->national, scratch);
    struct str topic = str_format(bench->arena, "orgcode.acts.%.*s", STR_ARG(act->authority));
    int at = act->authority.data[0] == 'R' ? NATIONAL_PROVINCES : atoi(act->authority.data + 1) - 1;
    int64_t offset = bench->mark[at]++;
    entry->key = str_copy(bench->arena, act->authority);
    struct origin origin = {topic, entry->key, 0, offset, offset, today_ms};
    avro_act_encode(bench->arena, act, &entry->value);
    entry->headers = journal_headers(bench->arena, RECORD_ACT, today_ms, &origin, entry->header);
    arena_reset(scratch);
}

/* The journal, as bytes: the making of it is no part of what is measured. */
static void make_journal(struct bench *bench)
{
    struct arena *scratch = arena_open(0);
    bench->entry = calloc((size_t)bench->acts + NATIONAL_PROVINCES + 1, sizeof *bench->entry);
    if (!bench->entry)
        abort();
    make_genesis(bench);
    for (long i = 0; i < NATIONAL_PROVINCES + bench->acts; i++)
        make_act(bench, scratch);
    arena_close(scratch);
}

static struct str copied(struct arena *arena, struct str text)
{
    return str_given(text) ? (struct str){arena_copy(arena, text.data, text.len), text.len} : text;
}

/* As the program does: copied, decoded, taken. The records stay until the batch after theirs is taken. */
static void run_batch(struct bench *bench, size_t first, size_t count)
{
    struct fault fault = {0};
    struct arena *arena = bench->batch_arena[bench->turn ^= 1];
    arena_reset(arena);
    double begun = seconds();
    for (size_t i = first; i < first + count; i++) {
        struct entry *entry = &bench->entry[i];
        entry->key = copied(arena, entry->key);
        entry->value = copied(arena, entry->value);
        entry_read(entry, bench->reader, arena, today_ms);
    }
    bench->prepare_s += seconds() - begun;
    must(engine_take(&bench->engine, &bench->entry[first], count, &fault), &fault);
}

static void run_acts(struct bench *bench)
{
    struct fault fault = {0};
    size_t first = NATIONAL_PROVINCES + 1;
    PGconn *session[] = {bench->store.pg.conn, bench->apart.pg.conn, bench->beside.pg.conn};
    if (bench->rebuild)
        must(store_bulk_begin(&bench->apart, &bench->beside, &fault), &fault);
    engine_bulk(&bench->engine, bench->rebuild);
    run_batch(bench, 0, 1);
    run_batch(bench, 1, NATIONAL_PROVINCES);
    must(engine_settle(&bench->engine, &fault), &fault);
    bench->prepare_s = 0;
    bench->cpu_s = -cpu_seconds();
    for (int i = 0; i < 3; i++)
        bench->backend_s[i] = -backend_seconds(session[i]);
    double begun = seconds();
    for (size_t done = 0; done < (size_t)bench->acts; done += (size_t)bench->batch) {
        size_t left = (size_t)bench->acts - done;
        run_batch(bench, first + done, left < (size_t)bench->batch ? left : (size_t)bench->batch);
    }
    must(engine_settle(&bench->engine, &fault), &fault);
    if (bench->rebuild)
        must(store_bulk_end(&bench->apart, &fault), &fault);
    bench->take_s = seconds() - begun;
    bench->cpu_s += cpu_seconds();
    for (int i = 0; i < 3; i++)
        bench->backend_s[i] += backend_seconds(session[i]);
}

/* ---- the same rows by COPY
 * ------------------------------------------------------------------------------------------- */

#define COPIED 6
static const char *const copied_table[COPIED] = {"code", "code_version", "succession", "act", "change", "receipt"};
/* What orders a table's rows as the acts came. */
static const char *const copied_order[COPIED] = {
    "(select min(sequence) from orgcode.code_version v where v.code = t.code), code", "sequence, valid_from",
    "sequence", "number", "sequence", "number"};

struct chunk {
    char *data;
    size_t size, room;
};

static PGresult *run(struct bench *bench, const char *sql)
{
    PGresult *result = PQexec(bench->pg.conn, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_COPY_IN &&
        status != PGRES_COPY_OUT) {
        fprintf(stderr, "bench: %s: %s\n", sql, PQerrorMessage(bench->pg.conn));
        exit(3);
    }
    return result;
}

/* Rows of one table, cut into as many pieces as there were batches. */
static void save(struct bench *bench, const char *table, const char *order, long chunks, struct chunk *chunk)
{
    char sql[512];
    PQclear(run(bench, "drop table if exists bench_rows"));
    snprintf(sql, sizeof sql,
        "create temp table bench_rows as select t.*, ntile(%ld) over (order by %s) as piece from orgcode.%s t", chunks,
        order, table);
    PQclear(run(bench, sql));
    PQclear(run(bench, "create index on bench_rows (piece)"));
    for (long i = 0; i < chunks; i++) {
        snprintf(sql, sizeof sql,
            "select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute where attrelid = "
            "'orgcode.%s'::regclass and attnum > 0",
            table);
        PGresult *names = run(bench, sql);
        char *copy = malloc(4096);
        snprintf(copy, 4096, "copy (select %s from bench_rows where piece = %ld) to stdout (format binary)",
            PQgetvalue(names, 0, 0), i + 1);
        PQclear(names);
        PQclear(run(bench, copy));
        free(copy);
        char *row;
        int size;
        while ((size = PQgetCopyData(bench->pg.conn, &row, 0)) > 0) {
            if (chunk[i].size + (size_t)size > chunk[i].room) {
                chunk[i].room = (chunk[i].room + (size_t)size) * 2;
                chunk[i].data = realloc(chunk[i].data, chunk[i].room);
            }
            memcpy(chunk[i].data + chunk[i].size, row, (size_t)size);
            chunk[i].size += (size_t)size;
            PQfreemem(row);
        }
        PQclear(PQgetResult(bench->pg.conn));
    }
}

static void load(struct bench *bench, const char *table, const struct chunk *chunk)
{
    char sql[128];
    snprintf(sql, sizeof sql, "copy orgcode.%s from stdin (format binary)", table);
    PQclear(run(bench, sql));
    for (size_t at = 0; at < chunk->size; at += 65536)
        PQputCopyData(bench->pg.conn, chunk->data + at, (int)(chunk->size - at < 65536 ? chunk->size - at : 65536));
    PQputCopyEnd(bench->pg.conn, NULL);
    PGresult *result;
    while ((result = PQgetResult(bench->pg.conn))) {
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
            fprintf(stderr, "bench: %s: %s\n", sql, PQerrorMessage(bench->pg.conn));
            exit(3);
        }
        PQclear(result);
    }
}

static double copy_acts(struct bench *bench, size_t *bytes)
{
    long chunks = (bench->acts + bench->batch - 1) / bench->batch;
    struct chunk *chunk[COPIED];
    for (int t = 0; t < COPIED; t++) {
        chunk[t] = calloc((size_t)chunks, sizeof **chunk);
        save(bench, copied_table[t], copied_order[t], chunks, chunk[t]);
    }
    PQclear(run(bench, "truncate orgcode.code, orgcode.code_version, orgcode.succession, orgcode.act, orgcode.change, "
                       "orgcode.receipt"));
    struct fault fault = {0};
    if (bench->rebuild) {
        must(store_bulk_begin(&bench->apart, &bench->beside, &fault), &fault);
        PQclear(run(bench, "set synchronous_commit = off"));
    }
    PQclear(run(bench, "checkpoint"));
    double begun = seconds();
    bench->copy_backend_s = backend_seconds(bench->pg.conn);
    for (long i = 0; i < chunks; i++) {
        PQclear(run(bench, "begin"));
        for (int t = 0; t < COPIED; t++) {
            load(bench, copied_table[t], &chunk[t][i]);
            *bytes += chunk[t][i].size;
        }
        PQclear(run(bench, "commit"));
    }
    double spent = seconds() - begun;
    bench->copy_backend_s = backend_seconds(bench->pg.conn) - bench->copy_backend_s;
    for (int t = 0; t < COPIED; t++) {
        for (long i = 0; i < chunks; i++)
            free(chunk[t][i].data);
        free(chunk[t]);
    }
    return spent;
}

static void open_all(struct bench *bench, const char *conninfo, struct log *log)
{
    struct fault fault = {0};
    int applied;
    must(pg_open(conninfo, "bench", log, &bench->pg, &fault), &fault);
    PQclear(run(bench, "drop schema if exists orgcode cascade"));
    PQclear(run(bench, "drop schema if exists orgcode_ops cascade"));
    must(migrate(&bench->pg, &applied, &fault), &fault);
    bench->reader = avro_reader_open(&fault);
    if (!bench->reader)
        must((struct status){STATUS_STOP, "schemas"}, &fault);
    struct store *store[] = {&bench->store, &bench->apart, &bench->beside};
    for (int i = 0; i < 2; i++)
        bench->batch_arena[i] = arena_open(0);
    for (int i = 0; i < 3; i++) {
        struct pg pg;
        must(pg_open(conninfo, "bench", log, &pg, &fault), &fault);
        must(store_open(store[i], pg, STORE_LIVE, bench->reader, &fault), &fault);
    }
    engine_open(&bench->engine, &bench->store, log, "orgcode.journal");
    engine_write_apart(&bench->engine, &bench->apart);
    must(engine_start(&bench->engine, &fault), &fault);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s CONNINFO [established|mixed|rebuild|fill] [ACTS] [BATCH]\n", argv[0]);
        return 2;
    }
    const char *kind = argc > 2 ? argv[2] : "established";
    bool fill = strcmp(kind, "fill") == 0;
    struct bench bench = {.rebuild = fill || strcmp(kind, "rebuild") == 0,
        .acts = argc > 3 ? atol(argv[3]) : 100000,
        .batch = argc > 4 ? atol(argv[4]) : 5000};
    struct log *log = log_open("bench", LOG_LEVEL_WARN, LOG_FORMAT_AUTO, 2);
    bench.national = national_open(strcmp(kind, "established") != 0, 1);
    bench.arena = arena_open(0);
    make_journal(&bench);
    open_all(&bench, argv[1], log);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    long before_kib = usage.ru_maxrss;
    run_acts(&bench);
    const struct engine_seen seen = bench.engine.seen;
    getrusage(RUSAGE_SELF, &usage);
    size_t bytes = 0;
    double copy_s = fill ? INFINITY : copy_acts(&bench, &bytes);
    double apply_rate = (double)bench.acts / bench.take_s, copy_rate = (double)bench.acts / copy_s;
    printf("%-12s %8ld acts, %ld a transaction: apply %7.0f acts/s (decode %.2f s of %.2f s), COPY %7.0f acts/s, ratio "
           "%.2f\n",
        kind, bench.acts, bench.batch, apply_rate, bench.prepare_s, bench.take_s, copy_rate, apply_rate / copy_rate);
    printf("%-12s %.0f bytes an act, %.2f changes an act, accepted %lld, rejected %lld, transactions %lld, memory "
           "%ld MiB\n",
        "", (double)bytes / (double)bench.acts, (double)seen.changes / (double)bench.acts,
        (long long)seen.verdict[VERDICT_ACCEPTED], (long long)seen.verdict[VERDICT_REJECTED], (long long)seen.writes,
        (usage.ru_maxrss - before_kib) / 1024);
    double each = 1e6 / (double)bench.acts;
    printf("%-12s CPU an act: apply %.1f us, its server processes %.1f (loads), %.1f (writes) and %.1f us (beside), "
           "COPY's %.1f us\n",
        "", bench.cpu_s * each, bench.backend_s[0] * each, bench.backend_s[1] * each, bench.backend_s[2] * each,
        bench.copy_backend_s * each);
    national_close(bench.national);
    engine_close(&bench.engine);
    store_close(&bench.store);
    store_close(&bench.apart);
    store_close(&bench.beside);
    for (int i = 0; i < 2; i++)
        arena_close(bench.batch_arena[i]);
    pg_close(&bench.pg);
    avro_reader_close(bench.reader);
    arena_close(bench.arena);
    free(bench.entry);
    log_close(log);
    return 0;
}
