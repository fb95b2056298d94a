#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

#include "input.h"

static struct input *open_text(const char *text, size_t size, enum input_format format)
{
    char name[] = "/tmp/publish_input_test.XXXXXX";
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    unlink(name);
    for (size_t at = 0; at < size;) {
        ssize_t put = write(fd, text + at, size - at);
        assert_true(put > 0);
        at += (size_t)put;
    }
    lseek(fd, 0, SEEK_SET);
    struct input *input;
    struct fault fault;
    assert_false(status_failed(input_open_fd(fd, "test", format, &input, &fault)));
    return input;
}

static struct input *open_auto(const char *text)
{
    return open_text(text, strlen(text), INPUT_AUTO);
}

static void expect_item(struct input *input, const char *text, long long line)
{
    struct input_item item;
    struct fault fault;
    assert_false(status_failed(input_next(input, &item, &fault)));
    assert_false(item.end);
    assert_int_equal(item.line, line);
    assert_int_equal(item.text.len, strlen(text));
    assert_memory_equal(item.text.data, text, strlen(text));
}

static void expect_end(struct input *input)
{
    struct input_item item;
    struct fault fault;
    for (int i = 0; i < 2; i++) {
        assert_false(status_failed(input_next(input, &item, &fault)));
        assert_true(item.end);
    }
    input_close(input);
}

static void expect_reject(struct input *input, const char *code, long long line)
{
    struct input_item item;
    struct fault fault;
    struct status status = input_next(input, &item, &fault);
    assert_int_equal(status.class, STATUS_REJECT);
    assert_string_equal(status.code, code);
    assert_int_equal(item.line, line);
}

static void lines(void **state)
{
    (void)state;
    struct input *input = open_auto("\xEF\xBB\xBF{\"a\":1}\r\n\n  \t\n{\"b\":2}");
    expect_item(input, "{\"a\":1}", 1);
    assert_int_equal(input_format_of(input), INPUT_LINES);
    expect_item(input, "{\"b\":2}", 4);
    expect_end(input);
    expect_end(open_auto(""));
    expect_end(open_auto("\n \n"));
}

static void arrays(void **state)
{
    (void)state;
    struct input *input = open_auto(" [ {\"a\":[1,{}]} ,\n {\"b\":\"],\\\"}\"}\n]\n");
    expect_item(input, "{\"a\":[1,{}]}", 1);
    assert_int_equal(input_format_of(input), INPUT_ARRAY);
    expect_item(input, "{\"b\":\"],\\\"}\"}", 2);
    expect_end(input);
    expect_end(open_auto("[]"));
    expect_end(open_auto("[ \n ]"));
}

static void broken_arrays(void **state)
{
    (void)state;
    struct input *input = open_auto("[{},]");
    expect_item(input, "{}", 1);
    expect_reject(input, "syntax", 1);
    expect_end(input);
    input = open_auto("[{}\n");
    expect_reject(input, "syntax", 2);
    expect_end(input);
    input = open_auto("[{}] x");
    expect_item(input, "{}", 1);
    expect_reject(input, "syntax", 1);
    expect_end(input);
    input = open_auto("[");
    expect_reject(input, "syntax", 1);
    expect_end(input);
    input = open_auto("[{}}]");
    expect_reject(input, "syntax", 1);
    expect_end(input);
    input = open_text("{}", 2, INPUT_ARRAY);
    expect_reject(input, "syntax", 1);
    expect_end(input);
}

static void csv_records(void **state)
{
    (void)state;
    struct input *input = open_auto("code,name\r\nH26,\"two\nlines, \"\"quoted\"\"\"\r\nH27,x\r\n");
    expect_item(input, "code,name", 1);
    assert_int_equal(input_format_of(input), INPUT_CSV);
    expect_item(input, "H26,\"two\nlines, \"\"quoted\"\"\"", 2);
    expect_item(input, "H27,x", 4);
    expect_end(input);
}

/* An item over the limit is refused by itself, and those around it are read. */
static void too_large(void **state)
{
    (void)state;
    size_t large = 5u << 20, size = large + 64;
    char *text = malloc(size);
    assert_non_null(text);
    memcpy(text, "{\"a\":1}\n", 8);
    memset(text + 8, 'x', large);
    memcpy(text + 8 + large, "\n{\"b\":2}\n", 9);
    struct input *input = open_text(text, 8 + large + 9, INPUT_AUTO);
    expect_item(input, "{\"a\":1}", 1);
    expect_reject(input, "size", 2);
    expect_item(input, "{\"b\":2}", 3);
    expect_end(input);
    memcpy(text, "[{}   ,\"", 8);
    memcpy(text + 8 + large, "\",\n{}]   ", 9);
    input = open_text(text, 8 + large + 9, INPUT_AUTO);
    expect_item(input, "{}", 1);
    expect_reject(input, "size", 1);
    expect_item(input, "{}", 2);
    expect_end(input);
    free(text);
}

/* The limit itself is no fault, wherever the chunks end. */
static void up_to_the_limit(void **state)
{
    (void)state;
    char *text = malloc(INPUT_ITEM_MAX + 2);
    assert_non_null(text);
    memset(text, 'x', INPUT_ITEM_MAX + 2);
    text[INPUT_ITEM_MAX] = '\n';
    struct input *input = open_text(text, INPUT_ITEM_MAX + 2, INPUT_LINES);
    struct input_item item;
    struct fault fault;
    assert_false(status_failed(input_next(input, &item, &fault)));
    assert_int_equal(item.text.len, INPUT_ITEM_MAX);
    expect_item(input, "x", 2);
    expect_end(input);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines),
        cmocka_unit_test(arrays),
        cmocka_unit_test(broken_arrays),
        cmocka_unit_test(csv_records),
        cmocka_unit_test(too_large),
        cmocka_unit_test(up_to_the_limit),
    };
    return cmocka_run_group_tests_name("publish: input", tests, NULL, NULL);
}
