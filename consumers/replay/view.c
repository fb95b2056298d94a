#include "view.h"

#include <stdarg.h>
#include <stdlib.h>

#include "codec/json_act.h"
#include "shell/kafka.h"
#include "show.h"

enum form view_form(const char *topic, const char *prefix)
{
    static const struct {
        const char *part;
        enum form form;
    } forms[] = {{".acts.", FORM_ACTS}, {".receipts.", FORM_RECEIPTS}, {".journal", FORM_JOURNAL},
        {".changes", FORM_CHANGES}, {".state", FORM_STATE}, {".rejected", FORM_REJECTED}};
    size_t length = strlen(prefix);
    bool ours = strncmp(topic, prefix, length) == 0 && topic[length] == '.';
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const char *at = ours ? topic + length : strstr(topic, forms[i].part);
        size_t part = strlen(forms[i].part);
        if (at && strncmp(at, forms[i].part, part) == 0 && (forms[i].part[part - 1] == '.') == (at[part] != '\0'))
            return forms[i].form;
    }
    return FORM_OTHER;
}

void view_kind(struct viewer *viewer, struct view *view, struct str kind)
{
    *vec_push(viewer->arena, &view->kinds) = str_copy(viewer->arena, kind);
}

void view_code(struct viewer *viewer, struct view *view, struct str code)
{
    if (str_given(code))
        *vec_push(viewer->arena, &view->codes) = str_copy(viewer->arena, code);
}

void view_unreadable(struct view *view, FILE *out, struct str bytes, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(view->why, sizeof view->why, format, arguments);
    va_end(arguments);
    view->readable = false;
    json_object_set_new(view->json, "unreadable", json_string(view->why));
    json_object_set_new(view->json, "hex", show_hex_json(bytes));
    fputs("unreadable: ", out);
    show_text(out, str_of(view->why));
    fputs("; ", out);
    show_hex(out, bytes);
}

json_t *view_value(struct view *view, FILE *out, const rd_kafka_message_t *message)
{
    json_error_t error;
    struct str value = kafka_value(message);
    json_t *json =
        value.len ? json_loadb(value.data, value.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error) : NULL;
    if (json)
        json_object_set_new(view->json, "value", json);
    else if (!str_given(value))
        view_unreadable(view, out, value, "no value");
    else
        view_unreadable(view, out, value, "not JSON: %s, byte %d", value.len ? error.text : "empty",
            value.len ? error.position : 0);
    return json;
}

struct naming {
    struct viewer *viewer;
    struct view *view;
};

static void name_code(void *context, struct str code, enum code_role role)
{
    const struct naming *naming = context;
    (void)role;
    view_code(naming->viewer, naming->view, code);
}

/* "established H26.14, by H26, from 2025-07-01 on, act ..." */
static void write_act(struct viewer *viewer, const struct act *act, FILE *out, struct view *view)
{
    char day[DATE_TEXT_SIZE], id[UUID_TEXT_SIZE];
    struct naming naming = {viewer, view};
    struct str text;
    json_act_encode(viewer->arena, act, &text);
    view->body = json_loadb(text.data, text.len, 0, NULL);
    json_object_set_new(view->json, "act", view->body);
    view->authority = str_copy(viewer->arena, act->authority);
    view->act = str_copy(viewer->arena, str_of(uuid_format(act->id, id)));
    view_kind(viewer, view, act_kind_name(act->kind));
    act_each_code(act, name_code, &naming);
    fprintf(out, "%.*s", STR_ARG(act_kind_name(act->kind)));
    for (size_t i = 0; i < view->codes.count && i < 3; i++) {
        fputc(' ', out);
        show_text(out, view->codes.item[i]);
    }
    if (view->codes.count > 3)
        fprintf(out, " and %zu more", view->codes.count - 3);
    fputs(", by ", out);
    show_text(out, act->authority);
    fprintf(out, ", from %s on, act %s", date_format(act->effective_on, day), id);
}

static bool view_frame(struct viewer *viewer, struct str bytes, FILE *out, struct view *view)
{
    struct act *act;
    struct fault fault = {0};
    struct status status = avro_act_decode(viewer->reader, viewer->arena, bytes, &act, &fault);
    if (!str_given(bytes))
        view_unreadable(view, out, bytes, "no value");
    else if (status_failed(status))
        view_unreadable(view, out, bytes, "%s", fault.text);
    else
        write_act(viewer, act, out, view);
    return !status_failed(status);
}

static void view_acts(struct viewer *viewer, const rd_kafka_message_t *message, FILE *out, struct view *view)
{
    view->authority = str_copy(viewer->arena, journal_authority(str_of(rd_kafka_topic_name(message->rkt))));
    if (view_frame(viewer, kafka_value(message), out, view))
        json_object_set_new(view->json, "hex", show_hex_json(kafka_value(message)));
}

static size_t headers_of(struct arena *arena, const rd_kafka_message_t *message, struct journal_header **out)
{
    rd_kafka_headers_t *headers;
    size_t count = rd_kafka_message_headers(message, &headers) ? 0 : rd_kafka_header_cnt(headers);
    *out = arena_array(arena, struct journal_header, count);
    for (size_t i = 0; i < count; i++) {
        const char *name;
        const void *value;
        size_t size;
        if (rd_kafka_header_get_all(headers, i, &name, &value, &size))
            return i;
        (*out)[i] = (struct journal_header){str_of(name), {value, size}};
    }
    return count;
}

static void write_origin(const struct origin *origin, FILE *out, struct view *view)
{
    char time[TIME_TEXT_SIZE];
    time_format(origin->time, time);
    fputs(", of ", out);
    show_text(out, origin->topic);
    if (origin->from == origin->offset)
        fprintf(out, " %d:%lld", origin->partition, (long long)origin->offset);
    else
        fprintf(out, " %d:%lld..%lld", origin->partition, (long long)origin->from, (long long)origin->offset);
    json_t *json = json_pack("{s:i s:I s:I s:s}", "partition", (int)origin->partition, "from", (json_int_t)origin->from,
        "offset", (json_int_t)origin->offset, "time", time);
    show_put(json, "topic", origin->topic);
    json_object_set_new(view->json, "origin", json);
}

static void write_refusal(struct viewer *viewer, const struct journal_record *record, FILE *out, struct view *view)
{
    char id[UUID_TEXT_SIZE];
    view_kind(viewer, view, reason_slug(record->refusal.reason));
    fprintf(out, "%.*s", STR_ARG(reason_slug(record->refusal.reason)));
    if (str_given(record->refusal.expected)) {
        fputs(", expected ", out);
        show_text(out, record->refusal.expected);
    }
    if (record->refusal.has_id) {
        view->act = str_copy(viewer->arena, str_of(uuid_format(record->refusal.id, id)));
        fprintf(out, ", act %s", id);
    }
}

static void view_journal(struct viewer *viewer, const rd_kafka_message_t *message, FILE *out, struct view *view)
{
    static const char *const names[] = {"foreign", "genesis", "act", "refusal", "tick", "control"};
    struct journal_header *header;
    struct journal_record record;
    struct fault fault = {0};
    char stamp[TIME_TEXT_SIZE];
    size_t count = headers_of(viewer->arena, message, &header);
    journal_read(
        viewer->arena, header, count, kafka_value(message), rd_kafka_message_timestamp(message, NULL), &record, &fault);
    const char *name = names[record.kind];
    json_object_set_new(view->json, "kind", json_string(name));
    if (record.stamp_ms > 0)
        json_object_set_new(view->json, "stamp", json_string(time_format(record.stamp_ms, stamp)));
    view_kind(viewer, view, str_of(name));
    fprintf(out, "%s: ", name);
    if (record.kind == RECORD_FOREIGN) {
        view_unreadable(view, out, kafka_value(message), "%s", fault.text);
        return;
    }
    if (record.kind == RECORD_ACT) {
        if (view_frame(viewer, kafka_value(message), out, view))
            json_object_set_new(view->json, "hex", show_hex_json(kafka_value(message)));
    } else if (record.kind == RECORD_REFUSAL) {
        write_refusal(viewer, &record, out, view);
    }
    if (record.kind == RECORD_ACT || record.kind == RECORD_REFUSAL) {
        view->authority = str_copy(viewer->arena, record.origin.authority);
        write_origin(&record.origin, out, view);
    }
    if (record.stamp_ms > 0)
        fprintf(out, ", stamped %s", stamp);
    if (record.kind != RECORD_ACT && record.kind != RECORD_TICK)
        view->body = view_value(view, out, message);
}

static void view_rejected(struct viewer *viewer, const rd_kafka_message_t *message, FILE *out, struct view *view)
{
    static const char *const origins[] = {JOURNAL_TOPIC, JOURNAL_PARTITION, JOURNAL_OFFSET, JOURNAL_TIME};
    struct act *act;
    struct str value = kafka_value(message), topic = kafka_header(message, JOURNAL_TOPIC);
    json_t *origin = json_object();
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++)
        show_put(origin, origins[i] + strlen("oc-"), kafka_header(message, origins[i]));
    show_put(view->json, "reason", kafka_header(message, JOURNAL_REASON));
    show_put(view->json, "detail", kafka_header(message, JOURNAL_DETAIL));
    json_object_set_new(view->json, "origin", origin);
    view_kind(viewer, view, kafka_header(message, JOURNAL_REASON));
    view->authority = str_copy(viewer->arena, journal_authority(topic));
    show_text(out, kafka_header(message, JOURNAL_REASON));
    fputs(": ", out);
    show_text(out, kafka_header(message, JOURNAL_DETAIL));
    fputs(", of ", out);
    show_text(out, topic);
    fputc(' ', out);
    show_text(out, kafka_header(message, JOURNAL_PARTITION));
    fputc(':', out);
    show_text(out, kafka_header(message, JOURNAL_OFFSET));
    fputs("; ", out);
    json_object_set_new(view->json, "hex", str_given(value) ? show_hex_json(value) : json_null());
    if (!status_failed(avro_act_decode(viewer->reader, viewer->arena, value, &act, NULL))) {
        struct str authority = view->authority;
        write_act(viewer, act, out, view);
        view->authority = authority;
    } else {
        show_hex(out, value);
    }
}

static void view_other(const rd_kafka_message_t *message, FILE *out, struct view *view)
{
    struct str value = kafka_value(message);
    if (!str_given(value)) {
        fputs("no value: the key is given up", out);
        json_object_set_new(view->json, "value", json_null());
        return;
    }
    view->body = view_value(view, out, message);
}

/* What any record has. */
static json_t *frame_of(struct viewer *viewer, const rd_kafka_message_t *message)
{
    char time[TIME_TEXT_SIZE];
    rd_kafka_timestamp_type_t type;
    struct journal_header *header;
    time_format(rd_kafka_message_timestamp(message, &type), time);
    json_t *json = json_pack("{s:s s:i s:I s:s s:s}", "topic", rd_kafka_topic_name(message->rkt), "partition",
        (int)message->partition, "offset", (json_int_t)message->offset, "time", time, "clock",
        type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? "broker" : "sender");
    show_put(json, "key", kafka_key(message));
    json_t *headers = json_array();
    size_t count = headers_of(viewer->arena, message, &header);
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_object();
        show_put(item, "name", header[i].name);
        show_put(item, "value", header[i].value);
        json_array_append_new(headers, item);
    }
    json_object_set_new(json, "headers", headers);
    json_object_set_new(json, "size", json_integer((json_int_t)message->len));
    return json;
}

void view_make(struct viewer *viewer, const rd_kafka_message_t *message, struct view *out)
{
    char time[TIME_TEXT_SIZE];
    size_t size;
    arena_reset(viewer->arena);
    *out = (struct view){.readable = true, .json = frame_of(viewer, message)};
    FILE *line = open_memstream(&out->line, &size);
    if (!line || !out->json)
        abort();
    fprintf(line, "%d:%lld  %s  ", message->partition, (long long)message->offset,
        time_format(rd_kafka_message_timestamp(message, NULL), time));
    switch (viewer->form) {
    case FORM_ACTS:
        view_acts(viewer, message, line, out);
        break;
    case FORM_JOURNAL:
        view_journal(viewer, message, line, out);
        break;
    case FORM_REJECTED:
        view_rejected(viewer, message, line, out);
        break;
    case FORM_OTHER:
        fputs("key ", line);
        show_text(line, kafka_key(message));
        fputs(": ", line);
        view_other(message, line, out);
        break;
    default:
        view_told(viewer, message, line, out);
    }
    fclose(line);
    viewer->unreadable += !out->readable;
}

void view_close(struct view *view)
{
    json_decref(view->json);
    free(view->line);
}
