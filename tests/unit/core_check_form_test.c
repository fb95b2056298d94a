#include "core_judge.h"

/* FORM: every reason, and the act beside it that passes. */

static void form_head(void **state)
{
    (void)state;
    BAD(sample_established(), act.kind = ACT_KINDS, REASON_FORM_VALUE, "kind");
    BAD(sample_established(), act.authority = STR_NONE, REASON_FORM_MISSING, "authority");
    BAD(sample_established(), act.scheme = STR_NONE, REASON_FORM_MISSING, "scheme");
    BAD(sample_established(), act.effective_on = DATE_NONE, REASON_FORM_MISSING, "effectiveOn");
    BAD(sample_established(), act.happened_on = DATE_NONE, REASON_FORM_MISSING, "happenedOn");
    GOOD(sample_established(), act.effective_on = -25567);
    BAD(sample_established(), act.effective_on = -25568, REASON_FORM_VALUE, "effectiveOn");
    GOOD(sample_established(), act.effective_on = 2932896);
    BAD(sample_established(), act.effective_on = 2932897, REASON_FORM_VALUE, "effectiveOn");
    BAD(sample_established(), act.happened_on = INT32_MAX, REASON_FORM_VALUE, "happenedOn");
    date_day day;
    assert_true(date_parse(STR("1900-01-01"), &day) && day == -25567);
    assert_true(date_parse(STR("9999-12-31"), &day) && day == 2932896);
    GOOD(sample_established(), act.note = sample_text(arena, "đ", 4000));
    BAD(sample_established(), act.note = sample_text(arena, "đ", 4001), REASON_FORM_LIMIT, "note");
    BAD(sample_established(), act.note = STR(""), REASON_FORM_EMPTY, "note");
    BAD(sample_established(), act.authority = STR("H\t6"), REASON_FORM_CONTROL, "authority");
    BAD(sample_established(), act.scheme = STR("\xff"), REASON_FORM_UTF8, "scheme");
}

static void form_decision(void **state)
{
    (void)state;
    BAD(sample_established(), act.decision.number = STR_NONE, REASON_FORM_MISSING, "decision.number");
    BAD(sample_established(), act.decision.number = STR(""), REASON_FORM_MISSING, "decision.number");
    BAD(sample_established(), act.decision.issued_by = STR_NONE, REASON_FORM_MISSING, "decision.issuedBy");
    BAD(sample_established(), act.decision.issued_by = STR(""), REASON_FORM_MISSING, "decision.issuedBy");
    BAD(sample_established(), act.decision.issued_on = DATE_NONE, REASON_FORM_MISSING, "decision.issuedOn");
    BAD(sample_established(), act.decision.issued_on = -25568, REASON_FORM_VALUE, "decision.issuedOn");
    GOOD(sample_established(), act.decision.number = sample_text(arena, "ộ", 500));
    BAD(sample_established(), act.decision.number = sample_text(arena, "ộ", 501), REASON_FORM_LIMIT, "decision.number");
    BAD(sample_established(), act.decision.issued_by = sample_text(arena, "ộ", 501), REASON_FORM_LIMIT,
        "decision.issuedBy");
    GOOD(sample_established(), act.decision.title = sample_text(arena, "x", 500));
    BAD(sample_established(), act.decision.title = sample_text(arena, "x", 501), REASON_FORM_LIMIT, "decision.title");
    BAD(sample_established(), act.decision.title = STR("a\nb"), REASON_FORM_CONTROL, "decision.title");
    GOOD(sample_established(), act.decision.uri = sample_text(arena, "x", 2000));
    BAD(sample_established(), act.decision.uri = sample_text(arena, "x", 2001), REASON_FORM_LIMIT, "decision.uri");
    GOOD(sample_established(), act.decision.sha256 = sample_text(arena, "a", 64));
    BAD(sample_established(), act.decision.sha256 = sample_text(arena, "a", 63), REASON_FORM_VALUE, "decision.sha256");
    BAD(sample_established(), act.decision.sha256 = sample_text(arena, "g", 64), REASON_FORM_VALUE, "decision.sha256");
    /* A document given where none is needed is judged too. */
    BAD(sample_contact(), act.decision.given = true; act.decision.number = STR("1"); act.decision.issued_by = STR("x");
        act.decision.issued_on = DATE_NONE, REASON_FORM_MISSING, "decision.issuedOn");
    BAD(sample_corrected(), act.body.corrected.set_decision = sample_decision();
        act.body.corrected.set_decision.number = STR(""), REASON_FORM_MISSING, "body.setDecision.number");
    BAD(sample_corrected(), act.body.corrected.set_decision = sample_decision();
        act.body.corrected.set_decision.issued_by = STR_NONE, REASON_FORM_MISSING, "body.setDecision.issuedBy");
    BAD(sample_corrected(), act.body.corrected.set_decision = sample_decision();
        act.body.corrected.set_decision.issued_on = DATE_NONE, REASON_FORM_MISSING, "body.setDecision.issuedOn");
}

static void form_texts(void **state)
{
    (void)state;
    static const struct {
        enum info_field field;
        size_t limit;
        const char *path;
    } limits[] = {
        {INFO_NAME, 500, "body.info.name"},
        {INFO_NAME_EN, 500, "body.info.nameEn"},
        {INFO_SHORT_NAME, 500, "body.info.shortName"},
        {INFO_TYPE, 500, "body.info.type"},
        {INFO_ADDRESS, 500, "body.info.address"},
        {INFO_EMAIL, 254, "body.info.email"},
        {INFO_PHONE, 50, "body.info.phone"},
        {INFO_FAX, 50, "body.info.fax"},
        {INFO_WEBSITE, 2000, "body.info.website"},
        {INFO_LEGACY_CODE, 500, "body.info.legacyCode"},
    };
    assert_int_equal(sizeof limits / sizeof *limits, INFO_FIELDS);
    static const char *const character[] = {"x", "ệ", "𝄞"}; /* one, three, four bytes */
    for (size_t i = 0; i < INFO_FIELDS; i++) {
        for (size_t c = 0; c < 3; c++) {
            struct act spoiled = sample_established();
            spoiled.body.established.info.field[limits[i].field] = sample_text(arena, character[c], limits[i].limit);
            good(spoiled);
            spoiled.body.established.info.field[limits[i].field] =
                sample_text(arena, character[c], limits[i].limit + 1);
            const struct finding *found = bad(spoiled, REASON_FORM_LIMIT, limits[i].path);
            assert_int_equal(found->number, limits[i].limit);
        }
        struct act spoiled = sample_established();
        spoiled.body.established.info.field[limits[i].field] = STR("");
        bad(spoiled, REASON_FORM_EMPTY, limits[i].path);
        spoiled.body.established.info.field[limits[i].field] = STR("a\x01");
        bad(spoiled, REASON_FORM_CONTROL, limits[i].path);
        spoiled.body.established.info.field[limits[i].field] = STR("a\0b");
        bad(spoiled, REASON_FORM_CONTROL, limits[i].path);
        spoiled.body.established.info.field[limits[i].field] = STR("a\xc2\x85");
        bad(spoiled, REASON_FORM_CONTROL, limits[i].path);
        spoiled.body.established.info.field[limits[i].field] = STR("a\xe2\x80\xa8");
        bad(spoiled, REASON_FORM_CONTROL, limits[i].path);
        spoiled.body.established.info.field[limits[i].field] = STR("a\xcd\xb8"); /* U+0378 */
        bad(spoiled, REASON_FORM_UNASSIGNED, limits[i].path);
        spoiled.body.established.info.field[limits[i].field] = STR("a\xc3");
        bad(spoiled, REASON_FORM_UTF8, limits[i].path);
    }
    BAD(sample_closed(), act.body.closed.reason = sample_text(arena, "x", 4001), REASON_FORM_LIMIT, "body.reason");
    GOOD(sample_closed(), act.body.closed.reason = sample_text(arena, "x", 4000));
    BAD(sample_renamed(), act.body.renamed.set.field[INFO_NAME] = STR("\x7f"), REASON_FORM_CONTROL, "body.name");
    BAD(sample_contact(), act.body.contact_updated.set.field[INFO_PHONE] = sample_text(arena, "1", 51),
        REASON_FORM_LIMIT, "body.set.phone");
    BAD(sample_corrected(), act.body.corrected.set.field[INFO_NAME] = STR(""), REASON_FORM_EMPTY, "body.set.name");
    struct code_info result[] = {{STR("H26.A"), sample_info()}, {STR("H26.B"), sample_info()}};
    result[1].info.field[INFO_EMAIL] = sample_text(arena, "x", 255);
    bad(sample_split(result, 2, true), REASON_FORM_LIMIT, "body.results[1].info.email");
    struct str list[] = {STR("H26.1"), STR("H26.2")};
    BAD(sample_merged(list, 2, "H26.1"), act.body.merged.info_given = true;
        act.body.merged.info.field[INFO_NAME] = STR(""), REASON_FORM_EMPTY, "body.into.info.name");
}

static void form_codes_are_text(void **state)
{
    (void)state;
    struct code_pair pair[] = {{STR("H26.1"), STR("H26.A")}, {STR("H26.2"), STR("H26.B\xc3")}};
    bad(sample_recoded(pair, 2), REASON_FORM_UTF8, "body.codes[1].to");
    pair[1].to = STR_NONE;
    bad(sample_recoded(pair, 2), REASON_FORM_MISSING, "body.codes[1].to");
    BAD(sample_established(), act.body.established.code = STR_NONE, REASON_FORM_MISSING, "body.code");
    BAD(sample_established(), act.body.established.code = STR("H26\0"), REASON_FORM_CONTROL, "body.code");
    struct str list[] = {STR("H26.1"), STR("\x01")};
    bad(sample_merged(list, 2, "H26.1"), REASON_FORM_CONTROL, "body.sources[1]");
    BAD(sample_merged(list, 1, "H26.2"), act.body.merged.into = STR_NONE, REASON_FORM_MISSING, "body.into.code");
}

static void form_set_kinds(void **state)
{
    (void)state;
    BAD(sample_contact(), act.body.contact_updated.set.field[INFO_EMAIL] = STR_NONE, REASON_FORM_NOTHING, "body");
    GOOD(sample_contact(), act.body.contact_updated.clear = 1u << INFO_FAX);
    BAD(sample_contact(), act.body.contact_updated.clear = 1u << INFO_EMAIL, REASON_FORM_EXCLUDES, "body.set.email");
    BAD(sample_contact(), act.body.contact_updated.set.field[INFO_NAME] = STR("x"), REASON_FORM_VALUE, "body.set.name");
    BAD(sample_contact(), act.body.contact_updated.clear = 1u << INFO_TYPE, REASON_FORM_VALUE, "body.set.type");
    BAD(sample_contact(), act.body.contact_updated.clear = 1u << INFO_FIELDS, REASON_FORM_VALUE, "body.clear");
    BAD(sample_renamed(), act.body.renamed.set.field[INFO_NAME] = STR_NONE, REASON_FORM_NOTHING, "body");
    BAD(sample_renamed(), act.body.renamed.set.field[INFO_ADDRESS] = STR("x"), REASON_FORM_VALUE, "body.address");
    GOOD(sample_renamed(), act.body.renamed.set.field[INFO_NAME] = STR_NONE; act.body.renamed.new_code = STR("H26.99"));
    GOOD(sample_renamed(), act.body.renamed.set.field[INFO_NAME] = STR_NONE; act.body.renamed.new_body = true);
    BAD(sample_renamed(), act.body.renamed.new_code = STR("H26.99");
        act.body.renamed.new_body = true, REASON_FORM_EXCLUDES, "body.newBody");
    BAD(sample_renamed(), act.body.renamed.units.form = UNITS_LIST, REASON_FORM_NEEDS, "body.units");
    BAD(sample_renamed(), act.body.renamed.units.form = UNITS_KEEP, REASON_FORM_NEEDS, "body.units");
    BAD(sample_corrected(), act.body.corrected.set.field[INFO_PHONE] = STR_NONE, REASON_FORM_NOTHING, "body");
    BAD(sample_corrected(), act.body.corrected.clear = 1u << INFO_PHONE, REASON_FORM_EXCLUDES, "body.set.phone");
    GOOD(sample_corrected(), act.body.corrected.clear = 1u << INFO_FAX);
    GOOD(sample_corrected(), act.body.corrected.set.field[INFO_PHONE] = STR_NONE;
         act.body.corrected.set_decision = sample_decision());
    BAD(sample_annulled(), act.body.annulled.reason = (enum annul_reason)7, REASON_FORM_VALUE, "body.reason");
}

static void form_list_kinds(void **state)
{
    (void)state;
    struct code_pair pair[] = {
        {STR("H26.1"), STR("H26.A")}, {STR("H26.2"), STR("H26.B")}, {STR("H26.1"), STR("H26.C")}};
    bad(sample_recoded(pair, 0), REASON_FORM_COUNT, "body.codes");
    assert_str(bad(sample_recoded(pair, 3), REASON_FORM_REPEATED, "body.codes[2].from")->code, "H26.1");
    BAD(sample_recoded(pair, 2), act.body.recoded.cause = (enum recode_cause)3, REASON_FORM_VALUE, "body.cause");
    struct str list[] = {STR("H26.1"), STR("H26.2"), STR("H26.1")};
    bad(sample_merged(list, 0, "H26.1"), REASON_FORM_COUNT, "body.sources");
    assert_int_equal(bad(sample_merged(list, 1, "H26.1"), REASON_FORM_COUNT, "body.sources")->number, 2);
    bad(sample_merged(list, 3, "H26.9"), REASON_FORM_REPEATED, "body.sources[2]");
    BAD(sample_merged(list, 2, "H26.9"), act.body.merged.new_body = true, REASON_FORM_NEEDS, "body.newBody");
    GOOD(sample_merged(list, 2, "H26.2"), act.body.merged.new_body = true);
    struct code_info result[] = {{STR("H26.A"), sample_info()}, {STR("H26.B"), sample_info()}};
    assert_int_equal(bad(sample_split(result, 0, true), REASON_FORM_COUNT, "body.results")->number, 1);
    assert_int_equal(bad(sample_split(result, 1, false), REASON_FORM_COUNT, "body.results")->number, 2);
    BAD(sample_split(result, 2, false), act.body.split.new_body = true, REASON_FORM_NEEDS, "body.newBody");
    GOOD(sample_split(result, 2, true), act.body.split.new_body = true);
    bad(sample_dissolved(list, 3), REASON_FORM_REPEATED, "body.successors[2]");
    BAD(sample_dissolved(list, 2), act.body.dissolved.continues = true, REASON_FORM_NEEDS, "body.continues");
    BAD(sample_dissolved(list, 0), act.body.dissolved.continues = true, REASON_FORM_NEEDS, "body.continues");
    GOOD(sample_dissolved(list, 1), act.body.dissolved.continues = true);
    BAD(sample_dissolved(list, 1), act.body.dissolved.with_units = true;
        act.body.dissolved.units.form = UNITS_KEEP, REASON_FORM_EXCLUDES, "body.withUnits");
}

static void form_units(void **state)
{
    (void)state;
    struct unit unit[] = {{STR("H26.18.1"), UNIT_CLOSE, STR_NONE}, {STR("H26.18.2"), UNIT_TO, STR("H26.19.2")},
        {STR("H26.18.3"), UNIT_SUCCESSOR, STR("H26.20")}, {STR("H26.18.2"), UNIT_CLOSE, STR_NONE}};
    struct str list[] = {STR("H26.19"), STR("H26.20")};
    GOOD(sample_dissolved(list, 2), act.body.dissolved.units = ((struct units){UNITS_LIST, unit, 3}));
    BAD(sample_dissolved(list, 2), act.body.dissolved.units = ((struct units){UNITS_LIST, unit, 4}),
        REASON_FORM_REPEATED, "body.units[3].close");
    BAD(sample_dissolved(list, 1), act.body.dissolved.units = ((struct units){UNITS_LIST, unit, 3}), REASON_FORM_VALUE,
        "body.units[2].successor");
    GOOD(sample_dissolved(list, 2), act.body.dissolved.units = ((struct units){UNITS_LIST, unit, 0}));
    struct code_info result[] = {{STR("H26.19"), sample_info()}, {STR("H26.20"), sample_info()}};
    GOOD(sample_split(result, 2, false), act.body.split.units = ((struct units){UNITS_LIST, unit, 3}));
    unit[2].to = STR("H26.18");
    GOOD(sample_split(result, 2, true), act.body.split.units = ((struct units){UNITS_LIST, unit, 3}));
    BAD(sample_split(result, 2, false), act.body.split.units = ((struct units){UNITS_LIST, unit, 3}), REASON_FORM_VALUE,
        "body.units[2].successor");
    struct str source[] = {STR("H26.18"), STR("H26.18.4")};
    unit[2].to = STR("H26.30");
    GOOD(sample_merged(source, 2, "H26.30"), act.body.merged.units = ((struct units){UNITS_LIST, unit, 3}));
    unit[0].code = STR("H26.18.4");
    BAD(sample_merged(source, 2, "H26.30"), act.body.merged.units = ((struct units){UNITS_LIST, unit, 3}),
        REASON_FORM_REPEATED, "body.units[0].close");
    unit[0].code = STR("H26.18.1");
    GOOD(sample_renamed(), act.body.renamed.new_code = STR("H26.30");
         act.body.renamed.units = ((struct units){UNITS_LIST, unit, 3}));
    unit[1].to = STR_NONE;
    BAD(sample_renamed(), act.body.renamed.new_code = STR("H26.30");
        act.body.renamed.units = ((struct units){UNITS_LIST, unit, 3}), REASON_FORM_MISSING, "body.units[1].to");
}

static void form_grammar(void **state)
{
    (void)state;
    struct grammar_item item[17];
    for (size_t i = 0; i < 17; i++)
        item[i] = (struct grammar_item){.literal = STR("A")};
    bad(sample_scheme(item, 0), REASON_FORM_COUNT, "body.grammar");
    good(sample_scheme(item, 16));
    assert_int_equal(bad(sample_scheme(item, 17), REASON_FORM_LIMIT, "body.grammar")->number, 16);
    item[0] = (struct grammar_item){.class = STR("0-9"), .min = 0, .max = 34};
    good(sample_scheme(item, 2));
    item[0].max = 35;
    assert_int_equal(bad(sample_scheme(item, 2), REASON_FORM_LIMIT, "body.grammar")->number, 35);
    good(sample_scheme(item, 1));
    item[0].max = 36;
    struct act spoiled = sample_scheme(item, 1);
    judge(&spoiled);
    assert_non_null(find(&faults, REASON_FORM_VALUE, "body.grammar[0].max"));
    item[0] = (struct grammar_item){.class = STR("0-9"), .min = 3, .max = 2};
    bad(sample_scheme(item, 1), REASON_FORM_VALUE, "body.grammar[0].min");
    item[0] = (struct grammar_item){.class = STR("0-9"), .min = -1, .max = 2};
    bad(sample_scheme(item, 1), REASON_FORM_VALUE, "body.grammar[0].min");
    item[0] = (struct grammar_item){.class = STR("0-9"), .min = 0, .max = 0};
    bad(sample_scheme(item, 1), REASON_FORM_VALUE, "body.grammar[0].max");
    item[0] = (struct grammar_item){.class = STR("9-0"), .min = 1, .max = 2};
    bad(sample_scheme(item, 1), REASON_FORM_VALUE, "body.grammar[0].class");
    item[0] = (struct grammar_item){.min = 1, .max = 2};
    bad(sample_scheme(item, 1), REASON_FORM_MISSING, "body.grammar[0].class");
    item[0] = (struct grammar_item){.literal = STR("")};
    bad(sample_scheme(item, 1), REASON_FORM_VALUE, "body.grammar[0].literal");
    item[0] = (struct grammar_item){.literal = STR("a b")};
    bad(sample_scheme(item, 1), REASON_FORM_VALUE, "body.grammar[0].literal");
    item[0] = (struct grammar_item){.literal = STR("A"), .class = STR("0-9")};
    bad(sample_scheme(item, 1), REASON_FORM_EXCLUDES, "body.grammar[0].literal");
    item[0] = (struct grammar_item){.literal = STR("A")};
    BAD(sample_scheme(item, 1), act.body.scheme_registered.description = STR_NONE, REASON_FORM_MISSING,
        "body.description");
    BAD(sample_scheme(item, 1), act.body.scheme_registered.description = STR(""), REASON_FORM_EMPTY,
        "body.description");
    BAD(sample_scheme(item, 1), act.body.scheme_registered.description = sample_text(arena, "ạ", 4001),
        REASON_FORM_LIMIT, "body.description");
    GOOD(sample_scheme(item, 1), act.body.scheme_registered.description = sample_text(arena, "ạ", 4000));
    BAD(sample_scheme(item, 1), act.body.scheme_registered.scheme = STR_NONE, REASON_FORM_MISSING, "body.scheme");
    BAD(sample_scheme(item, 1), act.body.scheme_registered.issuer = STR_NONE, REASON_FORM_MISSING, "body.issuer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(form_head),
        cmocka_unit_test(form_decision),
        cmocka_unit_test(form_texts),
        cmocka_unit_test(form_codes_are_text),
        cmocka_unit_test(form_set_kinds),
        cmocka_unit_test(form_list_kinds),
        cmocka_unit_test(form_units),
        cmocka_unit_test(form_grammar),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
