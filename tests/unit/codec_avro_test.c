#include <avro.h>

#include "codec/avro_frame.h"
#include "codec/avro_schema.h"
#include "codec_avro_fixture.h"

static void json_to_avro_and_back(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < CODEC_ACTS; i++) {
        struct act *back;
        struct str frame = frame_of(f, codec_acts[i]), again, json;
        struct status s = avro_act_decode(f->reader, f->arena, frame, &back, &f->fault);
        if (status_failed(s))
            fail_msg("%s: %s", codec_acts[i], f->fault.text);
        json_act_encode(f->arena, back, &json);
        assert_str(json, codec_acts[i]);
        avro_act_encode(f->arena, back, &again);
        assert_true(str_equal(frame, again));
        assert_false(back->normalized);
        struct sha256 a = act_digest(act_of(f, codec_acts[i])), b = act_digest(back);
        assert_memory_equal(&a, &b, sizeof a);
    }
}

/* avro-c reads what we write, and writes the same bytes again. */
static void bytes_are_those_of_avro_c(void **state)
{
    struct fixture *f = *state;
    struct str text = read_file(f->arena, "schemas/avro/act.avsc");
    avro_schema_t schema;
    assert_int_equal(avro_schema_from_json_length(text.data, text.len, &schema), 0);
    avro_value_iface_t *iface = avro_generic_class_from_schema(schema);
    for (size_t i = 0; i < CODEC_ACTS; i++) {
        struct str frame = frame_of(f, codec_acts[i]);
        avro_value_t value;
        size_t size = frame.len - FRAME_SIZE;
        char *again = calloc(1, size + 100);
        assert_int_equal(avro_generic_value_new(iface, &value), 0);
        avro_reader_t reader = avro_reader_memory(frame.data + FRAME_SIZE, (int64_t)size);
        avro_writer_t writer = avro_writer_memory(again, (int64_t)size + 100);
        assert_int_equal(avro_value_read(reader, &value), 0);
        assert_int_equal(avro_value_write(writer, &value), 0);
        assert_int_equal(avro_writer_tell(writer), size);
        assert_memory_equal(again, frame.data + FRAME_SIZE, size);
        avro_writer_free(writer);
        avro_reader_free(reader);
        avro_value_decref(&value);
        free(again);
    }
    avro_value_iface_decref(iface);
    avro_schema_decref(schema);
}

static void canonical_form_has_names_only(void **state)
{
    struct fixture *f = *state;
    struct schema schema;
    struct str json = STR("{\"type\":\"record\",\"name\":\"R\",\"namespace\":\"a.b\",\"doc\":\"x\",\"fields\":[{"
                          "\"name\":\"i\",\"doc\":\"y\","
                          "\"type\":{\"type\":\"int\",\"logicalType\":\"date\"},\"default\":1},{\"name\":\"e\","
                          "\"type\":[\"null\",{\"type\":\"enum\","
                          "\"name\":\"E\",\"symbols\":[\"A\",\"B\"]}]},{\"name\":\"m\",\"type\":{\"type\":\"map\","
                          "\"values\":\"E\"}},{\"name\":\"x\","
                          "\"type\":{\"type\":\"fixed\",\"name\":\"F\",\"size\":3}}]}");
    struct status s = schema_parse(f->arena, json, &schema, &f->fault);
    assert_false(status_failed(s));
    assert_str(schema.canonical,
        "{\"name\":\"a.b.R\",\"type\":\"record\",\"fields\":[{\"name\":\"i\",\"type\":\"int\"},{\"name\":\"e\","
        "\"type\":[\"null\","
        "{\"name\":\"a.b.E\",\"type\":\"enum\",\"symbols\":[\"A\",\"B\"]}]},{\"name\":\"m\",\"type\":{\"type\":\"map\","
        "\"values\":"
        "\"a.b.E\"}},{\"name\":\"x\",\"type\":{\"name\":\"a.b.F\",\"type\":\"fixed\",\"size\":3}}]}");
    /* from the Avro specification: the fingerprint of "int" */
    s = schema_parse(f->arena, STR("\"int\""), &schema, &f->fault);
    assert_false(status_failed(s));
    assert_true(schema.fingerprint == 0x7275d51a3f395c8fu);
}

/* Ten thousand codes, as short as they come, in each of the lists. */
static void large_acts_are_taken(void **state)
{
    enum { CODES = 10000 };
    struct fixture *f = *state;
    struct str *code = arena_array(f->arena, struct str, CODES);
    struct code_pair *pair = arena_array(f->arena, struct code_pair, CODES);
    struct unit *unit = arena_array(f->arena, struct unit, CODES);
    struct code_info *result = arena_array(f->arena, struct code_info, CODES);
    for (int i = 0; i < CODES; i++) {
        code[i] = str_format(f->arena, "H26.%d", i);
        pair[i] = (struct code_pair){code[i], code[i]};
        unit[i] = (struct unit){.code = code[i], .move = i % 2 ? UNIT_CLOSE : UNIT_TO, .to = code[i]};
        result[i].code = code[i];
        result[i].info.field[INFO_NAME] = STR("Đơn vị minh họa");
        result[i].info.field[INFO_ADDRESS] = STR("minh họa");
    }
    struct act act[] = {
        {.kind = ACT_RECODED, .body.recoded = {.pair = pair, .count = CODES}},
        {.kind = ACT_MERGED, .body.merged = {.source = code, .count = CODES, .into = code[0]}},
        {.kind = ACT_SPLIT, .body.split = {.source = code[0], .result = result, .count = CODES}},
        {.kind = ACT_DISSOLVED, .body.dissolved = {.code = code[0], .units = {UNITS_LIST, unit, CODES}}},
        {.kind = ACT_DISSOLVED, .body.dissolved = {.code = code[0], .successor = code, .count = CODES}},
    };
    for (size_t i = 0; i < sizeof act / sizeof *act; i++) {
        struct act *back;
        struct str frame;
        act[i].authority = STR("H26");
        act[i].scheme = STR("gov");
        avro_act_encode(f->arena, &act[i], &frame);
        struct status s = avro_act_decode(f->reader, f->arena, frame, &back, &f->fault);
        if (status_failed(s))
            fail_msg("%zu: %s", i, f->fault.text);
        struct sha256 a = act_digest(&act[i]), b = act_digest(back);
        assert_memory_equal(&a, &b, sizeof a);
    }
}

/* ---- an older writer: no `note` and no `units`, `issuer` for `issued_by`, further fields of every type */

static void version_0_is_read(void **state)
{
    struct fixture *f = *state;
    struct str frame = read_file(f->arena, "schemas/avro/fixtures/act-v0.bin");
    refused(f, frame, "fingerprint");
    struct status s = avro_reader_add(f->reader, read_file(f->arena, "schemas/avro/fixtures/act-v0.avsc"), &f->fault);
    if (status_failed(s))
        fail_msg("%s", f->fault.text);
    struct act *act;
    s = avro_act_decode(f->reader, f->arena, frame, &act, &f->fault);
    if (status_failed(s))
        fail_msg("%s", f->fault.text);
    struct str json;
    json_act_encode(f->arena, act, &json);
    assert_str(json, "{\"actId\":\"6f0c5d0e-6a43-4a1e-9c39-0d8b8f6f2a10\",\"authority\":\"H26\",\"body\":{\"code\":"
                     "\"H26.18\",\"info\":{"
                     "\"address\":\"52 Lê Đại Hành, Hà Nội\",\"name\":\"Sở Xây "
                     "dựng\"}},\"decision\":{\"issuedBy\":\"UBND Thành phố Hà "
                     "Nội\",\"issuedOn\":\"2025-06-25\",\"number\":\"3563/"
                     "QĐ-UBND\"},\"effectiveOn\":\"2025-07-01\",\"kind\":\"established\"}");
    for (size_t len = FRAME_SIZE; len < frame.len; len++) {
        s = avro_act_decode(f->reader, f->arena, (struct str){frame.data, len}, &act, &f->fault);
        assert_int_equal(s.class, STATUS_REJECT);
    }
    frame.len = 0;
}

static void schemas_that_do_not_fit_are_refused(void **state)
{
    static const char *const wrong[] = {
        "{",
        "\"string\"",
        "{\"type\":\"record\",\"name\":\"Act\",\"fields\":[{\"name\":\"act_id\",\"type\":\"string\"}]}",
        "{\"type\":\"record\",\"name\":\"Act\",\"fields\":[{\"name\":\"act_id\",\"type\":\"long\"}]}",
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct status s = avro_reader_add(f->reader, str_of(wrong[i]), &f->fault);
        assert_int_equal(s.class, STATUS_STOP);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(json_to_avro_and_back, setup, teardown),
        cmocka_unit_test_setup_teardown(bytes_are_those_of_avro_c, setup, teardown),
        cmocka_unit_test_setup_teardown(canonical_form_has_names_only, setup, teardown),
        cmocka_unit_test_setup_teardown(large_acts_are_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(version_0_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(schemas_that_do_not_fit_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
