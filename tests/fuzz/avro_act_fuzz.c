/* Any bytes as an act: taken or refused, within the bounds of memory; what is taken comes back the same from both
 * forms. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/avro_act.h"
#include "codec/avro_frame.h"
#include "codec/json_act.h"
#include "core/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held, const char *what)
{
    if (held)
        return;
    fprintf(stderr, "does not hold: %s\n", what);
    abort();
}

static bool same(const struct act *a, const struct act *b)
{
    struct sha256 left = act_digest(a), right = act_digest(b);
    return memcmp(&left, &right, sizeof left) == 0;
}

static void comes_back(const struct avro_reader *reader, struct arena *arena, struct act *act)
{
    struct str frame, again, json;
    struct act *back;
    struct fault fault;
    static struct findings faults, warnings;
    avro_act_encode(arena, act, &frame);
    struct status s = avro_act_decode(reader, arena, frame, &back, &fault);
    require(!status_failed(s) || strcmp(s.code, "size") == 0 || strcmp(s.code, "limit") == 0, "own bytes are read");
    if (status_failed(s))
        return;
    require(same(act, back), "the same act from own bytes");
    avro_act_encode(arena, back, &again);
    require(str_equal(frame, again), "the same bytes again");
    memset(&faults, 0, sizeof faults);
    memset(&warnings, 0, sizeof warnings);
    check_act(law_newest(), arena, act, NULL, 0, &faults, &warnings);
    if (faults.total > 0)
        return;
    bool given;
    json_act_encode(arena, act, &json);
    s = json_act_decode(arena, json, &back, &given, NULL, &fault);
    require(!status_failed(s), "JSON of a sound act is read");
    require(same(act, back), "the same act from JSON");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct avro_reader *reader;
    static struct arena *arena;
    struct fault fault;
    if (!reader) {
        reader = avro_reader_open(&fault);
        arena = arena_open(0);
        require(reader != NULL, "the embedded schema");
    }
    /* Bytes without a frame get one, or next to nothing would pass it. */
    size_t head = size > 0 && data[0] == FRAME_FIRST ? 0 : FRAME_SIZE;
    uint8_t *bytes = malloc(size + head + 1);
    require(bytes != NULL, "memory");
    if (head) {
        bytes[0] = FRAME_FIRST;
        bytes[1] = FRAME_SECOND;
        for (int i = 0; i < 8; i++)
            bytes[2 + i] = (uint8_t)((uint64_t)ACT_FINGERPRINT >> 8 * i);
    }
    if (size)
        memcpy(bytes + head, data, size);
    struct act *act;
    arena_reset(arena);
    struct status s = avro_act_decode(reader, arena, (struct str){(char *)bytes, size + head}, &act, &fault);
    require(arena_used(arena) <= 4 * (size + head) + 65536, "memory is bounded");
    require(status_failed(s) == (act == NULL), "an act or a reason");
    require(s.class == STATUS_OK || s.class == STATUS_REJECT, "no other status");
    if (act)
        comes_back(reader, arena, act);
    free(bytes);
    return 0;
}
