#include "codec/avro_frame.h"
#include "codec_avro_fixture.h"

/* Hostile bytes: each is refused with its code, and nothing of it stays in the arena. */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(frame_is_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_are_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(numbers_are_checked, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_are_counted_first, setup, teardown),
        cmocka_unit_test_setup_teardown(blocks_are_joined, setup, teardown),
        cmocka_unit_test_setup_teardown(lists_have_a_budget, setup, teardown),
        cmocka_unit_test_setup_teardown(fault_says_where, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_become_nfc, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
