#include "shell/pg.h"

#include <stdlib.h>

#include "unit.h"

static void copy_writes_the_binary_form(void **state)
{
    (void)state;
    static const uint8_t want[] = {
        'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0, 0, 0, 0, /* header */
        0, 8,                                                                        /* fields */
        0, 0, 0, 2, 0xff, 0xfe,                                                      /* int2 -2 */
        0, 0, 0, 4, 0, 0, 0, 7,                                                      /* int4 7 */
        0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0,                                          /* int8 2^32 */
        0, 0, 0, 3, 'a', 0xc3, 0xa9,                                                 /* text */
        0xff, 0xff, 0xff, 0xff,                                                      /* absent text */
        0, 0, 0, 4, 0, 0, 0, 1,                                                      /* date 2000-01-02 */
        0, 0, 0, 8, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40,                                 /* 2000-01-01T00:00:01Z */
        0, 0, 0, 1, 1,                                                               /* true */
    };
    struct pg_copy copy;
    assert_false(status_failed(pg_copy_open(NULL, "COPY", &copy, NULL)));
    pg_copy_row(&copy, 8);
    pg_copy_int2(&copy, -2);
    pg_copy_int4(&copy, 7);
    pg_copy_int8(&copy, (int64_t)1 << 32);
    pg_copy_text(&copy, STR("a\xc3\xa9"));
    pg_copy_text(&copy, STR_NONE);
    pg_copy_date(&copy, 10958);
    pg_copy_time(&copy, 946684801000);
    pg_copy_bool(&copy, true);
    assert_int_equal(copy.size, sizeof want);
    assert_memory_equal(copy.data, want, sizeof want);
    uint64_t rows;
    assert_false(status_failed(pg_copy_close(&copy, &rows, NULL)));
    assert_int_equal(rows, 1);
}

static void copy_grows(void **state)
{
    (void)state;
    static char big[300000];
    struct pg_copy copy;
    assert_false(status_failed(pg_copy_open(NULL, "COPY", &copy, NULL)));
    for (int i = 0; i < 10; i++) {
        pg_copy_row(&copy, 1);
        pg_copy_bytes(&copy, big, sizeof big);
    }
    assert_int_equal(copy.size, 19 + 10 * (2 + 4 + sizeof big));
    assert_false(status_failed(pg_copy_close(&copy, NULL, NULL)));
}

static void arrays_have_their_header(void **state)
{
    (void)state;
    static const uint8_t want[] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1,
                                   0, 0, 0, 1, 'x', 0xff, 0xff, 0xff, 0xff};
    static const uint8_t none[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20};
    struct arena *arena = arena_open(0);
    struct pg_params params = PG_PARAMS(arena);
    struct pg_array array = pg_array_open(arena, PG_TEXT), empty = pg_array_open(arena, PG_INT8);
    pg_array_text(&array, STR("x"));
    pg_array_text(&array, STR_NONE);
    pg_param_array(&params, &array);
    pg_param_array(&params, &empty);
    pg_param_date(&params, DATE_NONE);
    assert_int_equal(params.count, 3);
    assert_int_equal(params.length[0], sizeof want);
    assert_memory_equal(params.value[0], want, sizeof want);
    assert_int_equal(params.length[1], sizeof none);
    assert_memory_equal(params.value[1], none, sizeof none);
    assert_null(params.value[2]);
    arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copy_writes_the_binary_form),
        cmocka_unit_test(copy_grows),
        cmocka_unit_test(arrays_have_their_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
