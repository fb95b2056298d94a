#include "base/time.h"

#include "unit.h"

static void dates_read(void **state)
{
    (void)state;
    date_day day = 0;
    assert_true(date_parse(STR("1970-01-01"), &day));
    assert_int_equal(day, 0);
    assert_true(date_parse(STR("2025-07-01"), &day));
    assert_int_equal(day, 20270);
    assert_true(date_parse(STR("1900-01-01"), &day));
    assert_int_equal(day, -25567);
    assert_true(date_parse(STR("9999-12-31"), &day));
    assert_int_equal(day, 2932896);
    assert_true(date_parse(STR("2000-02-29"), &day));
    assert_true(date_parse(STR("2024-02-29"), &day));
}

static void bad_dates(void **state)
{
    (void)state;
    date_day day = 7;
    static const struct str bad[] = {STR(""), STR("2025-7-01"), STR("2025-07-1"), STR("2025-13-01"), STR("2025-00-01"),
        STR("2025-01-00"), STR("2025-01-32"), STR("2025-04-31"), STR("2025-02-29"), STR("1900-02-29"),
        STR("1899-12-31"), STR("0000-01-01"), STR("2025/07/01"), STR("2025-07-01 "), STR("+025-07-01"),
        STR("20250-7-01"), STR("2025-07-0a"), STR("10000-01-01")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(date_parse(bad[i], &day));
    assert_false(date_parse(STR_NONE, &day));
    assert_int_equal(day, 7);
}

static void dates_there_and_back(void **state)
{
    (void)state;
    char text[DATE_TEXT_SIZE];
    for (date_day day = -25567; day <= 2932896; day += 13) {
        date_day back;
        assert_true(date_parse(str_of(date_format(day, text)), &back));
        assert_int_equal(back, day);
    }
    assert_string_equal(date_format(DATE_NONE, text), "0001-01-01");
    assert_string_equal(date_format(INT32_MAX, text), "9999-12-31");
}

static void day_turns_at_five_in_the_afternoon_utc(void **state)
{
    (void)state;
    time_ms instant;
    date_day first;
    assert_true(date_parse(STR("2025-07-01"), &first));
    assert_true(time_parse(STR("2025-06-30T17:00:00Z"), &instant));
    assert_int_equal(date_of(instant), first);
    assert_int_equal(date_of(instant - 1), first - 1);
    assert_true(date_start(first) == instant);
    assert_int_equal(date_of(-7 * 3600 * 1000 - 1), -1);
    assert_int_equal(date_of(-7 * 3600 * 1000), 0);
    assert_int_equal(date_of(INT64_MIN) < 0, 1);
    assert_int_equal(date_of(INT64_MAX) > 0, 1);
}

static void instants_there_and_back(void **state)
{
    (void)state;
    char text[TIME_TEXT_SIZE];
    time_ms instant, back;
    assert_true(time_parse(STR("2025-06-30T16:59:59.999Z"), &instant));
    assert_string_equal(time_format(instant, text), "2025-06-30T23:59:59.999+07:00");
    assert_true(time_parse(str_of(text), &back));
    assert_true(back == instant);
    assert_string_equal(time_format(0, text), "1970-01-01T07:00:00.000+07:00");
    assert_string_equal(time_format(INT64_MAX, text), "9999-12-31T23:59:59.999+07:00");
    assert_int_equal(strlen(time_format(INT64_MIN, text)), TIME_TEXT_SIZE - 1);
}

static void instants_read(void **state)
{
    (void)state;
    time_ms a, b;
    assert_true(time_parse(STR("2025-07-01T00:00:00+07:00"), &a));
    assert_true(time_parse(STR("2025-06-30t12:00:00.000000000-05:00"), &b));
    assert_true(a == b);
    assert_true(time_parse(STR("2025-07-01T00:00:00.1239+07:00"), &b));
    assert_true(b - a == 123);
    assert_true(time_parse(STR("2025-07-01T00:00:00.5+07:00"), &b));
    assert_true(b - a == 500);
    static const struct str bad[] = {STR("2025-07-01"), STR("2025-07-01T00:00:00"), STR("2025-07-01T24:00:00Z"),
        STR("2025-07-01T23:60:00Z"), STR("2025-07-01T23:59:60Z"), STR("2025-07-01T00:00:00.Z"),
        STR("2025-07-01T00:00:00.1234567890Z"), STR("2025-07-01T00:00:00.123"), STR("2025-07-01T00:00:00+0700"),
        STR("2025-07-01T00:00:00+24:00"), STR("2025-07-01T00:00:00+07:60"), STR("2025-07-01 00:00:00Z"),
        STR("2025-07-01T00:00:00Zx"), STR("2025-07-32T00:00:00Z"), STR("")};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(time_parse(bad[i], &b));
}

static void clocks_run(void **state)
{
    (void)state;
    time_ms start = time_monotonic();
    assert_true(time_monotonic() >= start);
    assert_true(time_now() > (time_ms)1700000000 * 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_read),
        cmocka_unit_test(bad_dates),
        cmocka_unit_test(dates_there_and_back),
        cmocka_unit_test(day_turns_at_five_in_the_afternoon_utc),
        cmocka_unit_test(instants_there_and_back),
        cmocka_unit_test(instants_read),
        cmocka_unit_test(clocks_run),
    };
    return cmocka_run_group_tests_name("base time", tests, NULL, NULL);
}
