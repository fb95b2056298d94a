#include "core/check_parts.h"
#include "core/code.h"

#define GRAMMAR_ITEMS_MAX 16

/* FORM of one item; how many characters it may take at most. */
static int64_t check_item(struct check *check, const struct grammar_item *item, size_t index)
{
    if (str_given(item->literal)) {
        struct str field = spot_text(check->arena, (struct spot){"body.grammar", index, ".literal"});
        if (str_given(item->class))
            check_fault_expected(check, REASON_FORM_EXCLUDES, field, STR("class"));
        if (!code_text_valid(item->literal))
            check_fault_expected(check, REASON_FORM_VALUE, field, STR("[!-~]{1,35}"));
        return (int64_t)item->literal.len;
    }
    if (!str_given(item->class)) {
        check_fault(
            check, REASON_FORM_MISSING, spot_text(check->arena, (struct spot){"body.grammar", index, ".class"}));
        return 0;
    }
    if (!code_class_valid(item->class))
        check_fault_expected(check, REASON_FORM_VALUE,
            spot_text(check->arena, (struct spot){"body.grammar", index, ".class"}), STR("A-Z0-9"));
    if (item->min < 0 || item->min > CODE_MAX || item->min > item->max)
        check_fault_expected(check, REASON_FORM_VALUE,
            spot_text(check->arena, (struct spot){"body.grammar", index, ".min"}), STR("0..max"));
    if (item->max < 1 || item->max > CODE_MAX)
        check_fault_expected(check, REASON_FORM_VALUE,
            spot_text(check->arena, (struct spot){"body.grammar", index, ".max"}), STR("1..35"));
    return item->max > 0 ? item->max : 0;
}

void check_grammar_form(struct check *check)
{
    const struct act *act = check->act;
    size_t count = act->body.scheme_registered.count;
    struct str description = act->body.scheme_registered.description;
    if (!str_given(description))
        check_fault(check, REASON_FORM_MISSING, STR("body.description"));
    check_text(check, description, 4000, (struct spot){"body.description", 0, NULL});
    if (count == 0)
        check_fault_number(check, REASON_FORM_COUNT, STR("body.grammar"), 1);
    if (count > GRAMMAR_ITEMS_MAX) {
        check_fault_number(check, REASON_FORM_LIMIT, STR("body.grammar"), GRAMMAR_ITEMS_MAX);
        return;
    }
    int64_t total = 0;
    for (size_t i = 0; i < count; i++)
        total += check_item(check, &act->body.scheme_registered.item[i], i);
    if (total > CODE_MAX)
        check_fault_number(check, REASON_FORM_LIMIT, STR("body.grammar"), CODE_MAX);
}

static bool takes_kind(struct str scheme, enum act_kind kind)
{
    if (str_equal(scheme, STR("gov")))
        return true;
    if (kind == ACT_SCHEME_REGISTERED)
        return false;
    return str_equal(scheme, STR("enterprise")) || kind != ACT_RECODED;
}

/* The caller may have asked the registry already. */
static bool known_fault(const struct check *check, enum reason reason)
{
    for (int i = 0; i < check->faults->count; i++) {
        if (check->faults->item[i].reason == reason)
            return true;
    }
    return false;
}

void check_scheme(struct check *check)
{
    const struct act *act = check->act;
    if (!str_equal(act->scheme, STR("gov")) && !str_equal(act->scheme, STR("enterprise")) &&
        !code_scheme_valid(act->scheme) && !known_fault(check, REASON_SCHEME_UNKNOWN))
        check_fault_code(check, REASON_SCHEME_UNKNOWN, STR("scheme"), act->scheme);
    if (!takes_kind(act->scheme, act->kind))
        check_fault_code(check, REASON_SCHEME_KIND, STR("kind"), act->scheme);
    if (act->kind != ACT_SCHEME_REGISTERED)
        return;
    struct str id = act->body.scheme_registered.scheme;
    if (!code_scheme_valid(id))
        check_fault_code(check, REASON_SCHEME_ID, STR("body.scheme"), id);
    struct str issuer = act->body.scheme_registered.issuer;
    if (!code_is_level1(issuer))
        findings_add(check->faults,
            (struct finding){
                .reason = REASON_GRAMMAR_CODE, .code = issuer, .field = STR("body.issuer"), .expected = STR("A99")});
    if (!str_equal(act->authority, STR("ROOT")))
        check_fault_code(check, REASON_ROOT_SCHEME, STR("authority"), act->authority);
}
