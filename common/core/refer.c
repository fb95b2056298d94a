#include "core/code.h"
#include "core/decide.h"
#include "core/seek.h"
#include "core/timeline.h"

/* Acts about acts: `corrected` and `annulled` (schemas/acts.md, "Correcting", "Annulling"). */


struct act_entry *act_entry_find(struct registry *registry, struct str authority, struct uuid id)
{
    struct act_list *list = seek_acts(registry, id);
    for (size_t i = 0; list && i < list->entry.count; i++)
        if (str_equal(list->entry.item[i]->authority, authority))
            return list->entry.item[i];
    return NULL;
}

/* The act meant: one's own, else one of a predecessor's; for ROOT any, the lowest authority first. */
static struct act_entry *find_target(struct judge *judge, struct uuid id)
{
    struct str actor = judge->act->authority;
    struct act_entry *own = act_entry_find(judge->registry, actor, id), *best = NULL;
    if (own)
        return own;
    struct act_list *list = seek_acts(judge->registry, id);
    for (size_t i = 0; list && i < list->entry.count; i++) {
        struct act_entry *entry = list->entry.item[i];
        bool mine = str_equal(actor, STR("ROOT")) ||
                    (code_is_level1(entry->authority) &&
                     str_equal(authority_walk(judge->registry, entry->authority), actor));
        if (mine && (!best || str_compare(entry->authority, best->authority) < 0))
            best = entry;
    }
    return best;
}

static bool find_and_judge_target(struct judge *judge, struct uuid id, const char *field)
{
    char text[UUID_TEXT_SIZE];
    struct str named = str_copy(judge->registry->arena, str_of(uuid_format(id, text)));
    struct act_entry *target = find_target(judge, id);
    bool waits = target && (target->verdict == VERDICT_ANNOUNCED || target->verdict == VERDICT_HELD);
    if (!target)
        judge_fault(judge, REASON_ACTREF_MISSING, STR_NONE, str_of(field), -1, named, 0);
    else if (target->kind == ACT_CORRECTED || target->kind == ACT_ANNULLED || target->kind == ACT_SCHEME_REGISTERED)
        judge_fault(judge, REASON_ACTREF_KIND, STR_NONE, str_of(field), -1, named, 0);
    else if (target->verdict != VERDICT_ACCEPTED && !(waits && judge->act->kind == ACT_ANNULLED))
        judge_fault(judge, REASON_ACTREF_STATE, STR_NONE, str_of(field), -1, named, 0);
    else
        judge->target = target;
    return judge->target != NULL;
}

/* Authority over a code that the target wrote: as over any other, but that an account may see to its own contact data. */
static void judge_over(struct judge *judge, struct str key, const char *field)
{
    bool own_contact = judge->target->kind == ACT_CONTACT_UPDATED && str_equal(key, judge->act->authority);
    if (!own_contact)
        judge_authority(judge, key, false, false, str_of(field), -1);
}

/* An authority takes back its own act whole, another's only where it has authority now. */
static void judge_inherited(struct judge *judge, struct str key, const char *field)
{
    if (!str_equal(judge->target->authority, judge->act->authority))
        judge_over(judge, key, field);
}

/* ---- corrected ---------------------------------------------------------------------------------------------------- */

static void judge_corrected(struct judge *judge)
{
    const struct act *act = judge->act;
    if (!find_and_judge_target(judge, act->body.corrected.corrects, "body.corrects"))
        return;
    struct str key = code_key(judge->registry->arena, act->scheme, act->body.corrected.code);
    struct code *code = seek_granted(judge->registry, key);
    if (code && !seek_history(judge->registry, code))
        return;
    if (!code || !timeline_fact_of(code, judge->target->number)) {
        char text[UUID_TEXT_SIZE];
        judge_fault(judge, REASON_ACTREF_CODE, key, STR("body.code"), -1,
                    str_copy(judge->registry->arena, str_of(uuid_format(judge->target->id, text))), 0);
        return;
    }
    judge_over(judge, key, "body.code");
}

static void correct(struct judge *judge, const struct act_context *context)
{
    struct registry *registry = judge->registry;
    const struct act *act = judge->act;
    struct code *code = seek_granted(registry, code_key(registry->arena, act->scheme, act->body.corrected.code));
    const struct fact *root = timeline_fact_of(code, judge->target->number);
    struct fact fact = {
        .valid_from = root->valid_from,
        .rank = root->rank,
        .act = judge->number,
        .sequence = registry->place.sequence + 1,
        .op = FACT_SET,
        .mask = act->body.corrected.clear,
        .given = {.info = act->body.corrected.set, .decision = act->body.corrected.set_decision},
    };
    for (int field = 0; field < INFO_FIELDS; field++)
        if (str_given(act->body.corrected.set.field[field]))
            fact.mask |= (field_mask)1 << field;
    if (act->body.corrected.set_decision.given)
        fact.mask |= MASK_DECISION;
    code->version++;
    struct written written;
    timeline_add(registry, code, &fact, NULL, 0, &written);
    struct change *change = emit_change(registry, context, CHANGE_CORRECTED, code, &written);
    change->participant = arena_new(registry->arena, struct participant);
    *change->participant = (struct participant){code->key, PARTY_AFFECTED, false, DISPOSITION_KEPT};
    change->participants = change->participants_total = 1;
    if (str_given(act->body.corrected.set.field[INFO_LEGACY_CODE]))
        scene_note_legacy(registry->scene, act->body.corrected.set.field[INFO_LEGACY_CODE], code->key);
}

/* ---- annulled ----------------------------------------------------------------------------------------------------- */

static void annul_fault(struct judge *judge, enum reason reason, struct str key, int64_t number)
{
    judge_fault(judge, reason, key, STR("body.annuls"), -1, STR_NONE, number);
}

static bool among(const struct text_list *list, struct str key)
{
    for (size_t i = 0; i < list->text.count; i++)
        if (str_equal(list->text.item[i], key))
            return true;
    return false;
}

/* An issued code can be taken back while nothing but its own act names it. */
static void judge_unissue(struct judge *judge, struct code *code, const struct text_list *subjects)
{
    int64_t number = judge->target->number;
    bool free = code->announced == 0;
    for (size_t i = 0; i < code->facts.count; i++)
        free &= code->facts.item[i].act == number;
    for (size_t i = 0; i < code->edges.count; i++)
        free &= code->edges.item[i].act == number;
    if (!seek_children(judge->registry, code, DATE_NONE, false))
        return;
    for (size_t i = 0; i < code->children.count; i++)
        free &= !code_granted(code->children.item[i]) || among(subjects, code->children.item[i]->key);
    if (!free)
        annul_fault(judge, REASON_CLOSED_BUILT_ON, code->key, 0);
}

/* Nothing later by another act: no issue, closing or carrying, no edge. */
static bool nothing_later(const struct code *code, const struct fact *fact, int64_t number)
{
    for (size_t i = 0; i < code->facts.count; i++)
        if (code->facts.item[i].sequence > fact->sequence && code->facts.item[i].act != number &&
            code->facts.item[i].op & (FACT_ISSUE | FACT_CARRY | FACT_CLOSE | FACT_VOID))
            return false;
    for (size_t i = 0; i < code->edges.count; i++)
        if (code->edges.item[i].act != number && code->edges.item[i].sequence > fact->sequence)
            return false;
    return true;
}

static bool parent_allows(struct judge *judge, const struct code *code, const struct text_list *subjects)
{
    if (!str_given(code->parent))
        return true;
    const struct code *parent = seek_granted(judge->registry, code->parent);
    return !parent || parent->now.status == CODE_OPEN || code_kept_by_heir(parent) ||
           among(subjects, parent->key);
}

static void judge_reopen(struct judge *judge, struct code *code, const struct fact *fact,
                         const struct text_list *subjects, bool *flush)
{
    struct registry *registry = judge->registry;
    if (judge->act->body.annulled.reason != ANNUL_ENTRY_ERROR)
        annul_fault(judge, REASON_CLOSED_REASON, code->key, 0);
    if (judge->today - date_of(judge->target->recorded_ms) > judge->registry->law->annul_days)
        annul_fault(judge, REASON_CLOSED_TOO_LATE, code->key, judge->registry->law->annul_days);
    bool built = fact->op & FACT_CLOSE && !parent_allows(judge, code, subjects);
    if (fact->op & FACT_CLOSE) {
        if (registry->out.changes.count || registry->out.receipts.count) {
            *flush = true; /* the question is asked of what is stored */
            return;
        }
        const bool *below = seek_built(registry, code->key, fact->heir, judge->target->last_sequence);
        built |= below && *below;
    }
    if (built)
        annul_fault(judge, REASON_CLOSED_BUILT_ON, code->key, 0);
}

static void judge_annulled_code(struct judge *judge, struct code *code, const struct text_list *subjects,
                                bool reopens, bool *flush)
{
    const struct fact *fact = timeline_fact_of(code, judge->target->number);
    if (!fact)
        return;
    if (fact->op != FACT_LINK)
        judge_inherited(judge, code->key, "body.annuls");
    if (fact->op & FACT_ISSUE)
        judge_unissue(judge, code, subjects);
    else if (reopens && !nothing_later(code, fact, judge->target->number))
        annul_fault(judge, REASON_CLOSED_BUILT_ON, code->key, 0);
    if (fact->op & (FACT_CLOSE | FACT_CARRY))
        judge_reopen(judge, code, fact, subjects, flush);
}

static void judge_annulled_effect(struct judge *judge, bool *flush)
{
    struct registry *registry = judge->registry;
    if (judge->target->first_sequence == 0)
        return; /* it changed nothing */
    const struct text_list *subjects =
        seek_subjects(registry, judge->target->first_sequence, judge->target->last_sequence);
    bool reopens = false;
    for (size_t i = 0; subjects && i < subjects->text.count; i++) {
        struct code *code = seek_granted(registry, subjects->text.item[i]);
        if (!code || !seek_history(registry, code))
            continue;
        const struct fact *fact = timeline_fact_of(code, judge->target->number);
        reopens |= fact && fact->op & (FACT_CLOSE | FACT_CARRY);
    }
    if (registry->needs.count)
        return;
    for (size_t i = 0; i < subjects->text.count; i++)
        judge_annulled_code(judge, seek_granted(registry, subjects->text.item[i]), subjects, reopens, flush);
}

struct naming {
    struct judge *judge;
    const struct act *act;
};

static void judge_named(void *context, struct str code, enum code_role role)
{
    const struct naming *naming = context;
    (void)role;
    judge_inherited(naming->judge, code_key(naming->judge->registry->arena, naming->act->scheme, code), "body.annuls");
}

static void judge_annulled(struct judge *judge, bool *flush)
{
    if (!find_and_judge_target(judge, judge->act->body.annulled.annuls, "body.annuls"))
        return;
    if (judge->target->verdict == VERDICT_ACCEPTED) {
        judge_annulled_effect(judge, flush);
        return;
    }
    struct pending *pending = seek_pending(judge->registry, judge->target->number);
    if (judge->target->verdict == VERDICT_HELD)
        seek_hold(judge->registry, judge->target->authority);
    if (!pending)
        return;
    for (int i = 0; i < pending->codes; i++)
        seek_code(judge->registry, pending->code[i]);
    act_each_code(pending->act, judge_named, &(struct naming){judge, pending->act});
}

static void annul_effect(struct judge *judge, const struct act_context *context)
{
    struct registry *registry = judge->registry;
    if (judge->target->first_sequence == 0)
        return;
    int64_t number = judge->target->number, first = registry->place.sequence + 1;
    const struct text_list *subjects =
        seek_subjects(registry, judge->target->first_sequence, judge->target->last_sequence);
    emit_expect(registry, subjects->text.count);
    for (size_t i = 0; i < subjects->text.count; i++) {
        struct code *code = seek_granted(registry, subjects->text.item[i]);
        if (!timeline_fact_of(code, number))
            continue;
        code->version++;
        struct written written;
        timeline_undo(registry, code, number, judge->number, registry->place.sequence + 1, &written);
        struct change *change = emit_change(registry, context, CHANGE_ANNULLED, code, &written);
        change->participant = arena_new(registry->arena, struct participant);
        *change->participant = (struct participant){
            code->key, PARTY_AFFECTED, false,
            code->now.status == CODE_CLOSED ? DISPOSITION_CLOSED : DISPOSITION_KEPT};
        change->participants = change->participants_total = 1;
        if (code->now.status == CODE_OPEN)
            scene_note_born(registry->scene, code);
        if (str_given(code->now.values.info.field[INFO_LEGACY_CODE]))
            scene_note_legacy(registry->scene, code->now.values.info.field[INFO_LEGACY_CODE], code->key);
    }
    *vec_push(registry->arena, &registry->out.edges_undone) = (struct edge_undo){number, first};
}

/* ---- both --------------------------------------------------------------------------------------------------------- */

void refer_judge(struct judge *judge, bool *flush)
{
    if (judge->act->kind == ACT_CORRECTED)
        judge_corrected(judge);
    else
        judge_annulled(judge, flush);
}

void refer_carry_out(struct judge *judge, const struct act_context *context, int64_t *first, int64_t *last)
{
    struct registry *registry = judge->registry;
    size_t first_change = registry->out.changes.count;
    if (judge->act->kind == ACT_CORRECTED) {
        correct(judge, context);
    } else if (judge->target->verdict == VERDICT_ACCEPTED) {
        annul_effect(judge, context);
        judge->target->verdict = VERDICT_ANNULLED;
    } else {
        struct pending *pending = seek_pending(registry, judge->target->number);
        pending_remove(registry, pending);
        announce_end(registry, pending, context, first, last);
        judge->target->verdict = VERDICT_WITHDRAWN;
    }
    emit_number(registry, first_change, first, last);
    if (judge->act->kind == ACT_CORRECTED)
        return;
    judge->target->dirty = true;
    if (*first) {
        judge->target->first_sequence = *first;
        judge->target->last_sequence = *last;
    }
}
