#include "base/uuid.h"

#include "unit.h"

static void there_and_back(void **state)
{
    (void)state;
    struct uuid id;
    char text[UUID_TEXT_SIZE];
    assert_true(uuid_parse(STR("6BA7B810-9dad-11d1-80b4-00C04FD430C8"), &id));
    assert_string_equal(uuid_format(id, text), "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    assert_false(uuid_is_nil(id));
    assert_true(uuid_parse(STR("00000000-0000-0000-0000-000000000000"), &id));
    assert_true(uuid_is_nil(id));
}

static void bad_input(void **state)
{
    (void)state;
    struct uuid id = {{9}};
    static const struct str bad[] = {STR(""), STR("6ba7b810-9dad-11d1-80b4-00c04fd430c"),
        STR("6ba7b810-9dad-11d1-80b4-00c04fd430c80"), STR("6ba7b8109dad-11d1-80b4-00c04fd430c8a"),
        STR("6ba7b810-9dad-11d1-80b4-00c04fd430cg"), STR("{ba7b810-9dad-11d1-80b4-00c04fd430c}"),
        STR("6ba7b810-9dad-11d1-80b4-00c04fd430-8"), STR("6ba7b810-9dad-11d1-80b4 00c04fd430c8")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(uuid_parse(bad[i], &id));
    assert_false(uuid_parse(STR_NONE, &id));
    assert_int_equal(id.byte[0], 9);
}

static void named(void **state)
{
    (void)state;
    struct uuid space;
    char text[UUID_TEXT_SIZE];
    assert_true(uuid_parse(STR("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), &space));
    assert_string_equal(uuid_format(uuid_v5(space, STR("www.example.com")), text),
        "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    assert_true(uuid_equal(uuid_v5(space, STR("")), uuid_v5(space, STR_NONE)));
}

static void random_ones_differ(void **state)
{
    (void)state;
    struct uuid a = uuid_random(), b = uuid_random();
    assert_false(uuid_equal(a, b));
    assert_int_equal(a.byte[6] >> 4, 4);
    assert_int_equal(a.byte[8] >> 6, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(bad_input),
        cmocka_unit_test(named),
        cmocka_unit_test(random_ones_differ),
    };
    return cmocka_run_group_tests_name("base uuid", tests, NULL, NULL);
}
