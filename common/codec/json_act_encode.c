#include "codec/json_act.h"
#include "codec/json_body.h"

const enum info_field json_info_order[INFO_FIELDS] = {
    INFO_ADDRESS,
    INFO_EMAIL,
    INFO_FAX,
    INFO_LEGACY_CODE,
    INFO_NAME,
    INFO_NAME_EN,
    INFO_PHONE,
    INFO_SHORT_NAME,
    INFO_TYPE,
    INFO_WEBSITE,
};

static void write_fields(struct writer *w, const struct info *info, field_mask wanted)
{
    for (int i = 0; i < INFO_FIELDS; i++) {
        enum info_field field = json_info_order[i];
        if (!(wanted & (field_mask)1 << field) || !str_given(info->field[field]))
            continue;
        writer_key(w, info_field_name(field));
        writer_str(w, info->field[field]);
    }
}

void json_write_info(struct writer *w, const struct info *info, field_mask without)
{
    writer_object(w);
    write_fields(w, info, INFO_ALL & ~without);
    writer_object_end(w);
}

static void member(struct writer *w, struct str key, struct str value)
{
    if (!str_given(value))
        return;
    writer_key(w, key);
    writer_str(w, value);
}

static void flag(struct writer *w, struct str key, bool value)
{
    if (!value)
        return;
    writer_key(w, key);
    writer_bool(w, true);
}

void json_write_decision(struct writer *w, const struct decision_doc *decision)
{
    writer_object(w);
    member(w, STR("issuedBy"), decision->issued_by);
    writer_key(w, STR("issuedOn"));
    writer_date(w, decision->issued_on);
    member(w, STR("number"), decision->number);
    member(w, STR("sha256"), decision->sha256);
    member(w, STR("title"), decision->title);
    member(w, STR("uri"), decision->uri);
    writer_object_end(w);
}

void json_write_grammar(struct writer *w, const struct grammar_item *item, size_t count)
{
    writer_array(w);
    for (size_t i = 0; i < count; i++) {
        writer_object(w);
        if (str_given(item[i].literal)) {
            member(w, STR("literal"), item[i].literal);
        } else {
            member(w, STR("class"), item[i].class);
            writer_key(w, STR("max"));
            writer_int(w, item[i].max);
            writer_key(w, STR("min"));
            writer_int(w, item[i].min);
        }
        writer_object_end(w);
    }
    writer_array_end(w);
}

static void write_clear(struct writer *w, field_mask clear)
{
    if (clear == 0)
        return;
    writer_key(w, STR("clear"));
    writer_array(w);
    for (int i = 0; i < INFO_FIELDS; i++)
        if (clear & (field_mask)1 << json_info_order[i])
            writer_str(w, info_field_name(json_info_order[i]));
    writer_array_end(w);
}

static void write_units(struct writer *w, const struct units *units)
{
    if (units->form == UNITS_NONE)
        return;
    writer_key(w, STR("units"));
    if (units->form == UNITS_KEEP) {
        writer_str(w, STR("keep"));
        return;
    }
    writer_array(w);
    for (size_t i = 0; i < units->count; i++) {
        const struct unit *unit = &units->item[i];
        writer_object(w);
        member(w, unit->move == UNIT_CLOSE ? STR("close") : STR("from"), unit->code);
        if (unit->move != UNIT_CLOSE)
            member(w, unit->move == UNIT_TO ? STR("to") : STR("successor"), unit->to);
        writer_object_end(w);
    }
    writer_array_end(w);
}

static void write_texts(struct writer *w, struct str key, const struct str *text, size_t count)
{
    writer_key(w, key);
    writer_array(w);
    for (size_t i = 0; i < count; i++)
        writer_str(w, text[i]);
    writer_array_end(w);
}

/* {code, info} */
static void write_code_info(struct writer *w, struct str code, const struct info *info)
{
    writer_object(w);
    member(w, STR("code"), code);
    if (info) {
        writer_key(w, STR("info"));
        json_write_info(w, info, 0);
    }
    writer_object_end(w);
}

static void write_set(struct writer *w, const struct info *set)
{
    for (int field = 0; field < INFO_FIELDS; field++) {
        if (!str_given(set->field[field]))
            continue;
        writer_key(w, STR("set"));
        json_write_info(w, set, 0);
        return;
    }
}

static void write_renamed(struct writer *w, const struct act *act)
{
    const struct info *set = &act->body.renamed.set;
    member(w, STR("code"), act->body.renamed.code);
    write_fields(
        w, set, (field_mask)1 << INFO_LEGACY_CODE | (field_mask)1 << INFO_NAME | (field_mask)1 << INFO_NAME_EN);
    flag(w, STR("newBody"), act->body.renamed.new_body);
    member(w, STR("newCode"), act->body.renamed.new_code);
    write_fields(w, set, (field_mask)1 << INFO_SHORT_NAME);
    write_units(w, &act->body.renamed.units);
}

static void write_recoded(struct writer *w, const struct act *act)
{
    writer_key(w, STR("cause"));
    writer_str(w, recode_cause_name(act->body.recoded.cause));
    writer_key(w, STR("codes"));
    writer_array(w);
    for (size_t i = 0; i < act->body.recoded.count; i++) {
        writer_object(w);
        member(w, STR("from"), act->body.recoded.pair[i].from);
        member(w, STR("to"), act->body.recoded.pair[i].to);
        writer_object_end(w);
    }
    writer_array_end(w);
}

static void write_merged(struct writer *w, const struct act *act)
{
    writer_key(w, STR("into"));
    write_code_info(w, act->body.merged.into, act->body.merged.info_given ? &act->body.merged.info : NULL);
    flag(w, STR("newBody"), act->body.merged.new_body);
    write_texts(w, STR("sources"), act->body.merged.source, act->body.merged.count);
    write_units(w, &act->body.merged.units);
}

static void write_split(struct writer *w, const struct act *act)
{
    writer_key(w, STR("continues"));
    writer_bool(w, act->body.split.continues);
    flag(w, STR("newBody"), act->body.split.new_body);
    writer_key(w, STR("results"));
    writer_array(w);
    for (size_t i = 0; i < act->body.split.count; i++)
        write_code_info(w, act->body.split.result[i].code, &act->body.split.result[i].info);
    writer_array_end(w);
    member(w, STR("source"), act->body.split.source);
    write_units(w, &act->body.split.units);
}

static void write_dissolved(struct writer *w, const struct act *act)
{
    member(w, STR("code"), act->body.dissolved.code);
    flag(w, STR("continues"), act->body.dissolved.continues);
    write_texts(w, STR("successors"), act->body.dissolved.successor, act->body.dissolved.count);
    write_units(w, &act->body.dissolved.units);
    flag(w, STR("withUnits"), act->body.dissolved.with_units);
}

static void write_corrected(struct writer *w, const struct act *act)
{
    write_clear(w, act->body.corrected.clear);
    member(w, STR("code"), act->body.corrected.code);
    writer_key(w, STR("corrects"));
    writer_uuid(w, act->body.corrected.corrects);
    write_set(w, &act->body.corrected.set);
    if (act->body.corrected.set_decision.given) {
        writer_key(w, STR("setDecision"));
        json_write_decision(w, &act->body.corrected.set_decision);
    }
}

static void write_scheme(struct writer *w, const struct act *act)
{
    flag(w, STR("amends"), act->body.scheme_registered.amends);
    member(w, STR("description"), act->body.scheme_registered.description);
    writer_key(w, STR("grammar"));
    json_write_grammar(w, act->body.scheme_registered.item, act->body.scheme_registered.count);
    member(w, STR("issuer"), act->body.scheme_registered.issuer);
    member(w, STR("scheme"), act->body.scheme_registered.scheme);
}

static void write_body(struct writer *w, const struct act *act)
{
    switch (act->kind) {
    case ACT_ESTABLISHED:
        member(w, STR("code"), act->body.established.code);
        writer_key(w, STR("info"));
        json_write_info(w, &act->body.established.info, 0);
        break;
    case ACT_CONTACT_UPDATED:
        write_clear(w, act->body.contact_updated.clear);
        member(w, STR("code"), act->body.contact_updated.code);
        write_set(w, &act->body.contact_updated.set);
        break;
    case ACT_RENAMED:
        write_renamed(w, act);
        break;
    case ACT_RECODED:
        write_recoded(w, act);
        break;
    case ACT_MERGED:
        write_merged(w, act);
        break;
    case ACT_SPLIT:
        write_split(w, act);
        break;
    case ACT_DISSOLVED:
        write_dissolved(w, act);
        break;
    case ACT_CLOSED:
        member(w, STR("code"), act->body.closed.code);
        member(w, STR("reason"), act->body.closed.reason);
        flag(w, STR("withUnits"), act->body.closed.with_units);
        break;
    case ACT_CORRECTED:
        write_corrected(w, act);
        break;
    case ACT_ANNULLED:
        writer_key(w, STR("annuls"));
        writer_uuid(w, act->body.annulled.annuls);
        writer_key(w, STR("reason"));
        writer_str(w, annul_reason_name(act->body.annulled.reason));
        break;
    case ACT_SCHEME_REGISTERED:
        write_scheme(w, act);
        break;
    case ACT_KINDS:
        break;
    }
}

void json_act_encode(struct arena *arena, const struct act *act, struct str *out)
{
    struct writer w;
    writer_open(&w, arena, 1024);
    writer_object(&w);
    writer_key(&w, STR("actId"));
    writer_uuid(&w, act->id);
    member(&w, STR("authority"), act->authority);
    writer_key(&w, STR("body"));
    writer_object(&w);
    write_body(&w, act);
    writer_object_end(&w);
    if (act->decision.given) {
        writer_key(&w, STR("decision"));
        json_write_decision(&w, &act->decision);
    }
    writer_key(&w, STR("effectiveOn"));
    writer_date(&w, act->effective_on);
    if (act->happened_on != act->effective_on && act->happened_on != DATE_NONE) {
        writer_key(&w, STR("happenedOn"));
        writer_date(&w, act->happened_on);
    }
    writer_key(&w, STR("kind"));
    writer_str(&w, act_kind_name(act->kind));
    member(&w, STR("note"), act->note);
    if (act->published_at != 0) {
        writer_key(&w, STR("publishedAt"));
        writer_time(&w, act->published_at);
    }
    if (!str_equal(act->scheme, STR("gov")))
        member(&w, STR("scheme"), act->scheme);
    writer_object_end(&w);
    *out = writer_text(&w);
}
