#include "core/registry.h"
#include "core/rule.h"

#include "unit.h"

static void names(void **state)
{
    (void)state;
    assert_str(rule_name(RULE_NONE), "");
    assert_str(rule_name(RULE_UNIQUE), "UNIQUE");
    assert_str(rule_name((enum rule)RULES), "");
    for (int i = RULE_NONE + 1; i < RULES; i++) {
        assert_true(rule_name((enum rule)i).len > 0);
        assert_int_equal(rule_parse(rule_name((enum rule)i)), i);
    }
    assert_int_equal(rule_parse(STR("unique")), RULE_NONE);
    assert_int_equal(rule_parse(STR("")), RULE_NONE);
    for (int i = VERDICT_NONE + 1; i < VERDICTS; i++) {
        assert_true(verdict_name((enum verdict)i).len > 0);
        assert_int_equal(verdict_parse(verdict_name((enum verdict)i)), i);
    }
    assert_int_equal(verdict_parse(STR("Accepted")), VERDICT_NONE);
    for (int i = 0; i < CHANGE_TYPES; i++) {
        enum change_type type;
        assert_true(str_starts(change_type_name((enum change_type)i), STR("vn.gov.orgcode.")));
        assert_true(change_type_parse(change_type_name((enum change_type)i), &type));
        assert_int_equal(type, i);
    }
    enum change_type type;
    assert_false(change_type_parse(STR("vn.gov.orgcode.organization.established.v2"), &type));
    assert_str(change_type_name(CHANGE_CODE_CLOSED), "vn.gov.orgcode.code.closed.v1");
}

/* The numbers are stored: they never move. */
static void numbers(void **state)
{
    (void)state;
    assert_int_equal(RULE_ACCOUNT, 1);
    assert_int_equal(RULE_ROOT, 11);
    assert_int_equal(RULE_FULL, 20);
    assert_int_equal(RULE_CONTINUITY, 27);
    assert_int_equal(VERDICT_ACCEPTED, 1);
    assert_int_equal(VERDICT_ANNULLED, 8);
}

static bool hole_known(struct str name)
{
    return str_equal(name, STR("code")) || str_equal(name, STR("field")) || str_equal(name, STR("expected")) ||
           str_equal(name, STR("number"));
}

/* Every hole of both messages is one that is filled, both name the same ones, slugs differ. */
static void reasons(void **state)
{
    (void)state;
    for (int i = REASON_NONE + 1; i < REASONS; i++) {
        enum reason reason = (enum reason)i;
        assert_int_equal(reason_parse(reason_slug(reason)), i);
        assert_int_not_equal(reason_rule(reason), RULE_NONE);
        for (int language = LANGUAGE_VI; language <= LANGUAGE_EN; language++) {
            struct str text = reason_message(reason, (enum language)language);
            assert_true(text.len > 0);
            for (size_t at = 0; at < text.len; at++) {
                if (text.data[at] != '{')
                    continue;
                const char *end = memchr(text.data + at, '}', text.len - at);
                assert_non_null(end);
                assert_true(hole_known((struct str){text.data + at + 1, (size_t)(end - text.data) - at - 1}));
            }
        }
    }
    assert_int_equal(reason_parse(STR("")), REASON_NONE);
    assert_int_equal(reason_parse(STR("no-such-reason")), REASON_NONE);
    assert_int_equal(reason_rule(REASON_NONE), RULE_NONE);
}

static void messages(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct finding finding = {.reason = REASON_UNIQUE_GRANTED, .code = STR("H26.1"), .expected = STR("Sở Xây dựng")};
    assert_str(finding_message(arena, &finding, LANGUAGE_EN), "H26.1 has been granted to Sở Xây dựng");
    assert_str(finding_message(arena, &finding, LANGUAGE_VI), "H26.1 đã cấp cho Sở Xây dựng");
    finding = (struct finding){.reason = REASON_FORM_LIMIT, .field = STR("body.info.name"), .number = 500};
    assert_str(finding_message(arena, &finding, LANGUAGE_EN), "body.info.name is over its limit of 500");
    finding.number = -12;
    assert_str(finding_message(arena, &finding, LANGUAGE_EN), "body.info.name is over its limit of -12");
    finding.number = 0;
    assert_str(finding_message(arena, &finding, LANGUAGE_EN), "body.info.name is over its limit of 0");
    finding.number = INT64_MIN;
    assert_str(
        finding_message(arena, &finding, LANGUAGE_EN), "body.info.name is over its limit of -9223372036854775808");
    /* What is put in is not read again, and what is missing shows. */
    finding = (struct finding){.reason = REASON_UNIQUE_GRANTED, .code = STR("{expected}")};
    assert_str(finding_message(arena, &finding, LANGUAGE_EN), "{expected} has been granted to ?");
    arena_close(arena);
}

static void collecting(void **state)
{
    (void)state;
    struct findings *findings = test_calloc(1, sizeof *findings);
    findings_add(findings, (struct finding){.reason = REASON_UNIQUE_TWICE, .number = 1});
    assert_int_equal(findings->first, RULE_UNIQUE);
    findings_add(findings, (struct finding){.reason = REASON_GRAMMAR_CODE, .number = 2});
    findings_add(findings, (struct finding){.reason = REASON_UNIQUE_GRANTED, .number = 3});
    findings_add(findings, (struct finding){.reason = REASON_GRAMMAR_CODE, .number = 4});
    assert_int_equal(findings->first, RULE_GRAMMAR);
    findings_sort(findings);
    static const int64_t order[] = {2, 4, 1, 3};
    for (int i = 0; i < 4; i++)
        assert_int_equal(findings->item[i].number, order[i]);
    for (int i = 0; i < 200; i++)
        findings_add(findings, (struct finding){.reason = REASON_UNKNOWN_CODE});
    findings_add(findings, (struct finding){.reason = REASON_FORM_EMPTY});
    assert_int_equal(findings->count, FINDINGS_MAX);
    assert_int_equal(findings->total, 205);
    assert_int_equal(findings->first, RULE_FORM);
    /* The lowest rules stay: room was made by the last of the highest. */
    findings_sort(findings);
    assert_int_equal(findings->item[0].reason, REASON_FORM_EMPTY);
    assert_int_equal(findings->item[1].number, 2);
    assert_int_equal(findings->item[2].number, 4);
    for (int i = 3; i < FINDINGS_MAX; i++)
        assert_int_equal(findings->item[i].reason, REASON_UNKNOWN_CODE);
    test_free(findings);
}

/* Whatever is quoted, a finding is small, and cut between characters. */
static void clipped(void **state)
{
    (void)state;
    struct findings *findings = test_calloc(1, sizeof *findings);
    char text[2001];
    for (size_t i = 0; i < 2000; i += 2)
        memcpy(text + i, "Đ", 2);
    struct str odd = {text + 1, 1999};
    text[1] = 'x';
    findings_add(findings, (struct finding){.reason = REASON_GRAMMAR_CODE, .code = odd, .field = odd, .expected = odd});
    assert_int_equal(findings->item[0].code.len, FINDING_CODE_MAX - 1);
    assert_int_equal(findings->item[0].field.len, FINDING_FIELD_MAX - 1);
    assert_int_equal(findings->item[0].expected.len, FINDING_EXPECTED_MAX - 1);
    test_free(findings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(numbers),
        cmocka_unit_test(reasons),
        cmocka_unit_test(messages),
        cmocka_unit_test(collecting),
        cmocka_unit_test(clipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
