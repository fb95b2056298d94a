#include "codec/json_act.h"

#include "codec/json_body.h"
#include "codec/json_reader.h"

static bool read_kind(struct reader *reader, const json_t *value, struct act *act)
{
    struct str name = STR_NONE;
    if (!reader_text(reader, value, NULL, "kind", REQUIRED, &name))
        return false;
    if (act_kind_parse(name, &act->kind))
        return true;
    struct str known = act_kind_name(0);
    for (int kind = 1; kind < ACT_KINDS; kind++)
        known = str_format(reader->arena, "%.*s, %.*s", STR_ARG(known), STR_ARG(act_kind_name((enum act_kind)kind)));
    reader_fault(reader, &(struct reader_place){NULL, "kind", 0}, REASON_FORM_VALUE, known.data);
    return false;
}

static void read_act(struct reader *reader, const json_t *value, struct act *act, bool *id_given)
{
    static const char *const names[] = {"actId", "authority", "scheme", "kind", "happenedOn", "effectiveOn", "decision",
        "publishedAt", "note", "body", NULL};
    act->scheme = STR("gov");
    act->happened_on = DATE_NONE;
    if (!reader_object(reader, value, NULL, names))
        return;
    *id_given = reader_uuid(reader, value, NULL, "actId", OPTIONAL, &act->id);
    reader_text(reader, value, NULL, "authority", REQUIRED, &act->authority);
    reader_text(reader, value, NULL, "scheme", OPTIONAL, &act->scheme);
    bool kind_known = read_kind(reader, value, act);
    reader_date(reader, value, NULL, "effectiveOn", REQUIRED, &act->effective_on);
    act->happened_on = act->effective_on;
    reader_date(reader, value, NULL, "happenedOn", OPTIONAL, &act->happened_on);
    json_read_decision(reader, value, NULL, "decision", &act->decision);
    reader_time(reader, value, NULL, "publishedAt", OPTIONAL, &act->published_at);
    reader_text(reader, value, NULL, "note", OPTIONAL, &act->note);
    const json_t *body = reader_member(reader, value, NULL, "body", REQUIRED);
    if (body && kind_known)
        json_read_body(reader, body, act);
}

static struct status tell(struct arena *arena, const struct findings *faults, const char *code, struct fault *fault)
{
    struct str text = finding_message(arena, &faults->item[0], LANGUAGE_EN);
    if (faults->total > 1)
        return status_fail(fault, STATUS_REJECT, code, "%.*s (and %d more)", STR_ARG(text), faults->total - 1);
    return status_fail(fault, STATUS_REJECT, code, "%.*s", STR_ARG(text));
}

struct status json_act_decode_value(struct arena *arena, const json_t *value, struct act **out, bool *id_given,
    struct findings *faults, struct fault *fault)
{
    struct findings own;
    if (!faults)
        faults = &own;
    memset(faults, 0, sizeof *faults);
    *out = NULL;
    *id_given = false;
    struct reader reader = {arena, faults};
    struct act *act = arena_new(arena, struct act);
    read_act(&reader, value, act, id_given);
    if (faults->total > 0)
        return tell(arena, faults, "form", fault);
    act_normalize(arena, act);
    if (!*id_given)
        act->id = act_derive_id(act);
    *out = act;
    return status_ok();
}

/* jansson descends as deep as the text says: it is looked at before. */
static bool too_deep(struct str text)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_ACT_DEPTH_MAX)
                return true;
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return false;
}

static struct status unreadable(
    struct arena *arena, struct findings *faults, const char *code, struct str why, struct fault *fault)
{
    struct findings own;
    if (!faults)
        faults = &own;
    memset(faults, 0, sizeof *faults);
    findings_add(faults, (struct finding){.reason = REASON_FORM_UNREADABLE, .expected = why});
    return tell(arena, faults, code, fault);
}

struct status json_act_decode(struct arena *arena, struct str text, struct act **out, bool *id_given,
    struct findings *faults, struct fault *fault)
{
    *out = NULL;
    *id_given = false;
    if (text.len > JSON_ACT_MAX)
        return unreadable(
            arena, faults, "size", str_format(arena, "%zu bytes, at most %zu", text.len, JSON_ACT_MAX), fault);
    if (too_deep(text))
        return unreadable(arena, faults, "syntax", STR("nested too deep"), fault);
    json_error_t error;
    json_t *value = json_loadb(text.data ? text.data : "", text.len, JSON_REJECT_DUPLICATES, &error);
    if (!value)
        return unreadable(arena, faults, "syntax",
            str_format(arena, "line %d, column %d: %s", error.line, error.column, error.text), fault);
    struct status s = json_act_decode_value(arena, value, out, id_given, faults, fault);
    json_decref(value);
    return s;
}
