#include <stdio.h>
#include <stdlib.h>

#include "engine/engine.h"
#include "line.h"

/* orgcode-sim-store CONNINFO BATCH [apart]: a journal as JSON lines (README.md) through orgcode-apply's engine into an
 * empty, migrated database, BATCH records a transaction. What the tables then hold must not depend on BATCH: with 1,
 * whatever the core looks at comes from the tables; with many, it never left the memory. Nor on `apart`: each batch is
 * written by a thread while the next one is prepared, as orgcode-apply does it. Goes on from where the database stands.
 */

struct reader {
    struct arena *arena;
    struct avro_reader *avro;
    VEC(struct entry) entries;
};

static void must(struct status status, const struct fault *fault)
{
    if (!status_failed(status))
        return;
    fprintf(stderr, "orgcode-sim-store: %s: %s\n", status.code, fault->text);
    exit(status.class == STATUS_STOP ? 4 : 3);
}

static void read_journal(struct reader *reader)
{
    json_t *line;
    while ((line = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, NULL))) {
        struct entry *entry = vec_push(reader->arena, &reader->entries);
        *entry = (struct entry){.offset = (int64_t)reader->entries.count - 1, .log_append = true};
        line_read(reader->arena, reader->avro, line, &entry->record);
        json_decref(line);
    }
}

static void open_store(struct store *store, const char *conninfo, struct log *log, const struct avro_reader *avro)
{
    struct fault fault = {0};
    struct pg pg;
    must(pg_open(conninfo, "sim-store", log, &pg, &fault), &fault);
    must(store_open(store, pg, STORE_LIVE, avro, &fault), &fault);
    must(pg_exec(&store->pg, "set synchronous_commit = off", &fault), &fault);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s CONNINFO BATCH [apart] < JOURNAL\n", argv[0]);
        return 2;
    }
    size_t batch = (size_t)atol(argv[2]);
    struct fault fault = {0};
    struct log *log = log_open("sim-store", LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, 2);
    struct reader reader = {.arena = arena_open(0), .avro = avro_reader_open(&fault)};
    struct store store = {0}, apart = {0};
    struct engine engine;
    read_journal(&reader);
    open_store(&store, argv[1], log, reader.avro);
    engine_open(&engine, &store, log, "journal");
    if (argc > 3) {
        open_store(&apart, argv[1], log, reader.avro);
        engine_write_apart(&engine, &apart);
    }
    must(engine_start(&engine, &fault), &fault);
    size_t count = reader.entries.count;
    for (size_t i = (size_t)engine.at.next_offset; i < count; i += batch)
        must(engine_take(&engine, &reader.entries.item[i], count - i < batch ? count - i : batch, &fault), &fault);
    must(engine_settle(&engine, &fault), &fault);
    printf("%zu records, %lld changes\n", count, (long long)engine.at.place.sequence);
    engine_close(&engine);
    store_close(&store);
    if (argc > 3)
        store_close(&apart);
    avro_reader_close(reader.avro);
    arena_close(reader.arena);
    log_close(log);
    return 0;
}
