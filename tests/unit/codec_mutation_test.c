#include "unit.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/avro_act.h"
#include "codec/json_act.h"
#include "codec_acts.h"

/* Mutated frames: each is taken or refused, and never with more memory than 4 x input + 64 KiB. Small ones, and one of
 * a hundred of 25 to 300 KiB, for which every malloc is counted too: the arena's blocks, which double, and what a text
 * takes while it is composed. ORGCODE_MUTATIONS: how many (1,000,000 unless set). The seed is fixed: a failure comes
 * back. */

enum { ROOM = 1 << 19, LARGE = 4, PAIRS = 10000, SHARE = 100 };

static size_t heap, heap_most;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void __real_free(void *data);
void __wrap_free(void *data);

static void *counted(void *data)
{
    heap += malloc_usable_size(data);
    heap_most = heap > heap_most ? heap : heap_most;
    return data;
}

void *__wrap_malloc(size_t size)
{
    return counted(__real_malloc(size));
}
void *__wrap_calloc(size_t count, size_t size)
{
    return counted(__real_calloc(count, size));
}

void __wrap_free(void *data)
{
    heap -= malloc_usable_size(data);
    __real_free(data);
}

static uint64_t seed = 20250701;

static uint64_t draw(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

static void mutate(uint8_t *data, size_t *len, size_t room)
{
    static const uint8_t odd[] = {0x00, 0x01, 0x02, 0x03, 0x7e, 0x7f, 0x80, 0x81, 0xfe, 0xff};
    size_t at = *len ? draw(*len) : 0, n = 1 + draw(12);
    switch (draw(7)) {
    case 0: /* one bit */
        if (*len)
            data[at] ^= (uint8_t)(1u << draw(8));
        break;
    case 1: /* a byte that means much in a varint */
        if (*len)
            data[at] = odd[draw(sizeof odd)];
        break;
    case 2: /* cut off */
        *len = at;
        break;
    case 3: /* taken out */
        n = n < *len - at ? n : *len - at;
        memmove(data + at, data + at + n, *len - at - n);
        *len -= n;
        break;
    case 4: /* put in */
        if (*len + n > room)
            break;
        memmove(data + at + n, data + at, *len - at);
        for (size_t i = 0; i < n; i++)
            data[at + i] = (uint8_t)draw(256);
        *len += n;
        break;
    case 5: /* doubled */
        n = n < *len - at ? n : *len - at;
        if (*len + n > room)
            break;
        memmove(data + at + n, data + at, *len - at);
        *len += n;
        break;
    default: /* a long number */
        for (size_t i = 0; i < 9 && at + i < *len; i++)
            data[at + i] = (uint8_t)(0x80 | draw(128));
    }
}

static struct act *act_of(struct arena *arena, const char *json)
{
    struct fault fault;
    struct act *act;
    bool given;
    struct status s = json_act_decode(arena, str_of(json), &act, &given, NULL, &fault);
    assert_false(status_failed(s));
    return act;
}

/* A text of `points` times o with a mark below and one above: far from NFC. */
static struct str marked(struct arena *arena, size_t points)
{
    static const char mark[] = "o\xcc\xa3\xcc\x82";
    char *text = arena_alloc(arena, points * (sizeof mark - 1) + 1);
    for (size_t i = 0; i < points; i++)
        memcpy(text + i * (sizeof mark - 1), mark, sizeof mark - 1);
    return str_of(text);
}

static struct str numbered(struct arena *arena, const char *form, size_t number)
{
    char *text = arena_alloc(arena, 24);
    snprintf(text, 24, form, number);
    return str_of(text);
}

/* 10,000 pairs; 10,000 units of a merger; a text that is composed, and one that is too long for it. */
static void large_frames(struct arena *arena, struct str *frame)
{
    struct act *act = act_of(arena, ACT("recoded", "{\"cause\":\"parent\",\"codes\":[]}," DECISION));
    struct code_pair *pair = arena_array(arena, struct code_pair, PAIRS);
    for (size_t i = 0; i < PAIRS; i++)
        pair[i] = (struct code_pair){numbered(arena, "H26.1.%zu", i), numbered(arena, "H26.222.%zu", i)};
    act->body.recoded.pair = pair;
    act->body.recoded.count = PAIRS;
    avro_act_encode(arena, act, &frame[0]);
    act = act_of(arena, ACT("merged", "{\"into\":{\"code\":\"H26\"},\"sources\":[\"H26\",\"H27\"]}," DECISION));
    struct units units = {UNITS_LIST, arena_array(arena, struct unit, PAIRS), PAIRS};
    for (size_t i = 0; i < PAIRS; i++)
        units.item[i] = (struct unit){.code = numbered(arena, "H26.1.%zu", i), .move = UNIT_CLOSE};
    act->body.merged.units = units;
    avro_act_encode(arena, act, &frame[1]);
    static const size_t points[] = {5000, 60000}; /* 15,000 and 180,000 with their marks */
    for (size_t i = 0; i < 2; i++) {
        act = act_of(arena, codec_acts[0]);
        act->note = marked(arena, points[i]);
        avro_act_encode(arena, act, &frame[2 + i]);
    }
}

struct trial {
    struct avro_reader *reader;
    struct arena *arena;
    uint8_t *data; /* ROOM */
    long round, taken;
    size_t arena_most, heap_most;
};

static void try_frame(struct trial *t, struct str from, uint64_t times)
{
    struct fault fault;
    size_t len = from.len;
    memcpy(t->data, from.data, len);
    size_t room = len < 1024 ? 1024 : ROOM;
    for (; times > 0; times--)
        mutate(t->data, &len, room);
    /* the head is right in most, or nothing behind it would ever be reached */
    if (len >= 10 && draw(20) > 0)
        memcpy(t->data, from.data, 10);
    uint8_t *exact = __real_malloc(len ? len : 1);
    memcpy(exact, t->data, len);
    struct act *act;
    arena_reset(t->arena);
    size_t before = arena_used(t->arena), heap_before = heap;
    heap_most = heap;
    struct status s = avro_act_decode(t->reader, t->arena, (struct str){(char *)exact, len}, &act, &fault);
    size_t used = arena_used(t->arena) - before, taken = heap_most - heap_before;
    if (used > 4 * len + 65536)
        fail_msg("round %ld: %zu bytes of input, %zu allocated", t->round, len, used);
    if (room == ROOM && taken > 8 * len + 131072)
        fail_msg("round %ld: %zu bytes of input, %zu of the heap", t->round, len, taken);
    t->arena_most = used > t->arena_most ? used : t->arena_most;
    t->heap_most = taken > t->heap_most ? taken : t->heap_most;
    if (!status_failed(s)) {
        struct str json;
        struct sha256 digest = act_digest(act);
        (void)digest;
        json_act_encode(t->arena, act, &json);
        t->taken++;
    } else if (s.class != STATUS_REJECT || act || used > 0) {
        fail_msg("round %ld: class %d, %zu bytes kept", t->round, (int)s.class, used);
    }
    __real_free(exact);
}

static long rounds_wanted(void)
{
    const char *wanted = getenv("ORGCODE_MUTATIONS");
    return wanted ? atol(wanted) : 1000000;
}

static void mutated_frames(void **state)
{
    struct trial *t = *state;
    struct arena *acts = arena_open(0);
    struct str frame[CODEC_ACTS];
    for (size_t i = 0; i < CODEC_ACTS; i++)
        avro_act_encode(acts, act_of(acts, codec_acts[i]), &frame[i]);
    t->arena = arena_open(0);
    for (t->round = 0; t->round < rounds_wanted(); t->round++)
        try_frame(t, frame[draw(CODEC_ACTS)], 1 + draw(4));
    printf("%ld frames, %ld taken\n", t->round, t->taken);
    arena_close(t->arena);
    arena_close(acts);
}

static void mutated_large_frames(void **state)
{
    struct trial *t = *state;
    struct arena *acts = arena_open(0);
    struct str frame[LARGE];
    large_frames(acts, frame);
    for (t->round = 0; t->round < rounds_wanted() / SHARE; t->round++) {
        t->arena = arena_open(0); /* a new one: its blocks count */
        try_frame(t, frame[t->round % LARGE], t->round < LARGE ? 0 : 1 + draw(4));
        assert_true(t->taken == t->round + 1 || t->round >= LARGE); /* as they were, they are taken */
        arena_close(t->arena);
    }
    printf("%ld large frames, %ld taken; at most %zu KiB of the arena, %zu KiB of the heap\n", t->round, t->taken,
        t->arena_most / 1024, t->heap_most / 1024);
    assert_true(t->arena_most > 2 * frame[1].len && t->heap_most > 0);
    arena_close(acts);
}

static int setup(void **state)
{
    struct fault fault;
    struct trial *t = test_calloc(1, sizeof *t);
    t->reader = avro_reader_open(&fault);
    t->data = malloc(ROOM);
    *state = t;
    return t->reader && t->data ? 0 : 1;
}

static int teardown(void **state)
{
    struct trial *t = *state;
    avro_reader_close(t->reader);
    free(t->data);
    test_free(t);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mutated_frames, setup, teardown),
        cmocka_unit_test_setup_teardown(mutated_large_frames, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
