#include "shell/log.h"

#include "unit.h"

static char line[8192];

#define RENDER(format, message, ...)                                                                                   \
    log_render("t", format, LOG_LEVEL_WARN, 1751302800000, message, (const struct log_field[]){__VA_ARGS__},           \
               sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field), line, sizeof line)

static void json_has_typed_fields(void **state)
{
    (void)state;
    struct uuid id;
    assert_true(uuid_parse(STR("6f0c5d0e-6a43-4a1e-9c39-0d8b8f6f2a10"), &id));
    RENDER(LOG_FORMAT_JSON, "record refused", LOG_ACT(id), LOG_PLACE("orgcode.acts.H26", 0, 12), LOG_INT("n", -5), LOG_BOOL("b", true),
           LOG_TEXT("s", "x"), LOG_STR("none", STR_NONE));
    assert_string_equal(line, "{\"time\":\"2025-07-01T00:00:00.000+07:00\",\"level\":\"warn\",\"program\":\"t\",\"message\":\"record "
                              "refused\",\"act\":\"6f0c5d0e-6a43-4a1e-9c39-0d8b8f6f2a10\",\"place\":\"orgcode.acts.H26-0-12\","
                              "\"n\":-5,\"b\":true,\"s\":\"x\",\"none\":null}\n");
}

static void json_escapes(void **state)
{
    (void)state;
    struct str hostile = {"a\"b\\c\nd\x01\x7f\xff\xc3\xa9\xed\xa0\x80", 15};
    RENDER(LOG_FORMAT_JSON, "m", LOG_STR("s", hostile));
    assert_non_null(strstr(line, "\"s\":\"a\\\"b\\\\c\\nd\\u0001\\u007f\\u00ff\xc3\xa9\\u00ed\\u00a0\\u0080\"}\n"));
}

static void a_line_stays_one(void **state)
{
    (void)state;
    static char big[20000];
    memset(big, 'x', sizeof big - 1);
    size_t size = RENDER(LOG_FORMAT_JSON, "m", LOG_TEXT("s", big));
    assert_true(size < sizeof line);
    assert_string_equal(line + size - 3, "\"}\n");
    RENDER(LOG_FORMAT_TEXT, "m", LOG_TEXT("s", "two\nlines"), LOG_TEXT("t", "plain"));
    assert_non_null(strstr(line, " s=\"two\\nlines\" t=plain\n"));
    assert_true(strncmp(line, "2025-07-01T00:00:00.000 warn  m s=", 34) == 0);
}

static void secrets_are_known(void **state)
{
    (void)state;
    static const char *const secret[] = {"sasl.password", "SASL.PASSWORD", "ssl.key.password", "ssl.key.pem", "ssl.keystore.password",
                                         "sasl.jaas.config", "sasl.oauthbearer.client.secret", "sasl.oauthbearer.config"};
    static const char *const shown[] = {"sasl.mechanism", "sasl.username", "ssl.ca.location", "linger.ms", "ssl.key.location"};
    for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++) {
        assert_true(log_is_secret(secret[i]));
    }
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        assert_false(log_is_secret(shown[i]));
    }
}

static void masks(const char *conninfo, const char *want)
{
    char out[256];
    log_mask_conninfo(conninfo, out, sizeof out);
    assert_string_equal(out, want);
}

static void passwords_are_masked(void **state)
{
    (void)state;
    masks("", "");
    masks("host=/tmp dbname=x", "host=/tmp dbname=x");
    masks("host=h password=pw user=u", "host=h password=*** user=u");
    masks("password = 'p w\\'x' user=u", "password = *** user=u");
    masks("postgresql://u:p@h:5432/db?sslmode=require", "postgresql://u:***@h:5432/db?sslmode=require");
    masks("postgresql://u:p@x@h/db", "postgresql://u:***@h/db");
    masks("postgresql://u@h/db", "postgresql://u@h/db");
    masks("postgresql:///db?user=u&password=pw&host=h", "postgresql:///db?user=u&password=***&host=h");
    masks("host=h sslpassword=pw", "host=h sslpassword=***");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_has_typed_fields), cmocka_unit_test(json_escapes),         cmocka_unit_test(a_line_stays_one),
        cmocka_unit_test(secrets_are_known),     cmocka_unit_test(passwords_are_masked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
