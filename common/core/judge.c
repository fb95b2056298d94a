#include "core/act_walk.h"
#include "core/check.h"
#include "core/code.h"
#include "core/plan.h"
#include "core/seek.h"
#include "core/timeline.h"

/* The conditions of a plan, in the order of the rules: what the law asks of each primitive (schemas/acts.md). */

void judge_fault(struct judge *judge, enum reason reason, struct str code, struct str field, int index,
                 struct str expected, int64_t number)
{
    struct str path = field;
    const char *list = field.data ? memchr(field.data, '[', field.len) : NULL;
    if (index >= 0 && list && judge->faults.count < FINDINGS_MAX)
        path = str_format(judge->registry->arena, "%.*s%d%.*s", (int)(list - field.data + 1), field.data, index,
                          (int)(field.len - (size_t)(list - field.data) - 1), list + 1);
    findings_add(&judge->faults, (struct finding){reason, code, path, expected, number});
}

struct str judge_date(struct judge *judge, date_day date)
{
    char text[DATE_TEXT_SIZE];
    return str_copy(judge->registry->arena, str_of(date_format(date, text)));
}

static void touch_fault(struct judge *judge, const struct touch *touch, enum reason reason, struct str expected)
{
    judge_fault(judge, reason, touch->key, touch->field, touch->index, expected, 0);
}

/* ---- authority -------------------------------------------------------------------------------------------------- */

struct str authority_walk(struct registry *registry, struct str level1)
{
    for (int hops = 0; hops < 1000 && str_given(level1); hops++) {
        struct code *code = seek_granted(registry, level1);
        if (!code || code->level != 1)
            return STR_NONE;
        if (code->now.status == CODE_OPEN)
            return code->key;
        level1 = code->heir;
    }
    return STR_NONE;
}

#define ENTERPRISE_FIRST_AUTHORITY STR("G05")

struct str authority_of(struct registry *registry, struct str key)
{
    struct str scheme = code_key_scheme(key);
    if (str_equal(scheme, STR("gov")))
        return code_key_level(key) == 1 ? STR("ROOT") : authority_walk(registry, code_gov_level1(key));
    if (str_equal(scheme, STR("enterprise")))
        return authority_walk(registry, ENTERPRISE_FIRST_AUTHORITY);
    const struct scheme *registered = seek_scheme(registry, scheme);
    return registered ? authority_walk(registry, registered->issuer) : STR_NONE;
}

/* May ROOT name this code below level 1? Only as a unit of an act that closes its level-1 code, into a successor. */
static bool root_may(const struct judge *judge, struct str key, bool unit, bool issued)
{
    if (!unit || !str_equal(judge->act->scheme, STR("gov")))
        return false;
    if (issued)
        return plan_is_successor(&judge->plan, code_gov_level1(key));
    const struct touch *level1 = plan_find(&judge->plan, code_gov_level1(key));
    return level1 && level1->op & FACT_CLOSE;
}

void judge_authority(struct judge *judge, struct str key, bool unit, bool issued, struct str field, int index)
{
    struct str actor = judge->act->authority;
    bool root = str_equal(actor, STR("ROOT"));
    if (str_equal(code_key_scheme(key), STR("gov")) && code_key_level(key) == 1) {
        if (root || (judge->act->kind == ACT_CONTACT_UPDATED && str_equal(actor, key)))
            return;
        judge_fault(judge, judge->act->kind == ACT_CONTACT_UPDATED ? REASON_AUTHORITY_NOT_OWN : REASON_ROOT_LEVEL1,
                    key, field, index, judge->act->kind == ACT_CONTACT_UPDATED ? key : STR_NONE, 0);
        return;
    }
    if (root && root_may(judge, key, unit, issued))
        return;
    struct str authority = authority_of(judge->registry, key);
    if (!str_given(authority) && !root)
        judge_fault(judge, REASON_AUTHORITY_NONE, key, field, index, STR_NONE, 0);
    else if (!str_equal(authority, actor))
        judge_fault(judge, REASON_AUTHORITY_NOT_OWN, key, field, index, authority, 0);
}

/* ---- codes that must be there ------------------------------------------------------------------------------------ */

/* A code that an act names must be granted and open on its day, and stay so on every later day already written; a fact that
 * only sets fields may stand on a closed code, before its closing. A late entry needs the history it is placed in. */
void judge_open_on(struct judge *judge, struct str key, unsigned op, struct str field, int index)
{
    date_day on = judge->act->effective_on;
    struct code *code = seek_granted(judge->registry, key);
    if (!code) {
        judge_fault(judge, REASON_UNKNOWN_CODE, key, field, index, STR_NONE, 0);
        return;
    }
    const struct record *now = &code->now;
    bool closed = now->status == CODE_CLOSED;
    if (closed && (now->closed_on <= on || on > judge->today))
        judge_fault(judge, REASON_CLOSED_CODE, key, field, index, judge_date(judge, now->closed_on), 0);
    else if (closed && op != FACT_SET)
        judge_fault(judge, REASON_ORDER_LATER, key, field, index, judge_date(judge, now->closed_on), 0);
    else if (on < now->issued_on)
        judge_fault(judge, REASON_ORDER_BEFORE_ISSUE, key, field, index, judge_date(judge, now->issued_on), 0);
    else if (op & (FACT_CLOSE | FACT_CARRY) && on < code->structural_on)
        judge_fault(judge, REASON_ORDER_LATER, key, field, index, judge_date(judge, code->structural_on), 0);
    else if (on < code->valid_from)
        seek_history(judge->registry, code);
}

/* ---- codes to be granted ------------------------------------------------------------------------------------------ */

bool code_kept_by_heir(const struct code *code)
{
    return code_is_level1(code->key) && code->now.status == CODE_CLOSED && str_given(code->heir);
}

static void judge_parent(struct judge *judge, const struct touch *touch)
{
    date_day on = judge->act->effective_on;
    struct str parent_key = code_key_parent(touch->key);
    if (!str_given(parent_key))
        return;
    const struct touch *beside = plan_find(&judge->plan, parent_key);
    if (beside && beside->op & FACT_ISSUE)
        return;
    if (beside && beside->op & FACT_CLOSE) {
        touch_fault(judge, touch, REASON_PARENT_CLOSED, parent_key);
        return;
    }
    struct code *parent = seek_granted(judge->registry, parent_key);
    if (!parent || parent->now.issued_on > on)
        touch_fault(judge, touch, REASON_PARENT_MISSING, parent_key);
    else if (parent->now.status == CODE_CLOSED && parent->now.closed_on <= on)
        touch_fault(judge, touch, REASON_PARENT_CLOSED, parent_key);
    else if (parent->now.status == CODE_CLOSED && !code_kept_by_heir(parent))
        judge_fault(judge, REASON_ORDER_PARENT, parent_key, touch->field, touch->index,
                    judge_date(judge, parent->now.closed_on), 0);
}

static void judge_issued(struct judge *judge, const struct touch *touch)
{
    struct code *code = seek_granted(judge->registry, touch->key);
    if (code && code->now.status == CODE_OPEN)
        touch_fault(judge, touch, REASON_UNIQUE_GRANTED,
                    str_given(code->now.values.info.field[INFO_NAME]) ? code->now.values.info.field[INFO_NAME]
                                                                      : code->key);
    else if (code)
        touch_fault(judge, touch, REASON_CLOSED_REGRANT, judge_date(judge, code->now.closed_on));
    if (code_key_level(touch->key) == 1)
        seek_hold(judge->registry, touch->key); /* its grant may release held acts */
    judge_parent(judge, touch);
}

/* ---- units below -------------------------------------------------------------------------------------------------- */

/* `keep`: every source that closes is a level-1 code with exactly one successor, itself of level 1. */
static void judge_keep(struct judge *judge)
{
    const struct plan *plan = &judge->plan;
    bool closes = false, fits = plan->successors.count == 1 && str_equal(judge->act->scheme, STR("gov")) &&
                                code_key_level(plan->successors.item[0]) == 1;
    for (size_t i = 0; i < plan->sources.count; i++) {
        const struct touch *touch = plan_find(plan, plan->sources.item[i]);
        if (!touch || !(touch->op & FACT_CLOSE))
            continue;
        closes = true;
        if (!fits || code_key_level(touch->key) != 1)
            touch_fault(judge, touch, REASON_CHILDREN_KEEP, STR_NONE);
    }
    if (!closes)
        judge_fault(judge, REASON_CHILDREN_KEEP, plan->sources.count ? plan->sources.item[0] : STR_NONE,
                    STR("body.units"), -1, STR_NONE, 0);
}

static void judge_children(struct judge *judge, const struct touch *touch)
{
    date_day on = judge->act->effective_on;
    struct code *code = seek_granted(judge->registry, touch->key);
    if (!code || !seek_children(judge->registry, code, on, false))
        return;
    for (size_t i = 0; i < code->children.count; i++) {
        const struct code *child = code->children.item[i];
        const struct touch *beside = plan_find(&judge->plan, child->key);
        if (!code_granted(child) || (beside && beside->op & FACT_CLOSE))
            continue;
        if (child->now.status == CODE_OPEN)
            touch_fault(judge, touch, REASON_CHILDREN_OPEN, child->key);
        else if (child->now.closed_on > on && child->now.closed_on > child->now.issued_on)
            judge_fault(judge, REASON_ORDER_CHILD, child->key, touch->field, touch->index,
                        judge_date(judge, child->now.closed_on), 0);
    }
}

/* ---- the act as a whole ------------------------------------------------------------------------------------------- */

static struct str name_on(struct judge *judge, struct str key, date_day on)
{
    struct code *code = seek_granted(judge->registry, key);
    if (!code || (on < code->valid_from && !seek_history(judge->registry, code)))
        return STR_NONE;
    const struct record *record = timeline_record(judge->registry, code, on);
    return record ? record->values.info.field[INFO_NAME] : STR_NONE;
}

static void judge_samename(struct judge *judge)
{
    const struct act *act = judge->act;
    struct str into = judge->plan.successors.item[0];
    if (!str_equal(act->scheme, STR("gov")) || code_key_level(into) != 1)
        return;
    struct str name = act->body.merged.info.field[INFO_NAME];
    if (!act->body.merged.info_given || !str_given(name))
        name = name_on(judge, into, act->effective_on);
    for (size_t i = 0; i < judge->plan.sources.count && str_given(name); i++) {
        struct str source = judge->plan.sources.item[i];
        if (!str_equal(source, into) && str_equal(name_on(judge, source, act->effective_on), name))
            judge_fault(judge, REASON_SAMENAME_CODE, into, STR("body.into.code"), -1, source, 0);
    }
}

/* Where edges of the day lead from a key: those of the plan, and those that stand already. */
struct ahead {
    VEC(struct str) to;
    int colour; /* 0 new, 1 on the path, 2 done */
    size_t next;
};

static struct ahead *ahead_of(struct judge *judge, struct map *map, struct str key)
{
    void **place = map_put(judge->registry->arena, map, key);
    if (*place)
        return *place;
    struct ahead *ahead = arena_new(judge->registry->arena, struct ahead);
    *place = ahead;
    struct code *code = seek_granted(judge->registry, key);
    if (!code)
        return ahead;
    const struct edge_list *list = &code->now.successors;
    if (list->total > list->count && !code->history_loaded) {
        seek_history(judge->registry, code);
        return ahead;
    }
    date_day on = judge->act->effective_on;
    if (list->total > list->count) {
        for (size_t i = 0; i < code->edges.count; i++)
            if (code->edges.item[i].on == on && str_equal(code->edges.item[i].from, key))
                *vec_push(judge->registry->arena, &ahead->to) = code->edges.item[i].to;
    } else {
        for (int i = 0; i < list->count; i++)
            if (list->item[i].on == on)
                *vec_push(judge->registry->arena, &ahead->to) = list->item[i].code;
    }
    return ahead;
}

static bool cycle_from(struct judge *judge, struct map *map, struct str start)
{
    VEC(struct str) path = {0};
    struct arena *arena = judge->registry->arena;
    *vec_push(arena, &path) = start;
    ahead_of(judge, map, start)->colour = 1;
    while (path.count) {
        struct ahead *top = ahead_of(judge, map, path.item[path.count - 1]);
        if (top->next == top->to.count) {
            top->colour = 2;
            path.count--;
            continue;
        }
        struct str to = top->to.item[top->next++];
        struct ahead *next = ahead_of(judge, map, to);
        if (next->colour == 1)
            return true;
        if (next->colour == 0) {
            next->colour = 1;
            *vec_push(arena, &path) = to;
        }
    }
    return false;
}

static void judge_cycles(struct judge *judge)
{
    const struct plan *plan = &judge->plan;
    if (plan->links.count == 0)
        return;
    for (size_t i = 0; i < plan->successors.count; i++) {
        const struct touch *touch = plan_find(plan, plan->successors.item[i]);
        if (touch && touch->op & FACT_CLOSE && !(touch->op & FACT_ISSUE))
            touch_fault(judge, touch, REASON_ACYCLIC_CYCLE, judge_date(judge, judge->act->effective_on));
    }
    struct map map = {0};
    for (size_t i = 0; i < plan->links.count; i++)
        *vec_push(judge->registry->arena, &ahead_of(judge, &map, plan->links.item[i].from)->to) =
            plan->links.item[i].to;
    for (size_t i = 0; i < plan->links.count; i++) {
        struct str from = plan->links.item[i].from;
        if (ahead_of(judge, &map, from)->colour == 0 && cycle_from(judge, &map, from)) {
            judge_fault(judge, REASON_ACYCLIC_CYCLE, from, STR_NONE, -1,
                        judge_date(judge, judge->act->effective_on), 0);
            return;
        }
    }
}

/* A legacy code that another open body bears is worth a warning; of several the lowest code is named. The store tells no more
 * than two bearers: when one that it told has ceased to be one since, it is asked again. */
static void warn_legacy(struct judge *judge, const struct touch *touch)
{
    struct str legacy = touch->info.field[INFO_LEGACY_CODE];
    if (!str_given(legacy) || str_empty(legacy))
        return;
    const struct text_list *list = seek_legacy(judge->registry, legacy);
    struct str bearer = STR_NONE, ceased = STR_NONE;
    for (size_t i = 0; list && i < list->text.count; i++) {
        const struct touch *beside = plan_find(&judge->plan, list->text.item[i]);
        if (beside == touch || (beside && beside->op & FACT_CLOSE))
            continue; /* passes it on */
        const struct code *other = seek_code(judge->registry, list->text.item[i]);
        bool bears = code_open_now(other) && str_equal(other->now.values.info.field[INFO_LEGACY_CODE], legacy);
        struct str *lowest = bears ? &bearer : &ceased;
        if (!str_given(*lowest) || str_compare(list->text.item[i], *lowest) < 0)
            *lowest = list->text.item[i];
    }
    if (str_given(ceased) && !(str_given(bearer) && str_compare(bearer, ceased) < 0) &&
        judge->registry->out.changes.count)
        judge->flush = true;
    if (str_given(bearer))
        findings_add(&judge->warnings,
                     (struct finding){REASON_LEGACY_TWICE, bearer, STR("legacyCode"), legacy, 0});
}

void judge_plan(struct judge *judge)
{
    const struct plan *plan = &judge->plan;
    if (plan->full) {
        judge_fault(judge, REASON_FULL_CODES, STR_NONE, STR_NONE, -1, STR_NONE,
                    judge->registry->law->affected_max);
        return;
    }
    const struct units *units = act_units(judge->act);
    bool keep = units && units->form == UNITS_KEEP;
    for (size_t i = 0; i < plan->touches.count; i++) {
        const struct touch *touch = plan->touches.item[i];
        bool issued = touch->op & FACT_ISSUE;
        if (!touch->any_authority)
            judge_authority(judge, touch->key, touch->unit, issued, touch->field, touch->index);
        if (touch->op & ~(unsigned)FACT_ISSUE)
            judge_open_on(judge, touch->key, touch->op, touch->field, touch->index);
        if (issued)
            judge_issued(judge, touch);
        if (touch->op & FACT_CLOSE && !keep)
            judge_children(judge, touch);
        if (touch->mask >> INFO_LEGACY_CODE & 1)
            warn_legacy(judge, touch);
    }
    if (keep)
        judge_keep(judge);
    if (judge->act->kind == ACT_MERGED)
        judge_samename(judge);
    judge_cycles(judge);
}
