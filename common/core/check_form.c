#include "base/text.h"
#include "core/check_parts.h"

void check_fault(struct check *check, enum reason reason, struct str field)
{
    findings_add(check->faults, (struct finding){.reason = reason, .field = field});
}

void check_fault_expected(struct check *check, enum reason reason, struct str field, struct str expected)
{
    findings_add(check->faults, (struct finding){.reason = reason, .field = field, .expected = expected});
}

void check_fault_number(struct check *check, enum reason reason, struct str field, int64_t number)
{
    findings_add(check->faults, (struct finding){.reason = reason, .field = field, .number = number});
}

void check_fault_code(struct check *check, enum reason reason, struct str field, struct str code)
{
    findings_add(check->faults, (struct finding){.reason = reason, .field = field, .code = code});
}

/* Codes and other names that are ASCII when they are right: what is wrong with them GRAMMAR says, but no fault may
 * quote bytes that are not text. */
static void check_name(struct check *check, struct str name, struct spot spot)
{
    if (!str_given(name)) {
        check_fault(check, REASON_FORM_MISSING, spot_text(check->arena, spot));
        return;
    }
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] < ' ' || name.data[i] > '~') {
            check_text(check, name, 0, spot);
            return;
        }
    }
}

static void check_name_at(struct check *check, struct str name, const char *field)
{
    check_name(check, name, (struct spot){field, 0, NULL});
}

static void check_code_text(void *context, struct str code, enum spot_role role, struct spot spot)
{
    (void)role;
    check_name(context, code, spot);
}

void check_form(struct check *check)
{
    const struct act *act = check->act;
    if ((unsigned)act->kind >= ACT_KINDS) {
        check_fault_expected(check, REASON_FORM_VALUE, STR("kind"), STR("established .. scheme_registered"));
        return;
    }
    check_name_at(check, act->authority, "authority");
    check_name_at(check, act->scheme, "scheme");
    check_date(check, act->happened_on, "happenedOn");
    check_date(check, act->effective_on, "effectiveOn");
    check_decision_form(check, &act->decision, "decision.number", "decision.issuedBy", "decision.issuedOn",
        "decision.title", "decision.uri", "decision.sha256");
    check_text(check, act->note, 4000, (struct spot){"note", 0, NULL});
    act_walk(act, check_code_text, check);
    check_body(check);
    if (act->kind == ACT_SCHEME_REGISTERED) {
        check_name_at(check, act->body.scheme_registered.scheme, "body.scheme");
        check_name_at(check, act->body.scheme_registered.issuer, "body.issuer");
        check_grammar_form(check);
    }
}
