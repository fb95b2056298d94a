#include "play.h"

#include <stdlib.h>

#include "codec/json_change.h"
#include "codec/json_receipt.h"

struct play *play_open(void)
{
    struct play *play = calloc(1, sizeof *play);
    if (!play)
        abort();
    play->memory = memory_open();
    play->batch = arena_open(0);
    play->text = arena_open(0);
    play->kept = arena_open(0);
    play->hasher = hasher_open();
    play->registry = registry_open(play->batch, &(struct place){0});
    play->check = check_open(play->memory);
    return play;
}

void play_close(struct play *play)
{
    registry_close(play->registry);
    check_close(play->check);
    hasher_close(play->hasher);
    arena_close(play->text);
    if (play->trace)
        fclose(play->trace);
    arena_close(play->batch);
    arena_close(play->kept);
    memory_close(play->memory);
    free(play);
}

static void trace(struct play *play, struct str text)
{
    if (play->trace)
        fprintf(play->trace, "%.*s\n", STR_ARG(text));
}

static void trace_to(struct play *play, const char *name)
{
    const char *base = getenv("ORGCODE_TRACE");
    char path[4096];
    snprintf(path, sizeof path, "%s.%s", base ? base : "", name);
    play->trace = base ? fopen(path, "w") : NULL;
    if (play->trace)
        setvbuf(play->trace, NULL, _IOLBF, 0);
}

static void keep_outcome(struct play *play, const struct outcome *out)
{
    for (size_t i = 0; i < out->receipts.count; i++) {
        const struct receipt *receipt = &out->receipts.item[i];
        *vec_push(play->kept, &play->told) =
            (struct told){.id = receipt->id,
                          .authority = str_copy(play->kept, receipt->authority),
                          .verdict = receipt->verdict,
                          .reason = receipt->faults ? receipt->faults->item[0].reason : REASON_NONE,
                          .warning = receipt->warnings ? receipt->warnings->item[0].reason : REASON_NONE,
                          .first = receipt->first_sequence,
                          .last = receipt->last_sequence,
                          .origin = receipt->origin != NULL,
                          .recorded = receipt->recorded};
    }
    for (size_t i = 0; i < out->changes.count; i++)
        *vec_push(play->kept, &play->shown) = (struct shown){
            out->changes.item[i].type, str_copy(play->kept, out->changes.item[i].subject), out->changes.item[i].periods};
}

/* Before a batch is stored: numbers, and the chains as followers will see them. */
static void take_outcome(void *context, const struct registry *registry)
{
    struct play *play = context;
    check_outcome(play->check, registry);
    keep_outcome(play, &registry->out);
    for (size_t i = 0; i < registry->out.changes.count; i++) {
        struct change_encoded encoded;
        change_encode(play->text, play->hasher, &registry->out.changes.item[i], registry->place.epoch, &play->changes,
                      &encoded);
        play->changes = encoded.hash;
        trace(play, encoded.data);
        arena_reset(play->text);
    }
    for (size_t i = 0; i < registry->out.receipts.count; i++) {
        struct str data;
        struct sha256 hash;
        receipt_encode(play->text, play->hasher, &registry->out.receipts.item[i], &play->receipts, &hash, &data);
        play->receipts = hash;
        trace(play, data);
        arena_reset(play->text);
    }
    play->gaps += registry->out.gaps;
    play->repeats += registry->out.repeats;
    if (arena_used(play->batch) > play->arena_most)
        play->arena_most = arena_used(play->batch);
}

enum step_result play_record(struct play *play, const struct journal_record *record)
{
    if (!play->batched) {
        registry_prefetch(play->registry, record);
        memory_answer(play->memory, play->registry);
    }
    return memory_step(play->memory, play->registry, record, take_outcome, play);
}

void play_flush(struct play *play)
{
    take_outcome(play, play->registry);
    memory_write(play->memory, play->registry);
    if (!play->loose)
        check_store(play->check);
}

/* As orgcode-apply does: what the records of a batch will ask for is loaded before the first of them is decided. */
static void prefetch_batch(struct play *play, const struct drawn *drawn, size_t from)
{
    for (size_t i = from; i < drawn->items.count; i++) {
        registry_prefetch(play->registry, &drawn->items.item[i].record);
        if (drawn->items.item[i].flush)
            break;
    }
    memory_answer(play->memory, play->registry);
}

void play_both(const struct drawn *drawn)
{
    struct play *one = play_open(), *other = play_open();
    trace_to(one, "1");
    trace_to(other, "2");
    other->batched = true;
    for (size_t i = 0; i < drawn->items.count; i++) {
        const struct draw_item *item = &drawn->items.item[i];
        if (i == 0 || item[-1].flush)
            prefetch_batch(other, drawn, i);
        enum step_result result = play_record(one, &item->record);
        check_quiet(one->registry);
        play_flush(one);
        check_that(play_record(other, &item->record) == result, "records end alike", STR_NONE);
        if (item->flush)
            play_flush(other);
    }
    play_flush(other);
    check_that(memcmp(&one->receipts, &other->receipts, sizeof one->receipts) == 0, "the same receipts", STR_NONE);
    check_that(memcmp(&one->changes, &other->changes, sizeof one->changes) == 0, "the same changes", STR_NONE);
    check_that(one->gaps == other->gaps && one->repeats == other->repeats, "the same gaps and repeats", STR_NONE);
    check_same(one->memory, other->memory);
    check_history(one->check);
    check_verdicts(one->check);
    play_close(one);
    play_close(other);
}
