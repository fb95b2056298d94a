#include "codec/reset.h"

#include "unit.h"

static struct arena *arena;

static void an_order_comes_back(void **state)
{
    (void)state;
    struct reset_order in = {STR("orgcode.acts.H26"), 3, 0x00fedcba98765432, 41, true}, out;
    struct str key, value;
    reset_encode(arena, &in, &key, &value);
    assert_str(key, "orgcode.acts.H26/3");
    assert_str(value, "{\"id\":\"00fedcba98765432\",\"offset\":41,\"skip\":true}");
    assert_true(reset_decode(arena, key, value, &out));
    assert_true(str_equal(out.topic, in.topic) && out.partition == 3 && out.id == in.id && out.offset == 41 && out.skip);
}

static void what_is_no_order_is_seen(void **state)
{
    (void)state;
    static const char good[] = "{\"id\":\"00fedcba98765432\",\"offset\":41,\"skip\":false}";
    static const char *const wrong[] = {"", "{}", "[]", "{\"id\":\"0000000000000000\",\"offset\":41,\"skip\":false}",
        "{\"id\":\"fedcba98765432\",\"offset\":41,\"skip\":false}", "{\"id\":\"00fedcba98765432\",\"offset\":-1,\"skip\":false}",
        "{\"id\":\"00fedcba98765432\",\"offset\":41}", "{\"id\":\"00FEdcba98765432\",\"offset\":41,\"skip\":false}"};
    static const char *const keys[] = {"", "/", "/0", "topic", "topic/", "topic/x", "topic/4294967296"};
    struct reset_order out;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(reset_decode(arena, STR("t/0"), str_of(wrong[i]), &out));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_false(reset_decode(arena, str_of(keys[i]), str_of(good), &out));
    assert_false(reset_decode(arena, STR_NONE, str_of(good), &out));
    assert_false(reset_decode(arena, STR("t/0"), STR_NONE, &out));
    assert_true(reset_decode(arena, STR("t/0"), str_of(good), &out));
}

static struct reset_note again(struct reset_note note, const char *before)
{
    char text[RESET_NOTE_SIZE];
    reset_note_format(note, text);
    struct str all = str_format(arena, "%s%s", before, text);
    return reset_note_parse(all.data, all.len);
}

static void a_note_comes_back_behind_whatever_stands_there(void **state)
{
    (void)state;
    static const char *const before[] = {"", "1 41 1751302800123 fedcba9876543210 ", "reset"};
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        struct reset_note none = again((struct reset_note){0}, before[i]);
        struct reset_note plain = again((struct reset_note){.id = 0xabcdef}, before[i]);
        struct reset_note skip = again((struct reset_note){.id = UINT64_MAX, .skip_to = INT64_MAX}, before[i]);
        assert_true(none.id == 0 && none.skip_to == 0);
        assert_true(plain.id == 0xabcdef && plain.skip_to == 0);
        assert_true(skip.id == UINT64_MAX && skip.skip_to == INT64_MAX);
    }
    assert_true(reset_note_parse(NULL, 0).id == 0);
    assert_true(reset_note_parse("reset=00fedcba9876543", 21).id == 0);
    assert_true(reset_note_parse("reset=00fedcba98765432>x", 24).skip_to == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(an_order_comes_back), cmocka_unit_test(what_is_no_order_is_seen),
        cmocka_unit_test(a_note_comes_back_behind_whatever_stands_there)};
    arena = arena_open(0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(arena);
    return failed;
}
