#include "codec/json_change.h"

#include <stdio.h>

#include "codec/form.h"
#include "codec/json_body.h"
#include "codec/json_record.h"

const struct sha256 chain_start = {{0}};

static const struct str role_names[] = {
    [PARTY_ORIGINAL] = STR("original"), [PARTY_RESULTING] = STR("resulting"), [PARTY_AFFECTED] = STR("affected")};
static const struct str disposition_names[] = {[DISPOSITION_ISSUED] = STR("issued"),
    [DISPOSITION_KEPT] = STR("kept"),
    [DISPOSITION_CLOSED] = STR("closed"),
    [DISPOSITION_CARRIED_ON] = STR("carried_on")};

struct change_attributes change_attributes_of(const struct change *change, int epoch)
{
    return (struct change_attributes){
        .form = change->form,
        .epoch = epoch,
        .sequence = change->sequence,
        .type = change->type,
        .subject = change->subject,
        .subject_version = change->subject_version,
        .act_id = change->context->act->id,
        .act_index = change->index,
        .act_count = change->count,
        .effective_on = change->context->act->effective_on,
        .recorded = change->context->recorded,
    };
}

/* 20 digits and NUL. */
static void put_number(int64_t value, char out[CHANGE_SEQUENCE_SIZE])
{
    uint64_t left = value > 0 ? (uint64_t)value : 0;
    for (int i = CHANGE_SEQUENCE_SIZE - 2; i >= 0; i--, left /= 10)
        out[i] = (char)('0' + left % 10);
    out[CHANGE_SEQUENCE_SIZE - 1] = 0;
}

char *change_id_format(int epoch, int64_t sequence, char out[CHANGE_ID_SIZE])
{
    int used;
    if (epoch >= 0 && epoch < 100) {
        out[0] = (char)('0' + epoch / 10);
        out[1] = (char)('0' + epoch % 10);
        used = 2;
    } else {
        used = snprintf(out, CHANGE_ID_SIZE - CHANGE_SEQUENCE_SIZE, "%d", epoch);
    }
    out[used] = '-';
    put_number(sequence, out + used + 1);
    return out;
}

bool change_id_parse(struct str id, int *epoch, int64_t *sequence)
{
    unsigned long long number, first;
    if (id.len < 2 + 1 + 20 || id.len >= CHANGE_ID_SIZE || id.data[id.len - 21] != '-')
        return false;
    if (!str_to_u64((struct str){id.data, id.len - 21}, &first) || first > INT32_MAX ||
        !str_to_u64((struct str){id.data + id.len - 20, 20}, &number) || number > INT64_MAX)
        return false;
    *epoch = (int)first;
    *sequence = (int64_t)number;
    return true;
}

void change_texts_format(const struct change_attributes *attributes, struct change_texts *out)
{
    change_id_format(attributes->epoch, attributes->sequence, out->id);
    put_number(attributes->sequence, out->sequence);
    put_number(attributes->subject_version, out->subject_version);
    uuid_format(attributes->act_id, out->correlation_id);
    snprintf(out->act_index, sizeof out->act_index, "%d", attributes->act_index);
    snprintf(out->act_count, sizeof out->act_count, "%d", attributes->act_count);
    snprintf(out->schema, sizeof out->schema, CHANGE_SCHEMA_OF "%d", attributes->form);
    time_format(date_start(attributes->effective_on), out->time);
    time_format(attributes->recorded, out->recorded_time);
    out->type = change_type_name(attributes->type);
    out->subject = attributes->subject;
}

static void write_lateness(struct writer *w, struct str key, struct lateness late)
{
    if (late.due == DATE_NONE)
        return;
    writer_key(w, key);
    writer_object(w);
    writer_key(w, STR("daysLate"));
    writer_int(w, late.days);
    writer_key(w, STR("dueOn"));
    writer_date(w, late.due);
    writer_object_end(w);
}

static void write_compliance(struct writer *w, const struct act_context *context)
{
    if (context->decision_late.due == DATE_NONE && context->entry_late.due == DATE_NONE)
        return;
    writer_key(w, STR("compliance"));
    writer_object(w);
    write_lateness(w, STR("decision"), context->decision_late);
    write_lateness(w, STR("entry"), context->entry_late);
    writer_object_end(w);
}

static void write_participants(struct writer *w, const struct change *change)
{
    writer_key(w, STR("participantCount"));
    writer_int(w, change->participants_total);
    writer_key(w, STR("participants"));
    writer_array(w);
    for (int i = 0; i < change->participants; i++) {
        const struct participant *party = &change->participant[i];
        writer_object(w);
        writer_key(w, STR("code"));
        writer_str(w, party->code);
        writer_key(w, STR("continues"));
        writer_bool(w, party->continues);
        writer_key(w, STR("disposition"));
        writer_str(w, disposition_names[party->disposition]);
        writer_key(w, STR("role"));
        writer_str(w, role_names[party->role]);
        writer_object_end(w);
    }
    writer_array_end(w);
}

/* Where `after` and `before` stand in the text: mostly the one period is the change itself, and they come again. */
struct sides {
    size_t after, after_end, before, before_end;
};

static void write_period_sides(
    struct writer *w, const struct change *change, const struct period *period, const struct sides *sides)
{
    bool again = !change->scheme && period->before == change->before && period->after == change->after;
    struct record_difference difference = {0};
    if (!again)
        difference = record_compare(period->before, period->after);
    writer_key(w, STR("after"));
    if (again)
        writer_repeat(w, sides->after, sides->after_end);
    else
        record_write_part(w, period->after, difference);
    writer_key(w, STR("before"));
    if (again)
        writer_repeat(w, sides->before, sides->before_end);
    else
        record_write_part(w, period->before, difference);
}

static void write_periods(struct writer *w, const struct change *change, const struct sides *sides)
{
    writer_key(w, STR("periods"));
    writer_array(w);
    for (int i = 0; i < change->periods; i++) {
        const struct period *period = &change->period[i];
        writer_object(w);
        write_period_sides(w, change, period, sides);
        writer_key(w, STR("validFrom"));
        writer_date(w, period->from);
        if (period->to != DATE_NONE) {
            writer_key(w, STR("validTo"));
            writer_date(w, period->to);
        }
        writer_object_end(w);
    }
    writer_array_end(w);
}

#define HASH_TEXT (SHA256_TEXT_SIZE - 1)

static void write_hash(struct writer *w, struct str key, const char *hex, size_t *from, size_t *to)
{
    *from = w->len;
    writer_key(w, key);
    writer_str(w, (struct str){hex, HASH_TEXT});
    *to = w->len;
}

static void write_record(struct writer *w, const struct change *change)
{
    if (change->scheme) {
        struct str text;
        scheme_encode(w->arena, change->scheme, &text);
        writer_raw(w, text);
    } else {
        record_write(w, change->code, change->after, change->subject_version);
    }
}

void change_write_1(struct writer *w, const struct change *change, const char *previous, struct form_marks *marks)
{
    static const char blank[] = "0000000000000000000000000000000000000000000000000000000000000000";
    const struct act *act = change->context->act;
    struct record_difference difference = record_compare(change->before, change->after);
    writer_object(w);
    writer_key(w, STR("actId"));
    writer_uuid(w, act->id);
    struct sides sides = {0};
    if (!change->scheme) {
        writer_key(w, STR("after"));
        sides.after = w->len;
        record_write_part(w, change->after, difference);
        sides.after_end = w->len;
    }
    writer_key(w, STR("authority"));
    writer_str(w, act->authority);
    if (!change->scheme) {
        writer_key(w, STR("before"));
        sides.before = w->len;
        record_write_part(w, change->before, difference);
        sides.before_end = w->len;
    }
    write_compliance(w, change->context);
    if (act->decision.given) {
        writer_key(w, STR("decision"));
        json_write_decision(w, &act->decision);
    }
    writer_key(w, STR("effectiveOn"));
    writer_date(w, act->effective_on);
    write_hash(w, STR("hash"), blank, &marks->hash, &marks->hash_end);
    writer_key(w, STR("kind"));
    writer_str(w, act_kind_name(act->kind));
    write_participants(w, change);
    write_periods(w, change, &sides);
    write_hash(w, STR("previousHash"), previous, &marks->previous, &marks->previous_end);
    writer_key(w, STR("record"));
    marks->record = w->len;
    write_record(w, change);
    marks->record_end = w->len;
    writer_key(w, STR("recordedAt"));
    writer_time(w, change->context->recorded);
    writer_object_end(w);
}

static void write_member(struct writer *w, struct str key, const char *value)
{
    writer_key(w, key);
    writer_str(w, str_of(value));
}

void change_event_write(
    struct writer *w, const struct change_attributes *attributes, struct str data, size_t *data_at)
{
    struct change_texts text;
    change_texts_format(attributes, &text);
    writer_object(w);
    writer_key(w, STR("actcount"));
    writer_int(w, attributes->act_count);
    writer_key(w, STR("actindex"));
    writer_int(w, attributes->act_index);
    write_member(w, STR("correlationid"), text.correlation_id);
    writer_key(w, STR("data"));
    *data_at = w->len;
    writer_raw(w, data);
    write_member(w, STR("datacontenttype"), CHANGE_CONTENT_TYPE);
    write_member(w, STR("dataschema"), text.schema);
    write_member(w, STR("id"), text.id);
    writer_key(w, STR("partitionkey"));
    writer_str(w, text.subject);
    write_member(w, STR("recordedtime"), text.recorded_time);
    write_member(w, STR("sequence"), text.sequence);
    write_member(w, STR("specversion"), CHANGE_SPEC_VERSION);
    writer_key(w, STR("subject"));
    writer_str(w, text.subject);
    write_member(w, STR("subjectversion"), text.subject_version);
    write_member(w, STR("time"), text.time);
    writer_key(w, STR("type"));
    writer_str(w, text.type);
    writer_object_end(w);
}

void change_encode(struct arena *arena, struct hasher *hasher, const struct change *change, int epoch,
    const struct sha256 *previous, struct change_encoded *out)
{
    char hex[SHA256_TEXT_SIZE];
    struct form_marks marks;
    struct writer data, event;
    size_t data_at;
    sha256_format(*previous, hex);
    writer_open(&data, arena, 2560);
    change_forms[change->form - 1](&data, change, hex, &marks);
    struct arena_mark scratch = arena_mark(arena);
    writer_open(&event, arena, 768);
    struct change_attributes attributes = change_attributes_of(change, epoch);
    change_event_write(&event, &attributes, STR(""), &data_at);
    hasher_begin(hasher);
    hasher_add(hasher, hex, HASH_TEXT);
    hasher_add(hasher, event.data, data_at);
    hasher_add(hasher, data.data, marks.hash);
    hasher_add(hasher, data.data + marks.hash_end, marks.previous - marks.hash_end);
    hasher_add(hasher, data.data + marks.previous_end, data.len - marks.previous_end);
    hasher_add(hasher, event.data + data_at, event.len - data_at);
    out->hash = hasher_end(hasher);
    arena_rewind(arena, scratch);
    sha256_format(out->hash, hex);
    memcpy(data.data + marks.hash_end - 1 - HASH_TEXT, hex, HASH_TEXT);
    out->data = writer_text(&data);
    out->record = (struct str){data.data + marks.record, marks.record_end - marks.record};
}
