#include "engine/engine.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/scene.h"
#include "engine/absent.h"
#include "engine/prefetch.h"

/* What is loaded and written in one go, at most. Beyond that memory it is written although more could be decided. */
#define PART_RECORDS ((size_t)2500)
#define PART_MEMORY ((size_t)14 << 20)
#define BOTH_MEMORY ((size_t)22 << 20)
#define BULK_RECORDS ((size_t)5000)
#define BULK_MEMORY ((size_t)64 << 20)

void entry_read(struct entry *entry, const struct avro_reader *reader, struct arena *arena, time_ms broker_ms)
{
    struct fault fault = {0};
    struct journal_record *record = &entry->record;
    journal_read(arena, entry->header, entry->headers, entry->value, broker_ms, record, &fault);
    if (record->kind == RECORD_FOREIGN)
        snprintf(entry->why, sizeof entry->why, "%.79s", fault.text);
    if (record->kind != RECORD_ACT)
        return;
    struct act *act = NULL;
    struct status status = avro_act_decode(reader, arena, record->bytes, &act, &fault);
    if (!status_failed(status)) {
        record->act = act;
        return;
    }
    record->kind = RECORD_REFUSAL;
    record->refusal.reason = REASON_FORM_UNREADABLE;
    record->refusal.expected = str_of(status.code);
}

static void digest_part(struct hasher *hasher, struct str part)
{
    uint64_t size = str_given(part) ? part.len : UINT64_MAX;
    uint8_t prefix[8];
    for (int i = 0; i < 8; i++)
        prefix[i] = (uint8_t)(size >> (56 - 8 * i));
    hasher_add(hasher, prefix, sizeof prefix);
    if (part.len)
        hasher_add(hasher, part.data, part.len);
}

struct sha256 entry_digest(const struct entry *entry)
{
    struct hasher *hasher = hasher_open();
    hasher_begin(hasher);
    digest_part(hasher, entry->key);
    for (size_t i = 0; i < entry->headers; i++) {
        digest_part(hasher, entry->header[i].name);
        digest_part(hasher, entry->header[i].value);
    }
    digest_part(hasher, entry->value);
    struct sha256 digest = hasher_end(hasher);
    hasher_close(hasher);
    return digest;
}

void engine_open(struct engine *engine, struct store *store, struct log *log, const char *topic)
{
    *engine = (struct engine){.store = store, .written_by = store, .log = log, .topic = topic};
    for (int i = 0; i < 2; i++)
        engine->arena[i] = arena_open(0);
    engine->needs = calloc(PREFETCH_NEEDS, sizeof *engine->needs);
    if (!engine->needs)
        abort();
    engine_bulk(engine, false);
}

static bool nothing_read(const struct engine *engine)
{
    return engine->registry && !engine->writing && engine->at.next_offset == 0 && engine->at.place.step == 0;
}

void engine_bulk(struct engine *engine, bool bulk)
{
    engine->part_max = bulk ? BULK_RECORDS : PART_RECORDS;
    engine->arena_max = bulk ? BULK_MEMORY : PART_MEMORY;
    engine->both_max = bulk ? 2 * BULK_MEMORY : BOTH_MEMORY;
    absent_close(engine->absent);
    engine->absent = bulk && nothing_read(engine) ? absent_open() : NULL;
}

void engine_write_apart(struct engine *engine, struct store *apart)
{
    engine->written_by = apart;
    engine->scribe = scribe_open(apart);
}

void engine_close(struct engine *engine)
{
    scribe_close(engine->scribe);
    if (engine->registry)
        registry_close(engine->registry);
    for (int i = 0; i < 2; i++)
        arena_close(engine->arena[i]);
    free(engine->needs);
    absent_close(engine->absent);
    *engine = (struct engine){0};
}

struct status engine_start(struct engine *engine, struct fault *fault)
{
    if (engine->scribe)
        scribe_wait(engine->scribe);
    engine->writing = engine->ahead = false;
    if (engine->registry)
        registry_close(engine->registry);
    engine->registry = NULL;
    for (int i = 0; i < 2; i++)
        arena_reset(engine->arena[i]);
    struct status status = store_place(engine->store, &engine->at, fault);
    if (status_failed(status))
        return status;
    engine->registry = registry_open(engine->arena[0], &engine->at.place);
    engine->registry->next_due = engine->store->next_due;
    absent_close(engine->absent); /* whoever moved the place has written what it does not know */
    engine->absent = NULL;
    return status;
}

/* ---- logs ------------------------------------------------------------------------------------------------------ */

static void log_receipt(struct engine *engine, const struct receipt *receipt)
{
    bool refused = receipt->verdict == VERDICT_REJECTED || receipt->verdict == VERDICT_CONFLICT;
    enum log_level level = refused ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG;
    if (!log_takes(engine->log, level))
        return;
    const struct origin *origin = receipt->origin;
    char topic[256] = "";
    if (origin)
        snprintf(topic, sizeof topic, "%.*s", STR_ARG(origin->topic));
    struct log_field field[] = {
        LOG_STR("verdict", verdict_name(receipt->verdict)),
        LOG_STR("rule", rule_name(receipt->rule)),
        LOG_INT("receipt", receipt->number),
        receipt->has_id ? LOG_ACT(receipt->id) : LOG_STR("act", STR_NONE),
        origin ? LOG_PLACE(topic, origin->partition, origin->offset) : LOG_STR("authority", receipt->authority),
    };
    log_write(engine->log, level, refused ? "act refused" : "act decided", field, sizeof field / sizeof *field);
}

static void count_outcome(struct engine *engine, const struct outcome *out)
{
    engine->seen.writes++;
    engine->seen.foreign += out->foreign;
    engine->seen.gaps += out->gaps;
    engine->seen.repeats += out->repeats;
    engine->seen.changes += (int64_t)out->changes.count;
    for (size_t i = 0; i < out->receipts.count; i++) {
        engine->seen.verdict[out->receipts.item[i].verdict]++;
        log_receipt(engine, &out->receipts.item[i]);
    }
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

struct status engine_settle(struct engine *engine, struct fault *fault)
{
    if (!engine->writing)
        return status_ok();
    struct write_job *job = &engine->job;
    if (engine->scribe)
        scribe_wait(engine->scribe);
    engine->writing = false;
    if (status_failed(job->status)) {
        *fault = job->fault;
        return job->status;
    }
    count_outcome(engine, &job->registry.out);
    if (engine->absent)
        absent_note(engine->absent, job->registry.scene);
    engine->at = job->to;
    engine->store->next_due = engine->written_by->next_due;
    if (!engine->ahead) /* else nothing that waits was touched, and the core has kept it since */
        engine->registry->next_due = engine->store->next_due;
    bool large = arena_used(job->registry.arena) > 2 * engine->arena_max;
    arena_reset(job->registry.arena);
    if (large) /* one act of thousands of codes must not be felt for ever */
        malloc_trim(0);
    return status_ok();
}

/* Gives away what was decided. `done`: the last record that is finished; NULL: none since the last time. `next`: the
 * offset to be read next. */
static struct status hand_over(struct engine *engine, const struct entry *done, int64_t next, struct fault *fault)
{
    struct write_job *job = &engine->job;
    struct status status = engine_settle(engine, fault);
    engine->ahead = false;
    if (status_failed(status))
        return status;
    *job = (struct write_job){.registry = *engine->registry, .from = engine->at, .to = engine->at};
    job->to.next_offset = next;
    if (done) {
        job->to.last_offset = done->offset;
        job->to.last_digest = entry_digest(done);
    }
    registry_move(engine->registry, engine->arena[job->registry.arena == engine->arena[0]]);
    engine->writing = engine->cold = true;
    if (engine->scribe) {
        scribe_give(engine->scribe, job);
        return status_ok();
    }
    write_job_run(job, engine->store);
    return engine_settle(engine, fault);
}

/* ---- work -------------------------------------------------------------------------------------------------------- */

/* In the middle of a part. */
static struct status load(struct engine *engine, struct fault *fault)
{
    struct status status = engine_settle(engine, fault);
    return status_failed(status) ? status : store_load(engine->store, engine->registry, fault);
}

static struct status check(struct engine *engine, const struct entry *entry, int64_t expected, struct fault *fault)
{
    const struct place *place = &engine->registry->place;
    if (entry->offset < expected)
        return status_fail(fault, STATUS_STOP, "gap-in-journal", "offset %lld was read where %lld was expected",
            (long long)entry->offset, (long long)expected);
    if (place->born && place->mode == MODE_LIVE && !entry->log_append && entry->record.kind != RECORD_FOREIGN)
        return status_fail(fault, STATUS_STOP, "journal-time",
            "record %lld of %s does not carry the broker's time: a live journal needs "
            "message.timestamp.type=LogAppendTime",
            (long long)entry->offset, engine->topic);
    return status_ok();
}

static void log_passed(struct engine *engine, const struct entry *entry, enum step_result result)
{
    const struct origin *origin = &entry->record.origin;
    if (entry->record.kind == RECORD_FOREIGN) {
        log_warn(engine->log, "foreign record passed over", LOG_PLACE(engine->topic, 0, entry->offset),
            LOG_TEXT("why", entry->why));
    } else if (result == STEP_GAP) {
        log_error(engine->log, "gap: records of an acts topic are missing before this one, which is passed over",
            LOG_PLACE(engine->topic, 0, entry->offset), LOG_STR("origin", origin->topic),
            LOG_INT("partition", origin->partition), LOG_INT("from", origin->from), LOG_INT("offset", origin->offset));
    }
}

/* One record, until it is done. `*done` is the last finished one that is not handed over. */
static struct status step(
    struct engine *engine, const struct entry *entry, const struct entry **done, struct fault *fault)
{
    for (;;) {
        enum step_result result = registry_step(engine->registry, &entry->record);
        struct status status = status_ok();
        switch (result) {
        case STEP_NEEDS:
            status = load(engine, fault);
            break;
        case STEP_FLUSH:
            status = hand_over(engine, *done, entry->offset, fault);
            if (!status_failed(status))
                status = engine_settle(engine, fault);
            *done = NULL;
            break;
        case STEP_STOP: /* what stands before it is done, and is written */
            if (*done)
                status = hand_over(engine, *done, (*done)->offset + 1, fault);
            *done = NULL;
            if (!status_failed(status))
                status = engine_settle(engine, fault);
            if (status_failed(status))
                return status;
            return status_fail(fault, STATUS_STOP, "registry", "%s, at %s-0-%lld", engine->registry->stop,
                engine->topic, (long long)entry->offset);
        case STEP_DONE:
        case STEP_GAP:
            log_passed(engine, entry, result);
            engine->seen.records++;
            engine->tick_read |= entry->record.kind == RECORD_TICK;
            *done = entry;
            return status;
        }
        if (status_failed(status))
            return status;
    }
}

/* Parts of about the same size: while one is written, the next is prepared. */
static size_t part_of(const struct engine *engine, size_t left)
{
    size_t parts = (left + engine->part_max - 1) / engine->part_max;
    return (left + parts - 1) / parts;
}

/* Where the next record is to be. */
static int64_t next_offset(const struct engine *engine)
{
    return engine->writing ? engine->job.to.next_offset : engine->at.next_offset;
}

static bool full(const struct engine *engine)
{
    return arena_used(engine->registry->arena) > engine->arena_max;
}

/* Two parts in memory take more than is good. */
static struct status bound_memory(struct engine *engine, struct fault *fault)
{
    size_t used = arena_used(engine->arena[0]) + arena_used(engine->arena[1]);
    return engine->writing && used > engine->both_max ? engine_settle(engine, fault) : status_ok();
}

struct status engine_take(struct engine *engine, const struct entry *entry, size_t count, struct fault *fault)
{
    const struct entry *done = NULL;
    struct status status = status_ok();
    int64_t expected = next_offset(engine);
    size_t end = 0; /* of the part that is loaded */
    for (size_t i = 0; i < count && !status_failed(status); i++) {
        if (i == end || engine->cold) {
            size_t part = part_of(engine, count - i);
            status = engine_prefetch(engine, entry + i, part, fault);
            end = i + part;
        }
        if (!status_failed(status))
            status = bound_memory(engine, fault);
        if (!status_failed(status))
            status = check(engine, &entry[i], expected, fault);
        if (!status_failed(status))
            status = step(engine, &entry[i], &done, fault);
        expected = entry[i].offset + 1;
        if (status_failed(status) || !done || (i + 1 < end && !full(engine)))
            continue;
        status = hand_over(engine, done, expected, fault);
        done = NULL;
    }
    return status;
}
