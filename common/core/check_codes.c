#include "core/check_parts.h"
#include "core/code.h"

/* GRAMMAR, ENTERPRISE and ROOT of each code of an act. */

struct code_check {
    struct check *check;
    enum { CODES_GOV, CODES_ENTERPRISE, CODES_OTHER } scheme;
    bool root;
};

static void grammar_fault(struct check *check, struct str code, struct spot spot, struct str expected)
{
    findings_add(check->faults,
        (struct finding){
            .reason = REASON_GRAMMAR_CODE, .code = code, .field = spot_text(check->arena, spot), .expected = expected});
}

static void check_enterprise(struct check *check, struct str code, struct spot spot)
{
    enum reason reason = REASON_NONE;
    struct str expected = STR_NONE;
    switch (code_enterprise_check(code)) {
    case ENTERPRISE_OK:
        return;
    case ENTERPRISE_FORM:
        reason = REASON_ENTERPRISE_FORM;
        break;
    case ENTERPRISE_PERSONAL:
        /* The number itself goes nowhere. */
        check_fault(check, REASON_ENTERPRISE_PERSONAL, spot_text(check->arena, spot));
        return;
    case ENTERPRISE_CHECK: {
        int digit = code_enterprise_digit(code.data);
        reason = digit < 0 ? REASON_ENTERPRISE_NONE : REASON_ENTERPRISE_CHECK;
        if (digit >= 0)
            expected = str_format(check->arena, "%.9s%d%.*s", code.data, digit, (int)(code.len - 10), code.data + 10);
        break;
    }
    case ENTERPRISE_SEQUENCE:
        reason = REASON_ENTERPRISE_SEQUENCE;
        break;
    case ENTERPRISE_BRANCH:
        reason = REASON_ENTERPRISE_BRANCH;
        break;
    }
    findings_add(check->faults,
        (struct finding){.reason = reason, .code = code, .field = spot_text(check->arena, spot), .expected = expected});
}

/* Roles in which a level-1 code is ROOT's alone. What a correction may touch hangs on the act corrected. */
static bool is_roots(enum spot_role role)
{
    return role != SPOT_SUCCESSOR && role != SPOT_CONTACT && role != SPOT_CORRECTED && role != SPOT_UNIT_SUCCESSOR;
}

static void check_code(void *context, struct str code, enum spot_role role, struct spot spot)
{
    struct code_check *codes = context;
    struct check *check = codes->check;
    switch (codes->scheme) {
    case CODES_GOV:
        if (!code_gov_valid(code))
            grammar_fault(check, code, spot, STR("A99(.[A-Z0-9]+)*, 3..35"));
        else if (!codes->root && code_is_level1(code) && is_roots(role))
            check_fault_code(check, REASON_ROOT_LEVEL1, spot_text(check->arena, spot), code);
        break;
    case CODES_ENTERPRISE:
        check_enterprise(check, code, spot);
        break;
    case CODES_OTHER:
        if (check->grammar_count == 0) {
            if (!code_text_valid(code))
                grammar_fault(check, code, spot, STR("[!-~]{1,35}"));
        } else if (!code_grammar_match(check->grammar, check->grammar_count, code)) {
            grammar_fault(check, code, spot, code_grammar_text(check->arena, check->grammar, check->grammar_count));
        }
        break;
    }
}

void check_codes(struct check *check)
{
    const struct act *act = check->act;
    struct code_check codes = {.check = check, .scheme = CODES_OTHER, .root = str_equal(act->authority, STR("ROOT"))};
    if (str_equal(act->scheme, STR("gov")))
        codes.scheme = CODES_GOV;
    else if (str_equal(act->scheme, STR("enterprise")))
        codes.scheme = CODES_ENTERPRISE;
    act_walk(act, check_code, &codes);
}
