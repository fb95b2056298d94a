#include <stdlib.h>

#include "core/emit.h"
#include "core/seek.h"

/* Carrying out a plan that was judged: facts and edges on the timelines, one change for each code. Asks for nothing. */

/* The body's data as they are taken over by a new code, and the code's own on top. */
static void fill_issue(struct judge *judge, const struct touch *touch, struct fact *fact)
{
    if (!str_given(touch->body_of)) {
        fact->given.info = touch->info;
        return;
    }
    struct code *from = seek_granted(judge->registry, touch->body_of);
    const struct record *record = timeline_record(judge->registry, from, fact->valid_from);
    fact->organization_id = record->organization_id;
    fact->given.info = record->values.info;
    for (int field = 0; field < INFO_FIELDS; field++)
        if (str_given(touch->info.field[field]))
            fact->given.info.field[field] = touch->info.field[field];
}

static struct fact fact_of(struct judge *judge, const struct touch *touch)
{
    struct fact fact = {
        .valid_from = judge->act->effective_on,
        .rank = judge->registry->place.sequence + 1,
        .act = judge->number,
        .sequence = judge->registry->place.sequence + 1,
        .op = touch->op,
        .mask = touch->mask,
        .organization_id = touch->organization,
        .heir = touch->heir,
    };
    if (touch->op & FACT_ISSUE)
        fill_issue(judge, touch, &fact);
    else
        fact.given.info = touch->info;
    if (judge->act->decision.given) {
        fact.mask |= MASK_DECISION;
        fact.given.decision = judge->act->decision;
    }
    return fact;
}

static void spread_edges(struct judge *judge)
{
    struct arena *arena = judge->registry->arena;
    if (judge->plan.links.count >= EMIT_MANY)
        vec_reserve(arena, &judge->registry->out.edges, judge->plan.links.count);
    for (size_t i = 0; i < judge->plan.links.count; i++) {
        const struct link *link = &judge->plan.links.item[i];
        struct edge edge = {.from = link->from,
                            .to = link->to,
                            .on = judge->act->effective_on,
                            .continues = link->continues,
                            .act = judge->number,
                            .sequence = judge->registry->place.sequence + 1};
        *vec_push(arena, &judge->registry->out.edges) = edge;
        *vec_push(arena, &plan_find(&judge->plan, link->from)->edges) = edge;
        *vec_push(arena, &plan_find(&judge->plan, link->to)->edges) = edge;
    }
}

static struct participant participant_of(const struct touch *touch, bool continues)
{
    return (struct participant){touch->key, touch->role, continues, touch->disposition};
}

/* The code itself, then the other ends of its edges of this act. */
static void fill_participants(struct judge *judge, const struct touch *touch, struct change *change)
{
    size_t others = touch->edges.count < PARTICIPANTS_SHOWN - 1 ? touch->edges.count : PARTICIPANTS_SHOWN - 1;
    change->participant = arena_array(judge->registry->arena, struct participant, others + 1);
    change->participant[0] = participant_of(touch, false);
    for (size_t i = 0; i < others; i++) {
        const struct edge *edge = &touch->edges.item[i];
        struct str other = str_equal(edge->from, touch->key) ? edge->to : edge->from;
        change->participant[i + 1] = participant_of(plan_find(&judge->plan, other), edge->continues);
        change->participant[0].continues |= edge->continues;
    }
    change->participants = (int)others + 1;
    change->participants_total = (int)touch->edges.count + 1;
}

static void carry_out_touch(struct judge *judge, const struct act_context *context, const struct touch *touch)
{
    struct registry *registry = judge->registry;
    struct code *code = seek_or_make(registry, touch->key);
    struct fact fact = fact_of(judge, touch);
    code->version++;
    struct written written;
    timeline_add(registry, code, &fact, touch->edges.item, touch->edges.count, &written);
    fill_participants(judge, touch, emit_change(registry, context, touch->type, code, &written));
    if (touch->op & FACT_ISSUE)
        scene_note_born(registry->scene, code);
    struct str legacy = code->now.values.info.field[INFO_LEGACY_CODE];
    if (fact.mask >> INFO_LEGACY_CODE & 1 && str_given(legacy))
        scene_note_legacy(registry->scene, legacy, code->key);
}

static int by_key(const void *a, const void *b)
{
    const struct touch *const *x = a, *const *y = b;
    return str_compare((*x)->key, (*y)->key);
}

void plan_carry_out(struct judge *judge, const struct act_context *context, int64_t *first, int64_t *last)
{
    struct registry *registry = judge->registry;
    struct plan *plan = &judge->plan;
    size_t first_change = registry->out.changes.count;
    struct touch **unit = arena_array(registry->arena, struct touch *, plan->touches.count);
    size_t units = 0;
    emit_expect(registry, plan->touches.count);
    spread_edges(judge);
    for (size_t i = 0; i < plan->touches.count; i++) {
        if (plan->touches.item[i]->unit)
            unit[units++] = plan->touches.item[i];
        else
            carry_out_touch(judge, context, plan->touches.item[i]);
    }
    if (units)
        qsort(unit, units, sizeof *unit, by_key);
    for (size_t i = 0; i < units; i++)
        carry_out_touch(judge, context, unit[i]);
    emit_number(registry, first_change, first, last);
}
