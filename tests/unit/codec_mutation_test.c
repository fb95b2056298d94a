#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/avro_act.h"
#include "codec/json_act.h"
#include "codec_acts.h"

/* Mutated frames: each is taken or refused, and never with more memory than 4 x input + 64 KiB.
 * ORGCODE_MUTATIONS: how many (1,000,000 unless set). The seed is fixed: a failure comes back. */

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

static void mutated_frames(void **state)
{
    (void)state;
    const char *wanted = getenv("ORGCODE_MUTATIONS");
    long rounds = wanted ? atol(wanted) : 1000000, taken = 0;
    struct fault fault;
    struct avro_reader *reader = avro_reader_open(&fault);
    struct arena *acts = arena_open(0), *arena = arena_open(0);
    struct str frame[CODEC_ACTS];
    for (size_t i = 0; i < CODEC_ACTS; i++) {
        struct act *act;
        bool given;
        struct status s = json_act_decode(acts, str_of(codec_acts[i]), &act, &given, NULL, &fault);
        assert_false(status_failed(s));
        avro_act_encode(acts, act, &frame[i]);
    }
    for (long round = 0; round < rounds; round++) {
        uint8_t data[1024];
        const struct str *from = &frame[draw(CODEC_ACTS)];
        size_t len = from->len;
        memcpy(data, from->data, len);
        for (uint64_t times = 1 + draw(4); times > 0; times--)
            mutate(data, &len, sizeof data);
        /* the head is right in most, or nothing behind it would ever be reached */
        if (len >= 10 && draw(20) > 0)
            memcpy(data, from->data, 10);
        uint8_t *exact = malloc(len ? len : 1);
        memcpy(exact, data, len);
        struct act *act;
        arena_reset(arena);
        size_t before = arena_used(arena);
        struct status s = avro_act_decode(reader, arena, (struct str){(char *)exact, len}, &act, &fault);
        size_t used = arena_used(arena) - before;
        if (used > 4 * len + 65536)
            fail_msg("round %ld: %zu bytes of input, %zu allocated", round, len, used);
        if (!status_failed(s)) {
            struct str json;
            struct sha256 digest = act_digest(act);
            (void)digest;
            json_act_encode(arena, act, &json);
            taken++;
        } else if (s.class != STATUS_REJECT || act || used > 0) {
            fail_msg("round %ld: class %d, %zu bytes kept", round, (int)s.class, used);
        }
        free(exact);
    }
    printf("%ld frames, %ld taken\n", rounds, taken);
    arena_close(arena);
    arena_close(acts);
    avro_reader_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(mutated_frames)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
