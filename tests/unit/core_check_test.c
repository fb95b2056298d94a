#include "core_judge.h"

/* Every reason but those of FORM, and the act beside it that passes. */

static void good_acts(void **state)
{
    (void)state;
    struct code_pair pair[] = {{STR("H64.1"), STR("H26.A")}, {STR("H64.2"), STR("H26.B")}};
    struct str list[] = {STR("H26.1"), STR("H26.2")};
    struct code_info result[] = {{STR("H26.A"), sample_info()}, {STR("H26.B"), sample_info()}};
    struct grammar_item item[] = {{.literal = STR("T")}, {.class = STR("A-Z0-9"), .min = 1, .max = 34}};
    size_t used = arena_used(arena);
    good(sample_established());
    assert_int_equal(arena_used(arena), used);
    good(sample_contact());
    good(sample_renamed());
    good(sample_recoded(pair, 2));
    good(sample_merged(list, 2, "H26.1"));
    good(sample_merged(list, 1, "H26.9"));
    good(sample_split(result, 1, true));
    good(sample_split(result, 2, false));
    good(sample_dissolved(list, 0));
    good(sample_dissolved(list, 2));
    good(sample_closed());
    good(sample_corrected());
    good(sample_annulled());
    good(sample_scheme(item, 2));
    good(sample_enterprise("0100109106"));
    good(sample_enterprise("0100109106-001"));
    assert_int_equal(warnings.total, 0);
}

static void codes_gov(void **state)
{
    (void)state;
    GOOD(sample_established(), act.body.established.code = STR("H26.8901234567890123456789012345678"));
    BAD(sample_established(), act.body.established.code = STR("H26.89012345678901234567890123456789"),
        REASON_GRAMMAR_CODE, "body.code");
    BAD(sample_established(), act.body.established.code = STR(""), REASON_GRAMMAR_CODE, "body.code");
    BAD(sample_established(), act.body.established.code = STR("H26.a"), REASON_GRAMMAR_CODE, "body.code");
    BAD(sample_established(), act.body.established.code = STR("H26.Đ"), REASON_GRAMMAR_CODE, "body.code");
    struct code_pair pair[] = {{STR("H26.1"), STR("H26.A")}, {STR("H26.2"), STR("H26.")}};
    bad(sample_recoded(pair, 2), REASON_GRAMMAR_CODE, "body.codes[1].to");
    struct str list[] = {STR("H26.1"), STR("26")};
    bad(sample_merged(list, 2, "H26.9"), REASON_GRAMMAR_CODE, "body.sources[1]");
    bad(sample_merged(list, 1, "H26-9"), REASON_GRAMMAR_CODE, "body.into.code");
    bad(sample_dissolved(list, 2), REASON_GRAMMAR_CODE, "body.successors[1]");
    BAD(sample_corrected(), act.body.corrected.code = STR("x"), REASON_GRAMMAR_CODE, "body.code");
    BAD(sample_renamed(), act.body.renamed.new_code = STR("x"), REASON_GRAMMAR_CODE, "body.newCode");
    struct unit unit[] = {{STR("H26.18.x"), UNIT_CLOSE, STR_NONE}};
    BAD(sample_dissolved(list, 1), act.body.dissolved.units = ((struct units){UNITS_LIST, unit, 1}),
        REASON_GRAMMAR_CODE, "body.units[0].close");
    BAD(sample_established(), act.body.established.code = sample_text(arena, "A", 100000), REASON_GRAMMAR_CODE,
        "body.code");
    assert_int_equal(faults.item[0].code.len, FINDING_CODE_MAX);
}

static void codes_enterprise(void **state)
{
    (void)state;
    bad(sample_enterprise("0100109106.001"), REASON_ENTERPRISE_FORM, "body.code");
    assert_str(bad(sample_enterprise("0100109107"), REASON_ENTERPRISE_CHECK, "body.code")->expected, "0100109106");
    assert_str(
        bad(sample_enterprise("0100109107-012"), REASON_ENTERPRISE_CHECK, "body.code")->expected, "0100109106-012");
    bad(sample_enterprise("1000000085"), REASON_ENTERPRISE_NONE, "body.code");
    bad(sample_enterprise("0100000003"), REASON_ENTERPRISE_SEQUENCE, "body.code");
    bad(sample_enterprise("0100109106-000"), REASON_ENTERPRISE_BRANCH, "body.code");
    /* A personal number is not even quoted. */
    const struct finding *found = bad(sample_enterprise("001099012345"), REASON_ENTERPRISE_PERSONAL, "body.code");
    assert_null(found->code.data);
    assert_null(found->expected.data);
    BAD(sample_enterprise("0100109106"), act.body.established.info.field[INFO_TYPE] = STR("Enterprise"),
        REASON_ENTERPRISE_TYPE, "body.info.type");
    static const struct str types[] = {STR("enterprise"), STR("cooperative"), STR("household"), STR("unit")};
    for (size_t i = 0; i < 4; i++)
        GOOD(sample_enterprise("0100109106"), act.body.established.info.field[INFO_TYPE] = types[i]);
    GOOD(sample_established(), act.body.established.info.field[INFO_TYPE] = STR("sở"));
    BAD(sample_corrected(), act.scheme = STR("enterprise"); act.body.corrected.code = STR("0100109106");
        act.body.corrected.set.field[INFO_TYPE] = STR("x"), REASON_ENTERPRISE_TYPE, "body.set.type");
}

static void codes_registered(void **state)
{
    (void)state;
    struct grammar_item item[] = {{.literal = STR("T")}, {.class = STR("0-9"), .min = 2, .max = 2}};
    GOOD(sample_established(), act.scheme = STR("bhxh"); act.body.established.code = STR("anything"));
    BAD(sample_established(), act.scheme = STR("bhxh");
        act.body.established.code = STR(""), REASON_GRAMMAR_CODE, "body.code");
    BAD(sample_established(), act.scheme = STR("bhxh");
        act.body.established.code = sample_text(arena, "A", 36), REASON_GRAMMAR_CODE, "body.code");
    GOOD(sample_established(), act.scheme = STR("bhxh"); act.body.established.code = sample_text(arena, "A", 35));
    grammar = item;
    grammar_count = 2;
    GOOD(sample_established(), act.scheme = STR("bhxh"); act.body.established.code = STR("T01"));
    BAD(sample_established(), act.scheme = STR("bhxh");
        act.body.established.code = STR("T1"), REASON_GRAMMAR_CODE, "body.code");
    assert_str(faults.item[0].expected, "T[0-9]{2}");
    grammar = NULL;
    grammar_count = 0;
    BAD(sample_established(), act.scheme = STR("GOV"), REASON_SCHEME_UNKNOWN, "scheme");
}

static void schemes(void **state)
{
    (void)state;
    struct grammar_item item = {.literal = STR("A")};
    struct code_pair pair = {STR("A1"), STR("A2")};
    BAD(sample_scheme(&item, 1), act.scheme = STR("enterprise"), REASON_SCHEME_KIND, "kind");
    BAD(sample_scheme(&item, 1), act.scheme = STR("bhxh"), REASON_SCHEME_KIND, "kind");
    BAD(sample_recoded(&pair, 1), act.scheme = STR("bhxh"), REASON_SCHEME_KIND, "kind");
    pair = (struct code_pair){STR("0100109106"), STR("0100686209")};
    GOOD(sample_recoded(&pair, 1), act.scheme = STR("enterprise"));
    BAD(sample_scheme(&item, 1), act.body.scheme_registered.scheme = STR("gov"), REASON_SCHEME_ID, "body.scheme");
    BAD(sample_scheme(&item, 1), act.body.scheme_registered.scheme = STR("a"), REASON_SCHEME_ID, "body.scheme");
    BAD(sample_scheme(&item, 1), act.body.scheme_registered.issuer = STR("G24.1"), REASON_GRAMMAR_CODE, "body.issuer");
    BAD(sample_scheme(&item, 1), act.authority = STR("G24"), REASON_ROOT_SCHEME, "authority");
}

static void info(void **state)
{
    (void)state;
    BAD(sample_established(), act.body.established.info.field[INFO_NAME] = STR_NONE, REASON_INFO_MISSING,
        "body.info.name");
    BAD(sample_established(), act.body.established.info.field[INFO_ADDRESS] = STR_NONE, REASON_INFO_MISSING,
        "body.info.address");
    BAD(sample_enterprise("0100109106"), act.body.established.info.field[INFO_TYPE] = STR_NONE, REASON_INFO_MISSING,
        "body.info.type");
    struct code_info result[] = {{STR("H26.A"), sample_info()}, {STR("H26.B"), sample_info()}};
    result[1].info.field[INFO_ADDRESS] = STR_NONE;
    bad(sample_split(result, 2, true), REASON_INFO_MISSING, "body.results[1].info.address");
    struct code_info branch[] = {{STR("0100109106-001"), sample_info()}};
    BAD(sample_split(branch, 1, true), act.scheme = STR("enterprise");
        act.body.split.source = STR("0100109106"), REASON_INFO_MISSING, "body.results[0].info.type");
    BAD(sample_contact(), act.body.contact_updated.clear = 1u << INFO_ADDRESS, REASON_INFO_CLEARED,
        "body.clear.address");
    BAD(sample_corrected(), act.body.corrected.clear = 1u << INFO_ADDRESS, REASON_INFO_CLEARED, "body.clear.address");
    BAD(sample_corrected(), act.body.corrected.clear = 1u << INFO_NAME, REASON_INFO_CLEARED, "body.clear.name");
    GOOD(sample_corrected(),
        act.body.corrected.clear = INFO_ALL & ~(1u << INFO_NAME | 1u << INFO_ADDRESS | 1u << INFO_PHONE));
    struct info empty = {0};
    faults = (struct findings){0};
    check_info_complete(arena, &empty, true, "body.into.info", &faults);
    assert_int_equal(faults.total, 3);
    assert_non_null(find(&faults, REASON_INFO_MISSING, "body.into.info.name"));
    assert_non_null(find(&faults, REASON_INFO_MISSING, "body.into.info.type"));
}

static void decisions(void **state)
{
    (void)state;
    struct code_pair pair[] = {{STR("H64.1"), STR("H26.A")}};
    struct str list[] = {STR("H26.1"), STR("H26.2")};
    struct code_info result[] = {{STR("H26.A"), sample_info()}};
    struct grammar_item item = {.literal = STR("A")};
    struct act acts[] = {sample_established(), sample_renamed(), sample_recoded(pair, 1),
        sample_merged(list, 2, "H26.1"), sample_split(result, 1, true), sample_dissolved(list, 1), sample_closed(),
        sample_corrected(), sample_annulled(), sample_scheme(&item, 1)};
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        acts[i].decision = (struct decision_doc){0};
        bad(acts[i], REASON_DECISION_MISSING, "decision");
    }
    GOOD(sample_established(), act.scheme = STR("bhxh"));
    BAD(sample_established(), act.scheme = STR("bhxh");
        act.decision.given = false, REASON_DECISION_MISSING, "decision");
    GOOD(sample_contact(), act.decision = sample_decision());
    GOOD(sample_enterprise("0100109106"), act.decision = sample_decision());
}

static void roots(void **state)
{
    (void)state;
    BAD(sample_established(), act.body.established.code = STR("H64"), REASON_ROOT_LEVEL1, "body.code");
    GOOD(sample_established(), act.body.established.code = STR("H64"); act.authority = STR("ROOT"));
    BAD(sample_renamed(), act.body.renamed.code = STR("H26"), REASON_ROOT_LEVEL1, "body.code");
    BAD(sample_renamed(), act.body.renamed.new_code = STR("H99"), REASON_ROOT_LEVEL1, "body.newCode");
    BAD(sample_closed(), act.body.closed.code = STR("H26"), REASON_ROOT_LEVEL1, "body.code");
    GOOD(sample_contact(), act.body.contact_updated.code = STR("H26"));
    GOOD(sample_corrected(), act.body.corrected.code = STR("H26"));
    struct str list[] = {STR("H26.1"), STR("H26")};
    bad(sample_merged(list, 2, "H26.1"), REASON_ROOT_LEVEL1, "body.sources[1]");
    bad(sample_merged(list, 1, "H26"), REASON_ROOT_LEVEL1, "body.into.code");
    good(sample_dissolved(list, 2));
    struct code_pair pair = {STR("H26.1"), STR("H27")};
    bad(sample_recoded(&pair, 1), REASON_ROOT_LEVEL1, "body.codes[0].to");
    struct code_info result = {STR("H99"), sample_info()};
    bad(sample_split(&result, 1, true), REASON_ROOT_LEVEL1, "body.results[0].code");
    struct unit unit[] = {{STR("H26.18.1"), UNIT_SUCCESSOR, STR("H26")}};
    GOOD(sample_dissolved(list, 2), act.body.dissolved.units = ((struct units){UNITS_LIST, unit, 1}));
    unit[0].move = UNIT_TO;
    BAD(sample_dissolved(list, 2), act.body.dissolved.units = ((struct units){UNITS_LIST, unit, 1}), REASON_ROOT_LEVEL1,
        "body.units[0].to");
    GOOD(sample_dissolved(list, 2), act.body.dissolved.units = ((struct units){UNITS_LIST, unit, 1});
         act.authority = STR("ROOT"));
}

static void granted_twice(void **state)
{
    (void)state;
    struct code_pair pair[] = {
        {STR("H26.1"), STR("H26.A")}, {STR("H26.2"), STR("H26.B")}, {STR("H26.3"), STR("H26.A")}};
    bad(sample_recoded(pair, 3), REASON_UNIQUE_TWICE, "body.codes[2].to");
    struct code_info result[] = {{STR("H26.A"), sample_info()}, {STR("H26.A"), sample_info()}};
    bad(sample_split(result, 2, true), REASON_UNIQUE_TWICE, "body.results[1].code");
    struct unit unit[] = {{STR("H26.18.1"), UNIT_TO, STR("H26.9")}};
    struct str list[] = {STR("H26.18"), STR("H26.2")};
    BAD(sample_merged(list, 2, "H26.9"), act.body.merged.units = ((struct units){UNITS_LIST, unit, 1}),
        REASON_UNIQUE_TWICE, "body.units[0].to");
    BAD(sample_renamed(), act.body.renamed.new_code = STR("H26.9");
        act.body.renamed.units = ((struct units){UNITS_LIST, unit, 1}), REASON_UNIQUE_TWICE, "body.units[0].to");
}

static void units_below(void **state)
{
    (void)state;
    struct unit unit[] = {{STR("H26.18.1.2"), UNIT_CLOSE, STR_NONE}, {STR("H26.19.1"), UNIT_TO, STR("H26.A")}};
    struct str list[] = {STR("H26.18"), STR("H26.19")}, one[] = {STR("H26.30")};
    GOOD(sample_merged(list, 2, "H26.19"), act.body.merged.units = ((struct units){UNITS_LIST, unit, 2}));
    BAD(sample_dissolved(one, 1), act.body.dissolved.units = ((struct units){UNITS_LIST, unit, 2}),
        REASON_CHILDREN_NOT_BELOW, "body.units[1].from");
    unit[1].code = STR("H26.18"); /* the code that is dissolved */
    BAD(sample_dissolved(one, 1), act.body.dissolved.units = ((struct units){UNITS_LIST, unit, 2}),
        REASON_FORM_REPEATED, "body.units[1].from");
    unit[1].code = STR("H26.180");
    BAD(sample_dissolved(one, 1), act.body.dissolved.units = ((struct units){UNITS_LIST, unit, 2}),
        REASON_CHILDREN_NOT_BELOW, "body.units[1].from");
}

static void kept_units(void **state)
{
    (void)state;
    struct str level1[] = {STR("H01"), STR("H02")}, lower[] = {STR("H26.1"), STR("H26.2")};
    struct code_info result[] = {{STR("H98"), sample_info()}, {STR("H99"), sample_info()}};
#define ROOT_KEEP(units_of)                                                                                            \
    act.authority = STR("ROOT");                                                                                       \
    act.body.units_of.units.form = UNITS_KEEP
    GOOD(sample_merged(level1, 2, "H01"), ROOT_KEEP(merged));
    GOOD(sample_merged(level1, 2, "H03"), ROOT_KEEP(merged));
    BAD(sample_merged(lower, 2, "H26.1"), ROOT_KEEP(merged), REASON_CHILDREN_KEEP, "body.units");
    GOOD(sample_dissolved(level1, 1), ROOT_KEEP(dissolved); act.body.dissolved.code = STR("H05"));
    BAD(sample_dissolved(level1, 2), ROOT_KEEP(dissolved);
        act.body.dissolved.code = STR("H05"), REASON_CHILDREN_KEEP, "body.units");
    BAD(sample_dissolved(level1, 0), ROOT_KEEP(dissolved);
        act.body.dissolved.code = STR("H05"), REASON_CHILDREN_KEEP, "body.units");
    GOOD(sample_renamed(), ROOT_KEEP(renamed); act.body.renamed.code = STR("H05");
         act.body.renamed.new_code = STR("H06"));
    BAD(sample_renamed(), ROOT_KEEP(renamed);
        act.body.renamed.new_code = STR("H26.9"), REASON_CHILDREN_KEEP, "body.units");
    BAD(sample_split(result, 2, true), ROOT_KEEP(split);
        act.body.split.source = STR("H05"), REASON_CHILDREN_KEEP, "body.units");
    BAD(sample_split(result, 2, false), ROOT_KEEP(split);
        act.body.split.source = STR("H05"), REASON_CHILDREN_KEEP, "body.units");
}

static void long_lists(void **state)
{
    (void)state;
    enum { CODES_MAX = 10000, PAIRS = CODES_MAX / 2 };
    struct code_pair *pair = arena_array(arena, struct code_pair, PAIRS + 1);
    for (size_t i = 0; i <= PAIRS; i++) {
        size_t number = (i * 7919) % 100003; /* out of order */
        pair[i] = (struct code_pair){str_format(arena, "H64.%zu", number), str_format(arena, "H26.%zu", number)};
    }
    good(sample_recoded(pair, PAIRS));
    assert_int_equal(bad(sample_recoded(pair, PAIRS + 1), REASON_FULL_CODES, NULL)->number, CODES_MAX);
    pair[PAIRS - 1].from = pair[17].from;
    char field[40];
    snprintf(field, sizeof field, "body.codes[%d].from", PAIRS - 1);
    bad(sample_recoded(pair, PAIRS), REASON_FORM_REPEATED, field);
    /* All alike: as many faults as there are repeats, a hundred of them kept. */
    for (size_t i = 0; i < PAIRS; i++)
        pair[i].from = STR("H64.1");
    struct act act = sample_recoded(pair, PAIRS);
    judge(&act);
    assert_int_equal(faults.total, PAIRS - 1);
    assert_int_equal(faults.count, FINDINGS_MAX);
    struct str *list = arena_array(arena, struct str, CODES_MAX);
    for (size_t i = 0; i < CODES_MAX; i++)
        list[i] = str_format(arena, "H26.%zu", 20000 - i);
    good(sample_merged(list, CODES_MAX, "H26.20000"));
    bad(sample_merged(list, CODES_MAX, "H26.9"), REASON_FULL_CODES, NULL);
}

static void several_faults(void **state)
{
    (void)state;
    struct act act = sample_established();
    act.body.established.code = STR("h26");
    act.body.established.info = (struct info){0};
    act.decision = (struct decision_doc){0};
    judge(&act);
    assert_int_equal(faults.total, 4);
    assert_int_equal(faults.first, RULE_GRAMMAR);
    assert_non_null(find(&faults, REASON_INFO_MISSING, "body.info.name"));
    assert_non_null(find(&faults, REASON_INFO_MISSING, "body.info.address"));
    assert_non_null(find(&faults, REASON_DECISION_MISSING, "decision"));
    /* With a fault of form nothing further is judged. */
    act.note = STR("");
    bad(act, REASON_FORM_EMPTY, "note");
    /* Nor with one of ACCOUNT; a scheme that the registry does not know is no reason to stop. */
    act = sample_established();
    act.decision = (struct decision_doc){0};
    act.scheme = STR("no");
    faults = (struct findings){0};
    findings_add(&faults, (struct finding){.reason = REASON_ACCOUNT_NAME});
    check_act(law_newest(), arena, &act, NULL, 0, &faults, &warnings);
    assert_int_equal(faults.total, 1);
    faults = (struct findings){0};
    findings_add(&faults, (struct finding){.reason = REASON_SCHEME_UNKNOWN});
    check_act(law_newest(), arena, &act, NULL, 0, &faults, &warnings);
    assert_int_equal(faults.total, 2);
    assert_int_equal(faults.first, RULE_SCHEME);
    act.scheme = STR("NO");
    faults = (struct findings){0};
    findings_add(&faults, (struct finding){.reason = REASON_SCHEME_UNKNOWN});
    check_act(law_newest(), arena, &act, NULL, 0, &faults, &warnings);
    assert_int_equal(faults.total, 2);
}

static void warned(void **state)
{
    (void)state;
    GOOD(sample_established(), act.body.established.info.field[INFO_LEGACY_CODE] = STR("000.00.18.H26"));
    assert_int_equal(warnings.total, 0);
    GOOD(sample_established(), act.body.established.info.field[INFO_LEGACY_CODE] = STR("000.00.118.H26"));
    assert_int_equal(warnings.total, 1);
    assert_str(find(&warnings, REASON_LEGACY_WIDE, "body.info.legacyCode")->expected, "000.00.118.H26");
    GOOD(sample_renamed(), act.body.renamed.set.field[INFO_LEGACY_CODE] = STR("18"));
    assert_non_null(find(&warnings, REASON_LEGACY_FORM, "body.legacyCode"));
    GOOD(sample_corrected(), act.body.corrected.set.field[INFO_LEGACY_CODE] = STR("18"));
    assert_non_null(find(&warnings, REASON_LEGACY_FORM, "body.set.legacyCode"));
    struct str list[] = {STR("H26.1"), STR("H26.2")};
    GOOD(sample_merged(list, 2, "H26.1"), act.body.merged.info_given = true;
         act.body.merged.info.field[INFO_LEGACY_CODE] = STR("18"));
    assert_non_null(find(&warnings, REASON_LEGACY_FORM, "body.into.info.legacyCode"));
    struct code_info result = {STR("H26.A"), sample_info()};
    result.info.field[INFO_LEGACY_CODE] = STR("18");
    good(sample_split(&result, 1, true));
    assert_non_null(find(&warnings, REASON_LEGACY_FORM, "body.results[0].info.legacyCode"));
    GOOD(sample_established(), act.normalized = true);
    assert_int_equal(warnings.total, 1);
    assert_non_null(find(&warnings, REASON_TEXT_NORMALIZED, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_acts),
        cmocka_unit_test(codes_gov),
        cmocka_unit_test(codes_enterprise),
        cmocka_unit_test(codes_registered),
        cmocka_unit_test(schemes),
        cmocka_unit_test(info),
        cmocka_unit_test(decisions),
        cmocka_unit_test(roots),
        cmocka_unit_test(granted_twice),
        cmocka_unit_test(units_below),
        cmocka_unit_test(kept_units),
        cmocka_unit_test(long_lists),
        cmocka_unit_test(several_faults),
        cmocka_unit_test(warned),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
