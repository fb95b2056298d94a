#include "place.h"
#include "record.h"

#include "unit.h"

static void members(void **state)
{
    (void)state;
    struct str data = STR("{\"a\":\"x\\\"record\\\":1\",\"b\":{\"record\":[1,{\"c\":\"}\"}]},\"n\":-12,\"record\":{\"code\":\"H26\",\"s\":[\"a,b\"]},\"z\":null}");
    assert_str(record_member(data, STR("record")), "{\"code\":\"H26\",\"s\":[\"a,b\"]}");
    assert_str(record_member(data, STR("a")), "\"x\\\"record\\\":1\"");
    assert_str(record_member(data, STR("b")), "{\"record\":[1,{\"c\":\"}\"}]}");
    assert_str(record_member(data, STR("n")), "-12");
    assert_str(record_member(data, STR("z")), "null");
    assert_str(record_member(data, STR("c")), NULL);
    assert_str(record_member(STR("{\"record\":{}}"), STR("record")), "{}");
}

static void broken_objects(void **state)
{
    (void)state;
    static const struct str broken[] = {STR(""), STR("{"), STR("{}"), STR("[]"), STR("null"), STR("{\"record"),
        STR("{\"record\""), STR("{\"record\":"), STR("{\"record\":{"), STR("{\"record\":\"x"), STR("{\"record\":\"x\\")};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        assert_str(record_member(broken[i], STR("record")), NULL);
}

static void places(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    struct notify_place place = {12, 34}, back = {0, 0};
    struct str text = place_format(arena, place);
    assert_str(text, "{\"receipt\":34,\"sequence\":12}");
    assert_true(place_parse(text, &back));
    assert_true(back.sequence == 12 && back.receipt == 34);
    assert_true(place_parse(STR("{\"sequence\": 5, \"receipt\": 6}"), &back));
    assert_true(back.sequence == 5 && back.receipt == 6);
    assert_str(place_format(arena, (struct notify_place){PLACE_UNSAID, 7}), "{\"receipt\":7}");
    assert_false(place_parse(STR("{\"sequence\":-5,\"receipt\":1}"), &back));
    assert_false(place_parse(STR("{\"sequence\":99999999999999999999,\"receipt\":1}"), &back));
    assert_false(place_parse(STR(""), &back));
    assert_false(place_parse(STR_NONE, &back));
    assert_false(place_parse(STR("{\"place\":1}"), &back));
    assert_true(back.sequence == 5 && back.receipt == 6);
    assert_true(place_parse(STR("{\"receipt\":8}"), &back));
    assert_true(back.sequence == PLACE_UNSAID && back.receipt == 8);
    arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members),
        cmocka_unit_test(broken_objects),
        cmocka_unit_test(places),
    };
    return cmocka_run_group_tests_name("notify parts", tests, NULL, NULL);
}
