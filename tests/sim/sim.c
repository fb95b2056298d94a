#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/json_change.h"
#include "codec/json_receipt.h"
#include "line.h"
#include "memory.h"

/* orgcode-sim: journals as JSON lines in, what the core makes of them out (README.md has the form of both). The option
 * --batch N stores after every N records, or with 0 after a number that changes from record to record: what comes out must
 * not depend on it. With --texts changes and receipts are printed as they are stored, hashes and all. With --frames
 * nothing is decided: the journal is printed with each act as the bytes that are published. */

struct sim {
    struct memory *memory;
    struct registry *registry;
    struct arena *batch;   /* the registry's */
    struct arena *journal; /* acts and records of the journal in work */
    struct arena *line;
    int64_t record;        /* lines of this journal */
    struct avro_reader *avro;
    struct hasher *hasher;
    struct sha256 changes, receipts; /* heads of the chains */
    bool texts, frames;
    int batch_max;
    unsigned turn;
    struct writer out;
};

static void begin_journal(struct sim *sim)
{
    if (sim->memory) {
        registry_close(sim->registry);
        memory_close(sim->memory);
    }
    arena_reset(sim->journal);
    arena_reset(sim->batch);
    sim->memory = memory_open();
    sim->registry = registry_open(sim->batch, &(struct place){0});
    sim->changes = sim->receipts = chain_start;
    sim->record = 0;
}

/* ---- a line out ---------------------------------------------------------------------------------------------------- */

static void print_line(struct sim *sim)
{
    struct str text = writer_text(&sim->out);
    fwrite(text.data, 1, text.len, stdout);
    putchar('\n');
}

static void write_slugs(struct writer *out, const char *name, const struct findings *findings)
{
    writer_key(out, str_of(name));
    writer_array(out);
    for (int i = 0; findings && i < findings->count; i++)
        writer_str(out, reason_slug(findings->item[i].reason));
    writer_array_end(out);
}

static void write_receipt(struct writer *out, const struct receipt *receipt)
{
    writer_object(out);
    if (receipt->has_id) {
        writer_key(out, STR("actId"));
        writer_uuid(out, receipt->id);
    }
    writer_key(out, STR("authority"));
    writer_str(out, receipt->authority);
    write_slugs(out, "faults", receipt->faults);
    writer_key(out, STR("first"));
    writer_int(out, receipt->first_sequence);
    writer_key(out, STR("last"));
    writer_int(out, receipt->last_sequence);
    writer_key(out, STR("rule"));
    writer_str(out, rule_name(receipt->rule));
    writer_key(out, STR("verdict"));
    writer_str(out, verdict_name(receipt->verdict));
    write_slugs(out, "warnings", receipt->warnings);
    writer_object_end(out);
}

static struct str short_type(enum change_type type)
{
    struct str name = change_type_name(type); /* vn.gov.orgcode. ... .v1 */
    return (struct str){name.data + 15, name.len - 15 - 3};
}

static void write_change(struct writer *out, const struct change *change)
{
    writer_object(out);
    writer_key(out, STR("periods"));
    writer_int(out, change->periods);
    writer_key(out, STR("sequence"));
    writer_int(out, change->sequence);
    writer_key(out, STR("subject"));
    writer_str(out, change->subject);
    writer_key(out, STR("type"));
    writer_str(out, short_type(change->type));
    writer_key(out, STR("version"));
    writer_int(out, change->subject_version);
    writer_object_end(out);
}

static struct str change_text(struct sim *sim, const struct change *change, int epoch)
{
    struct writer one;
    if (!sim->texts) {
        writer_open(&one, sim->line, 128);
        write_change(&one, change);
        return writer_text(&one);
    }
    struct change_encoded encoded;
    change_encode(sim->line, sim->hasher, change, epoch, &sim->changes, &encoded);
    sim->changes = encoded.hash;
    return encoded.data;
}

static struct str receipt_text(struct sim *sim, const struct receipt *receipt)
{
    struct writer one;
    if (!sim->texts) {
        writer_open(&one, sim->line, 256);
        write_receipt(&one, receipt);
        return writer_text(&one);
    }
    struct str data;
    struct sha256 hash;
    receipt_encode(sim->line, sim->hasher, receipt, &sim->receipts, &hash, &data);
    sim->receipts = hash;
    return data;
}

/* What came out for one record, over all flushes made inside it. */
struct gathered {
    struct sim *sim;
    size_t changes_seen, receipts_seen; /* of the outcome that is still in the registry */
    int64_t repeats_seen;
    VEC(struct str) changes, receipts;  /* texts */
};

static void gather(void *context, const struct registry *registry)
{
    struct gathered *gathered = context;
    struct arena *arena = gathered->sim->line;
    const struct outcome *out = &registry->out;
    for (; gathered->changes_seen < out->changes.count; gathered->changes_seen++)
        *vec_push(arena, &gathered->changes) =
            change_text(gathered->sim, &out->changes.item[gathered->changes_seen], registry->place.epoch);
    for (; gathered->receipts_seen < out->receipts.count; gathered->receipts_seen++)
        *vec_push(arena, &gathered->receipts) =
            receipt_text(gathered->sim, &out->receipts.item[gathered->receipts_seen]);
}

/* Before a write inside a record: what follows starts a new outcome. */
static void gather_flushed(void *context, const struct registry *registry)
{
    struct gathered *gathered = context;
    gather(gathered, registry);
    gathered->changes_seen = gathered->receipts_seen = 0;
    gathered->repeats_seen = 0;
}

static void write_all(struct writer *out, const char *name, const struct str *text, size_t count)
{
    writer_key(out, str_of(name));
    writer_array(out);
    for (size_t i = 0; i < count; i++)
        writer_raw(out, text[i]);
    writer_array_end(out);
}

static void print_frame(struct sim *sim, json_t *line)
{
    struct journal_record record;
    line_read(sim->line, sim->avro, line, &record);
    if (record.kind == RECORD_ACT) {
        char *hex = arena_alloc(sim->line, 2 * record.bytes.len + 1);
        for (size_t i = 0; i < record.bytes.len; i++)
            snprintf(hex + 2 * i, 3, "%02x", (unsigned char)record.bytes.data[i]);
        json_object_del(line, "act");
        json_object_set_new(line, "frame", json_string(hex));
    }
    json_dumpf(line, stdout, JSON_COMPACT);
    putchar('\n');
    arena_reset(sim->line);
}

static void run_record(struct sim *sim, const json_t *line)
{
    struct journal_record *record = arena_new(sim->journal, struct journal_record);
    sim->record++;
    line_read(sim->journal, sim->avro, line, record);
    struct registry *registry = sim->registry;
    struct gathered gathered = {.sim = sim,
                                .changes_seen = registry->out.changes.count,
                                .receipts_seen = registry->out.receipts.count,
                                .repeats_seen = registry->out.repeats};
    registry_prefetch(registry, record);
    memory_answer(sim->memory, registry);
    enum step_result result = memory_step(sim->memory, registry, record, gather_flushed, &gathered);
    gather(&gathered, registry);
    writer_open(&sim->out, sim->line, 1024);
    writer_object(&sim->out);
    write_all(&sim->out, "changes", gathered.changes.item, gathered.changes.count);
    if (result == STEP_GAP) {
        writer_key(&sim->out, STR("gap"));
        writer_bool(&sim->out, true);
    }
    write_all(&sim->out, "receipts", gathered.receipts.item, gathered.receipts.count);
    writer_key(&sim->out, STR("record"));
    writer_int(&sim->out, sim->record);
    if (registry->out.repeats > gathered.repeats_seen) {
        writer_key(&sim->out, STR("repeat"));
        writer_bool(&sim->out, true);
    }
    if (result == STEP_STOP) {
        writer_key(&sim->out, STR("stop"));
        writer_str(&sim->out, str_of(registry->stop));
    }
    writer_object_end(&sim->out);
    print_line(sim);
    sim->turn = sim->turn * 1103515245u + 12345u;
    if (sim->batch_max ? sim->record % sim->batch_max == 0 : (sim->turn >> 16) % 5 == 0)
        memory_write(sim->memory, registry);
    arena_reset(sim->line);
}

/* ---- the end of a journal -------------------------------------------------------------------------------------------- */

static int by_key(const void *a, const void *b)
{
    const struct code *const *x = a, *const *y = b;
    return str_compare((*x)->key, (*y)->key);
}

static void write_versions(struct sim *sim, const struct code *code)
{
    struct writer *out = &sim->out;
    writer_key(out, code->key);
    writer_array(out);
    for (size_t i = 0; i < sim->memory->versions.count; i++) {
        const struct memory_version *version = &sim->memory->versions.item[i];
        if (!str_equal(version->key, code->key))
            continue;
        writer_array(out);
        writer_int(out, version->sequence);
        writer_date(out, version->valid_from);
        record_write(out, code, &version->record, version->version);
        writer_array_end(out);
    }
    writer_array_end(out);
}

static void end_journal(struct sim *sim)
{
    if (!sim->memory || sim->record == 0)
        return;
    memory_write(sim->memory, sim->registry);
    struct memory *memory = sim->memory;
    struct code **code = arena_array(sim->line, struct code *, memory->codes.count);
    size_t codes = 0;
    for (size_t i = 0; i < memory->codes.count; i++) {
        struct code *stored = memory->codes.entry[i].value;
        if (stored->now.status != CODE_NAMED)
            code[codes++] = stored;
    }
    if (codes)
        qsort(code, codes, sizeof *code, by_key);
    writer_open(&sim->out, sim->line, 65536);
    writer_object(&sim->out);
    writer_key(&sim->out, STR("codes"));
    writer_object(&sim->out);
    for (size_t i = 0; i < codes; i++) {
        writer_key(&sim->out, code[i]->key);
        record_write(&sim->out, code[i], &code[i]->now, code[i]->version);
    }
    writer_object_end(&sim->out);
    writer_key(&sim->out, STR("end"));
    writer_bool(&sim->out, true);
    writer_key(&sim->out, STR("place"));
    writer_object(&sim->out);
    writer_key(&sim->out, STR("receipt"));
    writer_int(&sim->out, memory->place.receipt);
    writer_key(&sim->out, STR("sequence"));
    writer_int(&sim->out, memory->place.sequence);
    writer_key(&sim->out, STR("time"));
    writer_time(&sim->out, memory->place.time);
    writer_object_end(&sim->out);
    writer_key(&sim->out, STR("versions"));
    writer_object(&sim->out);
    for (size_t i = 0; i < codes; i++)
        write_versions(sim, code[i]);
    writer_object_end(&sim->out);
    writer_object_end(&sim->out);
    print_line(sim);
    arena_reset(sim->line);
}

static bool read_options(struct sim *sim, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--texts") == 0)
            sim->texts = true;
        else if (strcmp(argv[i], "--frames") == 0)
            sim->frames = true;
        else if (strcmp(argv[i], "--batch") == 0 && i + 1 < argc)
            sim->batch_max = (int)strtol(argv[++i], NULL, 10);
        else
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    struct fault fault;
    struct sim sim = {.batch = arena_open(0),
                      .journal = arena_open(0),
                      .line = arena_open(0),
                      .avro = avro_reader_open(&fault),
                      .hasher = hasher_open(),
                      .batch_max = 1};
    if (!read_options(&sim, argc, argv)) {
        fprintf(stderr, "usage: orgcode-sim [--batch N] [--texts|--frames] < journal.jsonl\n");
        return 2;
    }
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    begin_journal(&sim);
    while ((length = getline(&line, &room, stdin)) > 0) {
        json_error_t error;
        json_t *parsed = json_loadb(line, (size_t)length, 0, &error);
        if (!parsed) {
            fprintf(stderr, "orgcode-sim: %s\n", error.text);
            return 2;
        }
        if (sim.frames) {
            print_frame(&sim, parsed);
        } else if (json_is_true(json_object_get(parsed, "reset"))) {
            end_journal(&sim);
            begin_journal(&sim);
        } else {
            run_record(&sim, parsed);
        }
        json_decref(parsed);
    }
    end_journal(&sim);
    registry_close(sim.registry);
    memory_close(sim.memory);
    hasher_close(sim.hasher);
    avro_reader_close(sim.avro);
    arena_close(sim.line);
    arena_close(sim.journal);
    arena_close(sim.batch);
    free(line);
    return 0;
}
