#include "shell/option.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "shell/option_value.h"

#include "unit.h"

struct test_options {
    struct option_common common;
    struct option_kafka kafka;
    struct option_pg pg;
    long long batch, wait_ms, room;
    bool check;
    const char *must;
};

static const struct option_row rows[] = {
    OPTION_ROWS_COMMON(struct test_options, common),
    OPTION_ROWS_KAFKA(struct test_options, kafka),
    OPTION_ROWS_PG(struct test_options, pg),
    {.name = "batch", .kind = OPTION_INT, .offset = offsetof(struct test_options, batch), .env = "T_BATCH", .initial = "10",
     .min = 1, .max = 100, .help = "How many."},
    {.name = "wait", .kind = OPTION_DURATION, .offset = offsetof(struct test_options, wait_ms), .initial = "5s", .help = "How long."},
    {.name = "room", .kind = OPTION_SIZE, .offset = offsetof(struct test_options, room), .initial = "64KiB", .help = "How big."},
    {.name = "check", .kind = OPTION_FLAG, .offset = offsetof(struct test_options, check), .help = "Only look."},
    {.name = "must", .kind = OPTION_TEXT, .flags = OPTION_REQUIRED, .offset = offsetof(struct test_options, must), .env = "T_MUST",
     .help = "Needed."},
};
static const struct option_program program = {
    .name = "t", .summary = "a test", .arguments = "[FILE...]", .description = "Tests.", .examples = "t --check",
    .row = rows, .rows = sizeof rows / sizeof rows[0],
};

static struct arena *arena;
static char printed[16384], complaint[2048];

static int parse(struct test_options *options, struct option_rest *rest, const char *const *argument, int count)
{
    char *argv[16] = {(char *)(uintptr_t)"t"};
    FILE *out = fmemopen(printed, sizeof printed, "w"), *err = fmemopen(complaint, sizeof complaint, "w");
    for (int i = 0; i < count; i++) {
        argv[i + 1] = (char *)(uintptr_t)argument[i];
    }
    *options = (struct test_options){0};
    printed[0] = complaint[0] = '\0';
    int code = option_parse(&program, count + 1, argv, options, rest, arena, out, err);
    fclose(out);
    fclose(err);
    return code;
}
#define PARSE(options, rest, ...)                                                                                      \
    parse(options, rest, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void defaults_hold(void **state)
{
    (void)state;
    struct test_options o;
    assert_int_equal(PARSE(&o, NULL, "--must", "x"), -1);
    assert_int_equal(o.batch, 10);
    assert_int_equal(o.wait_ms, 5000);
    assert_int_equal(o.room, 65536);
    assert_false(o.check);
    assert_string_equal(o.kafka.prefix, "orgcode");
    assert_string_equal(o.must, "x");
    assert_int_equal(o.common.log_level, 1);
}

static void the_later_wins(void **state)
{
    (void)state;
    struct test_options o;
    char path[] = "/tmp/orgcode-option-XXXXXX", config[64];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_true(dprintf(fd, "# a comment\n\nbatch = 20\n wait=250ms\nmust = from file\nproperty = a=1\n") > 0);
    close(fd);
    snprintf(config, sizeof config, "--config=%s", path);
    assert_int_equal(PARSE(&o, NULL, config), -1);
    assert_int_equal(o.batch, 20);
    assert_int_equal(o.wait_ms, 250);
    assert_string_equal(o.must, "from file");
    setenv("T_BATCH", "30", 1);
    setenv("ORGCODE_KAFKA_PROPERTIES", "b=2 c=3", 1);
    assert_int_equal(PARSE(&o, NULL, config), -1);
    assert_int_equal(o.batch, 30);
    assert_int_equal(PARSE(&o, NULL, config, "--batch", "40", "-Xd=4", "-X", "e=5"), -1);
    assert_int_equal(o.batch, 40);
    assert_int_equal(o.kafka.property.count, 5);
    assert_string_equal(o.kafka.property.item[0], "a=1");
    assert_string_equal(o.kafka.property.item[4], "e=5");
    unsetenv("T_BATCH");
    unsetenv("ORGCODE_KAFKA_PROPERTIES");
    unlink(path);
}

static void the_rest_is_left(void **state)
{
    (void)state;
    struct test_options o;
    struct option_rest rest;
    assert_int_equal(PARSE(&o, &rest, "one", "--must=x", "-", "--", "--two"), -1);
    assert_int_equal(rest.count, 3);
    assert_string_equal(rest.item[1], "-");
    assert_string_equal(rest.item[2], "--two");
}

static void errors_name_the_option(void **state)
{
    (void)state;
    struct test_options o;
    assert_int_equal(PARSE(&o, NULL, "--must=x", "--batch", "101"), 2);
    assert_non_null(strstr(complaint, "--batch"));
    assert_non_null(strstr(complaint, "from 1 to 100"));
    assert_int_equal(PARSE(&o, NULL, "--must=x", "--batch", "7x"), 2);
    assert_int_equal(PARSE(&o, NULL, "--must=x", "--wait", "5"), 2);
    assert_non_null(strstr(complaint, "250ms"));
    assert_int_equal(PARSE(&o, NULL, "--must=x", "--log-level", "loud"), 2);
    assert_non_null(strstr(complaint, "debug|info|warn|error"));
    assert_int_equal(PARSE(&o, NULL, "--must=x", "-X", "novalue"), 2);
    assert_int_equal(PARSE(&o, NULL, "--nothing"), 2);
    assert_non_null(strstr(complaint, "--nothing"));
    assert_int_equal(PARSE(&o, NULL, "--must"), 2);
    assert_int_equal(PARSE(&o, NULL, "--check"), 2);
    assert_non_null(strstr(complaint, "T_MUST"));
    setenv("T_BATCH", "zero", 1);
    assert_int_equal(PARSE(&o, NULL, "--must=x"), 2);
    assert_non_null(strstr(complaint, "T_BATCH"));
    unsetenv("T_BATCH");
    assert_int_equal(PARSE(&o, NULL, "--must=x", "--config", "/nowhere/x"), 2);
    assert_non_null(strstr(complaint, "/nowhere/x"));
}

static void print_config_masks(void **state)
{
    (void)state;
    struct test_options o;
    assert_int_equal(PARSE(&o, NULL, "--print-config", "--pg", "postgresql://u:geheim@h/db", "-X", "sasl.password=geheim", "-X",
                           "ssl.key.password=geheim", "-X", "linger.ms=5"),
                     0);
    assert_null(strstr(printed, "geheim"));
    assert_non_null(strstr(printed, "pg = postgresql://u:***@h/db\n"));
    assert_non_null(strstr(printed, "property = sasl.password=***\n"));
    assert_non_null(strstr(printed, "property = linger.ms=5\n"));
    assert_non_null(strstr(printed, "log-level = info\n"));
    assert_non_null(strstr(printed, "wait = 5000ms\n"));
}

static void help_tells(void **state)
{
    (void)state;
    struct test_options o;
    assert_int_equal(PARSE(&o, NULL, "--help"), 0);
    assert_non_null(strstr(printed, "t: a test\n"));
    assert_non_null(strstr(printed, "-X KEY=VALUE, --property KEY=VALUE\n"));
    assert_non_null(strstr(printed, "1 to 100; default 10; T_BATCH"));
    assert_non_null(strstr(printed, "Exit codes:\n  0  done\n"));
    assert_int_equal(PARSE(&o, NULL, "--version"), 0);
    assert_true(strncmp(printed, "t ", 2) == 0);
}

static void durations_and_sizes(void **state)
{
    (void)state;
    long long n;
    assert_true(option_duration("1h", &n) && n == 3600000);
    assert_true(option_duration("0", &n) && n == 0);
    assert_false(option_duration("10", &n));
    assert_false(option_duration("", &n));
    assert_false(option_duration("99999999999999999d", &n));
    assert_true(option_size("2MiB", &n) && n == 2097152);
    assert_true(option_size("512", &n) && n == 512);
    assert_false(option_size("2TB", &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_hold),     cmocka_unit_test(the_later_wins), cmocka_unit_test(the_rest_is_left),
        cmocka_unit_test(errors_name_the_option), cmocka_unit_test(print_config_masks), cmocka_unit_test(help_tells),
        cmocka_unit_test(durations_and_sizes),
    };
    static const char *const ours[] = {"ORGCODE_CONFIG", "ORGCODE_BOOTSTRAP", "ORGCODE_PREFIX", "ORGCODE_PG",
                                       "ORGCODE_LOG_LEVEL", "ORGCODE_LOG_FORMAT", "ORGCODE_KAFKA_PROPERTIES"};
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        unsetenv(ours[i]);
    }
    arena = arena_open(0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_close(arena);
    return failed;
}
