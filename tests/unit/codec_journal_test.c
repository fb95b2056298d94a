#include "unit.h"

#include <stdio.h>

#include "codec/journal.h"

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

static struct origin origin(void)
{
    return (struct origin){STR("orgcode.acts.H26"), STR("H26"), 3, 40, 42, 1751302800000};
}

static struct journal_record read_record(const struct journal_header *header, size_t count, struct str value)
{
    struct journal_record out;
    struct fault fault = {""};
    journal_read(arena, header, count, value, 77, &out, &fault);
    assert_true((out.kind == RECORD_FOREIGN) == (fault.text[0] != 0));
    assert_int_equal(out.broker_ms, 77);
    return out;
}

static void acts_come_back(void **state)
{
    (void)state;
    struct journal_header header[JOURNAL_HEADERS_MAX];
    struct origin from = origin();
    size_t count = journal_headers(arena, RECORD_ACT, 123456, &from, header);
    assert_int_equal(count, 7);
    struct journal_record record = read_record(header, count, STR("\xc3\x01..."));
    assert_int_equal(record.kind, RECORD_ACT);
    assert_int_equal(record.stamp_ms, 123456);
    assert_str(record.origin.topic, "orgcode.acts.H26");
    assert_str(record.origin.authority, "H26");
    assert_int_equal(record.origin.partition, 3);
    assert_int_equal(record.origin.from, 40);
    assert_int_equal(record.origin.offset, 42);
    assert_int_equal(record.origin.time, 1751302800000);
    assert_str(record.bytes, "\xc3\x01...");
    assert_null(record.act);
}

static void each_header_is_needed(void **state)
{
    (void)state;
    struct journal_header header[JOURNAL_HEADERS_MAX];
    struct origin from = origin();
    static const char *const wrong[] = {"", "-1", "x", "1 ", "99999999999999999999", NULL};
    size_t count = journal_headers(arena, RECORD_ACT, 123456, &from, header);
    for (size_t i = 0; i < count; i++) {
        struct journal_header kept = header[i];
        if (i != 1) { /* the stamp may be left out */
            header[i] = (struct journal_header){STR("other"), STR("1")};
            assert_int_equal(read_record(header, count, STR("v")).kind, RECORD_FOREIGN);
        }
        for (size_t j = 0; wrong[j]; j++) {
            header[i] = (struct journal_header){kept.name, str_of(wrong[j])};
            if (i == 2 && j > 0)
                continue; /* the topic is any text */
            assert_int_equal(read_record(header, count, STR("v")).kind, RECORD_FOREIGN);
        }
        header[i] = kept;
    }
    header[4].value = STR("43"); /* from > offset */
    assert_int_equal(read_record(header, count, STR("v")).kind, RECORD_FOREIGN);
    header[4].value = STR("42");
    header[2].value = STR("orgcode.acts.");
    assert_int_equal(read_record(header, count, STR("v")).kind, RECORD_FOREIGN);
}

static void last_header_counts(void **state)
{
    (void)state;
    const struct journal_header header[] = {{STR("oc-kind"), STR("act")}, {STR("oc-stamp"), STR("5")},
        {STR("oc-kind"), STR("tick")}, {STR("oc-stamp"), STR("6")}};
    struct journal_record record = read_record(header, 4, STR_NONE);
    assert_int_equal(record.kind, RECORD_TICK);
    assert_int_equal(record.stamp_ms, 6);
    assert_int_equal(read_record(header, 0, STR_NONE).kind, RECORD_FOREIGN);
    assert_int_equal(
        read_record(&(struct journal_header){STR("oc-kind"), STR("foreign")}, 1, STR_NONE).kind, RECORD_FOREIGN);
    assert_int_equal(read_record(&(struct journal_header){STR("oc-kind"), STR_NONE}, 1, STR_NONE).kind, RECORD_FOREIGN);
}

static struct journal_record read_kind(const char *kind, struct str value)
{
    const struct journal_header header[] = {{STR("oc-kind"), str_of(kind)}, {STR("oc-stamp"), STR("1")}};
    return read_record(header, 2, value);
}

static void genesis_comes_back(void **state)
{
    (void)state;
    struct uuid id;
    struct str text;
    assert_true(uuid_parse(STR("6f0c5d0e-6a43-4a1e-9c39-0d8b8f6f2a10"), &id));
    journal_genesis_encode(arena, id, 1, MODE_SCRIPTED, &text);
    assert_str(text, "{\"epoch\":1,\"mode\":\"scripted\",\"registryId\":\"6f0c5d0e-6a43-4a1e-9c39-0d8b8f6f2a10\"}");
    struct journal_record record = read_kind("genesis", text);
    assert_int_equal(record.kind, RECORD_GENESIS);
    assert_int_equal(record.genesis.epoch, 1);
    assert_int_equal(record.genesis.mode, MODE_SCRIPTED);
    assert_true(uuid_equal(record.genesis.registry_id, id));
    journal_genesis_encode(arena, id, 2, MODE_LIVE, &text);
    assert_int_equal(read_kind("genesis", text).genesis.mode, MODE_LIVE);
    static const char *const wrong[] = {
        "",
        "{}",
        "[]",
        "{",
        "{\"epoch\":1,\"mode\":\"live\"}",
        "{\"epoch\":0,\"mode\":\"live\",\"registryId\":\"6f0c5d0e-6a43-4a1e-9c39-0d8b8f6f2a10\"}",
        "{\"epoch\":1,\"mode\":\"dead\",\"registryId\":\"6f0c5d0e-6a43-4a1e-9c39-0d8b8f6f2a10\"}",
        "{\"epoch\":1,\"mode\":\"live\",\"registryId\":\"6f0c\"}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(read_kind("genesis", str_of(wrong[i])).kind, RECORD_FOREIGN);
}

static void control_comes_back(void **state)
{
    (void)state;
    struct str text;
    journal_control_encode(arena, true, 0, &text);
    assert_str(text, "{\"live\":true}");
    assert_true(read_kind("control", text).control.live);
    assert_int_equal(read_kind("control", text).control.version, 0);
    journal_control_encode(arena, false, 2, &text);
    assert_str(text, "{\"version\":2}");
    assert_int_equal(read_kind("control", text).control.version, 2);
    assert_int_equal(read_kind("control", STR("{}")).kind, RECORD_FOREIGN);
    assert_int_equal(read_kind("control", STR("{\"version\":\"2\"}")).kind, RECORD_FOREIGN);
    assert_int_equal(read_kind("control", STR_NONE).kind, RECORD_FOREIGN);
}

static void refusals_come_back(void **state)
{
    (void)state;
    struct journal_header header[JOURNAL_HEADERS_MAX];
    struct origin from = origin();
    size_t count = journal_headers(arena, RECORD_REFUSAL, 5, &from, header);
    struct journal_refusal refusal = {.reason = REASON_ACCOUNT_PUBLISHER,
        .code = STR("H27"),
        .expected = STR("H26"),
        .has_id = true,
        .digest = sha256_of("x", 1),
        .size = 1};
    struct str text;
    journal_refusal_encode(arena, &refusal, &text);
    assert_str(text, "{\"actId\":\"00000000-0000-0000-0000-000000000000\",\"code\":\"H27\",\"expected\":\"H26\","
                     "\"reason\":\"account-publisher\","
                     "\"sha256\":\"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\",\"size\":1}");
    struct journal_record record = read_record(header, count, text);
    assert_int_equal(record.kind, RECORD_REFUSAL);
    assert_int_equal(record.refusal.reason, REASON_ACCOUNT_PUBLISHER);
    assert_true(record.refusal.has_id);
    assert_str(record.refusal.code, "H27");
    assert_str(record.refusal.expected, "H26");
    refusal = (struct journal_refusal){.reason = REASON_FORM_UNREADABLE, .size = 0};
    journal_refusal_encode(arena, &refusal, &text);
    record = read_record(header, count, text);
    assert_false(record.refusal.has_id);
    assert_str(record.refusal.code, NULL);
    assert_int_equal(read_record(header, count, STR("{\"reason\":\"bad-mood\"}")).kind, RECORD_FOREIGN);
    assert_int_equal(read_record(header, count, STR("{\"size\":1}")).kind, RECORD_FOREIGN);
    assert_int_equal(read_kind("refusal", text).kind, RECORD_FOREIGN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(acts_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(each_header_is_needed, setup, teardown),
        cmocka_unit_test_setup_teardown(last_header_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(genesis_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(control_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(refusals_come_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
