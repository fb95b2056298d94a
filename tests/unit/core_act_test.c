#include <stdio.h>

#include "core_sample.h"
#include "unit.h"

/* Of sample_established, by version 1 of the digest; worked out by another program from the words in act_digest.c. */
#define GOLDEN_ESTABLISHED "30d129d8d62e9bf7d11b13fee88e0736a2e86c3ada140531968b1d07ffea71c6"
#define GOLDEN_DERIVED "5ce62097-b0d6-58aa-8d7b-4b4ca03d7574"

static void names(void **state)
{
    (void)state;
    for (int i = 0; i < ACT_KINDS; i++) {
        enum act_kind kind;
        assert_true(act_kind_parse(act_kind_name((enum act_kind)i), &kind));
        assert_int_equal(kind, i);
    }
    for (int i = 0; i < INFO_FIELDS; i++) {
        enum info_field field;
        assert_true(info_field_parse(info_field_name((enum info_field)i), &field));
        assert_int_equal(field, i);
    }
    enum recode_cause cause;
    enum annul_reason reason;
    enum act_kind kind;
    enum info_field field;
    assert_true(recode_cause_parse(STR("renumbering"), &cause) && cause == CAUSE_RENUMBERING);
    assert_true(annul_reason_parse(STR("decisionAnnulled"), &reason) && reason == ANNUL_DECISION_ANNULLED);
    assert_str(recode_cause_name(CAUSE_PARENT), "parent");
    assert_str(annul_reason_name(ANNUL_ENTRY_ERROR), "entryError");
    assert_str(act_kind_name(ACT_SCHEME_REGISTERED), "scheme_registered");
    assert_str(info_field_name(INFO_LEGACY_CODE), "legacyCode");
    assert_false(act_kind_parse(STR("Established"), &kind));
    assert_false(act_kind_parse(STR_NONE, &kind));
    assert_false(info_field_parse(STR("name_en"), &field));
    assert_false(recode_cause_parse(STR(""), &cause));
    assert_false(annul_reason_parse(STR("other"), &reason));
}

static bool same(const struct act *a, const struct act *b)
{
    struct sha256 x = act_digest(a), y = act_digest(b);
    return memcmp(x.byte, y.byte, sizeof x.byte) == 0;
}

/* Each change of content changes the digest; stored ones keep theirs for ever. */
static void digest_established(void **state)
{
    (void)state;
    struct act act = sample_established(), other = sample_established();
    assert_true(same(&act, &other));
    other.published_at = 5;
    other.normalized = true;
    assert_true(same(&act, &other));
#define DIFFERS(change)                                                                                                \
    do {                                                                                                               \
        other = sample_established();                                                                                  \
        change;                                                                                                        \
        assert_false(same(&act, &other));                                                                              \
    } while (0)
    DIFFERS(other.id.byte[3] = 9);
    DIFFERS(other.authority = STR("H27"));
    DIFFERS(other.scheme = STR("enterprise"));
    DIFFERS(other.happened_on++);
    DIFFERS(other.effective_on++);
    DIFFERS(other.decision.given = false);
    DIFFERS(other.decision.number = STR("1"));
    DIFFERS(other.decision.issued_by = STR("1"));
    DIFFERS(other.decision.issued_on++);
    DIFFERS(other.decision.title = STR("x"));
    DIFFERS(other.decision.title = STR(""));
    DIFFERS(other.decision.uri = STR("x"));
    DIFFERS(other.decision.sha256 = STR("x"));
    DIFFERS(other.note = STR("x"));
    DIFFERS(other.note = STR(""));
    DIFFERS(other.body.established.code = STR("H26.19"));
    for (int field = 0; field < INFO_FIELDS; field++) {
        DIFFERS(other.body.established.info.field[field] = STR("x"));
        DIFFERS(other.body.established.info.field[field] = STR(""));
    }
    /* The same text in another place is another act. */
    struct act third = sample_established();
    other = sample_established();
    other.body.established.info.field[INFO_EMAIL] = STR("a");
    third.body.established.info.field[INFO_PHONE] = STR("a");
    assert_false(same(&third, &other));
    other = sample_closed();
    third = sample_closed();
    other.note = STR("ab");
    third.note = STR("a");
    third.body.closed.reason = STR("b");
    assert_false(same(&third, &other));
}

static void digest_golden(void **state)
{
    (void)state;
    char text[SHA256_TEXT_SIZE], id[UUID_TEXT_SIZE];
    struct act act = sample_established();
    assert_string_equal(sha256_format(act_digest(&act), text), GOLDEN_ESTABLISHED);
    assert_string_equal(uuid_format(act_derive_id(&act), id), GOLDEN_DERIVED);
}

#undef DIFFERS
#define DIFFERS(make, change)                                                                                          \
    do {                                                                                                               \
        struct act one = make, two = make;                                                                             \
        assert_true(same(&one, &two));                                                                                 \
        change;                                                                                                        \
        assert_false(same(&one, &two));                                                                                \
    } while (0)

static void digest_set_kinds(void **state)
{
    (void)state;
    DIFFERS(sample_contact(), two.body.contact_updated.code = STR("H26.19"));
    DIFFERS(sample_contact(), two.body.contact_updated.set.field[INFO_FAX] = STR("1"));
    DIFFERS(sample_contact(), two.body.contact_updated.clear = 1u << INFO_FAX);
    DIFFERS(sample_renamed(), two.body.renamed.code = STR("H26.19"));
    DIFFERS(sample_renamed(), two.body.renamed.set.field[INFO_NAME] = STR("x"));
    DIFFERS(sample_renamed(), two.body.renamed.new_code = STR("H26.19"));
    DIFFERS(sample_renamed(), two.body.renamed.new_code = STR(""));
    DIFFERS(sample_renamed(), two.body.renamed.new_body = true);
    DIFFERS(sample_renamed(), two.body.renamed.units.form = UNITS_KEEP);
    DIFFERS(sample_renamed(), two.body.renamed.units.form = UNITS_LIST);
    DIFFERS(sample_closed(), two.body.closed.code = STR("H26.19"));
    DIFFERS(sample_closed(), two.body.closed.reason = STR(""));
    DIFFERS(sample_closed(), two.body.closed.with_units = true);
    DIFFERS(sample_corrected(), two.body.corrected.corrects.byte[5] = 5);
    DIFFERS(sample_corrected(), two.body.corrected.code = STR("H26.19"));
    DIFFERS(sample_corrected(), two.body.corrected.set.field[INFO_TYPE] = STR(""));
    DIFFERS(sample_corrected(), two.body.corrected.clear = 1u << INFO_FAX);
    DIFFERS(sample_corrected(), two.body.corrected.set_decision = sample_decision());
    DIFFERS(sample_annulled(), two.body.annulled.annuls.byte[5] = 5);
    DIFFERS(sample_annulled(), two.body.annulled.reason = ANNUL_DECISION_ANNULLED);
}

static void digest_lists(void **state)
{
    (void)state;
    struct code_pair pair[] = {{STR("H26.1"), STR("H26.A")}, {STR("H26.2"), STR("H26.B")}};
    struct code_pair moved[] = {{STR("H26.1"), STR("H26.B")}, {STR("H26.2"), STR("H26.A")}};
    DIFFERS(sample_recoded(pair, 2), two.body.recoded.count = 1);
    DIFFERS(sample_recoded(pair, 2), two.body.recoded.pair = moved);
    DIFFERS(sample_recoded(pair, 2), two.body.recoded.cause = CAUSE_RENUMBERING);
    struct str source[] = {STR("H26.1"), STR("H26.2"), STR("H26.3")},
               swapped[] = {STR("H26.2"), STR("H26.1"), STR("H26.3")};
    DIFFERS(sample_merged(source, 2, "H26.1"), two.body.merged.count = 3);
    DIFFERS(sample_merged(source, 2, "H26.1"), two.body.merged.source = swapped);
    DIFFERS(sample_merged(source, 2, "H26.1"), two.body.merged.into = STR("H26.2"));
    DIFFERS(sample_merged(source, 2, "H26.1"), two.body.merged.info_given = true);
    DIFFERS(sample_merged(source, 2, "H26.1"), two.body.merged.new_body = true);
    struct unit unit[] = {{STR("H26.1.1"), UNIT_CLOSE, STR_NONE}, {STR("H26.1.2"), UNIT_TO, STR("H26.1.3")}};
    struct unit successor[] = {
        {STR("H26.1.1"), UNIT_CLOSE, STR_NONE}, {STR("H26.1.2"), UNIT_SUCCESSOR, STR("H26.1.3")}};
    DIFFERS(sample_merged(source, 2, "H26.1"), two.body.merged.units = ((struct units){UNITS_LIST, unit, 1}));
    DIFFERS(sample_merged(source, 2, "H26.1"), (one.body.merged.units = (struct units){UNITS_LIST, unit, 2},
                                                   two.body.merged.units = (struct units){UNITS_LIST, successor, 2}));
    struct code_info result[] = {{STR("H26.A"), sample_info()}, {STR("H26.B"), sample_info()}};
    DIFFERS(sample_split(result, 2, true), two.body.split.continues = false);
    DIFFERS(sample_split(result, 2, true), two.body.split.count = 1);
    DIFFERS(sample_split(result, 2, true), two.body.split.source = STR("H26.1"));
    DIFFERS(sample_split(result, 2, true), two.body.split.new_body = true);
    DIFFERS(sample_split(result, 2, true), two.body.split.units.form = UNITS_KEEP);
    DIFFERS(sample_dissolved(source, 2), two.body.dissolved.count = 0);
    DIFFERS(sample_dissolved(source, 2), two.body.dissolved.with_units = true);
    DIFFERS(sample_dissolved(source, 2), two.body.dissolved.continues = true);
    DIFFERS(sample_dissolved(source, 2), two.body.dissolved.code = STR("H26.9"));
    DIFFERS(sample_dissolved(source, 2), two.body.dissolved.units.form = UNITS_KEEP);
    struct grammar_item item[] = {{.literal = STR("A")}, {.class = STR("0-9"), .min = 1, .max = 2}};
    struct grammar_item item2[] = {{.literal = STR("A")}, {.class = STR("0-9"), .min = 1, .max = 3}};
    DIFFERS(sample_scheme(item, 2), two.body.scheme_registered.count = 1);
    DIFFERS(sample_scheme(item, 2), two.body.scheme_registered.item = item2);
    DIFFERS(sample_scheme(item, 2), two.body.scheme_registered.amends = true);
    DIFFERS(sample_scheme(item, 2), two.body.scheme_registered.issuer = STR("G25"));
    DIFFERS(sample_scheme(item, 2), two.body.scheme_registered.scheme = STR("ab"));
    DIFFERS(sample_scheme(item, 2), two.body.scheme_registered.description = STR("ab"));
}

/* Where the writer's buffer ends makes no difference to what is hashed. */
static void digest_long(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    static const size_t sizes[] = {1700, 1800, 1900, 1950, 2000, 2047, 2048, 2049, 4096, 5000, 100000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct act one = sample_closed(), two = sample_closed();
        one.note = sample_text(arena, "x", sizes[i]);
        two.note = sample_text(arena, "x", sizes[i]);
        assert_true(same(&one, &two));
        ((char *)(uintptr_t)two.note.data)[sizes[i] - 1] = 'y';
        assert_false(same(&one, &two));
        two.note = sample_text(arena, "x", sizes[i] - 1);
        assert_false(same(&one, &two));
    }
    arena_close(arena);
}

static void derived_ids(void **state)
{
    (void)state;
    struct act one = sample_established(), two = sample_established();
    two.id.byte[0] = 99;
    two.published_at = 1;
    assert_true(uuid_equal(act_derive_id(&one), act_derive_id(&two)));
    two.note = STR("x");
    assert_false(uuid_equal(act_derive_id(&one), act_derive_id(&two)));
    assert_int_equal(act_derive_id(&one).byte[6] >> 4, 5);
}

static void normalizing(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct act act = sample_established();
    act_normalize(arena, &act);
    assert_false(act.normalized);
    assert_int_equal(arena_used(arena), 0);
    /* o + horn + hook, e + circumflex + dot below: what macOS keyboards give. */
    struct act other = sample_established();
    act.body.established.info.field[INFO_NAME] = STR("So\xcc\x9b\xcc\x89 Xa\xcc\x82y du\xcc\x9b\xcc\xa3ng");
    other.body.established.info.field[INFO_NAME] = STR("Sở Xây dựng");
    act_normalize(arena, &act);
    assert_true(act.normalized);
    assert_str(act.body.established.info.field[INFO_NAME], "Sở Xây dựng");
    assert_true(same(&act, &other));
    /* Codes stay as they came: the Kelvin sign is not K. */
    act = sample_established();
    act.body.established.code = STR("\xe2\x84\xaa"
                                    "01");
    act_normalize(arena, &act);
    assert_false(act.normalized);
    struct grammar_item item = {.class = STR("0-9"), .min = 1, .max = 2};
    struct str source[] = {STR("H26.1"), STR("H26.2")};
    struct code_info result[] = {{STR("H26.A"), sample_info()}};
    struct str loose = STR("e\xcc\x82");
#define NORMALIZES(make, field)                                                                                        \
    do {                                                                                                               \
        act = make;                                                                                                    \
        act.field = loose;                                                                                             \
        act_normalize(arena, &act);                                                                                    \
        assert_true(act.normalized);                                                                                   \
        assert_str(act.field, "ê");                                                                                    \
    } while (0)
    NORMALIZES(sample_closed(), note);
    NORMALIZES(sample_closed(), decision.number);
    NORMALIZES(sample_closed(), decision.issued_by);
    NORMALIZES(sample_closed(), decision.title);
    NORMALIZES(sample_closed(), decision.uri);
    NORMALIZES(sample_closed(), body.closed.reason);
    NORMALIZES(sample_contact(), body.contact_updated.set.field[INFO_ADDRESS]);
    NORMALIZES(sample_renamed(), body.renamed.set.field[INFO_SHORT_NAME]);
    NORMALIZES(sample_split(result, 1, true), body.split.result[0].info.field[INFO_NAME]);
    NORMALIZES(sample_corrected(), body.corrected.set.field[INFO_NAME]);
    NORMALIZES(sample_scheme(&item, 1), body.scheme_registered.description);
    act = sample_merged(source, 2, "H26.1");
    act.body.merged.info_given = true;
    act.body.merged.info.field[INFO_NAME] = loose;
    act_normalize(arena, &act);
    assert_true(act.normalized);
    act = sample_corrected();
    act.body.corrected.set_decision = sample_decision();
    act.body.corrected.set_decision.issued_by = loose;
    act_normalize(arena, &act);
    assert_true(act.normalized);
    /* What is not UTF-8 is left for FORM to refuse. */
    act = sample_closed();
    act.note = STR("\xff");
    act_normalize(arena, &act);
    assert_false(act.normalized);
    arena_close(arena);
}

struct visited {
    char text[400];
};

static void visit(void *context, struct str code, enum code_role role)
{
    struct visited *visited = context;
    size_t used = strlen(visited->text);
    snprintf(
        visited->text + used, sizeof visited->text - used, "%s%.*s ", role == ROLE_GRANTED ? "+" : "", STR_ARG(code));
}

static const char *codes_of(struct act act)
{
    static struct visited visited;
    visited.text[0] = 0;
    act_each_code(&act, visit, &visited);
    return visited.text;
}

static void each_code(void **state)
{
    (void)state;
    struct unit unit[] = {
        {STR("u1"), UNIT_TO, STR("t1")}, {STR("u2"), UNIT_CLOSE, STR_NONE}, {STR("u3"), UNIT_SUCCESSOR, STR("s1")}};
    struct units units = {UNITS_LIST, unit, 3};
    struct code_pair pair[] = {{STR("a"), STR("b")}, {STR("c"), STR("d")}};
    struct str list[] = {STR("s1"), STR("s2")};
    struct code_info result[] = {{STR("r1"), sample_info()}, {STR("r2"), sample_info()}};
    struct grammar_item item = {.literal = STR("A")};
    assert_string_equal(codes_of(sample_established()), "+H26.18 ");
    assert_string_equal(codes_of(sample_contact()), "H26.18 ");
    assert_string_equal(codes_of(sample_renamed()), "H26.18 ");
    struct act act = sample_renamed();
    act.body.renamed.new_code = STR("n");
    act.body.renamed.units = units;
    assert_string_equal(codes_of(act), "H26.18 +n u1 +t1 u2 u3 s1 ");
    assert_string_equal(codes_of(sample_recoded(pair, 2)), "a +b c +d ");
    act = sample_merged(list, 2, "x");
    act.body.merged.units = units;
    assert_string_equal(codes_of(act), "s1 s2 x u1 +t1 u2 u3 s1 ");
    act.body.merged.units = (struct units){UNITS_KEEP, unit, 3};
    assert_string_equal(codes_of(act), "s1 s2 x ");
    assert_string_equal(codes_of(sample_split(result, 2, true)), "H26.18 +r1 +r2 ");
    assert_string_equal(codes_of(sample_dissolved(list, 2)), "H26.18 s1 s2 ");
    assert_string_equal(codes_of(sample_closed()), "H26.18 ");
    assert_string_equal(codes_of(sample_corrected()), "H26.18 ");
    assert_string_equal(codes_of(sample_annulled()), "");
    assert_string_equal(codes_of(sample_scheme(&item, 1)), "G24 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(digest_established),
        cmocka_unit_test(digest_golden),
        cmocka_unit_test(digest_set_kinds),
        cmocka_unit_test(digest_lists),
        cmocka_unit_test(digest_long),
        cmocka_unit_test(derived_ids),
        cmocka_unit_test(normalizing),
        cmocka_unit_test(each_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
