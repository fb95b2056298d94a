#include "line.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/json_act.h"

static void must(struct status status, const struct fault *fault)
{
    if (!status_failed(status))
        return;
    fprintf(stderr, "a line of the journal: %s: %s\n", status.code, fault->text);
    exit(2);
}

static struct str text_of(struct arena *arena, const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? str_copy(arena, str_of(text)) : STR_NONE;
}

static time_ms time_of(const json_t *object, const char *name)
{
    time_ms at = 0;
    const char *text = json_string_value(json_object_get(object, name));
    if (text && !time_parse(str_of(text), &at)) {
        fprintf(stderr, "%s: not a time: %s\n", name, text);
        exit(2);
    }
    return at;
}

static void read_origin(struct arena *arena, const json_t *line, struct origin *out)
{
    const json_t *origin = json_object_get(line, "origin");
    out->topic = text_of(arena, origin, "topic");
    const char *acts = memmem(out->topic.data, out->topic.len, ".acts.", 6);
    out->authority = acts ? (struct str){acts + 6, out->topic.len - (size_t)(acts + 6 - out->topic.data)} : out->topic;
    out->partition = (int32_t)json_integer_value(json_object_get(origin, "partition"));
    out->from = json_integer_value(json_object_get(origin, "from"));
    out->offset = json_integer_value(json_object_get(origin, "offset"));
    out->time = time_of(origin, "time");
}

static struct str from_hex(struct arena *arena, const char *hex)
{
    size_t len = strlen(hex) / 2;
    char *byte = arena_alloc(arena, len + 1);
    for (size_t i = 0; i < len; i++) {
        const char pair[] = {hex[2 * i], hex[2 * i + 1], 0};
        byte[i] = (char)strtol(pair, NULL, 16);
    }
    return (struct str){byte, len};
}

/* As JSON, or the bytes that were published. */
static void read_act(
    struct arena *arena, const struct avro_reader *avro, const json_t *line, struct journal_record *out)
{
    struct act *act;
    bool id_given;
    struct fault fault = {0};
    const char *frame = json_string_value(json_object_get(line, "frame"));
    if (frame) {
        out->bytes = from_hex(arena, frame);
        must(avro_act_decode(avro, arena, out->bytes, &act, &fault), &fault);
    } else {
        must(json_act_decode_value(arena, json_object_get(line, "act"), &act, &id_given, NULL, &fault), &fault);
        avro_act_encode(arena, act, &out->bytes);
    }
    out->act = act;
}

static void read_refusal(struct arena *arena, const json_t *line, struct journal_record *out)
{
    const json_t *refusal = json_object_get(line, "refusal");
    out->refusal.reason = reason_parse(text_of(arena, refusal, "reason"));
    out->refusal.code = text_of(arena, refusal, "code");
    out->refusal.expected = text_of(arena, refusal, "expected");
    struct str id = text_of(arena, refusal, "actId");
    out->refusal.has_id = str_given(id) && uuid_parse(id, &out->refusal.id);
}

void line_read(struct arena *arena, const struct avro_reader *avro, const json_t *line, struct journal_record *out)
{
    static const char *const kinds[] = {"foreign", "genesis", "act", "refusal", "tick", "control"};
    *out = (struct journal_record){.broker_ms = time_of(line, "time"), .stamp_ms = time_of(line, "stamp")};
    struct str kind = text_of(arena, line, "kind");
    for (int i = 0; i < 6; i++)
        if (str_equal(kind, str_of(kinds[i])))
            out->kind = (enum record_kind)i;
    if (out->kind == RECORD_ACT || out->kind == RECORD_REFUSAL)
        read_origin(arena, line, &out->origin);
    if (out->kind == RECORD_ACT)
        read_act(arena, avro, line, out);
    if (out->kind == RECORD_REFUSAL)
        read_refusal(arena, line, out);
    if (out->kind == RECORD_GENESIS) {
        uuid_parse(text_of(arena, line, "registryId"), &out->genesis.registry_id);
        out->genesis.epoch = (int)json_integer_value(json_object_get(line, "epoch"));
        out->genesis.mode = str_equal(text_of(arena, line, "mode"), STR("scripted")) ? MODE_SCRIPTED : MODE_LIVE;
    }
    if (out->kind == RECORD_CONTROL) {
        out->control.live = json_is_true(json_object_get(line, "live"));
        out->control.version = (int)json_integer_value(json_object_get(line, "version"));
    }
}
