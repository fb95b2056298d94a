#include "core/code.h"

#include "unit.h"

static void gov_grammar(void **state)
{
    (void)state;
    static const struct str good[] = {STR("H26"), STR("G01"), STR("K57"), STR("A00"), STR("H26.18"), STR("H26.100"),
        STR("H26.01"), STR("H26.1"), STR("H56.14"), STR("H26.18.A.0Z.9"), STR("H26.A"),
        STR("H26.8901234567890123456789012345678") /* 35 */};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(code_gov_valid(good[i]));
    static const struct str bad[] = {STR(""), STR("H"), STR("H2"), STR("26"), STR("h26"), STR("H2A"), STR("HH6"),
        STR("H260"), STR("H26."), STR(".H26"), STR("H26..1"), STR("H26.1."), STR("H26.1a"), STR("H26-1"), STR("H26 "),
        STR(" H26"), STR("H26.1 2"), STR("H26.Đ"), STR("H26,1"), STR("H26.1\0"), STR("ROOT"), STR("H1.1"), STR("H26:1"),
        STR("H26.89012345678901234567890123456789") /* 36 */};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(code_gov_valid(bad[i]));
    assert_false(code_gov_valid(STR_NONE));
}

static void gov_parts(void **state)
{
    (void)state;
    assert_int_equal(code_gov_level(STR("H26")), 1);
    assert_int_equal(code_gov_level(STR("H26.18")), 2);
    assert_int_equal(code_gov_level(STR("H26.1.2.3.4.5")), 6);
    assert_str(code_gov_parent(STR("H26.18.1")), "H26.18");
    assert_str(code_gov_parent(STR("H26.18")), "H26");
    assert_str(code_gov_parent(STR("H26")), NULL);
    assert_str(code_gov_level1(STR("H26.18.1")), "H26");
    assert_str(code_gov_level1(STR("H26")), "H26");
    assert_true(code_is_level1(STR("H26")));
    assert_false(code_is_level1(STR("H26.1")));
    assert_false(code_is_level1(STR("ROO")));
    assert_true(code_is_authority(STR("ROOT")));
    assert_true(code_is_authority(STR("G12")));
    assert_false(code_is_authority(STR("root")));
    assert_false(code_is_authority(STR("H26.1")));
    assert_false(code_is_authority(STR("")));
    assert_false(code_is_authority(STR_NONE));
}

/* Registration numbers of public companies, as they print them themselves. */
static void enterprise_real(void **state)
{
    (void)state;
    static const struct str good[] = {STR("0100109106"), STR("0100686209"), STR("0100684378"), STR("0101248141"),
        STR("0300588569"), STR("0100112437"), STR("0900189284"), STR("0101245486"), STR("0100100079"),
        STR("0100681592"), STR("0100230800"), STR("0100111948"), STR("0100283873"), STR("0303576603"),
        STR("0100107518"), STR("0306731335"), STR("0303217354"), STR("0100109106-001"), STR("0100109106-999")};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(code_enterprise_check(good[i]), ENTERPRISE_OK);
    /* Every other last digit is wrong. */
    for (int digit = 0; digit <= 9; digit++) {
        char number[] = "0100109100";
        number[9] = (char)('0' + digit);
        assert_int_equal(code_enterprise_check(str_of(number)), digit == 6 ? ENTERPRISE_OK : ENTERPRISE_CHECK);
    }
}

static void enterprise_bad(void **state)
{
    (void)state;
    static const struct {
        struct str code;
        enum enterprise_fault fault;
    } cases[] = {
        {STR(""), ENTERPRISE_FORM},
        {STR("010010910"), ENTERPRISE_FORM},
        {STR("01001091060"), ENTERPRISE_FORM},
        {STR("0100109106001"), ENTERPRISE_FORM},
        {STR("0100109106.001"), ENTERPRISE_FORM},
        {STR("0100109106-01"), ENTERPRISE_FORM},
        {STR("0100109106-0001"), ENTERPRISE_FORM},
        {STR("0100109106-00A"), ENTERPRISE_FORM},
        {STR("010010910X"), ENTERPRISE_FORM},
        {STR("0100 109106"), ENTERPRISE_FORM},
        {STR("0100109106-"), ENTERPRISE_FORM},
        {STR("001099012345"), ENTERPRISE_PERSONAL},
        {STR("00109901234A"), ENTERPRISE_FORM},
        {STR("0100109107"), ENTERPRISE_CHECK},
        {STR("0100109107-001"), ENTERPRISE_CHECK},
        {STR("1000000080"), ENTERPRISE_CHECK}, /* no tenth digit fits */
        {STR("0100000003"), ENTERPRISE_SEQUENCE},
        {STR("0100000004"), ENTERPRISE_SEQUENCE},
        {STR("0100109106-000"), ENTERPRISE_BRANCH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(code_enterprise_check(cases[i].code), cases[i].fault);
    assert_int_equal(code_enterprise_check(STR_NONE), ENTERPRISE_FORM);
    assert_int_equal(code_enterprise_digit("010010910"), 6);
    assert_int_equal(code_enterprise_digit("100000008"), -1);
    assert_str(code_enterprise_head(STR("0100109106-001")), "0100109106");
    assert_str(code_enterprise_head(STR("0100109106")), NULL);
}

static void legacy(void **state)
{
    (void)state;
    static const struct {
        struct str code;
        enum legacy_form form;
    } cases[] = {
        {STR("000.00.18.H26"), LEGACY_REGULAR},
        {STR("000.00.00.G01"), LEGACY_REGULAR},
        {STR("123.45.67.H26"), LEGACY_REGULAR},
        {STR("000.00.118.H26"), LEGACY_WIDE},
        {STR("000.118.18.H26"), LEGACY_WIDE},
        {STR("000.118.118.H26"), LEGACY_WIDE},
        {STR("0000.00.18.H26"), LEGACY_IRREGULAR},
        {STR("00.00.18.H26"), LEGACY_IRREGULAR},
        {STR("000.0.18.H26"), LEGACY_IRREGULAR},
        {STR("000.00.1800.H26"), LEGACY_IRREGULAR},
        {STR("000.00.18.h26"), LEGACY_IRREGULAR},
        {STR("000.00.18"), LEGACY_IRREGULAR},
        {STR("000.00.18.H26."), LEGACY_IRREGULAR},
        {STR("000.00.18.H26.1"), LEGACY_IRREGULAR},
        {STR("00A.00.18.H26"), LEGACY_IRREGULAR},
        {STR("000.00.1B.H26"), LEGACY_IRREGULAR},
        {STR("H26.18.00.000"), LEGACY_IRREGULAR},
        {STR(""), LEGACY_IRREGULAR},
        {STR("..."), LEGACY_IRREGULAR},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(code_legacy_form(cases[i].code), cases[i].form);
}

static void schemes(void **state)
{
    (void)state;
    static const struct str good[] = {STR("ab"), STR("bhxh"), STR("a-1"), STR("abcdefgh"), STR("12")};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(code_scheme_valid(good[i]));
    static const struct str bad[] = {STR(""), STR("a"), STR("abcdefghi"), STR("Abc"), STR("a_b"), STR("gov"),
        STR("scheme"), STR("prefix"), STR("enterprise"), STR("a:b"), STR("a b"), STR("đơn")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(code_scheme_valid(bad[i]));
}

static void keys(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    assert_str(code_key(arena, STR("gov"), STR("H26.1")), "H26.1");
    assert_str(code_key(arena, STR("enterprise"), STR("0100109106")), "0100109106");
    assert_str(code_key(arena, STR("bhxh"), STR("TA:1")), "bhxh:TA:1");
    assert_str(code_key_scheme(STR("H26.1")), "gov");
    assert_str(code_key_scheme(STR("0100109106")), "enterprise");
    assert_str(code_key_scheme(STR("bhxh:TA:1")), "bhxh");
    assert_str(code_key_code(STR("bhxh:TA:1")), "TA:1");
    assert_str(code_key_code(STR("H26.1")), "H26.1");
    assert_str(code_key_parent(STR("H26.1")), "H26");
    assert_str(code_key_parent(STR("H26")), NULL);
    assert_str(code_key_parent(STR("0100109106-001")), "0100109106");
    assert_str(code_key_parent(STR("0100109106")), NULL);
    assert_str(code_key_parent(STR("bhxh:H26.1")), NULL);
    assert_int_equal(code_key_level(STR("H26.1.2")), 3);
    assert_int_equal(code_key_level(STR("0100109106")), 1);
    assert_int_equal(code_key_level(STR("0100109106-001")), 2);
    assert_int_equal(code_key_level(STR("bhxh:H26.1")), 1);
    assert_true(code_key_below(STR("H26.1"), STR("H26")));
    assert_true(code_key_below(STR("H26.1.2"), STR("H26")));
    assert_false(code_key_below(STR("H26"), STR("H26")));
    assert_false(code_key_below(STR("H26"), STR("H26.1")));
    assert_false(code_key_below(STR("H26.10"), STR("H26.1")));
    assert_false(code_key_below(STR("H27.1"), STR("H26")));
    assert_true(code_key_below(STR("0100109106-001"), STR("0100109106")));
    assert_false(code_key_below(STR("bhxh:A.1"), STR("bhxh:A")));
    arena_close(arena);
}

static void classes(void **state)
{
    (void)state;
    static const struct str good[] = {STR("A"), STR("A-Z"), STR("A-Z0-9"), STR("-A"), STR("A-"), STR("-"), STR("!-~"),
        STR("A-Z-"), STR("AB"), STR("--0")};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(code_class_valid(good[i]));
    static const struct str bad[] = {STR(""), STR("Z-A"), STR("A Z"), STR("Đ"), STR("A\n"), STR("A-Z-0"), STR(" ")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(code_class_valid(bad[i]));
}

static void grammars(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct grammar_item item[] = {
        {.literal = STR("VN-")}, {.class = STR("A-Z"), .min = 1, .max = 3}, {.class = STR("0-9"), .min = 2, .max = 2}};
    assert_true(code_grammar_match(item, 3, STR("VN-A01")));
    assert_true(code_grammar_match(item, 3, STR("VN-ABC01")));
    assert_false(code_grammar_match(item, 3, STR("VN-ABCD01")));
    assert_false(code_grammar_match(item, 3, STR("VN-01")));
    assert_false(code_grammar_match(item, 3, STR("VN-A011")));
    assert_false(code_grammar_match(item, 3, STR("VN-A0")));
    assert_false(code_grammar_match(item, 3, STR("")));
    assert_str(code_grammar_text(arena, item, 3), "VN-[A-Z]{1,3}[0-9]{2}");
    /* Overlapping classes need every way to be tried. */
    struct grammar_item greedy[] = {{.class = STR("A-Z"), .min = 0, .max = 30},
        {.class = STR("A-Z0-9"), .min = 1, .max = 1}, {.literal = STR("Z")}};
    assert_true(code_grammar_match(greedy, 3, STR("AZ")));
    assert_true(code_grammar_match(greedy, 3, STR("AAAAZZ")));
    assert_false(code_grammar_match(greedy, 3, STR("Z")));
    struct grammar_item wide = {.class = STR("!-~"), .min = 0, .max = 35};
    assert_true(code_grammar_match(&wide, 1, STR("12345678901234567890123456789012345")));
    assert_false(code_grammar_match(&wide, 1, STR("123456789012345678901234567890123456")));
    assert_false(code_grammar_match(&wide, 1, STR("")));
    assert_false(code_grammar_match(&wide, 0, STR("A")));
    assert_false(code_grammar_match(&wide, 1, STR("Đ")));
    arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gov_grammar),
        cmocka_unit_test(gov_parts),
        cmocka_unit_test(enterprise_real),
        cmocka_unit_test(enterprise_bad),
        cmocka_unit_test(legacy),
        cmocka_unit_test(schemes),
        cmocka_unit_test(keys),
        cmocka_unit_test(classes),
        cmocka_unit_test(grammars),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
