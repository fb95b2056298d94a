#include "core_judge.h"

/* Random acts, most of them wrong in several ways: nothing crashes, the same act is always judged the same, every fault
 * can be put into words, and two acts have one digest only when they are the same. */

static uint64_t seed = 20250701;

static unsigned pick(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % below;
}

static struct str any_text(void)
{
    static const struct str texts[] = {STR_NONE, STR(""), STR("x"), STR("Sở Xây dựng"), STR("\xff"), STR("a\nb"),
        STR("000.00.18.H26"), STR("000.00.118.H26"), STR("enterprise"), STR("So\xcc\x9b\xcc\x89"), STR("\xcd\xb8"),
        STR("024 3826 0000"), STR("a\0b"), STR("Hà Nội")};
    return pick(40) == 0 ? sample_text(arena, "ệ", 200 + pick(4000)) : texts[pick(sizeof texts / sizeof *texts)];
}

static struct str any_code(void)
{
    static const struct str codes[] = {STR_NONE, STR(""), STR("H26"), STR("G05"), STR("H26.1"), STR("H26.18"),
        STR("H26.18.1"), STR("H26.18.1.2"), STR("h26"), STR("H26."), STR("0100109106"), STR("0100109106-001"),
        STR("0100109107"), STR("001099012345"), STR("T01"), STR("\xff"), STR("H26.Đ"), STR("1000000080"),
        STR("0100109106-000")};
    return codes[pick(sizeof codes / sizeof *codes)];
}

static void any_info(struct info *info)
{
    for (int field = 0; field < INFO_FIELDS; field++)
        info->field[field] = pick(3) ? STR_NONE : any_text();
}

static void any_decision(struct decision_doc *decision)
{
    decision->given = pick(4) != 0;
    decision->number = any_text();
    decision->issued_by = any_text();
    decision->issued_on = pick(4) ? 20264 : pick(2) ? DATE_NONE : (date_day)pick(4000000) - 100000;
    decision->title = pick(2) ? STR_NONE : any_text();
    decision->uri = pick(2) ? STR_NONE : any_text();
    decision->sha256 = pick(2) ? STR_NONE : any_text();
}

static void any_units(struct units *units)
{
    units->form = (enum units_form)pick(3);
    units->count = pick(12);
    units->item = arena_array(arena, struct unit, units->count);
    for (size_t i = 0; i < units->count; i++)
        units->item[i] = (struct unit){any_code(), (enum unit_move)pick(3), any_code()};
}

static struct str *any_codes(size_t *count)
{
    *count = pick(12);
    struct str *list = arena_array(arena, struct str, *count);
    for (size_t i = 0; i < *count; i++)
        list[i] = any_code();
    return list;
}

static void any_lists(struct act *act)
{
    switch (act->kind) {
    case ACT_RECODED:
        act->body.recoded.cause = (enum recode_cause)pick(4);
        act->body.recoded.count = pick(12);
        act->body.recoded.pair = arena_array(arena, struct code_pair, act->body.recoded.count);
        for (size_t i = 0; i < act->body.recoded.count; i++)
            act->body.recoded.pair[i] = (struct code_pair){any_code(), any_code()};
        break;
    case ACT_MERGED:
        act->body.merged.source = any_codes(&act->body.merged.count);
        act->body.merged.into = any_code();
        act->body.merged.info_given = pick(2);
        any_info(&act->body.merged.info);
        act->body.merged.new_body = pick(2);
        any_units(&act->body.merged.units);
        break;
    case ACT_SPLIT:
        act->body.split.source = any_code();
        act->body.split.continues = pick(2);
        act->body.split.new_body = pick(2);
        act->body.split.count = pick(12);
        act->body.split.result = arena_array(arena, struct code_info, act->body.split.count);
        for (size_t i = 0; i < act->body.split.count; i++) {
            act->body.split.result[i].code = any_code();
            any_info(&act->body.split.result[i].info);
        }
        any_units(&act->body.split.units);
        break;
    case ACT_DISSOLVED:
        act->body.dissolved.code = any_code();
        act->body.dissolved.successor = any_codes(&act->body.dissolved.count);
        act->body.dissolved.with_units = pick(2);
        act->body.dissolved.continues = pick(2);
        any_units(&act->body.dissolved.units);
        break;
    default:
        act->body.scheme_registered.scheme = any_code();
        act->body.scheme_registered.issuer = any_code();
        act->body.scheme_registered.count = pick(20);
        act->body.scheme_registered.item = arena_array(arena, struct grammar_item, act->body.scheme_registered.count);
        for (size_t i = 0; i < act->body.scheme_registered.count; i++)
            act->body.scheme_registered.item[i] = (struct grammar_item){
                pick(2) ? STR_NONE : any_text(), any_text(), (int)pick(40) - 2, (int)pick(40) - 2};
        act->body.scheme_registered.description = any_text();
        act->body.scheme_registered.amends = pick(2);
        break;
    }
}

static void any_body(struct act *act)
{
    switch (act->kind) {
    case ACT_ESTABLISHED:
        act->body.established.code = any_code();
        any_info(&act->body.established.info);
        break;
    case ACT_CONTACT_UPDATED:
        act->body.contact_updated.code = any_code();
        any_info(&act->body.contact_updated.set);
        act->body.contact_updated.clear = pick(2) ? 0 : pick(2048);
        break;
    case ACT_RENAMED:
        act->body.renamed.code = any_code();
        any_info(&act->body.renamed.set);
        act->body.renamed.new_code = any_code();
        act->body.renamed.new_body = pick(2);
        any_units(&act->body.renamed.units);
        break;
    case ACT_CLOSED:
        act->body.closed.code = any_code();
        act->body.closed.reason = any_text();
        act->body.closed.with_units = pick(2);
        break;
    case ACT_CORRECTED:
        act->body.corrected.corrects.byte[0] = (uint8_t)pick(256);
        act->body.corrected.code = any_code();
        any_info(&act->body.corrected.set);
        act->body.corrected.clear = pick(2) ? 0 : pick(2048);
        any_decision(&act->body.corrected.set_decision);
        break;
    case ACT_ANNULLED:
        act->body.annulled.annuls.byte[0] = (uint8_t)pick(256);
        act->body.annulled.reason = (enum annul_reason)pick(3);
        break;
    default:
        any_lists(act);
        break;
    }
}

static struct act any_act(void)
{
    static const struct str authorities[] = {STR("ROOT"), STR("H26"), STR("G05"), STR(""), STR_NONE};
    static const struct str any_scheme[] = {STR("gov"), STR("enterprise"), STR("bhxh"), STR("GOV"), STR_NONE};
    struct act act = sample_act((enum act_kind)pick(ACT_KINDS));
    act.authority = authorities[pick(20) ? pick(3) : pick(5)];
    act.scheme = any_scheme[pick(20) ? pick(3) : pick(5)];
    if (pick(4) == 0)
        act.effective_on = (date_day)pick(4000000) - 100000;
    if (pick(2))
        any_decision(&act.decision);
    act.note = pick(4) ? STR_NONE : any_text();
    any_body(&act);
    return act;
}

static void put_into_words(const struct findings *findings)
{
    enum rule first = RULE_NONE;
    assert_true(findings->count <= findings->total && findings->count <= FINDINGS_MAX);
    for (int i = 0; i < findings->count; i++) {
        enum rule rule = reason_rule(findings->item[i].reason);
        first = first == RULE_NONE || rule < first ? rule : first;
        struct str vi = finding_message(arena, &findings->item[i], LANGUAGE_VI);
        struct str en = finding_message(arena, &findings->item[i], LANGUAGE_EN);
        if (memchr(en.data, 0x3f, en.len))
            print_message("%.*s\n", STR_ARG(en));
        assert_true(vi.len > 0 && en.len > 0);
        /* No hole stays empty. */
        assert_null(memchr(vi.data, '?', vi.len));
        assert_null(memchr(en.data, '?', en.len));
    }
    assert_int_equal(findings->first, first);
}

static void judged_alike(void **state)
{
    (void)state;
    struct grammar_item item[] = {{.literal = STR("T")}, {.class = STR("0-9"), .min = 2, .max = 2}};
    struct findings *before = test_calloc(1, sizeof *before);
    int passed = 0, rules[RULES] = {0};
    for (int round = 0; round < 60000; round++) {
        struct arena_mark mark = arena_mark(arena);
        struct act act = any_act();
        if (pick(2))
            act_normalize(arena, &act);
        grammar = pick(2) ? item : NULL;
        grammar_count = grammar ? 2 : 0;
        struct sha256 digest = act_digest(&act);
        judge(&act);
        *before = faults;
        put_into_words(&faults);
        put_into_words(&warnings);
        rules[faults.first]++;
        passed += faults.total == 0;
        judge(&act);
        assert_int_equal(faults.total, before->total);
        assert_int_equal(faults.first, before->first);
        for (int i = 0; i < faults.count; i++) {
            assert_int_equal(faults.item[i].reason, before->item[i].reason);
            assert_true(str_equal(faults.item[i].field, before->item[i].field));
            assert_true(str_equal(faults.item[i].expected, before->item[i].expected));
        }
        struct sha256 again = act_digest(&act);
        assert_memory_equal(digest.byte, again.byte, sizeof digest.byte);
        arena_rewind(arena, mark);
    }
    grammar = NULL;
    grammar_count = 0;
    test_free(before);
    assert_true(passed > 100);
    static const enum rule seen[] = {
        RULE_FORM, RULE_GRAMMAR, RULE_SCHEME, RULE_ENTERPRISE, RULE_INFO, RULE_DECISION, RULE_ROOT};
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        assert_true(rules[seen[i]] > 0);
}

/* Digests of many different acts are all different. */
static void digests_apart(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    struct sha256 *digest = test_calloc(COUNT, sizeof *digest);
    struct act act = sample_established();
    for (int i = 0; i < COUNT; i++) {
        /* The border between two neighbouring texts moves. */
        struct str text = sample_text(arena, "a", 60);
        size_t cut = (size_t)(i % 60), field = (size_t)(i / 60) % (INFO_FIELDS - 1);
        act.body.established.info = (struct info){0};
        act.body.established.info.field[field] = (struct str){text.data, cut};
        act.body.established.info.field[field + 1] = (struct str){text.data + cut, 60 - cut};
        act.happened_on = 20000 + i / 540;
        digest[i] = act_digest(&act);
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(digest[i].byte, digest[j].byte, sizeof digest->byte);
    }
    test_free(digest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judged_alike),
        cmocka_unit_test(digests_apart),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
