#include "core/act.h"

/* Version 1 of the content digest: SHA-256 over the fields that were given, in the order below, each as
 *
 *     tag (1 byte), then   a text:   length (4 bytes, little-endian) and its bytes
 *                          a number: 8 bytes, little-endian, two's complement
 *                          a list:   count as a number; each item begins with TAG_ITEM
 *
 * What was not given writes nothing, so a field added later leaves the digests of older acts alone. A tag is never
 * used for anything else. The kind says how the body's tags are read, so two different acts never write the same bytes.
 */

enum tag {
    TAG_VERSION = 1,
    TAG_ID,
    TAG_AUTHORITY,
    TAG_SCHEME,
    TAG_KIND,
    TAG_HAPPENED_ON,
    TAG_EFFECTIVE_ON,
    TAG_DECISION,
    TAG_NUMBER,
    TAG_ISSUED_BY,
    TAG_ISSUED_ON,
    TAG_TITLE,
    TAG_URI,
    TAG_SHA256,
    TAG_NOTE,
    TAG_CODE = 32,
    TAG_CLEAR,
    TAG_NEW_CODE,
    TAG_NEW_BODY,
    TAG_CAUSE,
    TAG_PAIRS,
    TAG_FROM,
    TAG_TO,
    TAG_SOURCES,
    TAG_INTO,
    TAG_INFO,
    TAG_CONTINUES,
    TAG_RESULTS,
    TAG_SUCCESSORS,
    TAG_WITH_UNITS,
    TAG_REASON,
    TAG_ACT,
    TAG_SET_DECISION,
    TAG_ISSUER,
    TAG_GRAMMAR,
    TAG_LITERAL,
    TAG_CLASS,
    TAG_MIN,
    TAG_MAX,
    TAG_DESCRIPTION,
    TAG_AMENDS,
    TAG_UNITS,
    TAG_UNIT_MOVE,
    TAG_INFO_FIELD = 128, /* + field */
    TAG_ITEM = 255,
};

#define BUFFER_SIZE 2048

/* Most acts fit into the buffer and are hashed in one go; the others spill into a hasher. */
struct writer {
    uint8_t buffer[BUFFER_SIZE];
    size_t used;
    struct hasher *hasher;
};

static void spill(struct writer *w)
{
    if (!w->hasher)
        w->hasher = hasher_open();
    hasher_add(w->hasher, w->buffer, w->used);
    w->used = 0;
}

static void put_bytes(struct writer *w, const void *data, size_t size)
{
    if (size > BUFFER_SIZE - w->used) {
        spill(w);
        if (size > BUFFER_SIZE) {
            hasher_add(w->hasher, data, size);
            return;
        }
    }
    if (size)
        memcpy(w->buffer + w->used, data, size);
    w->used += size;
}

static void put_little(struct writer *w, uint64_t value, size_t size)
{
    uint8_t byte[8];
    for (size_t i = 0; i < size; i++)
        byte[i] = (uint8_t)(value >> 8 * i);
    put_bytes(w, byte, size);
}

static void put_tag(struct writer *w, unsigned tag)
{
    put_little(w, tag, 1);
}

static void put_text(struct writer *w, unsigned tag, struct str text)
{
    if (!str_given(text))
        return;
    put_tag(w, tag);
    put_little(w, text.len, 4);
    put_bytes(w, text.data, text.len);
}

static void put_number(struct writer *w, unsigned tag, int64_t value)
{
    put_tag(w, tag);
    put_little(w, (uint64_t)value, 8);
}

static void put_flag(struct writer *w, unsigned tag, bool flag)
{
    if (flag)
        put_number(w, tag, 1);
}

static void put_date(struct writer *w, unsigned tag, date_day date)
{
    if (date != DATE_NONE)
        put_number(w, tag, date);
}

static void put_decision(struct writer *w, unsigned tag, const struct decision_doc *decision)
{
    if (!decision->given)
        return;
    put_tag(w, tag);
    put_text(w, TAG_NUMBER, decision->number);
    put_text(w, TAG_ISSUED_BY, decision->issued_by);
    put_date(w, TAG_ISSUED_ON, decision->issued_on);
    put_text(w, TAG_TITLE, decision->title);
    put_text(w, TAG_URI, decision->uri);
    put_text(w, TAG_SHA256, decision->sha256);
}

static void put_info(struct writer *w, const struct info *info)
{
    for (unsigned field = 0; field < INFO_FIELDS; field++)
        put_text(w, TAG_INFO_FIELD + field, info->field[field]);
}

static void put_list(struct writer *w, unsigned tag, const struct str *text, size_t count)
{
    put_number(w, tag, (int64_t)count);
    for (size_t i = 0; i < count; i++) {
        put_tag(w, TAG_ITEM);
        put_text(w, TAG_CODE, text[i]);
    }
}

static void put_units(struct writer *w, const struct units *units)
{
    if (units->form == UNITS_NONE)
        return;
    put_number(w, TAG_UNITS, units->form);
    if (units->form != UNITS_LIST)
        return;
    put_number(w, TAG_UNITS, (int64_t)units->count);
    for (size_t i = 0; i < units->count; i++) {
        put_tag(w, TAG_ITEM);
        put_text(w, TAG_CODE, units->item[i].code);
        put_number(w, TAG_UNIT_MOVE, units->item[i].move);
        if (units->item[i].move != UNIT_CLOSE)
            put_text(w, TAG_TO, units->item[i].to);
    }
}

static void put_recoded(struct writer *w, const struct act *act)
{
    put_number(w, TAG_CAUSE, act->body.recoded.cause);
    put_number(w, TAG_PAIRS, (int64_t)act->body.recoded.count);
    for (size_t i = 0; i < act->body.recoded.count; i++) {
        put_tag(w, TAG_ITEM);
        put_text(w, TAG_FROM, act->body.recoded.pair[i].from);
        put_text(w, TAG_TO, act->body.recoded.pair[i].to);
    }
}

static void put_merged(struct writer *w, const struct act *act)
{
    put_list(w, TAG_SOURCES, act->body.merged.source, act->body.merged.count);
    put_text(w, TAG_INTO, act->body.merged.into);
    put_flag(w, TAG_INFO, act->body.merged.info_given);
    if (act->body.merged.info_given)
        put_info(w, &act->body.merged.info);
    put_flag(w, TAG_NEW_BODY, act->body.merged.new_body);
    put_units(w, &act->body.merged.units);
}

static void put_split(struct writer *w, const struct act *act)
{
    put_text(w, TAG_CODE, act->body.split.source);
    put_flag(w, TAG_CONTINUES, act->body.split.continues);
    put_number(w, TAG_RESULTS, (int64_t)act->body.split.count);
    for (size_t i = 0; i < act->body.split.count; i++) {
        put_tag(w, TAG_ITEM);
        put_text(w, TAG_CODE, act->body.split.result[i].code);
        put_info(w, &act->body.split.result[i].info);
    }
    put_flag(w, TAG_NEW_BODY, act->body.split.new_body);
    put_units(w, &act->body.split.units);
}

static void put_scheme(struct writer *w, const struct act *act)
{
    put_text(w, TAG_CODE, act->body.scheme_registered.scheme);
    put_text(w, TAG_ISSUER, act->body.scheme_registered.issuer);
    put_number(w, TAG_GRAMMAR, (int64_t)act->body.scheme_registered.count);
    for (size_t i = 0; i < act->body.scheme_registered.count; i++) {
        const struct grammar_item *item = &act->body.scheme_registered.item[i];
        put_tag(w, TAG_ITEM);
        put_text(w, TAG_LITERAL, item->literal);
        put_text(w, TAG_CLASS, item->class);
        if (!str_given(item->literal)) {
            put_number(w, TAG_MIN, item->min);
            put_number(w, TAG_MAX, item->max);
        }
    }
    put_text(w, TAG_DESCRIPTION, act->body.scheme_registered.description);
    put_flag(w, TAG_AMENDS, act->body.scheme_registered.amends);
}

static void put_corrected(struct writer *w, const struct act *act)
{
    put_tag(w, TAG_ACT);
    put_bytes(w, act->body.corrected.corrects.byte, 16);
    put_text(w, TAG_CODE, act->body.corrected.code);
    put_info(w, &act->body.corrected.set);
    put_number(w, TAG_CLEAR, act->body.corrected.clear);
    put_decision(w, TAG_SET_DECISION, &act->body.corrected.set_decision);
}

static void put_dissolved(struct writer *w, const struct act *act)
{
    put_text(w, TAG_CODE, act->body.dissolved.code);
    put_list(w, TAG_SUCCESSORS, act->body.dissolved.successor, act->body.dissolved.count);
    put_flag(w, TAG_WITH_UNITS, act->body.dissolved.with_units);
    put_flag(w, TAG_CONTINUES, act->body.dissolved.continues);
    put_units(w, &act->body.dissolved.units);
}

static void put_body(struct writer *w, const struct act *act)
{
    switch (act->kind) {
    case ACT_ESTABLISHED:
        put_text(w, TAG_CODE, act->body.established.code);
        put_info(w, &act->body.established.info);
        break;
    case ACT_CONTACT_UPDATED:
        put_text(w, TAG_CODE, act->body.contact_updated.code);
        put_info(w, &act->body.contact_updated.set);
        put_number(w, TAG_CLEAR, act->body.contact_updated.clear);
        break;
    case ACT_RENAMED:
        put_text(w, TAG_CODE, act->body.renamed.code);
        put_info(w, &act->body.renamed.set);
        put_text(w, TAG_NEW_CODE, act->body.renamed.new_code);
        put_flag(w, TAG_NEW_BODY, act->body.renamed.new_body);
        put_units(w, &act->body.renamed.units);
        break;
    case ACT_RECODED:
        put_recoded(w, act);
        break;
    case ACT_MERGED:
        put_merged(w, act);
        break;
    case ACT_SPLIT:
        put_split(w, act);
        break;
    case ACT_DISSOLVED:
        put_dissolved(w, act);
        break;
    case ACT_CLOSED:
        put_text(w, TAG_CODE, act->body.closed.code);
        put_text(w, TAG_REASON, act->body.closed.reason);
        put_flag(w, TAG_WITH_UNITS, act->body.closed.with_units);
        break;
    case ACT_CORRECTED:
        put_corrected(w, act);
        break;
    case ACT_ANNULLED:
        put_tag(w, TAG_ACT);
        put_bytes(w, act->body.annulled.annuls.byte, 16);
        put_number(w, TAG_REASON, act->body.annulled.reason);
        break;
    case ACT_SCHEME_REGISTERED:
        put_scheme(w, act);
        break;
    case ACT_KINDS:
        break;
    }
}

static struct sha256 digest_of(const struct act *act, bool with_id)
{
    struct writer w;
    w.used = 0;
    w.hasher = NULL;
    put_number(&w, TAG_VERSION, 1);
    if (with_id) {
        put_tag(&w, TAG_ID);
        put_bytes(&w, act->id.byte, 16);
    }
    put_text(&w, TAG_AUTHORITY, act->authority);
    put_text(&w, TAG_SCHEME, act->scheme);
    put_number(&w, TAG_KIND, act->kind);
    put_date(&w, TAG_HAPPENED_ON, act->happened_on);
    put_date(&w, TAG_EFFECTIVE_ON, act->effective_on);
    put_decision(&w, TAG_DECISION, &act->decision);
    put_text(&w, TAG_NOTE, act->note);
    put_body(&w, act);
    if (!w.hasher)
        return sha256_of(w.buffer, w.used);
    hasher_add(w.hasher, w.buffer, w.used);
    struct sha256 digest = hasher_end(w.hasher);
    hasher_close(w.hasher);
    return digest;
}

struct sha256 act_digest(const struct act *act)
{
    return digest_of(act, true);
}

struct uuid act_derive_id(const struct act *act)
{
    /* The name space of derived act ids: cc214ecf-0344-4410-8590-8b248986cc7a. */
    static const struct uuid space = {
        {0xcc, 0x21, 0x4e, 0xcf, 0x03, 0x44, 0x44, 0x10, 0x85, 0x90, 0x8b, 0x24, 0x89, 0x86, 0xcc, 0x7a}};
    struct sha256 digest = digest_of(act, false);
    return uuid_v5(space, (struct str){(const char *)digest.byte, sizeof digest.byte});
}
