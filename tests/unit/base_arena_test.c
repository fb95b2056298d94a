#include "base/arena.h"

#include "unit.h"

static void zeroed_and_aligned(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    for (size_t size = 0; size < 100; size++) {
        unsigned char *at = arena_alloc(arena, size);
        assert_non_null(at);
        assert_int_equal((uintptr_t)at % 16, 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(at[i], 0);
        memset(at, 0xff, size);
    }
    arena_reset(arena);
    unsigned char *again = arena_alloc(arena, 4000);
    for (size_t i = 0; i < 4000; i++)
        assert_int_equal(again[i], 0);
    arena_close(arena);
}

static void larger_than_a_block(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    char *small = arena_alloc(arena, 10);
    char *large = arena_alloc(arena, 5 << 20);
    memset(large, 1, 5 << 20);
    char *next = arena_alloc(arena, 10);
    small[9] = next[9] = 1;
    assert_true(arena_used(arena) >= (5 << 20) + 20);
    arena_reset(arena);
    assert_int_equal(arena_used(arena), 0);
    arena_close(arena);
}

static void limit_refuses(void **state)
{
    (void)state;
    struct arena *arena = arena_open(1000);
    assert_null(arena_try(arena, 1001));
    assert_non_null(arena_try(arena, 600));
    assert_null(arena_try(arena, 600));
    assert_non_null(arena_try(arena, 300));
    assert_null(arena_try(arena, SIZE_MAX));
    arena_reset(arena);
    assert_non_null(arena_try(arena, 900));
    arena_close(arena);
    arena = arena_open(0);
    assert_null(arena_try(arena, SIZE_MAX - 3));
    arena_close(arena);
}

static void rewind_gives_back(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct arena_mark start = arena_mark(arena);
    char *kept = arena_copy(arena, "kept", 4);
    size_t used = arena_used(arena);
    struct arena_mark mark = arena_mark(arena);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            memset(arena_alloc(arena, 1000), 7, 1000);
        arena_rewind(arena, mark);
        assert_int_equal(arena_used(arena), used);
    }
    assert_string_equal(kept, "kept");
    arena_rewind(arena, start);
    assert_int_equal(arena_used(arena), 0);
    arena_close(arena);
    arena_close(NULL);
}

static void copy_ends_with_nul(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    char *copy = arena_copy(arena, "ab\0cd", 5);
    assert_memory_equal(copy, "ab\0cd", 6);
    char *empty = arena_copy(arena, NULL, 0);
    assert_int_equal(empty[0], 0);
    arena_close(arena);
}

static void vector_grows(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    VEC(int) v = {0};
    for (int i = 0; i < 10000; i++)
        *vec_push(arena, &v) = i;
    assert_int_equal(v.count, 10000);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(v.item[i], i);
    assert_true(v.room >= v.count);
    arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeroed_and_aligned),   cmocka_unit_test(larger_than_a_block),
        cmocka_unit_test(limit_refuses),        cmocka_unit_test(rewind_gives_back),
        cmocka_unit_test(copy_ends_with_nul),   cmocka_unit_test(vector_grows),
    };
    return cmocka_run_group_tests_name("base arena", tests, NULL, NULL);
}
