#include "codec/json_record.h"

#include "codec/json_body.h"
#include "codec/json_change.h"
#include "core/code.h"

static const field_mask type_bit = (field_mask)1 << INFO_TYPE;

static struct str status_name(enum code_status status)
{
    return status == CODE_OPEN ? STR("open") : status == CODE_CLOSED ? STR("closed") : STR("named");
}

static void write_edges(struct writer *w, struct str count_key, struct str key, const struct edge_list *list)
{
    writer_key(w, count_key);
    writer_int(w, list->total);
    writer_key(w, key);
    writer_array(w);
    for (int i = 0; i < list->count; i++) {
        writer_object(w);
        writer_key(w, STR("code"));
        writer_str(w, list->item[i].code);
        writer_key(w, STR("continues"));
        writer_bool(w, list->item[i].continues);
        writer_key(w, STR("on"));
        writer_date(w, list->item[i].on);
        writer_object_end(w);
    }
    writer_array_end(w);
}

static void write_date(struct writer *w, struct str key, date_day date)
{
    if (date == DATE_NONE)
        return;
    writer_key(w, key);
    writer_date(w, date);
}

static void write_text(struct writer *w, struct str key, struct str text)
{
    if (!str_given(text))
        return;
    writer_key(w, key);
    writer_str(w, text);
}

void record_write(struct writer *w, const struct code *code, const struct record *record, int64_t version)
{
    if (!record || record->status == CODE_NAMED) {
        writer_null(w);
        return;
    }
    writer_object(w);
    write_date(w, STR("closedOn"), record->closed_on);
    write_text(w, STR("code"), code_key_code(code->key));
    writer_key(w, STR("info"));
    json_write_info(w, &record->values.info, type_bit);
    write_date(w, STR("issuedOn"), record->issued_on);
    if (record->values.decision.given) {
        writer_key(w, STR("lastDecision"));
        json_write_decision(w, &record->values.decision);
    }
    writer_key(w, STR("level"));
    writer_int(w, code->level);
    writer_key(w, STR("organizationId"));
    writer_uuid(w, record->organization_id);
    write_text(w, STR("parent"), code->parent);
    write_edges(w, STR("predecessorCount"), STR("predecessors"), &record->predecessors);
    write_text(w, STR("scheme"), code_key_scheme(code->key));
    writer_key(w, STR("status"));
    writer_str(w, status_name(record->status));
    write_edges(w, STR("successorCount"), STR("successors"), &record->successors);
    write_text(w, STR("type"), record->values.info.field[INFO_TYPE]);
    writer_key(w, STR("version"));
    writer_int(w, version);
    writer_object_end(w);
}

void record_encode(struct arena *arena, const struct code *code, struct str *out)
{
    struct writer w;
    writer_open(&w, arena, 1024);
    record_write(&w, code, &code->now, code->version);
    *out = writer_text(&w);
}

void scheme_encode(struct arena *arena, const struct scheme *scheme, struct str *out)
{
    struct writer w;
    writer_open(&w, arena, 1024);
    writer_object(&w);
    write_text(&w, STR("description"), scheme->description);
    writer_key(&w, STR("grammar"));
    json_write_grammar(&w, scheme->item, scheme->count);
    write_text(&w, STR("issuer"), scheme->issuer);
    write_text(&w, STR("scheme"), scheme->id);
    writer_key(&w, STR("version"));
    writer_int(&w, scheme->version);
    writer_object_end(&w);
    *out = writer_text(&w);
}

static bool same_edges(const struct edge_list *a, const struct edge_list *b)
{
    if (a->total != b->total || a->count != b->count)
        return false;
    for (int i = 0; i < a->count; i++)
        if (!str_equal(a->item[i].code, b->item[i].code) || a->item[i].on != b->item[i].on ||
            a->item[i].continues != b->item[i].continues)
            return false;
    return true;
}

static bool same_decision(const struct decision_doc *a, const struct decision_doc *b)
{
    if (!a->given || !b->given)
        return a->given == b->given;
    return str_equal(a->number, b->number) && str_equal(a->issued_by, b->issued_by) && a->issued_on == b->issued_on &&
           str_equal(a->title, b->title) && str_equal(a->uri, b->uri) && str_equal(a->sha256, b->sha256);
}

struct record_difference record_compare(const struct record *a, const struct record *b)
{
    static const struct record none = {.issued_on = DATE_NONE, .closed_on = DATE_NONE};
    struct record_difference out = {0};
    if (a == b)
        return out;
    a = a ? a : &none;
    b = b ? b : &none;
    for (int field = 0; field < INFO_FIELDS; field++)
        if (!str_equal(a->values.info.field[field], b->values.info.field[field]))
            out.info |= (field_mask)1 << field;
    out.part |= a->closed_on != b->closed_on ? PART_CLOSED_ON : 0;
    out.part |= a->issued_on != b->issued_on ? PART_ISSUED_ON : 0;
    out.part |= !same_decision(&a->values.decision, &b->values.decision) ? PART_DECISION : 0;
    out.part |= !uuid_equal(a->organization_id, b->organization_id) ? PART_ORGANIZATION : 0;
    out.part |= !same_edges(&a->predecessors, &b->predecessors) ? PART_PREDECESSORS : 0;
    out.part |= a->status != b->status ? PART_STATUS : 0;
    out.part |= !same_edges(&a->successors, &b->successors) ? PART_SUCCESSORS : 0;
    return out;
}

static void write_date_or_null(struct writer *w, struct str key, date_day date)
{
    writer_key(w, key);
    if (date == DATE_NONE)
        writer_null(w);
    else
        writer_date(w, date);
}

static void write_text_or_null(struct writer *w, struct str key, struct str text)
{
    writer_key(w, key);
    if (str_given(text))
        writer_str(w, text);
    else
        writer_null(w);
}

static void write_info_part(struct writer *w, const struct info *info, field_mask mask)
{
    writer_key(w, STR("info"));
    writer_object(w);
    for (int i = 0; i < INFO_FIELDS; i++)
        if (mask & (field_mask)1 << json_info_order[i])
            write_text_or_null(w, info_field_name(json_info_order[i]), info->field[json_info_order[i]]);
    writer_object_end(w);
}

void record_write_part(struct writer *w, const struct record *record, struct record_difference difference)
{
    if (!record || record->status == CODE_NAMED) {
        writer_null(w);
        return;
    }
    unsigned part = difference.part;
    writer_object(w);
    if (part & PART_CLOSED_ON)
        write_date_or_null(w, STR("closedOn"), record->closed_on);
    if (difference.info & ~type_bit)
        write_info_part(w, &record->values.info, difference.info & ~type_bit);
    if (part & PART_ISSUED_ON)
        write_date_or_null(w, STR("issuedOn"), record->issued_on);
    if (part & PART_DECISION) {
        writer_key(w, STR("lastDecision"));
        if (record->values.decision.given)
            json_write_decision(w, &record->values.decision);
        else
            writer_null(w);
    }
    if (part & PART_ORGANIZATION) {
        writer_key(w, STR("organizationId"));
        writer_uuid(w, record->organization_id);
    }
    if (part & PART_PREDECESSORS)
        write_edges(w, STR("predecessorCount"), STR("predecessors"), &record->predecessors);
    if (part & PART_STATUS) {
        writer_key(w, STR("status"));
        writer_str(w, status_name(record->status));
    }
    if (part & PART_SUCCESSORS)
        write_edges(w, STR("successorCount"), STR("successors"), &record->successors);
    if (difference.info & type_bit)
        write_text_or_null(w, STR("type"), record->values.info.field[INFO_TYPE]);
    writer_object_end(w);
}
