#include "base/arena.h"
#include "base/str.h"

#include "unit.h"

static void absent_and_empty_differ(void **state)
{
    (void)state;
    assert_true(str_equal(STR_NONE, STR_NONE));
    assert_true(str_equal(STR(""), STR("")));
    assert_false(str_equal(STR_NONE, STR("")));
    assert_false(str_given(str_of(NULL)));
    assert_true(str_given(STR("")));
    assert_true(str_empty(STR("")));
    assert_false(str_equal(STR("ab"), STR("ac")));
    assert_false(str_equal(STR("ab"), STR("abc")));
}

static void order_is_that_of_bytes(void **state)
{
    (void)state;
    assert_int_equal(str_compare(STR("a"), STR("b")), -1);
    assert_int_equal(str_compare(STR("b"), STR("a")), 1);
    assert_int_equal(str_compare(STR("a"), STR("ab")), -1);
    assert_int_equal(str_compare(STR("ab"), STR("a")), 1);
    assert_int_equal(str_compare(STR(""), STR_NONE), 0);
    assert_int_equal(str_compare(STR("\xc4\x91"), STR("z")), 1);
}

static void starts(void **state)
{
    (void)state;
    assert_true(str_starts(STR("H26.1"), STR("H26.")));
    assert_true(str_starts(STR("H26"), STR("")));
    assert_true(str_starts(STR("H26"), STR_NONE));
    assert_false(str_starts(STR("H2"), STR("H26")));
    assert_false(str_starts(STR("H27"), STR("H26")));
}

static void copies(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct str copy = str_copy(arena, STR("abc"));
    assert_str(copy, "abc");
    assert_int_equal(copy.data[3], 0);
    assert_str(str_copy(arena, STR_NONE), NULL);
    assert_str(str_copy(arena, STR("")), "");
    assert_str(str_format(arena, "%d-%.*s", 7, STR_ARG(STR("x"))), "7-x");
    assert_str(str_format(arena, "%s", ""), "");
    struct str wide = str_format(arena, "%5000d", 1);
    assert_int_equal(wide.len, 5000);
    arena_close(arena);
}

static void numbers(void **state)
{
    (void)state;
    unsigned long long out = 5;
    assert_true(str_to_u64(STR("0"), &out));
    assert_int_equal(out, 0);
    assert_true(str_to_u64(STR("0042"), &out));
    assert_int_equal(out, 42);
    assert_true(str_to_u64(STR("18446744073709551615"), &out));
    assert_true(out == UINT64_MAX);
    static const struct str bad[] = {STR(""), STR("18446744073709551616"), STR("99999999999999999999"), STR("-1"),
        STR("+1"), STR(" 1"), STR("1 "), STR("1a"), STR("0x1"), STR("\xff")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(str_to_u64(bad[i], &out));
    assert_false(str_to_u64(STR_NONE, &out));
    assert_true(out == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_and_empty_differ), cmocka_unit_test(order_is_that_of_bytes), cmocka_unit_test(starts),
        cmocka_unit_test(copies),                  cmocka_unit_test(numbers),
    };
    return cmocka_run_group_tests_name("base str", tests, NULL, NULL);
}
