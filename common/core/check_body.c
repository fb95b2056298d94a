#include "core/check_parts.h"

/* FORM of the bodies: values, counts, what excludes or needs what, repeats. */

static struct spot at(const char *field)
{
    return (struct spot){field, 0, NULL};
}

static struct str source_text(const void *list, size_t index)
{
    return ((const struct str *)list)[index];
}

static struct spot source_spot(const void *list, size_t index)
{
    (void)list;
    return (struct spot){"body.sources", index, ""};
}

static struct spot successor_spot(const void *list, size_t index)
{
    (void)list;
    return (struct spot){"body.successors", index, ""};
}

static struct str pair_text(const void *list, size_t index)
{
    return ((const struct code_pair *)list)[index].from;
}

static struct spot pair_spot(const void *list, size_t index)
{
    (void)list;
    return (struct spot){"body.codes", index, ".from"};
}

static struct str unit_text(const void *list, size_t index)
{
    return ((const struct unit *)list)[index].code;
}

static struct spot unit_spot(const void *list, size_t index)
{
    return (struct spot){
        "body.units", index, ((const struct unit *)list)[index].move == UNIT_CLOSE ? ".close" : ".from"};
}

/* The successors that a unit {from, successor} may name. */
struct successor_set {
    struct text_at *item;
    size_t count;
};

static void set_add(struct successor_set *set, struct str text)
{
    set->item[set->count++].text = text;
}

static void unit_successors(const struct act *act, struct successor_set *set)
{
    switch (act->kind) {
    case ACT_RENAMED:
        set_add(set, act->body.renamed.new_code);
        break;
    case ACT_MERGED:
        set_add(set, act->body.merged.into);
        break;
    case ACT_SPLIT:
        for (size_t i = 0; i < act->body.split.count; i++)
            set_add(set, act->body.split.result[i].code);
        if (act->body.split.continues)
            set_add(set, act->body.split.source);
        break;
    case ACT_DISSOLVED:
        for (size_t i = 0; i < act->body.dissolved.count; i++)
            set_add(set, act->body.dissolved.successor[i]);
        break;
    default:
        break;
    }
}

static size_t successors_max(const struct act *act)
{
    if (act->kind == ACT_SPLIT)
        return act->body.split.count + 1;
    return act->kind == ACT_DISSOLVED ? act->body.dissolved.count + 1 : 1;
}

static void check_units(struct check *check, const struct units *units)
{
    if (units->form != UNITS_LIST)
        return;
    check_repeats(check, units->item, units->count, unit_text, unit_spot, REASON_FORM_REPEATED);
    struct successor_set set = {0};
    for (size_t i = 0; i < units->count; i++) {
        if (units->item[i].move != UNIT_SUCCESSOR)
            continue;
        if (!set.item) {
            set.item = arena_array(check->arena, struct text_at, successors_max(check->act));
            unit_successors(check->act, &set);
            check_sort(set.item, set.count);
        }
        if (!check_sorted_has(set.item, set.count, units->item[i].to))
            check_fault_expected(check, REASON_FORM_VALUE,
                spot_text(check->arena, (struct spot){"body.units", i, ".successor"}), STR("a successor of the act"));
    }
}

/* A code that the act takes from and lists as a unit too would be closed twice. */
static void check_sources_apart(struct check *check, const struct str *code, size_t count, const struct units *units)
{
    if (units->form != UNITS_LIST || units->count == 0 || count == 0)
        return;
    struct text_at *source = arena_array(check->arena, struct text_at, count);
    for (size_t i = 0; i < count; i++)
        source[i].text = code[i];
    check_sort(source, count);
    for (size_t i = 0; i < units->count; i++) {
        if (units->item[i].code.len > 0 && check_sorted_has(source, count, units->item[i].code))
            check_fault_code(
                check, REASON_FORM_REPEATED, spot_text(check->arena, unit_spot(units->item, i)), units->item[i].code);
    }
}

/* Both in `set` and in `clear`. */
static void check_set_clear(struct check *check, const struct info *set, field_mask clear, field_mask allowed)
{
    for (unsigned field = 0; field < INFO_FIELDS; field++) {
        bool given = str_given(set->field[field]), cleared = clear >> field & 1;
        if (!given && !cleared)
            continue;
        struct str name = info_field_name((enum info_field)field);
        if (!(allowed >> field & 1))
            check_fault_expected(check, REASON_FORM_VALUE, spot_member(check->arena, at("body.set"), name),
                STR("address, email, phone, fax, website"));
        else if (given && cleared)
            check_fault_expected(
                check, REASON_FORM_EXCLUDES, spot_member(check->arena, at("body.set"), name), STR("body.clear"));
    }
    if (clear & ~INFO_ALL)
        check_fault_expected(check, REASON_FORM_VALUE, STR("body.clear"), STR("names of info fields"));
}

static field_mask fields_given(const struct info *info)
{
    field_mask mask = 0;
    for (unsigned field = 0; field < INFO_FIELDS; field++)
        mask |= (field_mask)str_given(info->field[field]) << field;
    return mask;
}

static void check_contact_updated(struct check *check)
{
    const struct info *set = &check->act->body.contact_updated.set;
    field_mask clear = check->act->body.contact_updated.clear;
    check_info_texts(check, set, at("body.set"));
    check_set_clear(check, set, clear, INFO_CONTACT);
    if (fields_given(set) == 0 && clear == 0)
        check_fault_expected(check, REASON_FORM_NOTHING, STR("body"), STR("body.set, body.clear"));
}

static void check_renamed(struct check *check)
{
    const struct act *act = check->act;
    const struct info *set = &act->body.renamed.set;
    bool recodes = str_given(act->body.renamed.new_code);
    field_mask given = fields_given(set);
    check_info_texts(check, set, at("body"));
    for (unsigned field = 0; field < INFO_FIELDS; field++) {
        if (given >> field & 1 && !(INFO_NAMES >> field & 1))
            check_fault_expected(check, REASON_FORM_VALUE,
                spot_member(check->arena, at("body"), info_field_name((enum info_field)field)),
                STR("name, nameEn, shortName, legacyCode"));
    }
    if (given == 0 && !recodes && !act->body.renamed.new_body)
        check_fault_expected(
            check, REASON_FORM_NOTHING, STR("body"), STR("name, nameEn, shortName, legacyCode, newCode, newBody"));
    if (act->body.renamed.new_body && recodes)
        check_fault_expected(check, REASON_FORM_EXCLUDES, STR("body.newBody"), STR("body.newCode"));
    if (act->body.renamed.units.form != UNITS_NONE && !recodes)
        check_fault_expected(check, REASON_FORM_NEEDS, STR("body.units"), STR("body.newCode"));
    else
        check_units(check, &act->body.renamed.units);
    check_sources_apart(check, &act->body.renamed.code, 1, &act->body.renamed.units);
}

static void check_recoded(struct check *check)
{
    const struct act *act = check->act;
    if ((unsigned)act->body.recoded.cause > CAUSE_RENUMBERING)
        check_fault_expected(check, REASON_FORM_VALUE, STR("body.cause"), STR("parent, authority, renumbering"));
    if (act->body.recoded.count == 0)
        check_fault_number(check, REASON_FORM_COUNT, STR("body.codes"), 1);
    check_repeats(check, act->body.recoded.pair, act->body.recoded.count, pair_text, pair_spot, REASON_FORM_REPEATED);
}

static void check_merged(struct check *check)
{
    const struct act *act = check->act;
    size_t count = act->body.merged.count;
    bool stays = false;
    for (size_t i = 0; i < count && !stays; i++)
        stays = str_equal(act->body.merged.source[i], act->body.merged.into);
    if (count < (stays ? 2u : 1u))
        check_fault_number(check, REASON_FORM_COUNT, STR("body.sources"), stays ? 2 : 1);
    check_repeats(check, act->body.merged.source, count, source_text, source_spot, REASON_FORM_REPEATED);
    if (act->body.merged.info_given)
        check_info_texts(check, &act->body.merged.info, at("body.into.info"));
    if (act->body.merged.new_body && !stays)
        check_fault_expected(check, REASON_FORM_NEEDS, STR("body.newBody"), STR("body.into.code in body.sources"));
    check_units(check, &act->body.merged.units);
    check_sources_apart(check, act->body.merged.source, count, &act->body.merged.units);
}

static void check_split(struct check *check)
{
    const struct act *act = check->act;
    bool continues = act->body.split.continues;
    if (act->body.split.count < (continues ? 1u : 2u))
        check_fault_number(check, REASON_FORM_COUNT, STR("body.results"), continues ? 1 : 2);
    for (size_t i = 0; i < act->body.split.count; i++)
        check_info_texts(check, &act->body.split.result[i].info, (struct spot){"body.results", i, ".info"});
    if (act->body.split.new_body && !continues)
        check_fault_expected(check, REASON_FORM_NEEDS, STR("body.newBody"), STR("body.continues"));
    check_units(check, &act->body.split.units);
    check_sources_apart(check, &act->body.split.source, 1, &act->body.split.units);
}

static void check_dissolved(struct check *check)
{
    const struct act *act = check->act;
    const struct units *units = &act->body.dissolved.units;
    check_repeats(check, act->body.dissolved.successor, act->body.dissolved.count, source_text, successor_spot,
        REASON_FORM_REPEATED);
    if (act->body.dissolved.continues && act->body.dissolved.count != 1)
        check_fault_expected(check, REASON_FORM_NEEDS, STR("body.continues"), STR("one of body.successors"));
    if (act->body.dissolved.with_units && units->form == UNITS_KEEP)
        check_fault_expected(check, REASON_FORM_EXCLUDES, STR("body.withUnits"), STR("body.units"));
    check_units(check, units);
    check_sources_apart(check, &act->body.dissolved.code, 1, units);
}

static void check_corrected(struct check *check)
{
    const struct act *act = check->act;
    const struct info *set = &act->body.corrected.set;
    const struct decision_doc *decision = &act->body.corrected.set_decision;
    check_info_texts(check, set, at("body.set"));
    check_set_clear(check, set, act->body.corrected.clear, INFO_ALL);
    check_decision_form(check, decision, "body.setDecision.number", "body.setDecision.issuedBy",
        "body.setDecision.issuedOn", "body.setDecision.title", "body.setDecision.uri", "body.setDecision.sha256");
    if (fields_given(set) == 0 && act->body.corrected.clear == 0 && !decision->given)
        check_fault_expected(check, REASON_FORM_NOTHING, STR("body"), STR("body.set, body.clear, body.setDecision"));
}

void check_body(struct check *check)
{
    const struct act *act = check->act;
    switch (act->kind) {
    case ACT_ESTABLISHED:
        check_info_texts(check, &act->body.established.info, at("body.info"));
        break;
    case ACT_CONTACT_UPDATED:
        check_contact_updated(check);
        break;
    case ACT_RENAMED:
        check_renamed(check);
        break;
    case ACT_RECODED:
        check_recoded(check);
        break;
    case ACT_MERGED:
        check_merged(check);
        break;
    case ACT_SPLIT:
        check_split(check);
        break;
    case ACT_DISSOLVED:
        check_dissolved(check);
        break;
    case ACT_CLOSED:
        check_text(check, act->body.closed.reason, 4000, at("body.reason"));
        break;
    case ACT_CORRECTED:
        check_corrected(check);
        break;
    case ACT_ANNULLED:
        if ((unsigned)act->body.annulled.reason > ANNUL_DECISION_ANNULLED)
            check_fault_expected(check, REASON_FORM_VALUE, STR("body.reason"), STR("entryError, decisionAnnulled"));
        break;
    case ACT_SCHEME_REGISTERED:
    case ACT_KINDS:
        break;
    }
}
