#include "base/status.h"

#include <string.h>

#include "unit.h"

static void says_what_failed(void **state)
{
    (void)state;
    struct fault fault;
    struct status s = status_fail(&fault, STATUS_RETRY, "lost", "at %d", 7);
    assert_int_equal(s.class, STATUS_RETRY);
    assert_string_equal(s.code, "lost");
    assert_string_equal(fault.text, "at 7");
    assert_true(status_failed(s));
    assert_false(status_failed(status_ok()));
    assert_int_equal(status_fail(NULL, STATUS_STOP, "x", "nobody reads this").class, STATUS_STOP);
}

static void long_text_is_cut(void **state)
{
    (void)state;
    struct fault fault;
    status_fail(&fault, STATUS_REJECT, "long", "%2000d", 1);
    assert_int_equal(strlen(fault.text), sizeof fault.text - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(says_what_failed), cmocka_unit_test(long_text_is_cut)};
    return cmocka_run_group_tests_name("base status", tests, NULL, NULL);
}
