#include "core/emit.h"

void emit_expect(struct registry *registry, size_t codes)
{
    if (codes < EMIT_MANY)
        return;
    vec_reserve(registry->arena, &registry->out.changes, codes);
    vec_reserve(registry->arena, &registry->out.versions, codes);
}

struct change *emit_change(struct registry *registry, const struct act_context *context, enum change_type type,
                           struct code *code, const struct written *written)
{
    struct change *change = vec_push(registry->arena, &registry->out.changes);
    *change = (struct change){
        .form = registry->law->change_form,
        .sequence = ++registry->place.sequence,
        .type = type,
        .subject = code->key,
        .subject_version = code->version,
        .context = context,
        .code = code,
        .before = written->before,
        .after = written->after,
        .period = written->period,
        .periods = written->periods,
    };
    return change;
}

void emit_number(struct registry *registry, size_t first_change, int64_t *first, int64_t *last)
{
    struct change *change = registry->out.changes.item;
    size_t count = registry->out.changes.count;
    *first = *last = 0;
    for (size_t i = first_change; i < count; i++) {
        change[i].index = (int)(i - first_change + 1);
        change[i].count = (int)(count - first_change);
    }
    if (count > first_change) {
        *first = change[first_change].sequence;
        *last = change[count - 1].sequence;
    }
}

static const struct findings *copy_findings(struct arena *arena, const struct findings *findings)
{
    if (!findings || findings->count == 0)
        return NULL;
    size_t size = offsetof(struct findings, item) + (size_t)findings->count * sizeof findings->item[0];
    struct findings *copy = arena_alloc(arena, size);
    memcpy(copy, findings, size);
    findings_sort(copy);
    return copy;
}

struct receipt *emit_receipt(struct registry *registry, struct str authority, const struct uuid *id,
                             enum verdict verdict, const struct findings *faults, const struct findings *warnings,
                             const struct origin *origin)
{
    struct receipt *receipt = vec_push(registry->arena, &registry->out.receipts);
    *receipt = (struct receipt){
        .form = registry->law->receipt_form,
        .number = ++registry->place.receipt,
        .authority = str_copy(registry->arena, authority),
        .has_id = id != NULL,
        .verdict = verdict,
        .rule = faults ? faults->first : RULE_NONE,
        .faults = copy_findings(registry->arena, faults),
        .warnings = copy_findings(registry->arena, warnings),
        .recorded = registry->place.time,
    };
    if (id)
        receipt->id = *id;
    if (origin) {
        struct origin *copy = arena_new(registry->arena, struct origin);
        *copy = *origin;
        receipt->origin = copy;
    }
    return receipt;
}

static struct lateness lateness_of(date_day from, date_day done, int days)
{
    int late = (int)(done - from) - days;
    return (struct lateness){from + days, late > 0 ? late : 0};
}

struct act_context *emit_context(const struct judge *judge)
{
    const struct law *law = judge->registry->law;
    const struct act *act = judge->act;
    struct act_context *context = arena_new(judge->registry->arena, struct act_context);
    context->act = act;
    context->number = judge->number;
    context->recorded = judge->registry->place.time;
    context->decision_late.due = context->entry_late.due = DATE_NONE;
    if (!act->decision.given)
        return context;
    if (act->kind == ACT_ESTABLISHED || act->kind == ACT_MERGED || act->kind == ACT_SPLIT || act->kind == ACT_DISSOLVED)
        context->decision_late = lateness_of(act->happened_on, act->decision.issued_on, law->decision_days);
    context->entry_late = lateness_of(act->decision.issued_on, date_of(judge->recorded), law->entry_days);
    return context;
}
