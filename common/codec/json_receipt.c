#include "codec/json_receipt.h"

#include <jansson.h>
#include <stdlib.h>

#include "codec/form.h"

static void write_message(struct writer *w, struct arena *arena, const struct finding *finding)
{
    writer_key(w, STR("message"));
    writer_object(w);
    writer_key(w, STR("en"));
    writer_str(w, finding_message(arena, finding, LANGUAGE_EN));
    writer_key(w, STR("vi"));
    writer_str(w, finding_message(arena, finding, LANGUAGE_VI));
    writer_object_end(w);
}

static void write_text(struct writer *w, struct str key, struct str text)
{
    if (!str_given(text))
        return;
    writer_key(w, key);
    writer_str(w, text);
}

static void write_finding(struct writer *w, const struct finding *finding, bool with_message)
{
    writer_object(w);
    write_text(w, STR("code"), finding->code);
    write_text(w, STR("expected"), finding->expected);
    write_text(w, STR("field"), finding->field);
    if (with_message)
        write_message(w, w->arena, finding);
    if (finding->number != 0) {
        writer_key(w, STR("number"));
        writer_int(w, finding->number);
    }
    writer_key(w, STR("reason"));
    writer_str(w, reason_slug(finding->reason));
    writer_key(w, STR("rule"));
    writer_str(w, rule_name(reason_rule(finding->reason)));
    writer_object_end(w);
}

void finding_encode(struct arena *arena, const struct finding *finding, bool with_message, struct str *out)
{
    struct writer w;
    writer_open(&w, arena, 512);
    write_finding(&w, finding, with_message);
    *out = writer_text(&w);
}

static void write_findings(struct writer *w, struct str key, const struct findings *findings)
{
    writer_key(w, key);
    writer_array(w);
    for (int i = 0; findings && i < findings->count; i++)
        write_finding(w, &findings->item[i], false);
    writer_array_end(w);
}

static void write_origin(struct writer *w, const struct origin *origin)
{
    if (!origin)
        return;
    writer_key(w, STR("origin"));
    writer_object(w);
    writer_key(w, STR("offset"));
    writer_int(w, origin->offset);
    writer_key(w, STR("partition"));
    writer_int(w, origin->partition);
    writer_key(w, STR("topic"));
    writer_str(w, origin->topic);
    writer_object_end(w);
}

static void write_original(struct writer *w, const struct receipt *receipt)
{
    if (receipt->original == VERDICT_NONE)
        return;
    writer_key(w, STR("original"));
    writer_object(w);
    if (receipt->original_rule != RULE_NONE) {
        writer_key(w, STR("rule"));
        writer_str(w, rule_name(receipt->original_rule));
    }
    writer_key(w, STR("verdict"));
    writer_str(w, verdict_name(receipt->original));
    writer_object_end(w);
}

static void write_sequences(struct writer *w, const struct receipt *receipt)
{
    if (receipt->first_sequence == 0)
        return;
    writer_key(w, STR("sequences"));
    writer_object(w);
    writer_key(w, STR("first"));
    writer_int(w, receipt->first_sequence);
    writer_key(w, STR("last"));
    writer_int(w, receipt->last_sequence);
    writer_object_end(w);
}

#define HASH_TEXT (SHA256_TEXT_SIZE - 1)

static void write_hash(struct writer *w, struct str key, const char *hex, size_t *from, size_t *to)
{
    *from = w->len;
    writer_key(w, key);
    writer_str(w, (struct str){hex, HASH_TEXT});
    *to = w->len;
}

void receipt_write_1(struct writer *w, const struct receipt *receipt, const char *previous, struct form_marks *marks)
{
    writer_object(w);
    if (receipt->has_id) {
        writer_key(w, STR("actId"));
        writer_uuid(w, receipt->id);
    }
    writer_key(w, STR("faultCount"));
    writer_int(w, receipt->faults ? receipt->faults->total : 0);
    write_findings(w, STR("faults"), receipt->faults);
    write_hash(w, STR("hash"), previous, &marks->hash, &marks->hash_end);
    writer_key(w, STR("number"));
    writer_int(w, receipt->number);
    write_origin(w, receipt->origin);
    write_original(w, receipt);
    write_hash(w, STR("previousHash"), previous, &marks->previous, &marks->previous_end);
    writer_key(w, STR("recordedAt"));
    writer_time(w, receipt->recorded);
    if (receipt->rule != RULE_NONE) {
        writer_key(w, STR("rule"));
        writer_str(w, rule_name(receipt->rule));
    }
    write_sequences(w, receipt);
    writer_key(w, STR("verdict"));
    writer_str(w, verdict_name(receipt->verdict));
    write_findings(w, STR("warnings"), receipt->warnings);
    writer_object_end(w);
}

void receipt_encode(struct arena *arena, struct hasher *hasher, const struct receipt *receipt,
    const struct sha256 *previous, struct sha256 *out_hash, struct str *out_data)
{
    char hex[SHA256_TEXT_SIZE];
    struct form_marks marks;
    struct writer w;
    sha256_format(*previous, hex);
    writer_open(&w, arena, 640);
    receipt_forms[receipt->form - 1](&w, receipt, hex, &marks);
    hasher_begin(hasher);
    hasher_add(hasher, hex, HASH_TEXT);
    hasher_add(hasher, w.data, marks.hash);
    hasher_add(hasher, w.data + marks.hash_end, marks.previous - marks.hash_end);
    hasher_add(hasher, w.data + marks.previous_end, w.len - marks.previous_end);
    *out_hash = hasher_end(hasher);
    sha256_format(*out_hash, hex);
    memcpy(w.data + marks.hash_end - 1 - HASH_TEXT, hex, HASH_TEXT);
    *out_data = writer_text(&w);
}

static struct str member_text(struct arena *arena, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_string(value))
        return STR_NONE;
    size_t len = json_string_length(value);
    return (struct str){arena_copy(arena, json_string_value(value), len), len};
}

static bool add_messages(struct arena *arena, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *item = json_array_get(list, i);
        struct finding finding = {
            .reason = reason_parse(member_text(arena, item, "reason")),
            .code = member_text(arena, item, "code"),
            .field = member_text(arena, item, "field"),
            .expected = member_text(arena, item, "expected"),
            .number = json_integer_value(json_object_get(item, "number")),
        };
        if (finding.reason == REASON_NONE)
            return false;
        struct str vi = finding_message(arena, &finding, LANGUAGE_VI);
        struct str en = finding_message(arena, &finding, LANGUAGE_EN);
        json_t *message = json_pack("{s:s%, s:s%}", "vi", vi.data, vi.len, "en", en.data, en.len);
        if (!message || json_object_set_new(item, "message", message) != 0)
            return false;
    }
    return true;
}

static bool contains(struct str text, struct str part)
{
    return memmem(text.data, text.len, part.data, part.len) != NULL;
}

struct status receipt_with_messages(struct arena *arena, struct str stored, struct str *out, struct fault *fault)
{
    *out = stored;
    /* Quotes inside texts are escaped, so this cannot be found in one. */
    if (contains(stored, STR("\"faults\":[]")) && contains(stored, STR("\"warnings\":[]")))
        return status_ok();
    json_error_t error;
    json_t *receipt = json_loadb(stored.data, stored.len, JSON_REJECT_DUPLICATES, &error);
    const json_t *faults = json_object_get(receipt, "faults"), *warnings = json_object_get(receipt, "warnings");
    char *text = NULL;
    if (json_is_array(faults) && json_is_array(warnings) && add_messages(arena, faults) &&
        add_messages(arena, warnings))
        text = json_dumps(receipt, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(receipt);
    if (!text)
        return status_fail(fault, STATUS_STOP, "receipt", "not a receipt of this registry: %.*s",
            (int)(stored.len < 100 ? stored.len : 100), stored.data);
    size_t len = strlen(text);
    *out = (struct str){arena_copy(arena, text, len), len};
    free(text);
    return status_ok();
}
