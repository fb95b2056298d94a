#include "base/arena.h"
#include "base/map.h"

#include "unit.h"

static void empty_map(void **state)
{
    (void)state;
    struct map map = {0};
    assert_null(map_get(&map, STR("x")));
    assert_null(map_get(&map, STR("")));
}

static void many_keys_keep_their_order(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct map map = {0};
    static int value[20000];
    for (int i = 0; i < 20000; i++)
        *map_put(arena, &map, str_format(arena, "H%d", i)) = &value[i];
    for (int i = 0; i < 20000; i += 7)
        assert_ptr_equal(*map_put(arena, &map, str_format(arena, "H%d", i)), &value[i]);
    assert_int_equal(map.count, 20000);
    for (int i = 0; i < 20000; i++) {
        assert_ptr_equal(map_get(&map, str_format(arena, "H%d", i)), &value[i]);
        assert_ptr_equal(map.entry[i].value, &value[i]);
    }
    assert_null(map_get(&map, STR("H20000")));
    assert_null(map_get(&map, STR("H")));
    arena_close(arena);
}

static void binary_and_empty_keys(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct map map = {0};
    int a, b, c;
    *map_put(arena, &map, (struct str){"\0\0", 2}) = &a;
    *map_put(arena, &map, (struct str){"\0", 1}) = &b;
    *map_put(arena, &map, STR("")) = &c;
    assert_ptr_equal(map_get(&map, (struct str){"\0\0", 2}), &a);
    assert_ptr_equal(map_get(&map, (struct str){"\0", 1}), &b);
    assert_ptr_equal(map_get(&map, STR("")), &c);
    assert_int_equal(map.count, 3);
    arena_close(arena);
}

static void new_key_has_no_value(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct map map = {0};
    void **place = map_put(arena, &map, STR("a"));
    assert_null(*place);
    assert_null(map_get(&map, STR("a")));
    *place = &map;
    assert_ptr_equal(map_get(&map, STR("a")), &map);
    arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_map),
        cmocka_unit_test(many_keys_keep_their_order),
        cmocka_unit_test(binary_and_empty_keys),
        cmocka_unit_test(new_key_has_no_value),
    };
    return cmocka_run_group_tests_name("base map", tests, NULL, NULL);
}
