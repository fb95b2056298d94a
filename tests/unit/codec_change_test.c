#include "unit.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/json_act.h"
#include "codec/json_change.h"
#include "codec_acts.h"

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

static const struct act *read_act(const char *json)
{
    struct act *act;
    bool given;
    struct status s = json_act_decode(arena, str_of(json), &act, &given, NULL, NULL);
    assert_false(status_failed(s));
    return act;
}

/* For json_schema_test.py: the event as a reader gets it, a line each. */
static void write_line(const json_t *event, struct str data)
{
    const char *path = getenv("ORGCODE_TEST_OUT");
    if (!path)
        return;
    json_t *whole = json_copy((json_t *)(uintptr_t)event);
    json_object_set_new(whole, "data", json_loadb(data.data, data.len, 0, NULL));
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    json_dumpf(whole, file, JSON_COMPACT);
    fputc('\n', file);
    fclose(file);
    json_decref(whole);
}

/* A second way to the hash: the stored text parsed, the event put together as contract.md says it, dumped by jansson.
 */
static struct sha256 hash_again(struct str data, const struct change_attributes *attributes, const char *source)
{
    struct change_texts text;
    char previous[SHA256_TEXT_SIZE];
    change_texts_format(attributes, &text);
    json_t *parsed = json_loadb(data.data, data.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(parsed);
    const char *stored = json_string_value(json_object_get(parsed, "previousHash"));
    assert_int_equal(strlen(stored), 64);
    memcpy(previous, stored, sizeof previous);
    json_object_del(parsed, "hash");
    json_object_del(parsed, "previousHash");
    json_t *event = json_pack("{s:s, s:s, s:s, s:s%, s:s%, s:s%, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:o}",
        "specversion", "1.0", "id", text.id, "source", source, "type", text.type.data, text.type.len, "subject",
        text.subject.data, text.subject.len, "partitionkey", text.subject.data, text.subject.len, "time", text.time,
        "recordedtime", text.recorded_time, "sequence", text.sequence, "subjectversion", text.subject_version,
        "correlationid", text.correlation_id, "actindex", attributes->act_index, "actcount", attributes->act_count,
        "datacontenttype", "application/json", "dataschema", "urn:orgcode:schema:change:1", "data", parsed);
    assert_non_null(event);
    write_line(event, data);
    json_object_del(event, "source");
    char *canonical = json_dumps(event, JSON_COMPACT | JSON_SORT_KEYS);
    struct sha256 digest;
    hasher_begin(hasher);
    hasher_add(hasher, previous, 64);
    hasher_add(hasher, canonical, strlen(canonical));
    digest = hasher_end(hasher);
    free(canonical);
    json_decref(event);
    return digest;
}

/* The text is canonical: jansson, sorting, writes the same. */
static void assert_canonical(struct str text)
{
    json_t *parsed = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    assert_non_null(parsed);
    char *again = json_dumps(parsed, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    assert_str(text, again);
    free(again);
    json_decref(parsed);
}

static struct change_encoded encode(const struct change *change, const struct sha256 *previous)
{
    struct change_encoded out;
    struct change_attributes attributes = change_attributes_of(change, 1);
    change_encode(arena, hasher, change, 1, previous, &out);
    assert_canonical(out.data);
    assert_canonical(out.record);
    struct sha256 again = hash_again(out.data, &attributes, "https://orgcode.invalid/v1/changes");
    assert_memory_equal(&again, &out.hash, sizeof again);
    char hex[SHA256_TEXT_SIZE], before[SHA256_TEXT_SIZE];
    json_t *parsed = json_loadb(out.data.data, out.data.len, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(parsed, "hash")), sha256_format(out.hash, hex));
    assert_string_equal(json_string_value(json_object_get(parsed, "previousHash")), sha256_format(*previous, before));
    json_decref(parsed);
    return out;
}

static struct change simple(const struct act_context *context, enum change_type type, struct str subject)
{
    return (struct change){.form = 1,
        .sequence = 12345,
        .type = type,
        .subject = subject,
        .subject_version = 7,
        .index = 2,
        .count = 3,
        .context = context};
}

#define NO_LATENESS .decision_late = {.due = DATE_NONE}, .entry_late = {.due = DATE_NONE}

static struct record record_of(struct str name)
{
    struct record record = {.status = CODE_OPEN, .issued_on = 20270, .closed_on = DATE_NONE};
    record.values.info.field[INFO_NAME] = name;
    record.values.info.field[INFO_ADDRESS] = STR("1");
    return record;
}

static void attributes_are_texts(void **state)
{
    (void)state;
    struct act_context context = {.act = read_act(codec_acts[0]), .recorded = 1751302800001, NO_LATENESS};
    struct change change = simple(&context, CHANGE_CODE_CLOSED, STR("H26.18"));
    struct change_attributes attributes = change_attributes_of(&change, 1);
    struct change_texts text;
    change_texts_format(&attributes, &text);
    assert_string_equal(text.id, "01-00000000000000012345");
    assert_string_equal(text.sequence, "00000000000000012345");
    assert_string_equal(text.subject_version, "00000000000000000007");
    assert_string_equal(text.correlation_id, "6f0c5d0e-6a43-4a1e-9c39-0d8b8f6f2a10");
    assert_string_equal(text.act_index, "2");
    assert_string_equal(text.act_count, "3");
    assert_string_equal(text.time, "2025-07-01T00:00:00.000+07:00");
    assert_string_equal(text.recorded_time, "2025-07-01T00:00:00.001+07:00");
    assert_str(text.type, "vn.gov.orgcode.code.closed.v1");
    assert_str(text.subject, "H26.18");
}

static void ids_come_back(void **state)
{
    (void)state;
    char id[CHANGE_ID_SIZE];
    int epoch;
    int64_t sequence;
    static const struct {
        int epoch;
        int64_t sequence;
        const char *text;
    } vector[] = {{1, 1, "01-00000000000000000001"}, {99, INT64_MAX, "99-09223372036854775807"},
        {123, 5, "123-00000000000000000005"}, {0, 0, "00-00000000000000000000"}};
    for (size_t i = 0; i < sizeof vector / sizeof *vector; i++) {
        assert_string_equal(change_id_format(vector[i].epoch, vector[i].sequence, id), vector[i].text);
        assert_true(change_id_parse(str_of(id), &epoch, &sequence));
        assert_int_equal(epoch, vector[i].epoch);
        assert_int_equal(sequence, vector[i].sequence);
    }
    static const char *const wrong[] = {"", "01", "01-1", "01-0000000000000000000x", "-00000000000000000001",
        "01_00000000000000000001", "x1-00000000000000000001", "01-99999999999999999999",
        "99999999999-00000000000000000001"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(change_id_parse(str_of(wrong[i]), &epoch, &sequence));
}

static void an_established_code(void **state)
{
    (void)state;
    const struct act *act = read_act(codec_acts[0]);
    struct act_context context = {
        .act = act, .recorded = 1751302800000, .decision_late = {20300, 0}, .entry_late = {20271, 2}};
    struct record record = {.status = CODE_OPEN,
        .organization_id = act->id,
        .issued_on = 20270,
        .closed_on = DATE_NONE,
        .values = {act->body.established.info, act->decision}};
    struct code code = {.key = STR("H26.18"), .parent = STR("H26"), .level = 2, .now = record, .version = 7};
    struct participant party = {STR("H26.18"), PARTY_RESULTING, false, DISPOSITION_ISSUED};
    struct period period = {20270, DATE_NONE, NULL, &record};
    struct change change = simple(&context, CHANGE_ESTABLISHED, STR("H26.18"));
    change.code = &code;
    change.after = &record;
    change.participant = &party;
    change.participants = change.participants_total = 1;
    change.period = &period;
    change.periods = 1;
    struct change_encoded out = encode(&change, &chain_start);
#define INFO                                                                                                           \
    "{\"address\":\"52 Lê Đại Hành, Hà "                                                                         \
    "Nội\",\"email\":\"so@hanoi.gov.vn\",\"fax\":\"024\",\"legacyCode\":\"000.00.18.H26\",\"name\":"                 \
    "\"Sở Xây dựng\",\"nameEn\":\"Department of Construction\",\"phone\":\"+84 "                                  \
    "24\",\"shortName\":\"SXD\",\"website\":\"https://sxd.example\"}"
#define DOCUMENT "{\"issuedBy\":\"UBND Thành phố Hà Nội\",\"issuedOn\":\"2025-06-25\",\"number\":\"3563/QĐ-UBND\"}"
#define ID "\"6f0c5d0e-6a43-4a1e-9c39-0d8b8f6f2a10\""
#define AFTER                                                                                                          \
    "{\"info\":" INFO ",\"issuedOn\":\"2025-07-01\",\"lastDecision\":" DOCUMENT ",\"organizationId\":" ID              \
    ",\"status\":\"open\",\"type\":\"agency\"}"
#define RECORD                                                                                                         \
    "{\"code\":\"H26.18\",\"info\":" INFO ",\"issuedOn\":\"2025-07-01\",\"lastDecision\":" DOCUMENT                    \
    ",\"level\":2,\"organizationId\":" ID ",\"parent\":\"H26\",\"predecessorCount\":0,\"predecessors\":[],\"scheme\":" \
    "\"gov\",\"status\":\"open\",\"successorCount\":0,\"successors\":[],"                                              \
    "\"type\":\"agency\",\"version\":7}"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
    char hex[SHA256_TEXT_SIZE];
    struct str want = str_format(arena,
        "{\"actId\":" ID ",\"after\":" AFTER ",\"authority\":\"H26\",\"before\":null,\"compliance\":{\"decision\":"
        "{\"daysLate\":0,\"dueOn\":\"2025-07-31\"},\"entry\":{\"daysLate\":2,\"dueOn\":\"2025-07-02\"}},"
        "\"decision\":" DOCUMENT
        ",\"effectiveOn\":\"2025-07-01\",\"hash\":\"%s\",\"kind\":\"established\",\"participantCount\":1,"
        "\"participants\":[{\"code\":\"H26.18\",\"continues\":false,\"disposition\":\"issued\",\"role\":\"resulting\"}]"
        ","
        "\"periods\":[{\"after\":" AFTER ",\"before\":null,\"validFrom\":\"2025-07-01\"}],\"previousHash\":\"" ZEROS
        "\","
        "\"record\":" RECORD ",\"recordedAt\":\"2025-07-01T00:00:00.000+07:00\"}",
        sha256_format(out.hash, hex));
    assert_str(out.data, want.data);
    assert_str(out.record, RECORD);
    struct str text;
    record_encode(arena, &code, &text);
    assert_str(text, RECORD);
    /* the next one in the chain */
    struct change_encoded next = encode(&change, &out.hash);
    assert_memory_not_equal(&next.hash, &out.hash, sizeof next.hash);
}

static void only_what_changed_is_shown(void **state)
{
    (void)state;
    struct act_context context = {.act = read_act(codec_acts[3]), .recorded = 1751302800000, NO_LATENESS};
    struct record before = record_of(STR("A")), after = record_of(STR("B"));
    struct successor heir = {STR("H27.1"), 20270, true};
    before.values.info.field[INFO_PHONE] = STR("1");
    before.values.info.field[INFO_TYPE] = STR("agency");
    after.values.info.field[INFO_FAX] = STR("");
    after.status = CODE_CLOSED;
    after.closed_on = 20280;
    after.organization_id.byte[0] = 1;
    after.values.decision =
        (struct decision_doc){.given = true, .number = STR("1"), .issued_by = STR("x"), .issued_on = 20270};
    after.successors = (struct edge_list){&heir, 1, 205};
    struct code code = {.key = STR("school:TH1"), .level = 1, .now = after, .version = 7};
    struct change change = simple(&context, CHANGE_DISSOLVED, STR("school:TH1"));
    struct period period[] = {{20270, 20280, &before, &after}, {20280, DATE_NONE, &after, NULL}};
    change.code = &code;
    change.before = &before;
    change.after = &after;
    change.period = period;
    change.periods = 2;
    struct change_encoded out = encode(&change, &chain_start);
#define NIL "\"00000000-0000-0000-0000-000000000000\""
#define ONE "\"01000000-0000-0000-0000-000000000000\""
#define EDGE "\"successorCount\":205,\"successors\":[{\"code\":\"H27.1\",\"continues\":true,\"on\":\"2025-07-01\"}]"
#define NEW                                                                                                            \
    "{\"closedOn\":\"2025-07-11\",\"info\":{\"fax\":\"\",\"name\":\"B\",\"phone\":null},\"lastDecision\":{"            \
    "\"issuedBy\":\"x\",\"issuedOn\":\"2025-07-01\","                                                                  \
    "\"number\":\"1\"},\"organizationId\":" ONE ",\"status\":\"closed\"," EDGE ",\"type\":null}"
#define OLD                                                                                                            \
    "{\"closedOn\":null,\"info\":{\"fax\":null,\"name\":\"A\",\"phone\":\"1\"},\"lastDecision\":null,"                 \
    "\"organizationId\":" NIL ",\"status\":\"open\","                                                                  \
    "\"successorCount\":0,\"successors\":[],\"type\":\"agency\"}"
    assert_non_null(
        strstr(out.data.data, "\"after\":" NEW ",\"authority\":\"H26\",\"before\":" OLD ",\"effectiveOn\""));
    assert_non_null(strstr(out.data.data,
        "\"periods\":[{\"after\":" NEW ",\"before\":" OLD ",\"validFrom\":\"2025-07-01\",\"validTo\":\"2025-07-11\"},"
        "{\"after\":null,\"before\":{\"closedOn\":\"2025-07-11\",\"info\":{\"address\":\"1\",\"fax\":\"\",\"name\":"
        "\"B\"},"));
    assert_non_null(strstr(out.record.data, "\"code\":\"TH1\""));
    assert_non_null(strstr(out.record.data, "\"scheme\":\"school\""));
    assert_null(strstr(out.record.data, "\"parent\""));
    assert_null(strstr(out.data.data, "\"compliance\""));
    assert_null(strstr(out.data.data, "\"decision\""));
}

static void an_announced_code_has_no_record(void **state)
{
    (void)state;
    struct act_context context = {.act = read_act(codec_acts[0]), .recorded = 1751302800000, NO_LATENESS};
    struct code code = {.key = STR("H26.18"), .parent = STR("H26"), .level = 2};
    struct change change = simple(&context, CHANGE_ANNOUNCED, STR("H26.18"));
    change.code = &code;
    struct change_encoded out = encode(&change, &chain_start);
    assert_str(out.record, "null");
    assert_non_null(strstr(out.data.data, "\"after\":null,"));
    assert_non_null(strstr(out.data.data, "\"before\":null,"));
    /* one that is open stays as it is */
    struct record record = record_of(STR("A"));
    change.before = change.after = &record;
    out = encode(&change, &chain_start);
    assert_non_null(strstr(out.data.data, "\"after\":{},"));
    assert_non_null(strstr(out.data.data, "\"before\":{},"));
    struct str text;
    record_encode(arena, &code, &text);
    assert_str(text, "null");
}

static void a_scheme(void **state)
{
    (void)state;
    const struct act *act = read_act(codec_acts[CODEC_ACTS - 1]);
    struct act_context context = {.act = act, .recorded = 1751302800000, NO_LATENESS};
    struct scheme scheme = {.id = STR("school"),
        .issuer = STR("G07"),
        .item = act->body.scheme_registered.item,
        .count = act->body.scheme_registered.count,
        .description = STR("Trường học"),
        .version = 7};
    struct change change = simple(&context, CHANGE_SCHEME_REGISTERED, STR("scheme:school"));
    change.scheme = &scheme;
    struct change_encoded out = encode(&change, &chain_start);
    assert_str(out.record,
        "{\"description\":\"Trường "
        "học\",\"grammar\":[{\"literal\":\"TH\"},{\"class\":\"A-Z0-9\",\"max\":8,\"min\":2}],\"issuer\":\"G07\","
        "\"scheme\":\"school\",\"version\":7}");
    assert_null(strstr(out.data.data, "\"before\""));
    assert_non_null(strstr(out.data.data, "\"kind\":\"scheme_registered\""));
}

static void any_change_is_hashed(void **state)
{
    (void)state;
    struct sha256 hash = chain_start;
    struct record record = record_of(STR("\" \\ / \xe1\xba\xa4 \xf0\x9f\x98\x82"));
    for (int type = 0; type < CHANGE_TYPES; type++) {
        struct act_context context = {
            .act = read_act(codec_acts[(size_t)type % CODEC_ACTS]), .recorded = 1751302800000 + type, NO_LATENESS};
        struct code code = {.key = STR("0100109106-001"), .parent = STR("0100109106"), .level = 2};
        struct change change = simple(&context, (enum change_type)type, code.key);
        change.sequence = type + 1;
        change.code = &code;
        change.after = &record;
        hash = encode(&change, &hash).hash;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(attributes_are_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(ids_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(an_established_code, setup, teardown),
        cmocka_unit_test_setup_teardown(only_what_changed_is_shown, setup, teardown),
        cmocka_unit_test_setup_teardown(an_announced_code_has_no_record, setup, teardown),
        cmocka_unit_test_setup_teardown(a_scheme, setup, teardown),
        cmocka_unit_test_setup_teardown(any_change_is_hashed, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
