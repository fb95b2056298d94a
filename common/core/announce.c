#include "core/code.h"
#include "core/decide.h"
#include "core/seek.h"

/* Acts that wait: announced until their day, held until their authority's level-1 code is granted. */

struct naming {
    struct registry *registry;
    const struct act *act;
    struct map seen;
    VEC(struct str) code;
    VEC(bool) grants;
};

static bool merged_into_source(const struct act *act)
{
    for (size_t i = 0; i < act->body.merged.count; i++)
        if (str_equal(act->body.merged.source[i], act->body.merged.into))
            return true;
    return false;
}

static void name_code(void *context, struct str code, enum code_role role)
{
    struct naming *naming = context;
    struct arena *arena = naming->registry->arena;
    struct str key = code_key(arena, naming->act->scheme, code);
    bool grants = role == ROLE_GRANTED;
    if (naming->act->kind == ACT_MERGED && str_equal(code, naming->act->body.merged.into))
        grants = !merged_into_source(naming->act) && !seek_granted(naming->registry, key);
    void **seen = map_put(arena, &naming->seen, key);
    if (*seen) {
        naming->grants.item[(size_t)(uintptr_t)*seen - 1] |= grants;
        return;
    }
    *vec_push(arena, &naming->code) = key;
    *vec_push(arena, &naming->grants) = grants;
    *seen = (void *)(uintptr_t)naming->code.count;
}

static struct naming names_of(struct registry *registry, const struct act *act)
{
    struct naming naming = {.registry = registry, .act = act};
    act_each_code(act, name_code, &naming);
    return naming;
}

void announce_seek(struct registry *registry, const struct act *act)
{
    struct naming naming = names_of(registry, act);
    for (size_t i = 0; i < naming.code.count; i++)
        seek_code(registry, naming.code.item[i]);
}

/* act.announced, act.withdrawn: the record stays as it is. */
static void tell(struct registry *registry, const struct act_context *context, enum change_type type,
                 struct code *code)
{
    struct record *now = NULL;
    if (code_granted(code)) {
        now = arena_new(registry->arena, struct record);
        *now = code->now;
    }
    code->version++;
    emit_change(registry, context, type, code, &(struct written){.before = now, .after = now});
}

static void add_pending(struct registry *registry, const struct pending *pending)
{
    struct pending *copy = arena_new(registry->arena, struct pending);
    *copy = *pending;
    scene_note_pending(registry->scene, copy);
    *vec_push(registry->arena, &registry->out.pending_added) = *pending;
    if (pending->due < registry->next_due)
        registry->next_due = pending->due;
}

void announce_act(struct judge *judge, const struct item *item, const struct act_context *context, int64_t *first,
                  int64_t *last)
{
    struct registry *registry = judge->registry;
    struct naming naming = names_of(registry, judge->act);
    size_t first_change = registry->out.changes.count;
    for (size_t i = 0; i < naming.code.count; i++) {
        struct code *code = seek_or_make(registry, naming.code.item[i]);
        code->announced++;
        code->announced_grants += naming.grants.item[i];
        code->dirty = true;
        tell(registry, context, CHANGE_ANNOUNCED, code);
    }
    emit_number(registry, first_change, first, last);
    add_pending(registry, &(struct pending){.number = item->number,
                                            .kind = PENDING_ANNOUNCED,
                                            .due = date_start(judge->act->effective_on),
                                            .recorded = item->recorded,
                                            .authority = judge->act->authority,
                                            .id = judge->act->id,
                                            .bytes = item->bytes,
                                            .act = judge->act,
                                            .code = naming.code.item,
                                            .grants = naming.grants.item,
                                            .codes = (int)naming.code.count});
}

void announce_end(struct registry *registry, struct pending *pending, const struct act_context *context,
                  int64_t *first, int64_t *last)
{
    size_t first_change = registry->out.changes.count;
    for (int i = 0; i < pending->codes; i++) {
        struct code *code = seek_or_make(registry, pending->code[i]);
        code->announced--;
        code->announced_grants -= pending->grants[i];
        code->dirty = true;
        if (context)
            tell(registry, context, CHANGE_WITHDRAWN, code);
    }
    if (context)
        emit_number(registry, first_change, first, last);
}

void pending_remove(struct registry *registry, const struct pending *pending)
{
    struct outcome *out = &registry->out;
    if (pending->kind == PENDING_HELD) {
        struct hold *hold = seek_hold(registry, pending->authority);
        hold->count--;
        hold->bytes -= (int64_t)pending->bytes.len;
    }
    for (size_t i = 0; i < out->pending_added.count; i++)
        if (out->pending_added.item[i].number == pending->number) {
            for (size_t j = i + 1; j < out->pending_added.count; j++)
                out->pending_added.item[j - 1] = out->pending_added.item[j];
            out->pending_added.count--;
            return;
        }
    *vec_push(registry->arena, &out->pending_removed) = pending->number;
}

enum decided decide_expiry(struct registry *registry, struct pending *pending)
{
    struct act_entry *entry = act_entry_find(registry, pending->authority, pending->id);
    const struct code *code = seek_code(registry, pending->authority);
    seek_hold(registry, pending->authority);
    if (registry->needs.count)
        return DECIDED_NEEDS;
    if (code && code->announced_grants > 0) {
        *vec_push(registry->arena, &registry->out.pending_delayed) =
            (struct pending_delay){pending->number, registry->place.time + DAY_MS};
        return DECIDED;
    }
    pending_remove(registry, pending);
    struct findings faults = {0};
    findings_add(&faults, (struct finding){REASON_AUTHORITY_NEVER_GRANTED, pending->authority, STR_NONE, STR_NONE,
                                           registry->law->held_days});
    if (entry) {
        entry->verdict = VERDICT_REJECTED;
        entry->rule = faults.first;
        entry->dirty = true;
    }
    emit_receipt(registry, pending->authority, &pending->id, VERDICT_REJECTED, &faults, NULL, NULL);
    return DECIDED;
}
