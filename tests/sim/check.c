#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/code.h"
#include "replay.h"

void check_that(bool held, const char *what, struct str about)
{
    if (held)
        return;
    fprintf(stderr, "does not hold: %s: %.*s\n", what, STR_ARG(about));
    abort();
}

struct check *check_open(const struct memory *memory)
{
    struct check *check = calloc(1, sizeof *check);
    if (!check)
        abort();
    check->arena = arena_open(0);
    check->memory = memory;
    return check;
}

void check_close(struct check *check)
{
    arena_close(check->arena);
    free(check);
}

/* ---- outcomes ----------------------------------------------------------------------------------------------------- */

static void check_change(struct check *check, const struct change *change)
{
    check_that(change->sequence == ++check->sequence, "sequences have no hole", change->subject);
    void **last = map_put(check->arena, &check->version, str_copy(check->arena, change->subject));
    check_that(change->subject_version == (int64_t)(intptr_t)*last + 1, "a subject's versions have no hole",
               change->subject);
    *last = (void *)(intptr_t)change->subject_version;
    check_that(change->index >= 1 && change->index <= change->count, "n of m", change->subject);
    check_that((change->code != NULL) != (change->scheme != NULL), "a code or a scheme", change->subject);
    for (int i = 0; i < change->periods; i++) {
        const struct period *period = &change->period[i];
        check_that(period->to == DATE_NONE || period->from < period->to, "a period is some days", change->subject);
        check_that(i == 0 || change->period[i - 1].to <= period->from, "periods in order", change->subject);
        check_that(period->after != NULL, "a period has a record after", change->subject);
    }
    struct said *said = vec_push(check->arena, &check->said);
    *said = (struct said){str_copy(check->arena, change->subject), change->sequence,
                          arena_array(check->arena, struct spell, change->periods), change->periods};
    for (int i = 0; i < change->periods; i++)
        said->spell[i] = (struct spell){change->period[i].from, change->period[i].to};
    if (change->type == CHANGE_ANNULLED)
        *map_put(check->arena, &check->annulled, str_copy(check->arena, change->subject)) =
            (void *)(intptr_t)change->sequence;
}

/* The changes are told by the receipts, run by run. */
static void check_runs(const struct registry *registry)
{
    const struct outcome *out = &registry->out;
    int64_t next = registry->place.sequence - (int64_t)out->changes.count + 1, first = 0, last = 0;
    for (size_t i = 0; i < out->receipts.count; i++) {
        const struct receipt *receipt = &out->receipts.item[i];
        check_that((receipt->first_sequence == 0) == (receipt->last_sequence == 0) &&
                       receipt->first_sequence <= receipt->last_sequence,
                   "a run of sequences", receipt->authority);
        if (receipt->verdict == VERDICT_DUPLICATE || receipt->verdict == VERDICT_CONFLICT || !receipt->first_sequence)
            continue;
        bool same = receipt->first_sequence == first && receipt->last_sequence == last;
        bool ended = receipt->verdict == VERDICT_ANNULLED || receipt->verdict == VERDICT_WITHDRAWN;
        if (same && ended)
            continue;
        check_that(!ended && receipt->first_sequence == next, "a verdict's changes are one run", receipt->authority);
        first = receipt->first_sequence;
        last = receipt->last_sequence;
        next = last + 1;
    }
    check_that(next == registry->place.sequence + 1, "each change has a receipt", STR_NONE);
}

static struct str act_key(struct arena *arena, struct str authority, struct uuid id)
{
    char text[UUID_TEXT_SIZE];
    return str_format(arena, "%.*s %s", STR_ARG(authority), uuid_format(id, text));
}

/* A refusal at arrival leaves the verdict of an act that is in force. */
static void note_verdict(struct check *check, const struct receipt *receipt)
{
    if (receipt->verdict == VERDICT_DUPLICATE || receipt->verdict == VERDICT_CONFLICT || !receipt->has_id ||
        (receipt->verdict == VERDICT_REJECTED && receipt->origin))
        return;
    *map_put(check->arena, &check->verdict, act_key(check->arena, receipt->authority, receipt->id)) =
        (void *)(intptr_t)receipt->verdict;
}

void check_verdicts(const struct check *check)
{
    for (size_t i = 0; i < check->memory->acts.count; i++) {
        const struct act_entry *entry = check->memory->acts.item[i];
        struct arena_mark mark = arena_mark(check->arena);
        void *told = map_get(&check->verdict, act_key(check->arena, entry->authority, entry->id));
        arena_rewind(check->arena, mark);
        enum verdict last = told ? (enum verdict)(intptr_t)told : VERDICT_REJECTED;
        check_that(entry->verdict == last,
                   "an act's verdict is the one told last", entry->authority);
    }
}

static bool any_dirty_code(const struct scene *scene)
{
    bool dirty = false;
    for (size_t i = 0; i < scene->codes.count; i++) {
        const struct code *code = scene_known(&scene->codes.entry[i]);
        dirty |= code && code->dirty;
    }
    for (size_t i = 0; i < scene->schemes.count; i++) {
        const struct scheme *scheme = scene_known(&scene->schemes.entry[i]);
        dirty |= scheme && scheme->dirty;
    }
    return dirty;
}

void check_quiet(const struct registry *registry)
{
    const struct outcome *out = &registry->out;
    if (out->receipts.count != 1 || !out->receipts.item[0].origin)
        return;
    const struct receipt *receipt = &out->receipts.item[0];
    bool again = receipt->verdict == VERDICT_DUPLICATE || receipt->verdict == VERDICT_CONFLICT;
    if (!again && receipt->verdict != VERDICT_REJECTED)
        return;
    check_that(!out->changes.count && !out->versions.count && !out->edges.count && !out->edges_undone.count &&
                   !out->pending_added.count && !out->pending_removed.count && !out->pending_delayed.count &&
                   !out->released.count && !any_dirty_code(registry->scene),
               "what is not taken changes nothing", receipt->authority);
    for (size_t i = 0; again && i < registry->scene->acts.count; i++) {
        const struct act_list *list = scene_known(&registry->scene->acts.entry[i]);
        for (size_t j = 0; list && j < list->entry.count; j++)
            check_that(!list->entry.item[j]->dirty, "an act again leaves its entry", receipt->authority);
    }
}

void check_outcome(struct check *check, const struct registry *registry)
{
    const struct outcome *out = &registry->out;
    for (size_t i = 0; i < out->changes.count; i++)
        check_change(check, &out->changes.item[i]);
    check_that(check->sequence == registry->place.sequence, "the place has the last sequence", STR_NONE);
    for (size_t i = 0; i < out->receipts.count; i++) {
        const struct receipt *receipt = &out->receipts.item[i];
        check_that(receipt->number == ++check->receipt, "receipts have no hole", receipt->authority);
        note_verdict(check, receipt);
        check_that(receipt->verdict > VERDICT_NONE && receipt->verdict < VERDICTS, "a verdict", receipt->authority);
        bool refused = receipt->verdict == VERDICT_REJECTED || receipt->verdict == VERDICT_CONFLICT;
        check_that(refused == (receipt->rule != RULE_NONE && receipt->faults != NULL), "faults when refused",
                   receipt->authority);
    }
    check_that(check->receipt == registry->place.receipt, "the place has the last receipt", STR_NONE);
    check_runs(registry);
}

/* ---- the store ---------------------------------------------------------------------------------------------------- */

/* INV-1, INV-2: a code that was closed is open only by an annulment, and then for the body that had it. */
static void check_holder(struct check *check, const struct code *code)
{
    void **place = map_put(check->arena, &check->former, str_copy(check->arena, code->key));
    struct record *former = *place;
    if (!former)
        *place = former = arena_new(check->arena, struct record);
    if (former->status == CODE_CLOSED && code->now.status != CODE_CLOSED) {
        check_that(map_get(&check->annulled, code->key) != NULL, "reopened by an annulment alone", code->key);
        check_that(code->now.closed_on == DATE_NONE, "open: no closing day", code->key);
        check_that(code->now.issued_on == former->issued_on, "reopened: the same issue", code->key);
    }
    check_that(former->status != CODE_NAMED ? code->now.status != CODE_NAMED : true, "granted for ever", code->key);
    former->status = code->now.status;
    former->issued_on = code->now.issued_on;
}

static void check_parent(struct check *check, const struct code *code)
{
    if (code->now.status != CODE_OPEN || !str_given(code->parent))
        return;
    const struct code *parent = map_get(&check->memory->codes, code->parent);
    check_that(parent && parent->now.status != CODE_NAMED, "the parent was granted", code->key);
    check_that(parent->now.status == CODE_OPEN || (code_is_level1(parent->key) && str_given(parent->heir)),
               "the parent is open or a level-1 code with an heir", code->key);
    check_that(parent->now.issued_on <= code->now.issued_on, "the parent is not younger", code->key);
}

static bool leads_to(const struct memory *memory, struct str from, struct str to, date_day on, int depth)
{
    if (str_equal(from, to))
        return true;
    check_that(depth < 1000, "edges of one day end somewhere", from);
    const struct places *places = memory_places(&memory->edges_of, from);
    for (size_t i = 0; places && i < places->at.count; i++) {
        const struct edge *edge = &memory->edges.item[places->at.item[i]];
        if (!edge->undone && edge->on == on && str_equal(edge->from, from) &&
            leads_to(memory, edge->to, to, on, depth + 1))
            return true;
    }
    return false;
}

static void check_edges(struct check *check)
{
    const struct memory *memory = check->memory;
    for (; check->edges_seen < memory->edges.count; check->edges_seen++) {
        const struct edge *edge = &memory->edges.item[check->edges_seen];
        if (!edge->undone)
            check_that(!leads_to(memory, edge->to, edge->from, edge->on, 0), "edges of one day form no cycle", edge->from);
    }
}

static void check_columns(const struct memory *memory, const struct code *code)
{
    const struct memory_version *last = NULL;
    const struct places *places = memory_places(&memory->versions_of, code->key);
    for (size_t i = 0; places && i < places->at.count; i++) {
        const struct memory_version *version = &memory->versions.item[places->at.item[i]];
        if (!last || version->valid_from >= last->valid_from)
            last = version;
    }
    if (code->now.status == CODE_NAMED) {
        check_that(!places, "a code that is only named has no rows", code->key);
        return;
    }
    check_that(last && last->valid_from == code->valid_from, "valid_from is the last day", code->key);
    check_that(replay_equal(&last->record, &code->now), "the row of the last day is the record now", code->key);
    check_that(code->announced >= 0 && code->announced_grants >= 0, "announced acts are counted", code->key);
    check_that(code->now.status == CODE_CLOSED || !str_given(code->heir), "an open code has no heir", code->key);
}

void check_store(struct check *check)
{
    const struct memory *memory = check->memory;
    for (size_t i = 0; i < memory->codes.count; i++) {
        const struct code *code = memory->codes.entry[i].value;
        check_holder(check, code);
        check_parent(check, code);
    }
    check_edges(check);
    for (; check->versions_seen < memory->versions.count; check->versions_seen++) {
        struct str key = memory->versions.item[check->versions_seen].key;
        struct arena_mark mark = arena_mark(check->arena);
        check_columns(memory, map_get(&memory->codes, key));
        replay_check(check->arena, memory, key, INT64_MAX);
        arena_rewind(check->arena, mark);
    }
}

static void check_said(const struct memory *memory, const struct said *said)
{
    const struct places *places = memory_places(&memory->versions_of, said->subject);
    for (size_t i = 0; places && i < places->at.count; i++) {
        const struct memory_version *row = &memory->versions.item[places->at.item[i]];
        if (row->sequence > said->sequence)
            continue;
        const struct record *before = replay_row(memory, said->subject, row->valid_from, said->sequence - 1);
        const struct record *after = replay_row(memory, said->subject, row->valid_from, said->sequence);
        bool differs = (before == NULL) != (after == NULL) || (before && after && !replay_equal(before, after));
        bool within = false;
        for (int j = 0; j < said->spells; j++)
            within |= said->spell[j].from <= row->valid_from &&
                      (said->spell[j].to == DATE_NONE || row->valid_from < said->spell[j].to);
        check_that(differs == within, "periods are the days that changed", said->subject);
    }
}

void check_history(struct check *check)
{
    for (size_t i = 0; i < check->said.count; i++)
        check_said(check->memory, &check->said.item[i]);
    const struct memory *memory = check->memory;
    for (size_t i = 0; i < memory->versions.count; i++) {
        struct arena_mark mark = arena_mark(check->arena);
        replay_check(check->arena, memory, memory->versions.item[i].key, memory->versions.item[i].sequence);
        arena_rewind(check->arena, mark);
    }
}

/* ---- two stores --------------------------------------------------------------------------------------------------- */

static void check_same_code(const struct code *x, const struct code *y)
{
    check_that(y != NULL, "a code is in both", x->key);
    check_that(replay_equal(&x->now, &y->now), "the same record", x->key);
    check_that(x->version == y->version && x->structural_on == y->structural_on && x->valid_from == y->valid_from &&
                   x->level == y->level && x->announced == y->announced &&
                   x->announced_grants == y->announced_grants && str_equal(x->heir, y->heir) &&
                   str_equal(x->parent, y->parent),
               "the same columns", x->key);
}

static int by_number(const void *a, const void *b)
{
    const struct pending *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

static void check_same_pendings(const struct memory *a, const struct memory *b)
{
    check_that(a->pendings.count == b->pendings.count, "as many pending acts", STR_NONE);
    if (a->pendings.count == 0)
        return;
    qsort(a->pendings.item, a->pendings.count, sizeof *a->pendings.item, by_number);
    qsort(b->pendings.item, b->pendings.count, sizeof *b->pendings.item, by_number);
    for (size_t i = 0; i < a->pendings.count; i++) {
        const struct pending *x = &a->pendings.item[i], *y = &b->pendings.item[i];
        check_that(x->number == y->number && x->kind == y->kind && x->due == y->due && x->released == y->released &&
                       x->recorded == y->recorded && x->codes == y->codes && uuid_equal(x->id, y->id),
                   "the same pending acts", x->authority);
    }
}

static void check_same_acts(const struct memory *a, const struct memory *b)
{
    check_that(a->acts.count == b->acts.count, "as many acts", STR_NONE);
    for (size_t i = 0; i < a->acts.count; i++) {
        const struct act_entry *x = a->acts.item[i], *y = NULL;
        const struct places *places =
            memory_places(&b->acts_of, (struct str){(const char *)x->id.byte, sizeof x->id.byte});
        for (size_t j = 0; places && j < places->at.count; j++)
            if (str_equal(b->acts.item[places->at.item[j]]->authority, x->authority))
                y = b->acts.item[places->at.item[j]];
        check_that(y && x->verdict == y->verdict && x->rule == y->rule && x->number == y->number &&
                       x->recorded_ms == y->recorded_ms && x->first_sequence == y->first_sequence &&
                       x->last_sequence == y->last_sequence && memcmp(&x->digest, &y->digest, sizeof x->digest) == 0,
                   "the same acts", x->authority);
    }
}

void check_same(const struct memory *a, const struct memory *b)
{
    check_that(a->codes.count == b->codes.count, "as many codes", STR_NONE);
    for (size_t i = 0; i < a->codes.count; i++)
        check_same_code(a->codes.entry[i].value, map_get(&b->codes, a->codes.entry[i].key));
    check_that(a->versions.count == b->versions.count, "as many rows", STR_NONE);
    for (size_t i = 0; i < a->versions.count; i++) {
        const struct memory_version *x = &a->versions.item[i], *y = &b->versions.item[i];
        check_that(str_equal(x->key, y->key) && x->valid_from == y->valid_from && x->sequence == y->sequence &&
                       x->version == y->version && x->has_fact == y->has_fact && replay_equal(&x->record, &y->record),
                   "the same rows", x->key);
    }
    check_that(a->edges.count == b->edges.count && a->undone.count == b->undone.count, "as many edges", STR_NONE);
    for (size_t i = 0; i < a->edges.count; i++)
        check_that(a->edges.item[i].sequence == b->edges.item[i].sequence && a->edges.item[i].undone == b->edges.item[i].undone &&
                       str_equal(a->edges.item[i].from, b->edges.item[i].from) &&
                       str_equal(a->edges.item[i].to, b->edges.item[i].to),
                   "the same edges", a->edges.item[i].from);
    for (size_t i = 0; i < a->marks.count; i++) {
        const struct origin_mark *x = a->marks.entry[i].value, *y = map_get(&b->marks, x->key);
        check_that(y && x->offset == y->offset && x->time_max == y->time_max && x->since == y->since,
                   "the same origin marks", x->key);
    }
    check_same_acts(a, b);
    check_same_pendings(a, b);
    check_that(a->place.record == b->place.record && a->place.time == b->place.time &&
                   a->place.sequence == b->place.sequence && a->place.receipt == b->place.receipt &&
                   a->place.mode == b->place.mode,
               "the same place", STR_NONE);
}
