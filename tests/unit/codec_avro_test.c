#include "unit.h"

#include <avro.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/avro_act.h"
#include "codec/avro_frame.h"
#include "codec/avro_schema.h"
#include "codec/json_act.h"
#include "codec_acts.h"

struct fixture {
    struct arena *arena;
    struct avro_reader *reader;
    struct fault fault;
};

static struct str read_file(struct arena *arena, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", ORGCODE_SOURCE, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *data = arena_alloc(arena, 1 << 16);
    size_t size = fread(data, 1, 1 << 16, file);
    fclose(file);
    assert_true(size > 0 && size < 1 << 16);
    return (struct str){data, size};
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = arena_open(0);
    f->reader = avro_reader_open(&f->fault);
    *state = f;
    return f->reader ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    avro_reader_close(f->reader);
    arena_close(f->arena);
    free(f);
    return 0;
}

static struct act *act_of(struct fixture *f, const char *json)
{
    struct act *act;
    bool given;
    struct status s = json_act_decode(f->arena, str_of(json), &act, &given, NULL, &f->fault);
    if (status_failed(s))
        fail_msg("%s: %s", json, f->fault.text);
    return act;
}

static struct str frame_of(struct fixture *f, const char *json)
{
    struct str frame;
    avro_act_encode(f->arena, act_of(f, json), &frame);
    return frame;
}

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

/* ---- hostile bytes */

static void refused(struct fixture *f, struct str bytes, const char *code)
{
    struct act *act;
    size_t used = arena_used(f->arena);
    struct status s = avro_act_decode(f->reader, f->arena, bytes, &act, &f->fault);
    assert_int_equal(s.class, STATUS_REJECT);
    assert_string_equal(s.code, code);
    assert_null(act);
    assert_int_equal(arena_used(f->arena), used);
}

struct bytes {
    uint8_t byte[4096];
    size_t size;
};

static void put(struct bytes *b, const void *data, size_t size)
{
    memcpy(b->byte + b->size, data, size);
    b->size += size;
}

static void put_byte(struct bytes *b, int byte)
{
    b->byte[b->size++] = (uint8_t)byte;
}

static void put_long(struct bytes *b, int64_t value)
{
    uint64_t left = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    for (; left > 0x7f; left >>= 7)
        put_byte(b, (int)(left | 0x80));
    put_byte(b, (int)left);
}

static void put_text(struct bytes *b, const char *text)
{
    put_long(b, (int64_t)strlen(text));
    put(b, text, strlen(text));
}

/* A frame up to its body: authority "H26", no decision. */
static struct bytes head(void)
{
    struct bytes b = {.size = 0};
    uint64_t fingerprint = ACT_FINGERPRINT;
    put(&b, "\xc3\x01", 2);
    for (int i = 0; i < 8; i++)
        put_byte(&b, (int)(fingerprint >> 8 * i));
    put(&b, "0123456789abcdef", 16);
    put_text(&b, "H26");
    put_text(&b, "gov");
    put_long(&b, 0);     /* happened_on */
    put_long(&b, 20270); /* effective_on */
    put_long(&b, 0);     /* decision */
    put_long(&b, 0);     /* published_at */
    put_long(&b, 0);     /* note */
    return b;
}

static struct str str_bytes(const struct bytes *b)
{
    return (struct str){(const char *)b->byte, b->size};
}

static void frame_is_checked(void **state)
{
    struct fixture *f = *state;
    struct str frame = frame_of(f, codec_acts[0]);
    char *copy = arena_copy(f->arena, frame.data, frame.len);
    struct str bytes = {copy, frame.len};
    refused(f, STR(""), "frame");
    refused(f, STR_NONE, "frame");
    refused(f, (struct str){copy, 9}, "frame");
    copy[0] = 0x00;
    refused(f, bytes, "frame");
    copy[0] = frame.data[0];
    copy[1] = 0x02;
    refused(f, bytes, "frame");
    copy[1] = frame.data[1];
    copy[5] ^= 1;
    refused(f, bytes, "fingerprint");
    copy[5] ^= 1;
    char *large = calloc(1, AVRO_ACT_MAX + 1);
    memcpy(large, copy, 10);
    refused(f, (struct str){large, AVRO_ACT_MAX + 1}, "size");
    free(large);
    for (size_t len = FRAME_SIZE; len < frame.len; len++)
        refused(f, (struct str){copy, len}, "truncated");
    char *longer = arena_alloc(f->arena, frame.len + 1);
    memcpy(longer, frame.data, frame.len);
    refused(f, (struct str){longer, frame.len + 1}, "trailing");
}

static void texts_are_checked(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        const char *code;
    } wrong[] = {
        {"a\0b", 3, "text"},
        {"\xff", 1, "text"},
        {"\xc0\x80", 2, "text"},
        {"\xed\xa0\x80", 3, "text"},
        {"\xf4\x90\x80\x80", 4, "text"},
        {"\xe1\xba", 2, "text"},
        {"\x80", 1, "text"},
        {"\xf8\x88\x80\x80\x80", 5, "text"},
        {"\xe0\x80\x80", 3, "text"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct bytes b = head();
        put_long(&b, ACT_CLOSED);
        put_long(&b, (int64_t)wrong[i].len);
        put(&b, wrong[i].text, wrong[i].len);
        put_long(&b, 0);
        put_byte(&b, 0);
        refused(f, str_bytes(&b), wrong[i].code);
    }
    struct bytes b = head();
    put_long(&b, ACT_CLOSED);
    put_long(&b, -1);
    refused(f, str_bytes(&b), "range");
    b = head();
    put_long(&b, ACT_CLOSED);
    put_long(&b, (int64_t)1 << 31);
    refused(f, str_bytes(&b), "truncated");
    b = head();
    put_long(&b, ACT_CLOSED);
    put_long(&b, INT64_MAX);
    refused(f, str_bytes(&b), "truncated");
}

static void numbers_are_checked(void **state)
{
    struct fixture *f = *state;
    struct bytes b = head();
    put_long(&b, ACT_KINDS);
    refused(f, str_bytes(&b), "range");
    b = head();
    put_long(&b, -1);
    refused(f, str_bytes(&b), "range");
    b = head();
    put(&b, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10);
    refused(f, str_bytes(&b), "varint");
    b = head();
    put(&b, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
    refused(f, str_bytes(&b), "varint");
    /* a boolean of 2 */
    b = head();
    put_long(&b, ACT_CLOSED);
    put_text(&b, "H26.1");
    put_long(&b, 0);
    put_byte(&b, 2);
    refused(f, str_bytes(&b), "range");
    /* an enum index out of range */
    b = head();
    put_long(&b, ACT_ANNULLED);
    put(&b, "0123456789abcdef", 16);
    put_long(&b, 2);
    refused(f, str_bytes(&b), "range");
    /* a date that cannot be written in four digits, one that does not fit an int */
    for (int i = 0; i < 2; i++) {
        b = head();
        b.size = FRAME_SIZE + 16 + 4 + 4;
        put_long(&b, 0);
        put_long(&b, i == 0 ? 2932897 : (int64_t)1 << 40);
        put_long(&b, 0);
        refused(f, str_bytes(&b), "range");
    }
}

static void lists_are_counted_first(void **state)
{
    struct fixture *f = *state;
    static const int64_t counts[] = {1 << 20, (int64_t)1 << 31, INT64_MAX};
    for (size_t i = 0; i < 3; i++) {
        struct bytes b = head();
        put_long(&b, ACT_MERGED);
        put_long(&b, counts[i]);
        put_text(&b, "H26.1");
        refused(f, str_bytes(&b), "count");
    }
    struct bytes b = head();
    put_long(&b, ACT_MERGED);
    put_long(&b, INT64_MIN);
    put_long(&b, 1);
    refused(f, str_bytes(&b), "count");
    b = head();
    put_long(&b, ACT_MERGED);
    put_long(&b, -1);
    put_long(&b, 1 << 20);
    refused(f, str_bytes(&b), "count");
    b = head();
    put_long(&b, ACT_MERGED);
    put_long(&b, -1);
    put_long(&b, -5);
    refused(f, str_bytes(&b), "count");
    /* the size of the block is not that of its items */
    b = head();
    put_long(&b, ACT_MERGED);
    put_long(&b, -1);
    put_long(&b, 5);
    put_text(&b, "H26.1");
    put_long(&b, 0);
    refused(f, str_bytes(&b), "count");
}

/* Other writers use several blocks, with or without their sizes. */
static void blocks_are_joined(void **state)
{
    struct fixture *f = *state;
    struct bytes b = head();
    put_long(&b, ACT_DISSOLVED);
    put_text(&b, "H26.1");
    put_long(&b, 2);
    put_text(&b, "H26.2");
    put_text(&b, "H26.3");
    put_long(&b, -1);
    put_long(&b, 6);
    put_text(&b, "H26.4");
    put_long(&b, 1);
    put_text(&b, "");
    put_long(&b, 0);
    put_byte(&b, 0);
    put_byte(&b, 1);
    put_long(&b, 0);
    struct act *act;
    struct status s = avro_act_decode(f->reader, f->arena, str_bytes(&b), &act, &f->fault);
    assert_false(status_failed(s));
    assert_int_equal(act->kind, ACT_DISSOLVED);
    assert_int_equal(act->body.dissolved.count, 4);
    assert_str(act->body.dissolved.successor[0], "H26.2");
    assert_str(act->body.dissolved.successor[2], "H26.4");
    assert_str(act->body.dissolved.successor[3], "");
    assert_true(act->body.dissolved.continues);
    assert_int_equal(act->happened_on, 20270);
}

/* Empty texts are one byte each and sixteen in memory. */
static void lists_have_a_budget(void **state)
{
    struct fixture *f = *state;
    struct bytes b = head();
    size_t count = 200000;
    put_long(&b, ACT_MERGED);
    put_long(&b, (int64_t)count);
    uint8_t *bytes = calloc(1, b.size + count + 100);
    memcpy(bytes, b.byte, b.size);
    refused(f, (struct str){(char *)bytes, b.size + count + 1}, "limit");
    free(bytes);
    struct arena *small = arena_open(100);
    struct act *act;
    struct status s = avro_act_decode(f->reader, small, frame_of(f, codec_acts[0]), &act, &f->fault);
    assert_string_equal(s.code, "limit");
    arena_close(small);
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

static void fault_says_where(void **state)
{
    struct fixture *f = *state;
    struct bytes b = head();
    put_long(&b, ACT_RECODED);
    put_long(&b, 0);
    put_long(&b, 1);
    put_text(&b, "H26.1");
    put_text(&b, "\xff");
    put_long(&b, 0);
    refused(f, str_bytes(&b), "text");
    assert_non_null(strstr(f->fault.text, "body.codes: text"));
    b.size = FRAME_SIZE + 16 + 2;
    refused(f, str_bytes(&b), "truncated");
    assert_non_null(strstr(f->fault.text, "authority: truncated"));
}

static void texts_become_nfc(void **state)
{
    struct fixture *f = *state;
    struct bytes b = head();
    put_long(&b, ACT_CLOSED);
    put_text(&b, "H26.1");
    put_long(&b, 1);
    put_text(&b, "Ha\xcc\x80"); /* a and a combining grave */
    put_byte(&b, 0);
    struct act *act;
    struct status s = avro_act_decode(f->reader, f->arena, str_bytes(&b), &act, &f->fault);
    assert_false(status_failed(s));
    assert_true(act->normalized);
    assert_str(act->body.closed.reason, "H\xc3\xa0");
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
        cmocka_unit_test_setup_teardown(frame_is_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_are_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_are_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_are_counted_first, setup, teardown),
        cmocka_unit_test_setup_teardown(blocks_are_joined, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_have_a_budget, setup, teardown),
        cmocka_unit_test_setup_teardown(large_acts_are_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(fault_says_where, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_become_nfc, setup, teardown),
        cmocka_unit_test_setup_teardown(version_0_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(schemas_that_do_not_fit_are_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
