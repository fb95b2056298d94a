#include "core/code.h"
#include "core/registry.h"
#include "core/scene.h"
#include "core/seek.h"

/* As seek_children asks. */
#define CHILDREN_LIMIT 10000
/* Of chains of edges. */
#define WALK_DEPTH 16

/* What a batch will surely ask for, so that the shell can load it in one round trip. */

struct prefetch {
    struct registry *registry;
    const struct act *act;
};

static void prefetch_code(void *context, struct str text, enum code_role role)
{
    const struct prefetch *prefetch = context;
    struct registry *registry = prefetch->registry;
    if (text.len == 0 || text.len > CODE_MAX)
        return;
    struct str key = code_key(registry->arena, prefetch->act->scheme, text);
    seek_code(registry, key);
    if (role == ROLE_GRANTED) {
        struct str parent = code_key_parent(key);
        if (str_given(parent))
            seek_code(registry, parent);
    }
    if (str_equal(prefetch->act->scheme, STR("gov")) && code_gov_valid(text))
        seek_code(registry, code_gov_level1(text));
}

static void prefetch_legacy(struct registry *registry, const struct info *info)
{
    struct str legacy = info->field[INFO_LEGACY_CODE];
    if (str_given(legacy) && !str_empty(legacy))
        seek_legacy(registry, legacy);
}

/* A code that closes: is there anything below it? */
static void prefetch_children(struct registry *registry, const struct act *act, struct str code)
{
    if (code.len > 0 && code.len <= CODE_MAX)
        *vec_push(registry->arena, &registry->needs) =
            (struct need){.kind = NEED_CHILDREN, .text = code_key(registry->arena, act->scheme, code),
                          .date = act->effective_on, .limit = CHILDREN_LIMIT};
}

static void prefetch_body(struct registry *registry, const struct act *act)
{
    switch (act->kind) {
    case ACT_ESTABLISHED:
        prefetch_legacy(registry, &act->body.established.info);
        break;
    case ACT_RENAMED:
        prefetch_legacy(registry, &act->body.renamed.set);
        if (str_given(act->body.renamed.new_code))
            prefetch_children(registry, act, act->body.renamed.code);
        break;
    case ACT_RECODED:
        for (size_t i = 0; i < act->body.recoded.count; i++)
            prefetch_children(registry, act, act->body.recoded.pair[i].from);
        break;
    case ACT_MERGED:
        prefetch_legacy(registry, &act->body.merged.info);
        for (size_t i = 0; i < act->body.merged.count; i++)
            if (!str_equal(act->body.merged.source[i], act->body.merged.into))
                prefetch_children(registry, act, act->body.merged.source[i]);
        break;
    case ACT_SPLIT:
        for (size_t i = 0; i < act->body.split.count; i++)
            prefetch_legacy(registry, &act->body.split.result[i].info);
        if (!act->body.split.continues)
            prefetch_children(registry, act, act->body.split.source);
        break;
    case ACT_DISSOLVED:
        if (!act->body.dissolved.with_units)
            prefetch_children(registry, act, act->body.dissolved.code);
        break;
    case ACT_CLOSED:
        if (!act->body.closed.with_units)
            prefetch_children(registry, act, act->body.closed.code);
        break;
    default:
        break;
    }
}

static void prefetch_act(struct registry *registry, const struct act *act)
{
    seek_acts(registry, act->id);
    if (code_is_level1(act->authority))
        seek_code(registry, act->authority);
    if (str_equal(act->scheme, STR("enterprise")))
        seek_code(registry, STR("G05"));
    else if (code_scheme_valid(act->scheme))
        seek_scheme(registry, act->scheme);
    act_each_code(act, prefetch_code, &(struct prefetch){registry, act});
    if (act->kind == ACT_CORRECTED)
        seek_acts(registry, act->body.corrected.corrects);
    else if (act->kind == ACT_ANNULLED)
        seek_acts(registry, act->body.annulled.annuls);
    else if (act->kind == ACT_SCHEME_REGISTERED && code_scheme_valid(act->body.scheme_registered.scheme))
        seek_scheme(registry, act->body.scheme_registered.scheme);
    prefetch_body(registry, act);
    if (str_equal(act->scheme, STR("gov")) && act->kind == ACT_ESTABLISHED &&
        code_is_level1(act->body.established.code))
        seek_hold(registry, act->body.established.code);
}

void registry_prefetch(struct registry *registry, const struct journal_record *record)
{
    if (record->kind != RECORD_ACT && record->kind != RECORD_REFUSAL)
        return;
    seek_mark(registry, origin_key(registry->arena, &record->origin));
    if (record->kind == RECORD_ACT)
        prefetch_act(registry, record->act);
}

void seek_due(struct registry *registry)
{
    for (size_t i = 0; i < registry->scene->due.count; i++)
        prefetch_act(registry, registry->scene->due.item[i].act);
}

/* As edges of one day must not form a circle, the walk goes on where edges of that day stand already. */
static void prefetch_successors(void *context, struct str text, enum code_role role)
{
    const struct prefetch *prefetch = context;
    struct registry *registry = prefetch->registry;
    (void)role;
    if (text.len == 0 || text.len > CODE_MAX)
        return;
    const struct code *code = seek_code(registry, code_key(registry->arena, prefetch->act->scheme, text));
    for (int depth = 0; code && depth < WALK_DEPTH; depth++) { /* along one of several: it need not be complete */
        const struct edge_list *list = &code->now.successors;
        code = NULL;
        for (int i = 0; i < list->count; i++)
            if (list->item[i].on == prefetch->act->effective_on)
                code = seek_code(registry, list->item[i].code);
    }
}

void registry_prefetch_next(struct registry *registry, const struct journal_record *record)
{
    if (record->kind != RECORD_ACT)
        return;
    enum act_kind kind = record->act->kind;
    if (kind == ACT_RECODED || kind == ACT_MERGED || kind == ACT_SPLIT)
        act_each_code(record->act, prefetch_successors, &(struct prefetch){registry, record->act});
}
