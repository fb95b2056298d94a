#include "unit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/json_change.h"
#include "codec/json_receipt.h"

static struct arena *arena;
static struct hasher *hasher;

static int setup(void **state)
{
    (void)state;
    arena = arena_open(0);
    hasher = hasher_open();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hasher_close(hasher);
    arena_close(arena);
    return 0;
}

/* A second way to the hash: what a reader does, who strips messages and both hash members. */
static struct sha256 hash_again(struct str sent)
{
    json_t *parsed = json_loadb(sent.data, sent.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(parsed);
    char previous[SHA256_TEXT_SIZE];
    memcpy(previous, json_string_value(json_object_get(parsed, "previousHash")), sizeof previous);
    json_object_del(parsed, "hash");
    json_object_del(parsed, "previousHash");
    static const char *const lists[] = {"faults", "warnings"};
    for (size_t i = 0; i < 2; i++) {
        size_t index;
        json_t *item;
        json_array_foreach(json_object_get(parsed, lists[i]), index, item) json_object_del(item, "message");
    }
    char *canonical = json_dumps(parsed, JSON_COMPACT | JSON_SORT_KEYS);
    hasher_begin(hasher);
    hasher_add(hasher, previous, 64);
    hasher_add(hasher, canonical, strlen(canonical));
    free(canonical);
    json_decref(parsed);
    return hasher_end(hasher);
}

/* For json_schema_test.py: a line each. */
static void write_line(struct str receipt)
{
    const char *path = getenv("ORGCODE_TEST_OUT");
    if (!path)
        return;
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fprintf(file, "%.*s\n", STR_ARG(receipt));
    fclose(file);
}

static struct str encode(const struct receipt *receipt, const struct sha256 *previous, struct sha256 *hash)
{
    struct str data, sent;
    receipt_encode(arena, hasher, receipt, previous, hash, &data);
    struct sha256 again = hash_again(data);
    assert_memory_equal(hash, &again, sizeof again);
    struct status s = receipt_with_messages(arena, data, &sent, NULL);
    assert_false(status_failed(s));
    again = hash_again(sent);
    assert_memory_equal(hash, &again, sizeof again);
    write_line(data);
    write_line(sent);
    return data;
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void an_accepted_act(void **state)
{
    (void)state;
    struct origin origin = {STR("orgcode.acts.H26"), STR("H26"), 0, 40, 41, 1};
    struct receipt receipt = {.form = 1,
        .number = 9,
        .authority = STR("H26"),
        .has_id = true,
        .verdict = VERDICT_ACCEPTED,
        .recorded = 1751302800000,
        .first_sequence = 5,
        .last_sequence = 7,
        .origin = &origin};
    struct sha256 hash;
    char hex[SHA256_TEXT_SIZE];
    struct str data = encode(&receipt, &chain_start, &hash), sent;
    struct str want = str_format(arena,
        "{\"actId\":\"00000000-0000-0000-0000-000000000000\",\"faultCount\":0,\"faults\":[],\"hash\":\"%s\",\"number\":"
        "9,"
        "\"origin\":{\"offset\":41,\"partition\":0,\"topic\":\"orgcode.acts.H26\"},\"previousHash\":\"" ZEROS "\","
        "\"recordedAt\":\"2025-07-01T00:00:00.000+07:00\",\"sequences\":{\"first\":5,\"last\":7},"
        "\"verdict\":\"accepted\",\"warnings\":[]}",
        sha256_format(hash, hex));
    assert_str(data, want.data);
    struct status s = receipt_with_messages(arena, data, &sent, NULL);
    assert_false(status_failed(s));
    assert_ptr_equal(sent.data, data.data);
}

static void a_rejected_act(void **state)
{
    (void)state;
    struct findings faults = {0}, warnings = {0};
    findings_add(
        &faults, (struct finding){.reason = REASON_UNIQUE_GRANTED, .code = STR("H26.1"), .expected = STR("\"x\"")});
    findings_add(&warnings, (struct finding){.reason = REASON_DAYS7_LATE, .number = 12, .field = STR("decision")});
    faults.total = 150;
    struct receipt receipt = {.form = 1,
        .number = 10,
        .verdict = VERDICT_REJECTED,
        .rule = RULE_UNIQUE,
        .faults = &faults,
        .warnings = &warnings,
        .recorded = 1751302800000};
    struct sha256 hash;
    struct str data = encode(&receipt, &chain_start, &hash), sent;
    assert_non_null(strstr(data.data, "{\"faultCount\":150,\"faults\":[{\"code\":\"H26.1\",\"expected\":\"\\\"x\\\"\","
                                      "\"reason\":\"unique-granted\",\"rule\":"
                                      "\"UNIQUE\"}],\"hash\":\""));
    assert_non_null(strstr(data.data,
        ",\"rule\":\"UNIQUE\",\"verdict\":\"rejected\",\"warnings\":[{\"field\":\"decision\",\"number\":12,\"reason\":"
        "\"days7-late\",\"rule\":\"DAYS7\"}]}"));
    assert_null(strstr(data.data, "actId"));
    assert_null(strstr(data.data, "origin"));
    assert_null(strstr(data.data, "sequences"));
    struct status s = receipt_with_messages(arena, data, &sent, NULL);
    assert_false(status_failed(s));
    assert_non_null(strstr(sent.data, "\"expected\":\"\\\"x\\\"\",\"message\":{\"en\":\"H26.1 has been granted to "
                                      "\\\"x\\\"\",\"vi\":\"H26.1 đã cấp cho "
                                      "\\\"x\\\"\"},\"reason\""));
    assert_non_null(strstr(sent.data, "{\"en\":\"entered 12 days after the 7 days allowed\",\"vi\":"));
    struct str one;
    finding_encode(arena, &faults.item[0], true, &one);
    assert_non_null(memmem(sent.data, sent.len, one.data, one.len));
}

static void a_repeated_act(void **state)
{
    (void)state;
    struct receipt receipt = {.form = 1,
        .number = 11,
        .has_id = true,
        .verdict = VERDICT_CONFLICT,
        .rule = RULE_IDEMPOTENT,
        .original = VERDICT_REJECTED,
        .original_rule = RULE_PARENT};
    struct sha256 hash, next;
    struct str data = encode(&receipt, &chain_start, &hash);
    assert_non_null(strstr(data.data, "\"original\":{\"rule\":\"PARENT\",\"verdict\":\"rejected\"},"));
    receipt.original = VERDICT_HELD;
    receipt.original_rule = RULE_NONE;
    data = encode(&receipt, &hash, &next);
    assert_non_null(strstr(data.data, "\"original\":{\"verdict\":\"held\"},"));
    char hex[SHA256_TEXT_SIZE];
    assert_non_null(strstr(data.data, sha256_format(hash, hex)));
}

static void other_texts_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "", "{}", "[]", "{\"faults\":[{\"reason\":\"x\"}],\"warnings\":[]}", "{\"faults\":[1],\"warnings\":[]}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct str out;
        struct status s = receipt_with_messages(arena, str_of(wrong[i]), &out, NULL);
        assert_int_equal(s.class, STATUS_STOP);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_accepted_act, setup, teardown),
        cmocka_unit_test_setup_teardown(a_rejected_act, setup, teardown),
        cmocka_unit_test_setup_teardown(a_repeated_act, setup, teardown),
        cmocka_unit_test_setup_teardown(other_texts_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
