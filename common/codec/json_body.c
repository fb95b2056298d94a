#include "codec/json_body.h"

#define MEMBER(up, name) (&(struct reader_place){(up), (name), 0})
#define ITEM(up, index) (&(struct reader_place){(up), NULL, (index)})

static const struct reader_place body_place = {NULL, "body", 0};

void json_read_decision(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    struct decision_doc *out)
{
    static const char *const names[] = {"number", "issuedBy", "issuedOn", "title", "uri", "sha256", NULL};
    const json_t *value = reader_member(reader, object, place, name, OPTIONAL);
    const struct reader_place *at = MEMBER(place, name);
    if (!value || !reader_object(reader, value, at, names))
        return;
    out->given = true;
    reader_text(reader, value, at, "number", REQUIRED, &out->number);
    reader_text(reader, value, at, "issuedBy", REQUIRED, &out->issued_by);
    reader_date(reader, value, at, "issuedOn", REQUIRED, &out->issued_on);
    reader_text(reader, value, at, "title", OPTIONAL, &out->title);
    reader_text(reader, value, at, "uri", OPTIONAL, &out->uri);
    reader_text(reader, value, at, "sha256", OPTIONAL, &out->sha256);
}

static bool read_info(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    enum reader_need need, field_mask allowed, struct info *out)
{
    const char *names[INFO_FIELDS + 1];
    size_t count = 0;
    for (int field = 0; field < INFO_FIELDS; field++)
        if (allowed & (field_mask)1 << field)
            names[count++] = info_field_name((enum info_field)field).data;
    names[count] = NULL;
    const json_t *value = reader_member(reader, object, place, name, need);
    const struct reader_place *at = MEMBER(place, name);
    if (!value || !reader_object(reader, value, at, names))
        return false;
    for (int field = 0; field < INFO_FIELDS; field++)
        if (allowed & (field_mask)1 << field)
            reader_text(reader, value, at, info_field_name((enum info_field)field).data, OPTIONAL, &out->field[field]);
    return true;
}

static void read_clear(struct reader *reader, const json_t *body, field_mask *out)
{
    const json_t *list = reader_list(reader, body, &body_place, "clear", OPTIONAL);
    const struct reader_place *at = MEMBER(&body_place, "clear");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        enum info_field field;
        struct str name = {json_string_value(item), json_string_length(item)};
        if (!json_is_string(item) || !info_field_parse(name, &field))
            reader_fault(reader, ITEM(at, i), REASON_FORM_VALUE, "email, phone, fax, website, ...");
        else if (*out & (field_mask)1 << field)
            reader_fault(reader, ITEM(at, i), REASON_FORM_REPEATED, NULL);
        else
            *out |= (field_mask)1 << field;
    }
}

static void read_unit(struct reader *reader, const json_t *value, const struct reader_place *at, struct unit *out)
{
    static const char *const close_names[] = {"close", NULL};
    static const char *const to_names[] = {"from", "to", NULL};
    static const char *const successor_names[] = {"from", "successor", NULL};
    if (json_object_get(value, "close")) {
        out->move = UNIT_CLOSE;
        if (reader_object(reader, value, at, close_names))
            reader_text(reader, value, at, "close", REQUIRED, &out->code);
        return;
    }
    bool successor = json_object_get(value, "successor") != NULL;
    out->move = successor ? UNIT_SUCCESSOR : UNIT_TO;
    if (!reader_object(reader, value, at, successor ? successor_names : to_names))
        return;
    reader_text(reader, value, at, "from", REQUIRED, &out->code);
    reader_text(reader, value, at, successor ? "successor" : "to", REQUIRED, &out->to);
}

static void read_units(struct reader *reader, const json_t *body, struct units *out)
{
    const json_t *value = reader_member(reader, body, &body_place, "units", OPTIONAL);
    const struct reader_place *at = MEMBER(&body_place, "units");
    if (!value)
        return;
    if (json_is_string(value) && strcmp(json_string_value(value), "keep") == 0) {
        out->form = UNITS_KEEP;
        return;
    }
    if (!json_is_array(value)) {
        reader_fault(reader, at, REASON_FORM_VALUE, "\"keep\" | [...]");
        return;
    }
    out->form = UNITS_LIST;
    out->count = json_array_size(value);
    out->item = out->count ? arena_array(reader->arena, struct unit, out->count) : NULL;
    for (size_t i = 0; i < out->count; i++)
        read_unit(reader, json_array_get(value, i), ITEM(at, i), &out->item[i]);
}

static void read_established(struct reader *reader, const json_t *body, struct act *act)
{
    static const char *const names[] = {"code", "info", NULL};
    if (!reader_object(reader, body, &body_place, names))
        return;
    reader_text(reader, body, &body_place, "code", REQUIRED, &act->body.established.code);
    read_info(reader, body, &body_place, "info", REQUIRED, INFO_ALL, &act->body.established.info);
}

static void read_contact(struct reader *reader, const json_t *body, struct act *act)
{
    static const char *const names[] = {"code", "set", "clear", NULL};
    if (!reader_object(reader, body, &body_place, names))
        return;
    reader_text(reader, body, &body_place, "code", REQUIRED, &act->body.contact_updated.code);
    read_info(reader, body, &body_place, "set", OPTIONAL, INFO_CONTACT, &act->body.contact_updated.set);
    read_clear(reader, body, &act->body.contact_updated.clear);
}

static void read_renamed(struct reader *reader, const json_t *body, struct act *act)
{
    static const char *const names[] = {
        "code", "name", "nameEn", "shortName", "legacyCode", "newCode", "newBody", "units", NULL};
    if (!reader_object(reader, body, &body_place, names))
        return;
    struct info *set = &act->body.renamed.set;
    reader_text(reader, body, &body_place, "code", REQUIRED, &act->body.renamed.code);
    for (int field = 0; field < INFO_FIELDS; field++)
        if (INFO_NAMES & (field_mask)1 << field)
            reader_text(
                reader, body, &body_place, info_field_name((enum info_field)field).data, OPTIONAL, &set->field[field]);
    reader_text(reader, body, &body_place, "newCode", OPTIONAL, &act->body.renamed.new_code);
    reader_bool(reader, body, &body_place, "newBody", OPTIONAL, &act->body.renamed.new_body);
    read_units(reader, body, &act->body.renamed.units);
}

static void read_recoded(struct reader *reader, const json_t *body, struct act *act)
{
    static const char *const names[] = {"cause", "codes", NULL}, *const pair_names[] = {"from", "to", NULL};
    if (!reader_object(reader, body, &body_place, names))
        return;
    struct str cause = STR_NONE;
    if (reader_text(reader, body, &body_place, "cause", REQUIRED, &cause) &&
        !recode_cause_parse(cause, &act->body.recoded.cause))
        reader_fault(reader, MEMBER(&body_place, "cause"), REASON_FORM_VALUE, "parent, authority, renumbering");
    const json_t *list = reader_list(reader, body, &body_place, "codes", REQUIRED);
    size_t count = json_array_size(list);
    struct code_pair *pair = count ? arena_array(reader->arena, struct code_pair, count) : NULL;
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        const struct reader_place *at = ITEM(MEMBER(&body_place, "codes"), i);
        if (!reader_object(reader, item, at, pair_names))
            continue;
        reader_text(reader, item, at, "from", REQUIRED, &pair[i].from);
        reader_text(reader, item, at, "to", REQUIRED, &pair[i].to);
    }
    act->body.recoded.pair = pair;
    act->body.recoded.count = count;
}

static void read_merged(struct reader *reader, const json_t *body, struct act *act)
{
    static const char *const names[] = {"sources", "into", "newBody", "units", NULL};
    static const char *const into_names[] = {"code", "info", NULL};
    if (!reader_object(reader, body, &body_place, names))
        return;
    reader_texts(reader, body, &body_place, "sources", REQUIRED, &act->body.merged.source, &act->body.merged.count);
    const json_t *into = reader_member(reader, body, &body_place, "into", REQUIRED);
    const struct reader_place *at = MEMBER(&body_place, "into");
    if (into && reader_object(reader, into, at, into_names)) {
        reader_text(reader, into, at, "code", REQUIRED, &act->body.merged.into);
        act->body.merged.info_given = read_info(reader, into, at, "info", OPTIONAL, INFO_ALL, &act->body.merged.info);
    }
    reader_bool(reader, body, &body_place, "newBody", OPTIONAL, &act->body.merged.new_body);
    read_units(reader, body, &act->body.merged.units);
}

static void read_split(struct reader *reader, const json_t *body, struct act *act)
{
    static const char *const names[] = {"source", "continues", "results", "newBody", "units", NULL};
    static const char *const result_names[] = {"code", "info", NULL};
    if (!reader_object(reader, body, &body_place, names))
        return;
    reader_text(reader, body, &body_place, "source", REQUIRED, &act->body.split.source);
    reader_bool(reader, body, &body_place, "continues", REQUIRED, &act->body.split.continues);
    const json_t *list = reader_list(reader, body, &body_place, "results", REQUIRED);
    size_t count = json_array_size(list);
    struct code_info *result = count ? arena_array(reader->arena, struct code_info, count) : NULL;
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        const struct reader_place *at = ITEM(MEMBER(&body_place, "results"), i);
        if (!reader_object(reader, item, at, result_names))
            continue;
        reader_text(reader, item, at, "code", REQUIRED, &result[i].code);
        read_info(reader, item, at, "info", REQUIRED, INFO_ALL, &result[i].info);
    }
    act->body.split.result = result;
    act->body.split.count = count;
    reader_bool(reader, body, &body_place, "newBody", OPTIONAL, &act->body.split.new_body);
    read_units(reader, body, &act->body.split.units);
}

static void read_dissolved(struct reader *reader, const json_t *body, struct act *act)
{
    static const char *const names[] = {"code", "successors", "withUnits", "units", "continues", NULL};
    if (!reader_object(reader, body, &body_place, names))
        return;
    reader_text(reader, body, &body_place, "code", REQUIRED, &act->body.dissolved.code);
    reader_texts(
        reader, body, &body_place, "successors", REQUIRED, &act->body.dissolved.successor, &act->body.dissolved.count);
    reader_bool(reader, body, &body_place, "withUnits", OPTIONAL, &act->body.dissolved.with_units);
    reader_bool(reader, body, &body_place, "continues", OPTIONAL, &act->body.dissolved.continues);
    read_units(reader, body, &act->body.dissolved.units);
}

static void read_closed(struct reader *reader, const json_t *body, struct act *act)
{
    static const char *const names[] = {"code", "reason", "withUnits", NULL};
    if (!reader_object(reader, body, &body_place, names))
        return;
    reader_text(reader, body, &body_place, "code", REQUIRED, &act->body.closed.code);
    reader_text(reader, body, &body_place, "reason", OPTIONAL, &act->body.closed.reason);
    reader_bool(reader, body, &body_place, "withUnits", OPTIONAL, &act->body.closed.with_units);
}

static void read_corrected(struct reader *reader, const json_t *body, struct act *act)
{
    static const char *const names[] = {"corrects", "code", "set", "clear", "setDecision", NULL};
    if (!reader_object(reader, body, &body_place, names))
        return;
    reader_uuid(reader, body, &body_place, "corrects", REQUIRED, &act->body.corrected.corrects);
    reader_text(reader, body, &body_place, "code", REQUIRED, &act->body.corrected.code);
    read_info(reader, body, &body_place, "set", OPTIONAL, INFO_ALL, &act->body.corrected.set);
    read_clear(reader, body, &act->body.corrected.clear);
    json_read_decision(reader, body, &body_place, "setDecision", &act->body.corrected.set_decision);
}

static void read_annulled(struct reader *reader, const json_t *body, struct act *act)
{
    static const char *const names[] = {"annuls", "reason", NULL};
    if (!reader_object(reader, body, &body_place, names))
        return;
    struct str reason = STR_NONE;
    reader_uuid(reader, body, &body_place, "annuls", REQUIRED, &act->body.annulled.annuls);
    if (reader_text(reader, body, &body_place, "reason", REQUIRED, &reason) &&
        !annul_reason_parse(reason, &act->body.annulled.reason))
        reader_fault(reader, MEMBER(&body_place, "reason"), REASON_FORM_VALUE, "entryError, decisionAnnulled");
}

static void read_grammar_item(
    struct reader *reader, const json_t *value, const struct reader_place *at, struct grammar_item *out)
{
    static const char *const literal_names[] = {"literal", NULL}, *const class_names[] = {"class", "min", "max", NULL};
    bool literal = json_object_get(value, "literal") != NULL;
    if (!reader_object(reader, value, at, literal ? literal_names : class_names))
        return;
    if (literal) {
        reader_text(reader, value, at, "literal", REQUIRED, &out->literal);
        return;
    }
    reader_text(reader, value, at, "class", REQUIRED, &out->class);
    reader_int(reader, value, at, "min", REQUIRED, &out->min);
    reader_int(reader, value, at, "max", REQUIRED, &out->max);
}

static void read_scheme(struct reader *reader, const json_t *body, struct act *act)
{
    static const char *const names[] = {"scheme", "issuer", "grammar", "description", "amends", NULL};
    if (!reader_object(reader, body, &body_place, names))
        return;
    reader_text(reader, body, &body_place, "scheme", REQUIRED, &act->body.scheme_registered.scheme);
    reader_text(reader, body, &body_place, "issuer", REQUIRED, &act->body.scheme_registered.issuer);
    const json_t *list = reader_list(reader, body, &body_place, "grammar", REQUIRED);
    size_t count = json_array_size(list);
    struct grammar_item *item = count ? arena_array(reader->arena, struct grammar_item, count) : NULL;
    for (size_t i = 0; i < count; i++)
        read_grammar_item(reader, json_array_get(list, i), ITEM(MEMBER(&body_place, "grammar"), i), &item[i]);
    act->body.scheme_registered.item = item;
    act->body.scheme_registered.count = count;
    reader_text(reader, body, &body_place, "description", REQUIRED, &act->body.scheme_registered.description);
    reader_bool(reader, body, &body_place, "amends", OPTIONAL, &act->body.scheme_registered.amends);
}

void json_read_body(struct reader *reader, const json_t *body, struct act *act)
{
    static void (*const read[ACT_KINDS])(struct reader *, const json_t *, struct act *) = {
        [ACT_ESTABLISHED] = read_established,
        [ACT_CONTACT_UPDATED] = read_contact,
        [ACT_RENAMED] = read_renamed,
        [ACT_RECODED] = read_recoded,
        [ACT_MERGED] = read_merged,
        [ACT_SPLIT] = read_split,
        [ACT_DISSOLVED] = read_dissolved,
        [ACT_CLOSED] = read_closed,
        [ACT_CORRECTED] = read_corrected,
        [ACT_ANNULLED] = read_annulled,
        [ACT_SCHEME_REGISTERED] = read_scheme,
    };
    read[act->kind](reader, body, act);
}
