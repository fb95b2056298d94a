#include <stdio.h>

#include "core_sample.h"
#include "unit.h"

/* Every reason that check_act and check_lists give, and the act beside it that passes. */

static struct arena *arena;
static struct findings faults, warnings;
static const struct grammar_item *grammar;
static size_t grammar_count;

static void judge(const struct act *act)
{
    faults = (struct findings){0};
    warnings = (struct findings){0};
    check_act(arena, act, grammar, grammar_count, &faults, &warnings);
    if (faults.total == 0)
        check_lists(arena, act, &faults);
}

static const struct finding *find(const struct findings *findings, enum reason reason, const char *field)
{
    for (int i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->item[i];
        if (finding->reason == reason && (!field || str_equal(finding->field, str_of(field))))
            return finding;
    }
    return NULL;
}

static void show(const char *what)
{
    print_message("%s; found:\n", what);
    for (int i = 0; i < faults.count; i++)
        print_message("  %.*s: %.*s\n", STR_ARG(reason_slug(faults.item[i].reason)),
                      STR_ARG(finding_message(arena, &faults.item[i], LANGUAGE_EN)));
}

static void good(struct act act)
{
    judge(&act);
    if (faults.total)
        show("a good act is refused");
    assert_int_equal(faults.total, 0);
}

/* Exactly this fault, nothing else. */
static const struct finding *bad(struct act act, enum reason reason, const char *field)
{
    judge(&act);
    const struct finding *found = find(&faults, reason, field);
    if (!found || faults.total != 1)
        show(field ? field : "(no field)");
    assert_non_null(found);
    assert_int_equal(faults.total, 1);
    assert_int_equal(faults.first, reason_rule(reason));
    return found;
}

#define BAD(make, change, reason, field)                                                                               \
    do {                                                                                                               \
        struct act act = make;                                                                                         \
        change;                                                                                                        \
        bad(act, reason, field);                                                                                       \
    } while (0)
#define GOOD(make, change)                                                                                             \
    do {                                                                                                               \
        struct act act = make;                                                                                         \
        change;                                                                                                        \
        good(act);                                                                                                     \
    } while (0)

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
    BAD(sample_established(), act.decision.issued_by = sample_text(arena, "ộ", 501), REASON_FORM_LIMIT, "decision.issuedBy");
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
        {INFO_NAME, 500, "body.info.name"},           {INFO_NAME_EN, 500, "body.info.nameEn"},
        {INFO_SHORT_NAME, 500, "body.info.shortName"}, {INFO_TYPE, 500, "body.info.type"},
        {INFO_ADDRESS, 500, "body.info.address"},     {INFO_EMAIL, 254, "body.info.email"},
        {INFO_PHONE, 50, "body.info.phone"},          {INFO_FAX, 50, "body.info.fax"},
        {INFO_WEBSITE, 2000, "body.info.website"},    {INFO_LEGACY_CODE, 500, "body.info.legacyCode"},
    };
    assert_int_equal(sizeof limits / sizeof *limits, INFO_FIELDS);
    static const char *const character[] = {"x", "ệ", "𝄞"}; /* one, three, four bytes */
    for (size_t i = 0; i < INFO_FIELDS; i++) {
        for (size_t c = 0; c < 3; c++) {
            struct act spoiled = sample_established();
            spoiled.body.established.info.field[limits[i].field] = sample_text(arena, character[c], limits[i].limit);
            good(spoiled);
            spoiled.body.established.info.field[limits[i].field] = sample_text(arena, character[c], limits[i].limit + 1);
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
    BAD(sample_contact(), act.body.contact_updated.set.field[INFO_PHONE] = sample_text(arena, "1", 51), REASON_FORM_LIMIT,
        "body.set.phone");
    BAD(sample_corrected(), act.body.corrected.set.field[INFO_NAME] = STR(""), REASON_FORM_EMPTY, "body.set.name");
    struct code_info result[] = {{STR("H26.A"), sample_info()}, {STR("H26.B"), sample_info()}};
    result[1].info.field[INFO_EMAIL] = sample_text(arena, "x", 255);
    bad(sample_split(result, 2, true), REASON_FORM_LIMIT, "body.results[1].info.email");
    struct str list[] = {STR("H26.1"), STR("H26.2")};
    BAD(sample_merged(list, 2, "H26.1"), act.body.merged.info_given = true; act.body.merged.info.field[INFO_NAME] = STR(""),
        REASON_FORM_EMPTY, "body.into.info.name");
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
    BAD(sample_renamed(), act.body.renamed.new_code = STR("H26.99"); act.body.renamed.new_body = true, REASON_FORM_EXCLUDES,
        "body.newBody");
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
    struct code_pair pair[] = {{STR("H26.1"), STR("H26.A")}, {STR("H26.2"), STR("H26.B")}, {STR("H26.1"), STR("H26.C")}};
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
    BAD(sample_dissolved(list, 1), act.body.dissolved.with_units = true; act.body.dissolved.units.form = UNITS_KEEP,
        REASON_FORM_EXCLUDES, "body.withUnits");
}

static void form_units(void **state)
{
    (void)state;
    struct unit unit[] = {{STR("H26.18.1"), UNIT_CLOSE, STR_NONE}, {STR("H26.18.2"), UNIT_TO, STR("H26.19.2")},
        {STR("H26.18.3"), UNIT_SUCCESSOR, STR("H26.20")}, {STR("H26.18.2"), UNIT_CLOSE, STR_NONE}};
    struct str list[] = {STR("H26.19"), STR("H26.20")};
    GOOD(sample_dissolved(list, 2), act.body.dissolved.units = ((struct units){UNITS_LIST, unit, 3}));
    BAD(sample_dissolved(list, 2), act.body.dissolved.units = ((struct units){UNITS_LIST, unit, 4}), REASON_FORM_REPEATED,
        "body.units[3].close");
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
    BAD(sample_scheme(item, 1), act.body.scheme_registered.description = STR_NONE, REASON_FORM_MISSING, "body.description");
    BAD(sample_scheme(item, 1), act.body.scheme_registered.description = STR(""), REASON_FORM_EMPTY, "body.description");
    BAD(sample_scheme(item, 1), act.body.scheme_registered.description = sample_text(arena, "ạ", 4001), REASON_FORM_LIMIT,
        "body.description");
    GOOD(sample_scheme(item, 1), act.body.scheme_registered.description = sample_text(arena, "ạ", 4000));
    BAD(sample_scheme(item, 1), act.body.scheme_registered.scheme = STR_NONE, REASON_FORM_MISSING, "body.scheme");
    BAD(sample_scheme(item, 1), act.body.scheme_registered.issuer = STR_NONE, REASON_FORM_MISSING, "body.issuer");
}

static void codes_gov(void **state)
{
    (void)state;
    GOOD(sample_established(), act.body.established.code = STR("H26.8901234567890123456789012345678"));
    BAD(sample_established(), act.body.established.code = STR("H26.89012345678901234567890123456789"), REASON_GRAMMAR_CODE,
        "body.code");
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
    BAD(sample_dissolved(list, 1), act.body.dissolved.units = ((struct units){UNITS_LIST, unit, 1}), REASON_GRAMMAR_CODE,
        "body.units[0].close");
    BAD(sample_established(), act.body.established.code = sample_text(arena, "A", 100000), REASON_GRAMMAR_CODE, "body.code");
    assert_int_equal(faults.item[0].code.len, FINDING_CODE_MAX);
}

static void codes_enterprise(void **state)
{
    (void)state;
    bad(sample_enterprise("0100109106.001"), REASON_ENTERPRISE_FORM, "body.code");
    assert_str(bad(sample_enterprise("0100109107"), REASON_ENTERPRISE_CHECK, "body.code")->expected, "0100109106");
    assert_str(bad(sample_enterprise("0100109107-012"), REASON_ENTERPRISE_CHECK, "body.code")->expected, "0100109106-012");
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
    BAD(sample_established(), act.scheme = STR("bhxh"); act.body.established.code = STR(""), REASON_GRAMMAR_CODE, "body.code");
    BAD(sample_established(), act.scheme = STR("bhxh"); act.body.established.code = sample_text(arena, "A", 36),
        REASON_GRAMMAR_CODE, "body.code");
    GOOD(sample_established(), act.scheme = STR("bhxh"); act.body.established.code = sample_text(arena, "A", 35));
    grammar = item;
    grammar_count = 2;
    GOOD(sample_established(), act.scheme = STR("bhxh"); act.body.established.code = STR("T01"));
    BAD(sample_established(), act.scheme = STR("bhxh"); act.body.established.code = STR("T1"), REASON_GRAMMAR_CODE,
        "body.code");
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
    BAD(sample_established(), act.body.established.info.field[INFO_NAME] = STR_NONE, REASON_INFO_MISSING, "body.info.name");
    BAD(sample_established(), act.body.established.info.field[INFO_ADDRESS] = STR_NONE, REASON_INFO_MISSING,
        "body.info.address");
    BAD(sample_enterprise("0100109106"), act.body.established.info.field[INFO_TYPE] = STR_NONE, REASON_INFO_MISSING,
        "body.info.type");
    struct code_info result[] = {{STR("H26.A"), sample_info()}, {STR("H26.B"), sample_info()}};
    result[1].info.field[INFO_ADDRESS] = STR_NONE;
    bad(sample_split(result, 2, true), REASON_INFO_MISSING, "body.results[1].info.address");
    BAD(sample_contact(), act.body.contact_updated.clear = 1u << INFO_ADDRESS, REASON_INFO_CLEARED, "body.clear.address");
    BAD(sample_corrected(), act.body.corrected.clear = 1u << INFO_ADDRESS, REASON_INFO_CLEARED, "body.clear.address");
    BAD(sample_corrected(), act.body.corrected.clear = 1u << INFO_NAME, REASON_INFO_CLEARED, "body.clear.name");
    GOOD(sample_corrected(), act.body.corrected.clear = INFO_ALL & ~(1u << INFO_NAME | 1u << INFO_ADDRESS | 1u << INFO_PHONE));
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
    struct act acts[] = {sample_established(), sample_renamed(), sample_recoded(pair, 1), sample_merged(list, 2, "H26.1"),
        sample_split(result, 1, true), sample_dissolved(list, 1), sample_closed(), sample_corrected(), sample_annulled(),
        sample_scheme(&item, 1)};
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        acts[i].decision = (struct decision_doc){0};
        bad(acts[i], REASON_DECISION_MISSING, "decision");
    }
    GOOD(sample_established(), act.scheme = STR("bhxh"));
    BAD(sample_established(), act.scheme = STR("bhxh"); act.decision.given = false, REASON_DECISION_MISSING, "decision");
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
    struct code_pair pair[] = {{STR("H26.1"), STR("H26.A")}, {STR("H26.2"), STR("H26.B")}, {STR("H26.3"), STR("H26.A")}};
    bad(sample_recoded(pair, 3), REASON_UNIQUE_TWICE, "body.codes[2].to");
    struct code_info result[] = {{STR("H26.A"), sample_info()}, {STR("H26.A"), sample_info()}};
    bad(sample_split(result, 2, true), REASON_UNIQUE_TWICE, "body.results[1].code");
    struct unit unit[] = {{STR("H26.18.1"), UNIT_TO, STR("H26.9")}};
    struct str list[] = {STR("H26.18"), STR("H26.2")};
    BAD(sample_merged(list, 2, "H26.9"), act.body.merged.units = ((struct units){UNITS_LIST, unit, 1}), REASON_UNIQUE_TWICE,
        "body.units[0].to");
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
    unit[1].code = STR("H26.18");
    BAD(sample_dissolved(one, 1), act.body.dissolved.units = ((struct units){UNITS_LIST, unit, 2}),
        REASON_CHILDREN_NOT_BELOW, "body.units[1].from");
    unit[1].code = STR("H26.180");
    BAD(sample_dissolved(one, 1), act.body.dissolved.units = ((struct units){UNITS_LIST, unit, 2}),
        REASON_CHILDREN_NOT_BELOW, "body.units[1].from");
}

static void kept_units(void **state)
{
    (void)state;
    struct str level1[] = {STR("H01"), STR("H02")}, lower[] = {STR("H26.1"), STR("H26.2")};
    struct code_info result[] = {{STR("H98"), sample_info()}, {STR("H99"), sample_info()}};
#define ROOT_KEEP(units_of) act.authority = STR("ROOT"); act.body.units_of.units.form = UNITS_KEEP
    GOOD(sample_merged(level1, 2, "H01"), ROOT_KEEP(merged));
    GOOD(sample_merged(level1, 2, "H03"), ROOT_KEEP(merged));
    BAD(sample_merged(lower, 2, "H26.1"), ROOT_KEEP(merged), REASON_CHILDREN_KEEP, "body.units");
    GOOD(sample_dissolved(level1, 1), ROOT_KEEP(dissolved); act.body.dissolved.code = STR("H05"));
    BAD(sample_dissolved(level1, 2), ROOT_KEEP(dissolved); act.body.dissolved.code = STR("H05"), REASON_CHILDREN_KEEP,
        "body.units");
    BAD(sample_dissolved(level1, 0), ROOT_KEEP(dissolved); act.body.dissolved.code = STR("H05"), REASON_CHILDREN_KEEP,
        "body.units");
    GOOD(sample_renamed(), ROOT_KEEP(renamed); act.body.renamed.code = STR("H05"); act.body.renamed.new_code = STR("H06"));
    BAD(sample_renamed(), ROOT_KEEP(renamed); act.body.renamed.new_code = STR("H26.9"), REASON_CHILDREN_KEEP, "body.units");
    BAD(sample_split(result, 2, true), ROOT_KEEP(split); act.body.split.source = STR("H05"), REASON_CHILDREN_KEEP,
        "body.units");
    BAD(sample_split(result, 2, false), ROOT_KEEP(split); act.body.split.source = STR("H05"), REASON_CHILDREN_KEEP,
        "body.units");
}

static void long_lists(void **state)
{
    (void)state;
    enum { PAIRS = CHECK_CODES_MAX / 2 };
    struct code_pair *pair = arena_array(arena, struct code_pair, PAIRS + 1);
    for (size_t i = 0; i <= PAIRS; i++) {
        size_t number = (i * 7919) % 100003; /* out of order */
        pair[i] = (struct code_pair){str_format(arena, "H64.%zu", number), str_format(arena, "H26.%zu", number)};
    }
    good(sample_recoded(pair, PAIRS));
    assert_int_equal(bad(sample_recoded(pair, PAIRS + 1), REASON_FULL_CODES, NULL)->number, CHECK_CODES_MAX);
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
    struct str *list = arena_array(arena, struct str, CHECK_CODES_MAX);
    for (size_t i = 0; i < CHECK_CODES_MAX; i++)
        list[i] = str_format(arena, "H26.%zu", 20000 - i);
    good(sample_merged(list, CHECK_CODES_MAX, "H26.20000"));
    bad(sample_merged(list, CHECK_CODES_MAX, "H26.9"), REASON_FULL_CODES, NULL);
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

static int set_up(void **state)
{
    (void)state;
    arena = arena_open(0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_acts),        cmocka_unit_test(form_head),      cmocka_unit_test(form_decision),
        cmocka_unit_test(form_texts),       cmocka_unit_test(form_codes_are_text), cmocka_unit_test(form_set_kinds),
        cmocka_unit_test(form_list_kinds),  cmocka_unit_test(form_units),     cmocka_unit_test(form_grammar),
        cmocka_unit_test(codes_gov),        cmocka_unit_test(codes_enterprise), cmocka_unit_test(codes_registered),
        cmocka_unit_test(schemes),          cmocka_unit_test(info),           cmocka_unit_test(decisions),
        cmocka_unit_test(roots),            cmocka_unit_test(granted_twice),  cmocka_unit_test(units_below),
        cmocka_unit_test(kept_units),       cmocka_unit_test(long_lists),     cmocka_unit_test(several_faults),
        cmocka_unit_test(warned),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
