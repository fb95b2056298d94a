#include "core/plan.h"

#include "core/check.h"
#include "core/code.h"
#include "core/seek.h"
#include "core/timeline.h"

/* Each kind of act as primitives (schemas/acts.md, "Bodies, conditions, effects"). */

struct touch *plan_find(const struct plan *plan, struct str key) { return map_get(&plan->by_key, key); }

bool plan_is_successor(const struct plan *plan, struct str key)
{
    for (size_t i = 0; i < plan->successors.count; i++)
        if (str_equal(plan->successors.item[i], key))
            return true;
    return false;
}

static struct str key_of(const struct judge *judge, struct str code)
{
    return code_key(judge->registry->arena, judge->act->scheme, code);
}

/* The touch of a key, made when it has none; operations add up. */
static struct touch *touch(struct judge *judge, struct str key, unsigned op, const char *field, int index)
{
    void **place = map_put(judge->registry->arena, &judge->plan.by_key, key);
    struct touch *touch = *place;
    if (!touch) {
        touch = arena_new(judge->registry->arena, struct touch);
        touch->key = key;
        touch->field = str_of(field);
        touch->index = index;
        *place = touch;
        *vec_push(judge->registry->arena, &judge->plan.touches) = touch;
        if (judge->plan.touches.count > (size_t)judge->registry->law->affected_max)
            judge->plan.full = true;
    }
    touch->op |= op;
    return touch;
}

static void link_codes(struct judge *judge, struct str from, struct str to, bool continues)
{
    if (judge->plan.links.count >= (size_t)judge->registry->law->links_max) {
        judge->plan.full = true;
        return;
    }
    *vec_push(judge->registry->arena, &judge->plan.links) = (struct link){from, to, continues};
}

static struct uuid new_body(const struct judge *judge, struct str key) { return uuid_v5(judge->act->id, key); }

static field_mask info_mask(const struct info *info)
{
    field_mask mask = 0;
    for (int field = 0; field < INFO_FIELDS; field++)
        if (str_given(info->field[field]))
            mask |= (field_mask)1 << field;
    return mask;
}

static struct touch *issue(struct judge *judge, struct str key, const struct info *info, enum change_type type,
                           const char *field, int index)
{
    struct touch *it = touch(judge, key, 0, field, index);
    if (it->op & FACT_ISSUE)
        judge_fault(judge, REASON_UNIQUE_TWICE, key, it->field, index, STR_NONE, 0);
    it->op |= FACT_ISSUE;
    it->type = type;
    it->role = PARTY_RESULTING;
    it->disposition = DISPOSITION_ISSUED;
    it->mask = INFO_ALL;
    if (info) {
        it->info = *info;
        it->organization = new_body(judge, key);
    }
    return it;
}

static struct touch *close_code(struct judge *judge, struct str key, enum change_type type, struct str heir,
                                const char *field, int index)
{
    struct touch *it = touch(judge, key, FACT_CLOSE, field, index);
    it->type = type;
    it->role = PARTY_ORIGINAL;
    it->disposition = DISPOSITION_CLOSED;
    it->heir = heir;
    return it;
}

/* The same body under another code. */
static void recode(struct judge *judge, struct str from, struct str to, bool unit, const char *from_field,
                   const char *to_field, int index)
{
    close_code(judge, from, CHANGE_CODE_CLOSED, to, from_field, index)->unit |= unit;
    struct touch *it = issue(judge, to, NULL, CHANGE_RECODED, to_field, index);
    it->body_of = from;
    it->unit |= unit;
    link_codes(judge, from, to, true);
}

static void add_source(struct judge *judge, struct str key)
{
    *vec_push(judge->registry->arena, &judge->plan.sources) = key;
}

static void add_successor(struct judge *judge, struct str key)
{
    *vec_push(judge->registry->arena, &judge->plan.successors) = key;
}

static struct str sole_successor(const struct judge *judge)
{
    return judge->plan.successors.count == 1 ? judge->plan.successors.item[0] : STR_NONE;
}

/* ---- units below ------------------------------------------------------------------------------------------------ */

static enum change_type unit_closed_type(const struct judge *judge)
{
    return judge->act->kind == ACT_DISSOLVED ? CHANGE_DISSOLVED : CHANGE_CODE_CLOSED;
}

static void close_unit(struct judge *judge, struct str key, const char *field, int index)
{
    close_code(judge, key, unit_closed_type(judge), sole_successor(judge), field, index)->unit = true;
    for (size_t i = 0; i < judge->plan.successors.count; i++)
        link_codes(judge, key, judge->plan.successors.item[i], false);
}

static bool below_a_source(const struct judge *judge, struct str key)
{
    for (size_t i = 0; i < judge->plan.sources.count; i++)
        if (code_key_below(key, judge->plan.sources.item[i]))
            return true;
    return false;
}

/* `also`: a successor for {from, successor} that {close} is not linked to (the source of a split that continues). */
static void unfold_units(struct judge *judge, const struct units *units, struct str also)
{
    for (size_t i = 0; units->form == UNITS_LIST && i < units->count && !judge->plan.full; i++) {
        const struct unit *unit = &units->item[i];
        struct str key = key_of(judge, unit->code);
        if (!below_a_source(judge, key))
            judge_fault(judge, REASON_CHILDREN_NOT_BELOW, key, STR("body.units[].from"), (int)i, STR_NONE, 0);
        struct str to = str_given(unit->to) ? key_of(judge, unit->to) : STR_NONE;
        switch (unit->move) {
        case UNIT_TO:
            recode(judge, key, to, true, "body.units[].from", "body.units[].to", (int)i);
            break;
        case UNIT_CLOSE:
            close_unit(judge, key, "body.units[].close", (int)i);
            break;
        case UNIT_SUCCESSOR:
            if (!plan_is_successor(&judge->plan, to) && !(str_given(also) && str_equal(to, also)))
                judge_fault(judge, REASON_FORM_VALUE, to, STR("body.units[].successor"), (int)i,
                            STR("a successor of the act"), 0);
            close_code(judge, key, unit_closed_type(judge), to, "body.units[].from", (int)i)->unit = true;
            link_codes(judge, key, to, false);
            break;
        }
    }
}

/* Open units at any depth that the act does not list. */
static void unfold_below(struct judge *judge, struct code *code, const char *field, bool linked)
{
    for (size_t i = 0; i < code->children.count && !judge->plan.full; i++) {
        struct code *child = code->children.item[i];
        if (!code_open_now(child))
            continue;
        const struct touch *listed = plan_find(&judge->plan, child->key);
        if (!listed || !(listed->op & FACT_CLOSE)) {
            if (linked)
                close_unit(judge, child->key, field, -1);
            else
                close_code(judge, child->key, unit_closed_type(judge), STR_NONE, field, -1)->unit = true;
        }
        unfold_below(judge, child, field, linked);
    }
}

static void unfold_with_units(struct judge *judge, struct str key, bool linked)
{
    struct code *code = seek_granted(judge->registry, key);
    if (code && seek_children(judge->registry, code, judge->act->effective_on, true))
        unfold_below(judge, code, "body.withUnits", linked);
}

/* ---- kinds ------------------------------------------------------------------------------------------------------ */

static void set_fields(struct touch *it, const struct info *info, field_mask clear)
{
    it->op |= FACT_SET;
    it->info = *info;
    it->mask |= info_mask(info) | clear;
}

static void unfold_renamed(struct judge *judge)
{
    const struct act *act = judge->act;
    struct str key = key_of(judge, act->body.renamed.code);
    if (!str_given(act->body.renamed.new_code)) {
        struct touch *it = touch(judge, key, 0, "body.code", -1);
        it->type = CHANGE_RENAMED;
        it->role = PARTY_AFFECTED;
        it->disposition = DISPOSITION_KEPT;
        set_fields(it, &act->body.renamed.set, 0);
        if (act->body.renamed.new_body) {
            it->op |= FACT_CARRY;
            it->disposition = DISPOSITION_CARRIED_ON;
            it->organization = new_body(judge, key);
        }
        return;
    }
    struct str to = key_of(judge, act->body.renamed.new_code);
    add_source(judge, key);
    add_successor(judge, to);
    close_code(judge, key, CHANGE_CODE_CLOSED, to, "body.code", -1);
    struct touch *it = issue(judge, to, NULL, CHANGE_RENAMED, "body.newCode", -1);
    it->body_of = key;
    it->info = act->body.renamed.set;
    link_codes(judge, key, to, true);
    unfold_units(judge, &act->body.renamed.units, STR_NONE);
}

static void unfold_merged(struct judge *judge)
{
    const struct act *act = judge->act;
    struct str into = key_of(judge, act->body.merged.into);
    bool is_source = false;
    add_successor(judge, into);
    for (size_t i = 0; i < act->body.merged.count; i++) {
        struct str key = key_of(judge, act->body.merged.source[i]);
        add_source(judge, key);
        if (str_equal(key, into)) {
            is_source = true;
            touch(judge, into, FACT_LINK, "body.sources[]", (int)i); /* its change stands where it is named first */
            continue;
        }
        close_code(judge, key, CHANGE_MERGED, into, "body.sources[]", (int)i);
        link_codes(judge, key, into, false);
    }
    const struct code *target = seek_granted(judge->registry, into);
    if (target || is_source) {
        struct touch *it = touch(judge, into, FACT_LINK, "body.into.code", -1);
        it->type = CHANGE_TOOK_OVER;
        it->role = PARTY_RESULTING;
        it->disposition = act->body.merged.new_body ? DISPOSITION_CARRIED_ON : DISPOSITION_KEPT;
        if (act->body.merged.info_given)
            set_fields(it, &act->body.merged.info, 0);
        if (act->body.merged.new_body) {
            it->op |= FACT_CARRY;
            it->organization = new_body(judge, into);
        }
    } else {
        issue(judge, into, &act->body.merged.info, CHANGE_ESTABLISHED, "body.into.code", -1);
        if (!str_given(act->body.merged.info.field[INFO_NAME]))
            judge_fault(judge, REASON_INFO_MISSING, into, STR("body.into.info.name"), -1, STR_NONE, 0);
        if (!str_given(act->body.merged.info.field[INFO_ADDRESS]))
            judge_fault(judge, REASON_INFO_MISSING, into, STR("body.into.info.address"), -1, STR_NONE, 0);
    }
    if (act->body.merged.count < 2 && (is_source || !target))
        judge_fault(judge, REASON_FORM_COUNT, STR_NONE, STR("body.sources"), -1, STR_NONE, 2);
    unfold_units(judge, &act->body.merged.units, STR_NONE);
}

static void unfold_split(struct judge *judge)
{
    const struct act *act = judge->act;
    struct str key = key_of(judge, act->body.split.source);
    add_source(judge, key);
    if (act->body.split.continues) {
        struct touch *it = touch(judge, key, FACT_LINK, "body.source", -1);
        it->type = CHANGE_SPLIT;
        it->role = PARTY_ORIGINAL;
        it->disposition = DISPOSITION_KEPT;
        if (act->body.split.new_body) {
            it->op |= FACT_CARRY;
            it->disposition = DISPOSITION_CARRIED_ON;
            it->organization = new_body(judge, key);
        }
    } else {
        close_code(judge, key, CHANGE_SPLIT, STR_NONE, "body.source", -1);
    }
    for (size_t i = 0; i < act->body.split.count; i++) {
        struct str to = key_of(judge, act->body.split.result[i].code);
        issue(judge, to, &act->body.split.result[i].info, CHANGE_SEPARATED, "body.results[].code", (int)i);
        link_codes(judge, key, to, false);
        add_successor(judge, to);
    }
    unfold_units(judge, &act->body.split.units, act->body.split.continues ? key : STR_NONE);
}

static void unfold_dissolved(struct judge *judge)
{
    const struct act *act = judge->act;
    struct str key = key_of(judge, act->body.dissolved.code);
    add_source(judge, key);
    for (size_t i = 0; i < act->body.dissolved.count; i++)
        add_successor(judge, key_of(judge, act->body.dissolved.successor[i]));
    close_code(judge, key, CHANGE_DISSOLVED, sole_successor(judge), "body.code", -1);
    for (size_t i = 0; i < judge->plan.successors.count; i++) {
        struct str to = judge->plan.successors.item[i];
        link_codes(judge, key, to, act->body.dissolved.continues);
        struct touch *it = touch(judge, to, FACT_LINK, "body.successors[]", (int)i);
        if (it->op & FACT_CLOSE)
            continue; /* itself: a cycle, judged later */
        it->any_authority = true;
        it->type = CHANGE_TOOK_OVER;
        it->role = PARTY_RESULTING;
        it->disposition = DISPOSITION_KEPT;
    }
    unfold_units(judge, &act->body.dissolved.units, STR_NONE);
    if (act->body.dissolved.with_units)
        unfold_with_units(judge, key, true);
}

void unfold_act(struct judge *judge)
{
    const struct act *act = judge->act;
    switch (act->kind) {
    case ACT_ESTABLISHED:
        issue(judge, key_of(judge, act->body.established.code), &act->body.established.info, CHANGE_ESTABLISHED,
              "body.code", -1);
        break;
    case ACT_CONTACT_UPDATED: {
        struct touch *it = touch(judge, key_of(judge, act->body.contact_updated.code), 0, "body.code", -1);
        it->type = CHANGE_CONTACT_UPDATED;
        it->role = PARTY_AFFECTED;
        it->disposition = DISPOSITION_KEPT;
        set_fields(it, &act->body.contact_updated.set, act->body.contact_updated.clear);
        break;
    }
    case ACT_RENAMED:
        unfold_renamed(judge);
        break;
    case ACT_RECODED:
        for (size_t i = 0; i < act->body.recoded.count && !judge->plan.full; i++)
            recode(judge, key_of(judge, act->body.recoded.pair[i].from), key_of(judge, act->body.recoded.pair[i].to),
                   false, "body.codes[].from", "body.codes[].to", (int)i);
        break;
    case ACT_MERGED:
        unfold_merged(judge);
        break;
    case ACT_SPLIT:
        unfold_split(judge);
        break;
    case ACT_DISSOLVED:
        unfold_dissolved(judge);
        break;
    case ACT_CLOSED: {
        struct str key = key_of(judge, act->body.closed.code);
        add_source(judge, key);
        close_code(judge, key, CHANGE_CODE_CLOSED, STR_NONE, "body.code", -1);
        if (act->body.closed.with_units)
            unfold_with_units(judge, key, false);
        break;
    }
    case ACT_CORRECTED:
    case ACT_ANNULLED:
    case ACT_SCHEME_REGISTERED:
    case ACT_KINDS:
        break;
    }
}
