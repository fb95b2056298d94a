#include "unit.h"

#include "codec/json_writer.h"

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    arena = arena_open(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

static struct str quoted(struct str text)
{
    struct writer w;
    writer_open(&w, arena, 1);
    writer_str(&w, text);
    return writer_text(&w);
}

/* RFC 8785, 3.2.2.2, with the example of its text. */
static void texts_are_escaped_as_in_rfc_8785(void **state)
{
    (void)state;
    assert_str(quoted(STR("\xe2\x82\xac$\x0f\nA'B\"\\\\\"/")), "\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"");
    assert_str(quoted(STR("")), "\"\"");
    assert_str(quoted(STR_NONE), "\"\"");
    assert_str(quoted(STR("\b\t\n\f\r")), "\"\\b\\t\\n\\f\\r\"");
    assert_str(quoted((struct str){"\0\x01\x1f\x7f", 4}), "\"\\u0000\\u0001\\u001f\x7f\"");
    assert_str(quoted(STR("\xc2\x80\xe2\x80\xa8\xf0\x9f\x98\x82")), "\"\xc2\x80\xe2\x80\xa8\xf0\x9f\x98\x82\"");
    assert_str(quoted(STR("</script>")), "\"</script>\"");
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        const char *text;
    } vector[] = {{0, "0"}, {-1, "-1"}, {9007199254740992, "9007199254740992"}, {INT64_MIN, "-9223372036854775808"},
        {INT64_MAX, "9223372036854775807"}};
    for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
        struct writer w;
        writer_open(&w, arena, 0);
        writer_int(&w, vector[i].value);
        assert_str(writer_text(&w), vector[i].text);
    }
}

static void nested_values(void **state)
{
    (void)state;
    struct writer w;
    struct uuid id = {{0x6f, 0x0c}};
    writer_open(&w, arena, 4);
    writer_object(&w);
    writer_key(&w, STR("a"));
    writer_array(&w);
    writer_int(&w, 1);
    writer_object(&w);
    writer_object_end(&w);
    writer_array(&w);
    writer_array_end(&w);
    writer_null(&w);
    writer_array_end(&w);
    writer_key(&w, STR("aB"));
    writer_object(&w);
    writer_key(&w, STR("A"));
    writer_bool(&w, true);
    writer_object_end(&w);
    writer_key(&w, STR("aa"));
    writer_bool(&w, false);
    writer_key(&w, STR("b"));
    writer_date(&w, 20270);
    writer_key(&w, STR("c"));
    writer_time(&w, 1751302800001);
    writer_key(&w, STR("d"));
    writer_uuid(&w, id);
    writer_key(&w, STR("e"));
    writer_raw(&w, STR("[1,2]"));
    writer_object_end(&w);
    assert_str(writer_text(&w), "{\"a\":[1,{},[],null],\"aB\":{\"A\":true},\"aa\":false,\"b\":\"2025-07-01\",\"c\":"
                                "\"2025-07-01T00:00:00.001+07:00\","
                                "\"d\":\"6f0c0000-0000-0000-0000-000000000000\",\"e\":[1,2]}");
}

static void values_are_repeated(void **state)
{
    (void)state;
    struct writer w;
    writer_open(&w, arena, 16);
    writer_array(&w);
    size_t from = w.len;
    writer_str(&w, STR("0123456789"));
    size_t to = w.len;
    for (int i = 0; i < 3; i++)
        writer_repeat(&w, from, to);
    writer_array_end(&w);
    assert_str(writer_text(&w), "[\"0123456789\",\"0123456789\",\"0123456789\",\"0123456789\"]");
}

/* Every byte that is escaped, at every place of a word. */
static void escapes_are_found_at_any_place(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        for (size_t at = 0; at < 20; at++) {
            char text[20], want[32];
            memset(text, c == 'x' ? 'y' : 'x', sizeof text);
            text[at] = (char)c;
            bool escaped = c < 0x20 || c == '"' || c == '\\';
            struct str got = quoted((struct str){text, sizeof text});
            bool found = memchr(got.data, '\\', got.len) != NULL;
            assert_int_equal(found, escaped);
            if (!escaped) {
                want[0] = want[21] = '"';
                memcpy(want + 1, text, sizeof text);
                assert_int_equal(got.len, 22);
                assert_memory_equal(got.data, want, 22);
            }
        }
    }
}

static void long_texts_grow(void **state)
{
    (void)state;
    char text[5000];
    memset(text, 'x', sizeof text);
    text[4000] = '"';
    struct str got = quoted((struct str){text, sizeof text});
    assert_int_equal(got.len, sizeof text + 3);
    assert_memory_equal(got.data + 4000, "x\\\"x", 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(texts_are_escaped_as_in_rfc_8785, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers, setup, teardown),
        cmocka_unit_test_setup_teardown(nested_values, setup, teardown),
        cmocka_unit_test_setup_teardown(values_are_repeated, setup, teardown),
        cmocka_unit_test_setup_teardown(escapes_are_found_at_any_place, setup, teardown),
        cmocka_unit_test_setup_teardown(long_texts_grow, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
