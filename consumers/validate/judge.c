#include "judge.h"

#include <stdio.h>

/* Longer words of an unknown sender are cut: the refusal record stays small. */
#define SHOWN_MAX 64

static struct str shown(struct arena *arena, struct str text)
{
    size_t length = text.len < SHOWN_MAX ? text.len : SHOWN_MAX;
    while (length > 0 && length < text.len && ((unsigned char)text.data[length] & 0xC0) == 0x80) {
        length--; /* not inside a character */
    }
    return str_copy(arena, (struct str){text.data, length});
}

void judge(const struct avro_reader *reader, struct arena *arena, struct str authority, struct str value,
    struct judgement *out)
{
    struct fault fault = {""};
    struct act *act = NULL;
    *out = (struct judgement){.reason = REASON_FORM_UNREADABLE};
    if (!str_given(value)) {
        out->expected = STR("a value, not a record without one");
        return;
    }
    if (value.len > AVRO_ACT_MAX) {
        out->expected = str_format(arena, "at most %zu bytes, not %zu", AVRO_ACT_MAX, value.len);
        return;
    }
    struct status status = avro_act_decode(reader, arena, value, &act, &fault);
    if (status_failed(status)) {
        out->expected = str_format(arena, "%s: %s", status.code, fault.text);
        return;
    }
    if (!str_equal(act->authority, authority)) {
        *out = (struct judgement){.reason = REASON_ACCOUNT_PUBLISHER,
            .code = shown(arena, act->authority),
            .expected = str_copy(arena, authority),
            .has_id = true,
            .id = act->id};
        return;
    }
    *out = (struct judgement){.reason = REASON_NONE, .has_id = true, .id = act->id};
}
