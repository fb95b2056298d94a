#include "core/decide.h"

#include "core/check.h"
#include "core/code.h"
#include "core/machine.h"
#include "core/seek.h"

/* One act from its arrival to its verdict. Each phase is entered only when the former found no fault (schemas/acts.md,
 * "Verdicts"). Until everything is known nothing is changed: a decision that asks for more is made again from the start. */

static void judge_begin(struct judge *judge, struct registry *registry, const struct item *item)
{
    judge->registry = registry;
    judge->act = item->act;
    judge->number = item->number;
    judge->recorded = item->recorded;
    judge->today = date_of(registry->place.time);
    judge->faults.count = judge->faults.total = 0;
    judge->faults.first = RULE_NONE;
    judge->warnings.count = judge->warnings.total = 0;
    judge->warnings.first = RULE_NONE;
    judge->plan = (struct plan){0};
    judge->target = NULL;
    judge->flush = false;
}

static bool is_root(const struct act *act) { return str_equal(act->authority, STR("ROOT")); }
static bool refers(const struct act *act) { return act->kind == ACT_CORRECTED || act->kind == ACT_ANNULLED; }

/* ---- phases ------------------------------------------------------------------------------------------------------- */

static void judge_account(struct judge *judge, const struct item *item)
{
    struct str authority = judge->act->authority;
    if (!code_is_authority(authority)) {
        judge_fault(judge, REASON_ACCOUNT_NAME, authority, STR("authority"), -1, STR_NONE, 0);
        return;
    }
    if (item->origin && !str_equal(item->origin->authority, authority))
        judge_fault(judge, REASON_ACCOUNT_PUBLISHER, authority, STR("authority"), -1, item->origin->authority, 0);
    if (is_root(judge->act))
        return;
    const struct code *code = seek_granted(judge->registry, authority);
    if (code && code->now.status == CODE_CLOSED)
        judge_fault(judge, REASON_ACCOUNT_ENDED, authority, STR("authority"), -1,
                    authority_walk(judge->registry, authority), 0);
}

static void judge_form(struct judge *judge)
{
    const struct act *act = judge->act;
    const struct scheme *scheme = NULL;
    if (!str_equal(act->scheme, STR("gov")) && !str_equal(act->scheme, STR("enterprise"))) {
        scheme = seek_scheme(judge->registry, act->scheme);
        if (!scheme)
            judge_fault(judge, REASON_SCHEME_UNKNOWN, act->scheme, STR("scheme"), -1, STR_NONE, 0);
    }
    check_act(judge->registry->law, judge->registry->arena, act, scheme ? scheme->item : NULL,
              scheme ? scheme->count : 0, &judge->faults, &judge->warnings);
}

static void judge_dates(struct judge *judge)
{
    const struct decision_doc *decision = &judge->act->decision;
    if (decision->given && decision->issued_on > judge->today)
        judge_fault(judge, REASON_ORDER_DECISION, STR_NONE, STR("decision.issuedOn"), -1,
                    judge_date(judge, decision->issued_on), 0);
}

/* What the registry says of an act that passed for itself. */
static void judge_whole(struct judge *judge, bool *flush)
{
    if (refers(judge->act)) {
        refer_judge(judge, flush);
    } else if (judge->act->kind == ACT_SCHEME_REGISTERED) {
        scheme_judge_issuer(judge);
    } else {
        unfold_act(judge);
        judge_plan(judge);
    }
}

/* Of an announced act these are refused at once; what else the registry finds is a warning until its day. */
static bool refused_now(const struct finding *fault)
{
    switch (fault->reason) {
    case REASON_FORM_VALUE:
    case REASON_UNIQUE_GRANTED:
    case REASON_UNIQUE_TWICE:
    case REASON_CLOSED_REGRANT:
    case REASON_CLOSED_CODE:
    case REASON_FULL_CODES:
        return true;
    default:
        return reason_rule(fault->reason) == RULE_ACTREF || reason_rule(fault->reason) == RULE_ROOT;
    }
}

static void soften_faults(struct judge *judge)
{
    if (judge->faults.count == 0)
        return;
    struct findings *kept = arena_new(judge->registry->arena, struct findings);
    for (int i = 0; i < judge->faults.count; i++)
        findings_add(refused_now(&judge->faults.item[i]) ? kept : &judge->warnings, judge->faults.item[i]);
    judge->faults = *kept;
}

/* ---- verdicts ----------------------------------------------------------------------------------------------------- */

static void put_entry(struct judge *judge, enum verdict verdict, int64_t first, int64_t last)
{
    struct registry *registry = judge->registry;
    const struct act *act = judge->act;
    struct act_entry *entry = act_entry_find(registry, act->authority, act->id);
    if (!entry) {
        entry = arena_new(registry->arena, struct act_entry);
        entry->authority = act->authority;
        entry->id = act->id;
        scene_note_act(registry->scene, entry);
    }
    struct machine *machine = registry->machine;
    entry->digest = machine->digest;
    entry->kind = act->kind;
    entry->scheme = act->scheme;
    entry->verdict = verdict;
    entry->rule = judge->faults.first;
    entry->number = judge->number;
    entry->recorded_ms = judge->recorded;
    entry->effective_on = act->effective_on;
    entry->happened_on = act->happened_on;
    entry->decision_on = act->decision.given ? act->decision.issued_on : DATE_NONE;
    entry->first_sequence = first;
    entry->last_sequence = last;
    entry->dirty = true;
}

static struct receipt *give_receipt(struct judge *judge, const struct item *item, enum verdict verdict, int64_t first,
                                    int64_t last)
{
    struct str authority = item->origin ? item->origin->authority : judge->act->authority;
    struct receipt *receipt = emit_receipt(judge->registry, authority, &judge->act->id, verdict, &judge->faults,
                                           &judge->warnings, item->origin);
    receipt->first_sequence = first;
    receipt->last_sequence = last;
    return receipt;
}

static void leave_queue(struct judge *judge, const struct item *item, const struct act_context *withdrawn,
                        int64_t *first, int64_t *last)
{
    if (item->source == ITEM_RECORD)
        return;
    pending_remove(judge->registry, item->pending);
    announce_end(judge->registry, item->pending, withdrawn, first, last);
}

static enum decided reject(struct judge *judge, const struct item *item)
{
    if (judge->registry->needs.count)
        return DECIDED_NEEDS;
    int64_t first = 0, last = 0;
    leave_queue(judge, item, item->source == ITEM_DUE ? emit_context(judge) : NULL, &first, &last);
    bool forged = false; /* an id in another's name is not this publisher's to use */
    for (int i = 0; i < judge->faults.count; i++)
        forged |= judge->faults.item[i].reason == REASON_ACCOUNT_PUBLISHER ||
                  judge->faults.item[i].reason == REASON_ACCOUNT_NAME;
    const struct act_entry *entry =
        forged ? NULL : act_entry_find(judge->registry, judge->act->authority, judge->act->id);
    if (!forged && !(item->source == ITEM_RECORD && entry && verdict_in_force(entry->verdict)))
        put_entry(judge, VERDICT_REJECTED, first, last);
    give_receipt(judge, item, VERDICT_REJECTED, first, last);
    return DECIDED;
}

/* The same act again, or another under its id. */
static bool repeated(struct judge *judge, const struct item *item)
{
    const struct act_entry *entry = act_entry_find(judge->registry, judge->act->authority, judge->act->id);
    if (!entry || !verdict_in_force(entry->verdict))
        return false;
    bool same = memcmp(entry->digest.byte, judge->registry->machine->digest.byte, sizeof entry->digest.byte) == 0;
    if (!same)
        judge_fault(judge, REASON_CONFLICT, STR_NONE, STR("actId"), -1, STR_NONE, 0);
    struct receipt *receipt = give_receipt(judge, item, same ? VERDICT_DUPLICATE : VERDICT_CONFLICT,
                                           entry->first_sequence, entry->last_sequence);
    receipt->original = entry->verdict;
    receipt->original_rule = entry->rule;
    return true;
}

static bool waits_for_grant(struct judge *judge)
{
    if (is_root(judge->act) || judge->act->kind == ACT_ANNULLED)
        return false;
    return !seek_granted(judge->registry, judge->act->authority);
}

static enum decided hold_act(struct judge *judge, const struct item *item)
{
    struct registry *registry = judge->registry;
    const struct law *law = registry->law;
    struct hold *hold = seek_hold(registry, judge->act->authority);
    if (registry->needs.count)
        return DECIDED_NEEDS;
    if (hold->count >= law->held_acts_max || hold->bytes + (int64_t)item->bytes.len > law->held_bytes_max) {
        judge_fault(judge, REASON_FULL_HELD, judge->act->authority, STR_NONE, -1, STR_NONE,
                    law->held_acts_max);
        return reject(judge, item);
    }
    hold->count++;
    hold->bytes += (int64_t)item->bytes.len;
    struct pending *pending = arena_new(registry->arena, struct pending);
    *pending = (struct pending){.number = item->number,
                                .kind = PENDING_HELD,
                                .due = registry->place.time + law->held_days * DAY_MS,
                                .recorded = item->recorded,
                                .authority = judge->act->authority,
                                .id = judge->act->id,
                                .bytes = item->bytes,
                                .act = judge->act};
    scene_note_pending(registry->scene, pending);
    *vec_push(registry->arena, &registry->out.pending_added) = *pending;
    if (pending->due < registry->next_due)
        registry->next_due = pending->due;
    put_entry(judge, VERDICT_HELD, 0, 0);
    give_receipt(judge, item, VERDICT_HELD, 0, 0);
    return DECIDED;
}

static void warn_late(struct judge *judge)
{
    const struct act_context *context = judge->context;
    if (context->decision_late.days > 0)
        findings_add(&judge->warnings, (struct finding){REASON_DAYS30_LATE, STR_NONE, STR_NONE, STR_NONE,
                                                        context->decision_late.days});
    if (context->entry_late.days > 0)
        findings_add(&judge->warnings,
                     (struct finding){REASON_DAYS7_LATE, STR_NONE, STR_NONE, STR_NONE, context->entry_late.days});
}

/* Held acts of level-1 codes that were granted just now are next. */
static void release_held(struct judge *judge)
{
    struct registry *registry = judge->registry;
    for (size_t i = 0; i < judge->plan.touches.count; i++) {
        const struct touch *touch = judge->plan.touches.item[i];
        if (!(touch->op & FACT_ISSUE) || !code_is_level1(touch->key))
            continue;
        const struct hold *hold = seek_hold(registry, touch->key);
        if (!hold || hold->count == 0)
            continue;
        *vec_push(registry->arena, &registry->out.released) = touch->key;
        registry->next_due = 0;
    }
}

/* A contact update that says what stands already. */
static bool says_nothing_new(struct judge *judge)
{
    if (judge->act->kind != ACT_CONTACT_UPDATED)
        return false;
    const struct touch *touch = judge->plan.touches.item[0];
    const struct record *record = timeline_record(judge->registry, seek_granted(judge->registry, touch->key),
                                                  judge->act->effective_on);
    for (int field = 0; record && field < INFO_FIELDS; field++)
        if (touch->mask >> field & 1 && !str_equal(touch->info.field[field], record->values.info.field[field]))
            return false;
    return true;
}

static void carry_out(struct judge *judge, const struct act_context *context, int64_t *first, int64_t *last)
{
    if (refers(judge->act))
        refer_carry_out(judge, context, first, last);
    else if (judge->act->kind == ACT_SCHEME_REGISTERED)
        scheme_carry_out(judge, context, first, last);
    else if (!says_nothing_new(judge))
        plan_carry_out(judge, context, first, last);
}

static enum decided accept(struct judge *judge, const struct item *item)
{
    struct registry *registry = judge->registry;
    const struct act_context *context = judge->context;
    int64_t first = 0, last = 0, ended_first, ended_last;
    leave_queue(judge, item, NULL, &ended_first, &ended_last);
    if (item->source != ITEM_DUE && judge->act->effective_on > judge->today) {
        announce_act(judge, item, context, &first, &last);
        put_entry(judge, VERDICT_ANNOUNCED, first, last);
        give_receipt(judge, item, VERDICT_ANNOUNCED, first, last);
        return DECIDED;
    }
    carry_out(judge, context, &first, &last);
    put_entry(judge, VERDICT_ACCEPTED, first, last);
    give_receipt(judge, item, VERDICT_ACCEPTED, first, last);
    if (judge->act->kind == ACT_ANNULLED) {
        struct receipt *further = emit_receipt(registry, judge->target->authority, &judge->target->id,
                                               judge->target->verdict, NULL, NULL, NULL);
        further->first_sequence = first;
        further->last_sequence = last;
    }
    release_held(judge);
    return DECIDED;
}

/* Whatever leaves the queue must be in the scene. */
static void seek_queue(struct registry *registry, const struct item *item)
{
    if (item->source == ITEM_RECORD)
        return;
    for (int i = 0; i < item->pending->codes; i++)
        seek_code(registry, item->pending->code[i]);
    if (item->pending->kind == PENDING_HELD)
        seek_hold(registry, item->pending->authority);
}

enum decided decide_item(struct registry *registry, const struct item *item)
{
    struct machine *machine = registry->machine;
    struct judge *judge = &machine->judge;
    judge_begin(judge, registry, item);
    seek_queue(registry, item);
    seek_acts(registry, item->act->id);
    machine->digest = act_digest(item->act);
    judge_account(judge, item);
    judge_form(judge);
    if (item->recreated)
        findings_add(&judge->warnings, (struct finding){REASON_TOPIC_RECREATED, STR_NONE, STR_NONE,
                                                        item->origin->topic, 0});
    if (registry->needs.count)
        return DECIDED_NEEDS;
    if (judge->faults.first != RULE_NONE && judge->faults.first <= RULE_FORM)
        return reject(judge, item);
    if (item->source == ITEM_RECORD && repeated(judge, item))
        return DECIDED;
    judge_dates(judge);
    if (judge->act->kind == ACT_SCHEME_REGISTERED)
        scheme_judge_form(judge);
    if (judge->faults.first != RULE_NONE)
        return reject(judge, item);
    judge->context = emit_context(judge);
    warn_late(judge);
    if (item->source == ITEM_RECORD && waits_for_grant(judge))
        return registry->needs.count ? DECIDED_NEEDS : hold_act(judge, item);
    bool flush = false;
    judge_whole(judge, &flush);
    bool announced = item->source != ITEM_DUE && judge->act->effective_on > judge->today;
    if (announced)
        announce_seek(registry, judge->act);
    if (registry->needs.count)
        return DECIDED_NEEDS;
    if (flush || judge->flush)
        return DECIDED_FLUSH;
    if (announced)
        soften_faults(judge);
    return judge->faults.first != RULE_NONE ? reject(judge, item) : accept(judge, item);
}
