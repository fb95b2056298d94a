/* Any text as an act in JSON: taken or refused with at least one finding; what is taken comes back the same from both
 * forms. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/avro_act.h"
#include "codec/json_act.h"

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

static void comes_back(const struct avro_reader *reader, struct arena *arena, const struct act *act)
{
    struct str json, again, frame;
    struct act *back;
    struct fault fault;
    bool given;
    json_act_encode(arena, act, &json);
    struct status s = json_act_decode(arena, json, &back, &given, NULL, &fault);
    require(!status_failed(s) || strcmp(s.code, "size") == 0, "own JSON is read");
    if (status_failed(s))
        return;
    require(given, "with its id");
    require(same(act, back), "the same act from own JSON");
    json_act_encode(arena, back, &again);
    require(str_equal(json, again), "the same JSON again");
    avro_act_encode(arena, act, &frame);
    s = avro_act_decode(reader, arena, frame, &back, &fault);
    require(!status_failed(s) || strcmp(s.code, "limit") == 0, "Avro of it is read");
    if (!status_failed(s))
        require(same(act, back), "the same act from Avro");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct avro_reader *reader;
    static struct arena *arena;
    static struct findings faults;
    struct fault fault;
    if (!reader) {
        reader = avro_reader_open(&fault);
        arena = arena_open(0);
        require(reader != NULL, "the embedded schema");
    }
    struct act *act;
    bool given;
    arena_reset(arena);
    struct status s = json_act_decode(arena, (struct str){(const char *)data, size}, &act, &given, &faults, &fault);
    require(status_failed(s) == (act == NULL), "an act or a reason");
    if (act) {
        require(faults.total == 0, "no finding");
        comes_back(reader, arena, act);
    } else {
        struct str text;
        require(s.class == STATUS_REJECT && faults.count > 0 && faults.count <= FINDINGS_MAX, "findings");
        text = finding_message(arena, &faults.item[0], LANGUAGE_VI);
        require(str_given(text), "a message");
    }
    return 0;
}
