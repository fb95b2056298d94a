#include "codec/avro_act.h"
#include "codec/avro_frame.h"

/* Writes schemas/avro/act.avsc field by field, straight into a buffer (a test compares with avro-c's writer). */
struct buffer {
    struct arena *arena;
    uint8_t *data;
    size_t len, room;
};

static uint8_t *reserve(struct buffer *b, size_t size)
{
    if (size > b->room - b->len) {
        size_t room = 2 * b->room + size;
        uint8_t *data = arena_alloc(b->arena, room);
        memcpy(data, b->data, b->len);
        b->data = data;
        b->room = room;
    }
    return b->data + b->len;
}

static void put_long(struct buffer *b, int64_t value)
{
    uint64_t left = ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
    uint8_t *at = reserve(b, 10);
    size_t n = 0;
    for (; left > 0x7f; left >>= 7)
        at[n++] = (uint8_t)(left | 0x80);
    at[n++] = (uint8_t)left;
    b->len += n;
}

static void put_bytes(struct buffer *b, const void *data, size_t size)
{
    uint8_t *at = reserve(b, size);
    if (size)
        memcpy(at, data, size);
    b->len += size;
}

static void put_bool(struct buffer *b, bool value)
{
    *reserve(b, 1) = value;
    b->len++;
}

static void put_text(struct buffer *b, struct str text)
{
    put_long(b, (int64_t)text.len);
    put_bytes(b, text.data, text.len);
}

/* ["null", "string"] */
static void put_optional(struct buffer *b, struct str text)
{
    put_long(b, str_given(text));
    if (str_given(text))
        put_text(b, text);
}

static void put_info(struct buffer *b, const struct info *info)
{
    for (int field = 0; field < INFO_FIELDS; field++)
        put_optional(b, info->field[field]);
}

static void put_decision(struct buffer *b, const struct decision_doc *decision)
{
    put_long(b, decision->given);
    if (!decision->given)
        return;
    put_text(b, decision->number);
    put_text(b, decision->issued_by);
    put_long(b, decision->issued_on);
    put_optional(b, decision->title);
    put_optional(b, decision->uri);
    put_optional(b, decision->sha256);
}

/* A list is one block and the end, an empty one the end alone. */
static void put_count(struct buffer *b, size_t count)
{
    if (count > 0)
        put_long(b, (int64_t)count);
}

static void put_end(struct buffer *b)
{
    put_long(b, 0);
}

static void put_texts(struct buffer *b, const struct str *text, size_t count)
{
    put_count(b, count);
    for (size_t i = 0; i < count; i++)
        put_text(b, text[i]);
    put_end(b);
}

static void put_mask(struct buffer *b, field_mask mask)
{
    put_count(b, (size_t)__builtin_popcount(mask & INFO_ALL));
    for (int field = 0; field < INFO_FIELDS; field++)
        if (mask & (field_mask)1 << field)
            put_long(b, field);
    put_end(b);
}

static void put_units(struct buffer *b, const struct units *units)
{
    put_long(b, units->form == UNITS_NONE ? 0 : units->form == UNITS_KEEP ? 1 : 2);
    if (units->form == UNITS_KEEP)
        put_long(b, 0);
    if (units->form != UNITS_LIST)
        return;
    put_count(b, units->count);
    for (size_t i = 0; i < units->count; i++) {
        const struct unit *unit = &units->item[i];
        put_long(b, (int64_t)unit->move);
        put_text(b, unit->code);
        if (unit->move != UNIT_CLOSE)
            put_text(b, unit->to);
    }
    put_end(b);
}

static void put_recoded(struct buffer *b, const struct act *act)
{
    put_long(b, (int64_t)act->body.recoded.cause);
    put_count(b, act->body.recoded.count);
    for (size_t i = 0; i < act->body.recoded.count; i++) {
        put_text(b, act->body.recoded.pair[i].from);
        put_text(b, act->body.recoded.pair[i].to);
    }
    put_end(b);
}

static void put_merged(struct buffer *b, const struct act *act)
{
    put_texts(b, act->body.merged.source, act->body.merged.count);
    put_text(b, act->body.merged.into);
    put_long(b, act->body.merged.info_given);
    if (act->body.merged.info_given)
        put_info(b, &act->body.merged.info);
    put_bool(b, act->body.merged.new_body);
    put_units(b, &act->body.merged.units);
}

static void put_split(struct buffer *b, const struct act *act)
{
    put_text(b, act->body.split.source);
    put_bool(b, act->body.split.continues);
    put_count(b, act->body.split.count);
    for (size_t i = 0; i < act->body.split.count; i++) {
        put_text(b, act->body.split.result[i].code);
        put_info(b, &act->body.split.result[i].info);
    }
    put_end(b);
    put_bool(b, act->body.split.new_body);
    put_units(b, &act->body.split.units);
}

static void put_scheme(struct buffer *b, const struct act *act)
{
    put_text(b, act->body.scheme_registered.scheme);
    put_text(b, act->body.scheme_registered.issuer);
    put_count(b, act->body.scheme_registered.count);
    for (size_t i = 0; i < act->body.scheme_registered.count; i++) {
        const struct grammar_item *item = &act->body.scheme_registered.item[i];
        put_long(b, str_given(item->literal) ? 0 : 1);
        if (str_given(item->literal)) {
            put_text(b, item->literal);
        } else {
            put_text(b, item->class);
            put_long(b, item->min);
            put_long(b, item->max);
        }
    }
    put_end(b);
    put_text(b, act->body.scheme_registered.description);
    put_bool(b, act->body.scheme_registered.amends);
}

static void put_body(struct buffer *b, const struct act *act)
{
    put_long(b, (int64_t)act->kind);
    switch (act->kind) {
    case ACT_ESTABLISHED:
        put_text(b, act->body.established.code);
        put_info(b, &act->body.established.info);
        break;
    case ACT_CONTACT_UPDATED:
        put_text(b, act->body.contact_updated.code);
        put_info(b, &act->body.contact_updated.set);
        put_mask(b, act->body.contact_updated.clear);
        break;
    case ACT_RENAMED:
        put_text(b, act->body.renamed.code);
        put_info(b, &act->body.renamed.set);
        put_optional(b, act->body.renamed.new_code);
        put_bool(b, act->body.renamed.new_body);
        put_units(b, &act->body.renamed.units);
        break;
    case ACT_RECODED:
        put_recoded(b, act);
        break;
    case ACT_MERGED:
        put_merged(b, act);
        break;
    case ACT_SPLIT:
        put_split(b, act);
        break;
    case ACT_DISSOLVED:
        put_text(b, act->body.dissolved.code);
        put_texts(b, act->body.dissolved.successor, act->body.dissolved.count);
        put_bool(b, act->body.dissolved.with_units);
        put_bool(b, act->body.dissolved.continues);
        put_units(b, &act->body.dissolved.units);
        break;
    case ACT_CLOSED:
        put_text(b, act->body.closed.code);
        put_optional(b, act->body.closed.reason);
        put_bool(b, act->body.closed.with_units);
        break;
    case ACT_CORRECTED:
        put_bytes(b, act->body.corrected.corrects.byte, 16);
        put_text(b, act->body.corrected.code);
        put_info(b, &act->body.corrected.set);
        put_mask(b, act->body.corrected.clear);
        put_decision(b, &act->body.corrected.set_decision);
        break;
    case ACT_ANNULLED:
        put_bytes(b, act->body.annulled.annuls.byte, 16);
        put_long(b, (int64_t)act->body.annulled.reason);
        break;
    case ACT_SCHEME_REGISTERED:
        put_scheme(b, act);
        break;
    case ACT_KINDS:
        break;
    }
}

void avro_act_encode(struct arena *arena, const struct act *act, struct str *out)
{
    struct buffer b = {.arena = arena, .room = 512};
    b.data = arena_alloc(arena, b.room);
    put_bytes(&b, (const uint8_t[]){FRAME_FIRST, FRAME_SECOND}, 2);
    uint8_t fingerprint[8];
    for (int i = 0; i < 8; i++)
        fingerprint[i] = (uint8_t)((uint64_t)ACT_FINGERPRINT >> 8 * i);
    put_bytes(&b, fingerprint, sizeof fingerprint);
    put_bytes(&b, act->id.byte, sizeof act->id.byte);
    put_text(&b, act->authority);
    put_text(&b, str_given(act->scheme) ? act->scheme : STR("gov"));
    bool same = act->happened_on == act->effective_on || act->happened_on == DATE_NONE;
    put_long(&b, !same);
    if (!same)
        put_long(&b, act->happened_on);
    put_long(&b, act->effective_on);
    put_decision(&b, &act->decision);
    put_long(&b, act->published_at != 0);
    if (act->published_at != 0)
        put_long(&b, act->published_at);
    put_optional(&b, act->note);
    put_body(&b, act);
    *out = (struct str){(const char *)b.data, b.len};
}
