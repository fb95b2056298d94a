#include "core/check.h"

#include "core/check_parts.h"

static bool needs_decision(const struct act *act)
{
    return act->kind != ACT_CONTACT_UPDATED && !str_equal(act->scheme, STR("enterprise"));
}

void check_act(const struct law *law, struct arena *arena, const struct act *act, const struct grammar_item *grammar,
    size_t grammar_count, struct findings *faults, struct findings *warnings)
{
    struct check check = {.law = law,
        .arena = arena,
        .act = act,
        .grammar = grammar,
        .grammar_count = grammar ? grammar_count : 0,
        .faults = faults,
        .warnings = warnings};
    check_form(&check);
    if (faults->first != RULE_NONE && faults->first <= RULE_FORM)
        return;
    check_codes(&check);
    check_scheme(&check);
    check_info(&check);
    if (needs_decision(act) && !act->decision.given)
        check_fault(&check, REASON_DECISION_MISSING, STR("decision"));
    if (act->normalized)
        findings_add(warnings, (struct finding){.reason = REASON_TEXT_NORMALIZED});
}
