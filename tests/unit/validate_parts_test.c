#include "flow.h"
#include "judge.h"

#include <stdlib.h>

#include "unit.h"

static struct avro_reader *reader;
static struct arena *arena;

static struct str frame_of(const char *authority)
{
    struct act act = {.id = {{1, 2, 3}}, .authority = str_of(authority), .scheme = STR("gov"), .kind = ACT_CLOSED,
                      .happened_on = 20000, .effective_on = 20000};
    struct str out;
    act.body.closed.code = STR("H26.1");
    avro_act_encode(arena, &act, &out);
    return out;
}

static struct judgement judged(const char *authority, struct str value)
{
    struct judgement out;
    judge(reader, arena, str_of(authority), value, &out);
    return out;
}

static void an_act_of_the_topic_passes(void **state)
{
    (void)state;
    struct judgement j = judged("H26", frame_of("H26"));
    assert_int_equal(j.reason, REASON_NONE);
    assert_true(j.has_id && j.id.byte[2] == 3);
}

static void another_authority_is_named(void **state)
{
    (void)state;
    struct judgement j = judged("H26", frame_of("G12"));
    assert_int_equal(j.reason, REASON_ACCOUNT_PUBLISHER);
    assert_str(j.code, "G12");
    assert_str(j.expected, "H26");
    assert_true(j.has_id);
}

static void a_long_name_is_cut_between_characters(void **state)
{
    (void)state;
    char name[91] = "a";
    for (int i = 1; i + 2 < 91; i += 2) {
        memcpy(name + i, "\xc3\xa9", 3);
    }
    struct judgement j = judged("H26", frame_of(name));
    assert_int_equal(j.reason, REASON_ACCOUNT_PUBLISHER);
    assert_int_equal(j.code.len, 63);
}

static void what_cannot_be_read_is_refused(void **state)
{
    (void)state;
    struct str good = frame_of("H26");
    static char big[AVRO_ACT_MAX + 1];
    memcpy(big, good.data, good.len);
    assert_int_equal(judged("H26", STR_NONE).reason, REASON_FORM_UNREADABLE);
    assert_int_equal(judged("H26", STR("")).reason, REASON_FORM_UNREADABLE);
    assert_int_equal(judged("H26", (struct str){big, sizeof big}).reason, REASON_FORM_UNREADABLE);
    assert_int_equal(judged("H26", (struct str){big, good.len + 1}).reason, REASON_FORM_UNREADABLE);
    for (size_t len = 0; len < good.len; len++) {
        struct judgement j = judged("H26", (struct str){good.data, len});
        assert_int_equal(j.reason, REASON_FORM_UNREADABLE);
        assert_false(j.has_id);
        assert_true(j.expected.len > 0);
    }
}

static void a_witness_comes_back(void **state)
{
    (void)state;
    struct witness in = {true, 41, 1751302800123, 0xfedcba9876543210}, out;
    char text[WITNESS_TEXT_SIZE];
    witness_format(&in, text);
    assert_true(witness_parse(text, strlen(text), 42, &out));
    assert_true(out.given && out.offset == in.offset && out.time_ms == in.time_ms && out.check == in.check);
    assert_false(witness_parse(text, strlen(text), 43, &out)); /* of another place */
    assert_false(out.given);
    assert_false(witness_parse(NULL, 0, 42, &out));
    assert_false(witness_parse("", 0, 0, &out));
    assert_false(witness_parse("2 41 1 1", 8, 42, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_act_of_the_topic_passes),     cmocka_unit_test(another_authority_is_named),
        cmocka_unit_test(a_long_name_is_cut_between_characters), cmocka_unit_test(what_cannot_be_read_is_refused),
        cmocka_unit_test(a_witness_comes_back),
    };
    struct fault fault;
    arena = arena_open(0);
    reader = avro_reader_open(&fault);
    int failed = reader ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
    avro_reader_close(reader);
    arena_close(arena);
    return failed;
}
