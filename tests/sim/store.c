#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "codec/json_act.h"
#include "engine/engine.h"

/* orgcode-sim-store CONNINFO BATCH: a journal as JSON lines (README.md) through orgcode-apply's engine into an empty,
 * migrated database, BATCH records a transaction. What the tables then hold must not depend on BATCH: with 1, whatever
 * the core looks at comes from the tables; with many, it never left the memory. */

struct reader {
    struct arena *arena;
    VEC(struct entry) entries;
};

static void must(struct status status, const struct fault *fault)
{
    if (!status_failed(status))
        return;
    fprintf(stderr, "orgcode-sim-store: %s: %s\n", status.code, fault->text);
    exit(status.class == STATUS_STOP ? 4 : 3);
}

static struct str text_of(struct reader *reader, const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? str_copy(reader->arena, str_of(text)) : STR_NONE;
}

static time_ms time_of(const json_t *object, const char *name)
{
    time_ms at = 0;
    const char *text = json_string_value(json_object_get(object, name));
    if (text && !time_parse(str_of(text), &at))
        exit(2);
    return at;
}

static void read_origin(struct reader *reader, const json_t *line, struct origin *out)
{
    const json_t *origin = json_object_get(line, "origin");
    out->topic = text_of(reader, origin, "topic");
    out->authority = journal_authority(out->topic);
    out->partition = (int32_t)json_integer_value(json_object_get(origin, "partition"));
    out->from = json_integer_value(json_object_get(origin, "from"));
    out->offset = json_integer_value(json_object_get(origin, "offset"));
    out->time = time_of(origin, "time");
}

static void read_act(struct reader *reader, const json_t *line, struct journal_record *out)
{
    struct act *act;
    bool id_given;
    struct fault fault = {0};
    must(json_act_decode_value(reader->arena, json_object_get(line, "act"), &act, &id_given, NULL, &fault), &fault);
    out->act = act;
    avro_act_encode(reader->arena, act, &out->bytes);
}

static void read_refusal(struct reader *reader, const json_t *line, struct journal_record *out)
{
    const json_t *refusal = json_object_get(line, "refusal");
    out->refusal.reason = reason_parse(text_of(reader, refusal, "reason"));
    out->refusal.code = text_of(reader, refusal, "code");
    out->refusal.expected = text_of(reader, refusal, "expected");
    struct str id = text_of(reader, refusal, "actId");
    out->refusal.has_id = str_given(id) && uuid_parse(id, &out->refusal.id);
}

static void read_record(struct reader *reader, const json_t *line, struct journal_record *out)
{
    static const char *const kinds[] = {"foreign", "genesis", "act", "refusal", "tick", "control"};
    *out = (struct journal_record){.broker_ms = time_of(line, "time"), .stamp_ms = time_of(line, "stamp")};
    struct str kind = text_of(reader, line, "kind");
    for (int i = 0; i < 6; i++)
        if (str_equal(kind, str_of(kinds[i])))
            out->kind = (enum record_kind)i;
    if (out->kind == RECORD_ACT || out->kind == RECORD_REFUSAL)
        read_origin(reader, line, &out->origin);
    if (out->kind == RECORD_ACT)
        read_act(reader, line, out);
    if (out->kind == RECORD_REFUSAL)
        read_refusal(reader, line, out);
    if (out->kind == RECORD_GENESIS) {
        uuid_parse(text_of(reader, line, "registryId"), &out->genesis.registry_id);
        out->genesis.epoch = (int)json_integer_value(json_object_get(line, "epoch"));
        out->genesis.mode = str_equal(text_of(reader, line, "mode"), STR("scripted")) ? MODE_SCRIPTED : MODE_LIVE;
    }
    if (out->kind == RECORD_CONTROL) {
        out->control.live = json_is_true(json_object_get(line, "live"));
        out->control.version = (int)json_integer_value(json_object_get(line, "version"));
    }
}

static void read_journal(struct reader *reader)
{
    json_t *line;
    while ((line = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, NULL))) {
        struct entry *entry = vec_push(reader->arena, &reader->entries);
        *entry = (struct entry){.offset = (int64_t)reader->entries.count - 1, .log_append = true};
        read_record(reader, line, &entry->record);
        json_decref(line);
    }
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s CONNINFO BATCH < JOURNAL\n", argv[0]);
        return 2;
    }
    size_t batch = (size_t)atol(argv[2]);
    struct fault fault = {0};
    struct log *log = log_open("sim-store", LOG_LEVEL_ERROR, LOG_FORMAT_TEXT, 2);
    struct reader reader = {.arena = arena_open(0)};
    struct avro_reader *avro = avro_reader_open(&fault);
    struct pg pg;
    struct store store;
    struct engine engine;
    read_journal(&reader);
    must(pg_open(argv[1], "sim-store", log, &pg, &fault), &fault);
    must(store_open(&store, pg, STORE_LIVE, avro, &fault), &fault);
    must(pg_exec(&store.pg, "set synchronous_commit = off", &fault), &fault);
    engine_open(&engine, &store, log, "journal");
    must(engine_start(&engine, &fault), &fault);
    size_t count = reader.entries.count;
    for (size_t i = 0; i < count; i += batch)
        must(engine_take(&engine, &reader.entries.item[i], count - i < batch ? count - i : batch, &fault), &fault);
    printf("%zu records, %lld changes\n", count, (long long)engine.at.place.sequence);
    engine_close(&engine);
    store_close(&store);
    avro_reader_close(avro);
    arena_close(reader.arena);
    log_close(log);
    return 0;
}
