#include "engine/engine.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/scene.h"

/* Beyond this the batch is written although more could be decided: memory stays bounded. */
#define ARENA_FLUSH ((size_t)14 << 20)
/* Records whose needs are loaded in one go, and room for these; more takes memory of the batch. */
#define PREFETCH_RECORDS ((size_t)3000)
#define PREFETCH_NEEDS ((size_t)12000)

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
    *engine = (struct engine){.store = store, .log = log, .topic = topic, .arena = arena_open(0)};
    engine->needs = calloc(PREFETCH_NEEDS, sizeof *engine->needs);
    if (!engine->needs)
        abort();
}

void engine_close(struct engine *engine)
{
    if (engine->registry)
        registry_close(engine->registry);
    if (engine->arena)
        arena_close(engine->arena);
    free(engine->needs);
    *engine = (struct engine){0};
}

struct status engine_start(struct engine *engine, struct fault *fault)
{
    if (engine->registry)
        registry_close(engine->registry);
    engine->registry = NULL;
    arena_reset(engine->arena);
    struct status status = store_place(engine->store, &engine->at, fault);
    if (status_failed(status))
        return status;
    engine->registry = registry_open(engine->arena, &engine->at.place);
    engine->registry->next_due = engine->store->next_due;
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

static void count_outcome(struct engine *engine)
{
    const struct outcome *out = &engine->registry->out;
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

/* ---- work -------------------------------------------------------------------------------------------------------- */

/* Writes what was decided. `done`: the last record that is finished; NULL: none since the last write. `next`: the
 * offset to be read next. */
static struct status write_out(struct engine *engine, const struct entry *done, int64_t next, struct fault *fault)
{
    struct journal_place to = engine->at;
    to.next_offset = next;
    if (done) {
        to.last_offset = done->offset;
        to.last_digest = entry_digest(done);
    }
    struct status status = store_write(engine->store, engine->registry, &engine->at, &to, fault);
    if (status_failed(status))
        return status;
    count_outcome(engine);
    engine->at = to;
    bool large = arena_used(engine->arena) > 2 * ARENA_FLUSH;
    registry_reset(engine->registry);
    engine->cold = true;
    if (large) /* one act of thousands of codes must not be felt for ever */
        malloc_trim(0);
    engine->registry->next_due = engine->store->next_due;
    return status;
}

/* Loads what the next records will surely ask for; returns how many of them in *known. The list of questions has memory
 * of its own, so that it does not count as the batch's. */
static struct status prefetch(
    struct engine *engine, const struct entry *entry, size_t count, size_t *known, struct fault *fault)
{
    struct registry *registry = engine->registry;
    *known = count < PREFETCH_RECORDS ? count : PREFETCH_RECORDS;
    engine->cold = false;
    registry->needs.item = engine->needs;
    registry->needs.count = 0;
    registry->needs.room = PREFETCH_NEEDS;
    for (size_t i = 0; i < *known; i++)
        registry_prefetch(registry, &entry[i].record);
    struct status status = registry->needs.count ? store_load(engine->store, registry, fault) : status_ok();
    registry->needs.item = NULL;
    registry->needs.count = registry->needs.room = 0;
    return status;
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

/* One record, until it is done. `*done` is the last finished one since the last write. */
static struct status step(
    struct engine *engine, const struct entry *entry, size_t rest, const struct entry **done, struct fault *fault)
{
    for (;;) {
        enum step_result result = registry_step(engine->registry, &entry->record);
        struct status status = status_ok();
        switch (result) {
        case STEP_NEEDS:
            status = store_load(engine->store, engine->registry, fault);
            break;
        case STEP_FLUSH:
            status = write_out(engine, *done, entry->offset, fault);
            *done = NULL;
            break;
        case STEP_STOP:
            return status_fail(fault, STATUS_STOP, "registry", "%s, at %s-0-%lld", engine->registry->stop,
                engine->topic, (long long)entry->offset);
        case STEP_DONE:
        case STEP_GAP:
            log_passed(engine, entry, result);
            engine->seen.records++;
            engine->tick_read |= entry->record.kind == RECORD_TICK;
            *done = entry;
            if (arena_used(engine->arena) <= ARENA_FLUSH || rest == 0)
                return status;
            *done = NULL;
            return write_out(engine, entry, entry->offset + 1, fault);
        }
        if (status_failed(status))
            return status;
    }
}

struct status engine_take(struct engine *engine, const struct entry *entry, size_t count, struct fault *fault)
{
    const struct entry *done = NULL;
    struct status status = status_ok();
    size_t known = 0, more;
    for (size_t i = 0; i < count && !status_failed(status); i++) {
        if (i >= known || engine->cold) {
            status = prefetch(engine, entry + i, count - i, &more, fault);
            known = i + more;
        }
        if (!status_failed(status))
            status = check(engine, &entry[i], i ? entry[i - 1].offset + 1 : engine->at.next_offset, fault);
        if (!status_failed(status))
            status = step(engine, &entry[i], count - i - 1, &done, fault);
    }
    if (status_failed(status) || !done)
        return status;
    return write_out(engine, done, done->offset + 1, fault);
}
