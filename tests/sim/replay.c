#include "replay.h"

#include <stdlib.h>

#include "check.h"

static int fold_order(const void *a, const void *b)
{
    const struct fact *x = a, *y = b;
    if (x->valid_from != y->valid_from)
        return x->valid_from < y->valid_from ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->sequence < y->sequence ? -1 : 1;
}

static void fold_fact(struct record *record, const struct fact *fact)
{
    for (int field = 0; field < INFO_FIELDS; field++)
        if (fact->mask & (field_mask)1 << field)
            record->values.info.field[field] = fact->given.info.field[field];
    if (fact->mask & MASK_DECISION)
        record->values.decision = fact->given.decision;
    if (fact->op & FACT_ISSUE) {
        record->status = CODE_OPEN;
        record->issued_on = fact->valid_from;
        record->closed_on = DATE_NONE;
    }
    if (fact->op & (FACT_ISSUE | FACT_CARRY))
        record->organization_id = fact->organization_id;
    if (fact->op & (FACT_CLOSE | FACT_VOID)) {
        record->status = CODE_CLOSED;
        record->closed_on = fact->op & FACT_VOID ? record->issued_on : fact->valid_from;
    }
}

static bool edge_ended(const struct memory *memory, const struct edge *edge, int64_t sequence)
{
    for (size_t i = 0; i < memory->undone.count; i++)
        if (memory->undone.item[i].act == edge->act && memory->undone.item[i].sequence <= sequence)
            return true;
    return false;
}

static int edge_order(const void *a, const void *b)
{
    const struct successor *x = a, *y = b;
    return x->on != y->on ? (x->on < y->on ? -1 : 1) : str_compare(x->code, y->code);
}

static void fold_edges(struct arena *arena, const struct memory *memory, struct str key, date_day day, int64_t sequence,
                       struct record *record)
{
    VEC(struct successor) before = {0}, after = {0};
    const struct places *places = memory_places(&memory->edges_of, key);
    for (size_t i = 0; places && i < places->at.count; i++) {
        const struct edge *edge = &memory->edges.item[places->at.item[i]];
        if (edge->on > day || edge->sequence > sequence || edge_ended(memory, edge, sequence))
            continue;
        if (str_equal(edge->to, key))
            *vec_push(arena, &before) = (struct successor){edge->from, edge->on, edge->continues};
        if (str_equal(edge->from, key))
            *vec_push(arena, &after) = (struct successor){edge->to, edge->on, edge->continues};
    }
    if (before.count)
        qsort(before.item, before.count, sizeof *before.item, edge_order);
    if (after.count)
        qsort(after.item, after.count, sizeof *after.item, edge_order);
    record->predecessors = (struct edge_list){
        before.item, before.count < EDGES_SHOWN ? (int)before.count : EDGES_SHOWN, (int)before.count};
    record->successors =
        (struct edge_list){after.item, after.count < EDGES_SHOWN ? (int)after.count : EDGES_SHOWN, (int)after.count};
}

bool replay_record(struct arena *arena, const struct memory *memory, struct str key, date_day day, int64_t sequence,
                   struct record *out)
{
    VEC(struct fact) facts = {0};
    const struct places *places = memory_places(&memory->versions_of, key);
    for (size_t i = 0; places && i < places->at.count; i++) {
        const struct memory_version *row = &memory->versions.item[places->at.item[i]];
        if (!row->has_fact || row->sequence > sequence || row->fact.valid_from > day || row->fact.op & FACT_UNDO)
            continue;
        bool undone = false;
        for (size_t j = 0; j < places->at.count; j++) {
            const struct memory_version *mark = &memory->versions.item[places->at.item[j]];
            undone |= mark->has_fact && mark->sequence <= sequence && mark->fact.op & FACT_UNDO &&
                      mark->fact.rank == row->fact.rank;
        }
        if (!undone)
            *vec_push(arena, &facts) = row->fact;
    }
    *out = (struct record){.issued_on = DATE_NONE, .closed_on = DATE_NONE};
    if (facts.count)
        qsort(facts.item, facts.count, sizeof *facts.item, fold_order);
    for (size_t i = 0; i < facts.count; i++)
        fold_fact(out, &facts.item[i]);
    fold_edges(arena, memory, key, day, sequence, out);
    return out->status != CODE_NAMED;
}

const struct record *replay_row(const struct memory *memory, struct str key, date_day day, int64_t sequence)
{
    const struct memory_version *best = NULL;
    const struct places *places = memory_places(&memory->versions_of, key);
    for (size_t i = 0; places && i < places->at.count; i++) {
        const struct memory_version *row = &memory->versions.item[places->at.item[i]];
        if (row->sequence <= sequence && row->valid_from <= day &&
            (!best || row->valid_from > best->valid_from ||
             (row->valid_from == best->valid_from && row->sequence > best->sequence)))
            best = row;
    }
    return best ? &best->record : NULL;
}

static bool same_list(const struct edge_list *a, const struct edge_list *b)
{
    bool same = a->count == b->count && a->total == b->total;
    for (int i = 0; same && i < a->count; i++)
        same = edge_order(&a->item[i], &b->item[i]) == 0 && a->item[i].continues == b->item[i].continues;
    return same;
}

static bool same_decision(const struct decision_doc *a, const struct decision_doc *b)
{
    return a->given == b->given &&
           (!a->given || (a->issued_on == b->issued_on && str_equal(a->number, b->number) &&
                          str_equal(a->issued_by, b->issued_by) && str_equal(a->title, b->title) &&
                          str_equal(a->uri, b->uri) && str_equal(a->sha256, b->sha256)));
}

bool replay_equal(const struct record *a, const struct record *b)
{
    bool same = a->status == b->status && a->issued_on == b->issued_on && a->closed_on == b->closed_on &&
                uuid_equal(a->organization_id, b->organization_id) &&
                same_decision(&a->values.decision, &b->values.decision) &&
                same_list(&a->predecessors, &b->predecessors) && same_list(&a->successors, &b->successors);
    for (int field = 0; same && field < INFO_FIELDS; field++)
        same = str_equal(a->values.info.field[field], b->values.info.field[field]);
    return same;
}

static void check_day(struct arena *arena, const struct memory *memory, struct str key, date_day day, int64_t sequence)
{
    struct record record;
    bool granted = replay_record(arena, memory, key, day, sequence, &record);
    const struct record *row = replay_row(memory, key, day, sequence);
    check_that(granted == (row != NULL), "granted by the rows as by the facts", key);
    check_that(!granted || replay_equal(row, &record), "the rows answer as a replay of the facts", key);
}

void replay_check(struct arena *arena, const struct memory *memory, struct str key, int64_t sequence)
{
    const struct places *places = memory_places(&memory->versions_of, key);
    for (size_t i = 0; places && i < places->at.count; i++) {
        const struct memory_version *row = &memory->versions.item[places->at.item[i]];
        for (date_day day = row->valid_from - 1; row->sequence <= sequence && day <= row->valid_from; day++)
            check_day(arena, memory, key, day, sequence);
    }
}
