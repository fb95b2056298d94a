#include "core/act_walk.h"

struct str spot_text(struct arena *arena, struct spot spot)
{
    if (spot.tail == NULL)
        return str_of(spot.head);
    return str_format(arena, "%s[%zu]%s", spot.head, spot.index, spot.tail);
}

struct str spot_member(struct arena *arena, struct spot spot, struct str name)
{
    struct str head = spot_text(arena, spot);
    return str_format(arena, "%.*s.%.*s", STR_ARG(head), STR_ARG(name));
}

static struct spot spot_at(const char *head)
{
    return (struct spot){head, 0, NULL};
}

static struct spot spot_in(const char *head, size_t index, const char *tail)
{
    return (struct spot){head, index, tail};
}

static void walk_units(const struct units *units, spot_visit *visit, void *context)
{
    if (units->form != UNITS_LIST)
        return;
    for (size_t i = 0; i < units->count; i++) {
        const struct unit *unit = &units->item[i];
        switch (unit->move) {
        case UNIT_TO:
            visit(context, unit->code, SPOT_UNIT, spot_in("body.units", i, ".from"));
            visit(context, unit->to, SPOT_UNIT_GRANTED, spot_in("body.units", i, ".to"));
            break;
        case UNIT_CLOSE:
            visit(context, unit->code, SPOT_UNIT, spot_in("body.units", i, ".close"));
            break;
        case UNIT_SUCCESSOR:
            visit(context, unit->code, SPOT_UNIT, spot_in("body.units", i, ".from"));
            visit(context, unit->to, SPOT_UNIT_SUCCESSOR, spot_in("body.units", i, ".successor"));
            break;
        }
    }
}

static void walk_merged(const struct act *act, spot_visit *visit, void *context)
{
    for (size_t i = 0; i < act->body.merged.count; i++)
        visit(context, act->body.merged.source[i], SPOT_SOURCE, spot_in("body.sources", i, ""));
    visit(context, act->body.merged.into, SPOT_TARGET, spot_at("body.into.code"));
    walk_units(&act->body.merged.units, visit, context);
}

static void walk_split(const struct act *act, spot_visit *visit, void *context)
{
    visit(context, act->body.split.source, SPOT_SOURCE, spot_at("body.source"));
    for (size_t i = 0; i < act->body.split.count; i++)
        visit(context, act->body.split.result[i].code, SPOT_GRANTED, spot_in("body.results", i, ".code"));
    walk_units(&act->body.split.units, visit, context);
}

static void walk_dissolved(const struct act *act, spot_visit *visit, void *context)
{
    visit(context, act->body.dissolved.code, SPOT_SOURCE, spot_at("body.code"));
    for (size_t i = 0; i < act->body.dissolved.count; i++)
        visit(context, act->body.dissolved.successor[i], SPOT_SUCCESSOR, spot_in("body.successors", i, ""));
    walk_units(&act->body.dissolved.units, visit, context);
}

void act_walk(const struct act *act, spot_visit *visit, void *context)
{
    switch (act->kind) {
    case ACT_ESTABLISHED:
        visit(context, act->body.established.code, SPOT_GRANTED, spot_at("body.code"));
        break;
    case ACT_CONTACT_UPDATED:
        visit(context, act->body.contact_updated.code, SPOT_CONTACT, spot_at("body.code"));
        break;
    case ACT_RENAMED:
        visit(context, act->body.renamed.code, SPOT_SOURCE, spot_at("body.code"));
        if (str_given(act->body.renamed.new_code))
            visit(context, act->body.renamed.new_code, SPOT_GRANTED, spot_at("body.newCode"));
        walk_units(&act->body.renamed.units, visit, context);
        break;
    case ACT_RECODED:
        for (size_t i = 0; i < act->body.recoded.count; i++) {
            visit(context, act->body.recoded.pair[i].from, SPOT_SOURCE, spot_in("body.codes", i, ".from"));
            visit(context, act->body.recoded.pair[i].to, SPOT_GRANTED, spot_in("body.codes", i, ".to"));
        }
        break;
    case ACT_MERGED:
        walk_merged(act, visit, context);
        break;
    case ACT_SPLIT:
        walk_split(act, visit, context);
        break;
    case ACT_DISSOLVED:
        walk_dissolved(act, visit, context);
        break;
    case ACT_CLOSED:
        visit(context, act->body.closed.code, SPOT_SOURCE, spot_at("body.code"));
        break;
    case ACT_CORRECTED:
        visit(context, act->body.corrected.code, SPOT_CORRECTED, spot_at("body.code"));
        break;
    case ACT_ANNULLED:
    case ACT_SCHEME_REGISTERED:
    case ACT_KINDS:
        break;
    }
}

struct code_visit {
    act_visit *visit;
    void *context;
};

static void visit_code(void *context, struct str code, enum spot_role role, struct spot spot)
{
    const struct code_visit *to = context;
    (void)spot;
    to->visit(to->context, code, role == SPOT_GRANTED || role == SPOT_UNIT_GRANTED ? ROLE_GRANTED : ROLE_NAMED);
}

void act_each_code(const struct act *act, act_visit *visit, void *context)
{
    struct code_visit to = {visit, context};
    act_walk(act, visit_code, &to);
    if (act->kind == ACT_SCHEME_REGISTERED)
        visit(context, act->body.scheme_registered.issuer, ROLE_NAMED);
}

const struct units *act_units(const struct act *act)
{
    switch (act->kind) {
    case ACT_RENAMED:
        return &act->body.renamed.units;
    case ACT_MERGED:
        return &act->body.merged.units;
    case ACT_SPLIT:
        return &act->body.split.units;
    case ACT_DISSOLVED:
        return &act->body.dissolved.units;
    default:
        return NULL;
    }
}
