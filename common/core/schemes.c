#include "core/code.h"
#include "core/decide.h"
#include "core/seek.h"

/* Registered schemes (schemas/law.md, SCHEME): code, issuer and structure never change. */

static bool grammars_equal(const struct grammar_item *a, size_t a_count, const struct grammar_item *b, size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++) {
        if (!str_equal(a[i].literal, b[i].literal))
            return false;
        if (!str_given(a[i].literal) &&
            (!str_equal(a[i].class, b[i].class) || a[i].min != b[i].min || a[i].max != b[i].max))
            return false;
    }
    return true;
}

void scheme_judge_form(struct judge *judge)
{
    const struct act *act = judge->act;
    struct str id = act->body.scheme_registered.scheme;
    if (!code_scheme_valid(id))
        return; /* judged already */
    const struct scheme *scheme = seek_scheme(judge->registry, id);
    if (!act->body.scheme_registered.amends) {
        if (scheme)
            judge_fault(judge, REASON_SCHEME_REGISTERED, id, STR("body.scheme"), -1, STR_NONE, 0);
        return;
    }
    if (!scheme) {
        judge_fault(judge, REASON_SCHEME_UNKNOWN, id, STR("body.scheme"), -1, STR_NONE, 0);
        return;
    }
    if (!str_equal(scheme->issuer, act->body.scheme_registered.issuer))
        judge_fault(judge, REASON_SCHEME_FIXED, id, STR("body.issuer"), -1, scheme->issuer, 0);
    if (!grammars_equal(scheme->item, scheme->count, act->body.scheme_registered.item,
                        act->body.scheme_registered.count))
        judge_fault(judge, REASON_SCHEME_FIXED, id, STR("body.grammar"), -1, STR_NONE, 0);
}

void scheme_judge_issuer(struct judge *judge)
{
    if (judge->act->body.scheme_registered.amends)
        return; /* the issuer may have been succeeded since */
    struct str issuer = judge->act->body.scheme_registered.issuer;
    judge_open_on(judge, issuer, FACT_LINK, STR("body.issuer"), -1);
}

void scheme_carry_out(struct judge *judge, const struct act_context *context, int64_t *first, int64_t *last)
{
    struct registry *registry = judge->registry;
    const struct act *act = judge->act;
    struct str id = act->body.scheme_registered.scheme;
    struct scheme *scheme = seek_scheme(registry, id);
    if (!scheme) {
        scheme = arena_new(registry->arena, struct scheme);
        scheme->id = id;
        scheme->issuer = act->body.scheme_registered.issuer;
        scheme->item = act->body.scheme_registered.item;
        scheme->count = act->body.scheme_registered.count;
        *map_put(registry->arena, &registry->scene->schemes, id) = scheme;
    }
    scheme->description = act->body.scheme_registered.description;
    scheme->version++;
    scheme->act = judge->number;
    scheme->dirty = true;
    struct scheme *shown = arena_new(registry->arena, struct scheme);
    *shown = *scheme;
    size_t first_change = registry->out.changes.count;
    struct change *change = vec_push(registry->arena, &registry->out.changes);
    *change = (struct change){
        .form = registry->law->change_form,
        .sequence = ++registry->place.sequence,
        .type = CHANGE_SCHEME_REGISTERED,
        .subject = str_format(registry->arena, "scheme:%.*s", STR_ARG(id)),
        .subject_version = scheme->version,
        .context = context,
        .scheme = shown,
    };
    emit_number(registry, first_change, first, last);
}
