/* What the world is told: changes, state, receipts. */

#include <stdlib.h>

#include "shell/kafka.h"
#include "show.h"
#include "view.h"

static struct str member(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) ? (struct str){json_string_value(value), json_string_length(value)} : STR_NONE;
}

static void show_member(FILE *out, const char *before, const json_t *object, const char *name)
{
    fputs(before, out);
    show_text(out, member(object, name));
}

/* The event in structured form, from headers and value; takes a reference of `data`. Attributes that are not text, or
 * absent, are left out: the hash tells. */
static json_t *event_of(const rd_kafka_message_t *message, json_t *data)
{
    static const char *const texts[] = {"specversion", "id", "source", "type", "subject", "partitionkey", "time",
        "recordedtime", "sequence", "subjectversion", "correlationid", "dataschema"};
    static const char *const numbers[] = {"actindex", "actcount"};
    char name[32];
    json_t *event = json_object();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        snprintf(name, sizeof name, "ce_%s", texts[i]);
        if (str_given(kafka_header(message, name)))
            show_put(event, texts[i], kafka_header(message, name));
    }
    for (size_t i = 0; i < 2; i++) {
        long long number;
        snprintf(name, sizeof name, "ce_%s", numbers[i]);
        if (kafka_header_int(message, name, &number))
            json_object_set_new(event, numbers[i], json_integer(number));
    }
    show_put(event, "datacontenttype", kafka_header(message, "content-type"));
    json_object_set(event, "data", data);
    return event;
}

static void check_link(struct viewer *viewer, const json_t *event, FILE *out, struct view *view)
{
    char why[160];
    json_t *bare = json_copy((json_t *)(uintptr_t)event);
    json_object_del(bare, "source");
    bool begun = viewer->chain.begun;
    const char *broken = chain_add(&viewer->chain, bare, why);
    json_decref(bare);
    if (broken)
        fprintf(out, " CHAIN BROKEN: %s", broken);
    json_object_set_new(view->json, "chain", json_string(broken ? "broken" : begun ? "follows" : "begins"));
    if (broken)
        json_object_set_new(view->json, "chainBroken", json_string(broken));
}

/* "vn.gov.orgcode.organization.established.v1": "organization.established" and "established" too. */
static void add_types(struct viewer *viewer, struct view *view, struct str type)
{
    struct str short_name = type;
    struct str head = STR("vn.gov.orgcode."), tail = STR(".v1");
    view_kind(viewer, view, type);
    if (!str_starts(type, head) || type.len < head.len + tail.len)
        return;
    short_name = (struct str){type.data + head.len, type.len - head.len - tail.len};
    view_kind(viewer, view, short_name);
    view_kind(viewer, view, journal_authority(short_name)); /* behind the dot */
}

static void view_change(struct viewer *viewer, const rd_kafka_message_t *message, FILE *out, struct view *view)
{
    json_t *data = view_value(view, out, message);
    if (!data)
        return;
    json_t *event = event_of(message, data);
    json_object_del(view->json, "value");
    json_object_set_new(view->json, "event", event);
    data = json_object_get(event, "data");
    view->body = data;
    view->authority = str_copy(viewer->arena, member(data, "authority"));
    view->act = str_copy(viewer->arena, member(event, "correlationid"));
    view_code(viewer, view, member(event, "subject"));
    add_types(viewer, view, member(event, "type"));
    view_kind(viewer, view, member(data, "kind"));
    show_member(out, "", event, "sequence");
    fputc(' ', out);
    show_text(out, view->kinds.count > 1 ? view->kinds.item[1] : member(event, "type"));
    show_member(out, " ", event, "subject");
    show_member(out, ", by ", data, "authority");
    show_member(out, ", act ", event, "correlationid");
    check_link(viewer, event, out, view);
}

static void view_state(struct viewer *viewer, const rd_kafka_message_t *message, FILE *out, struct view *view)
{
    struct str key = kafka_key(message);
    json_t *record = view_value(view, out, message);
    view_code(viewer, view, key);
    if (!record)
        return;
    view->body = record;
    view_kind(viewer, view, member(record, "status"));
    show_text(out, key);
    show_member(out, " ", record, "status");
    const json_t *info = json_object_get(record, "info");
    if (str_given(member(info, "name")))
        show_member(out, ", ", info, "name");
}

static void add_findings(struct viewer *viewer, struct view *view, const json_t *list, FILE *out)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *finding = json_array_get(list, i);
        view_kind(viewer, view, member(finding, "reason"));
        view_code(viewer, view, member(finding, "code"));
        if (out && i < 3) {
            show_member(out, i == 0 ? ": " : ", ", finding, "reason");
            if (str_given(member(finding, "code")))
                show_member(out, " ", finding, "code");
        }
    }
}

static void view_receipt(struct viewer *viewer, const rd_kafka_message_t *message, FILE *out, struct view *view)
{
    json_t *receipt = view_value(view, out, message);
    view->authority = str_copy(viewer->arena, journal_authority(str_of(rd_kafka_topic_name(message->rkt))));
    if (!receipt)
        return;
    view->body = receipt;
    view->act = str_copy(viewer->arena, member(receipt, "actId"));
    view_kind(viewer, view, member(receipt, "verdict"));
    const json_t *rule = json_object_get(receipt, "rule");
    if (rule)
        view_kind(viewer, view, member(receipt, "rule"));
    fprintf(out, "%lld ", (long long)json_integer_value(json_object_get(receipt, "number")));
    show_text(out, member(receipt, "verdict"));
    if (rule)
        show_member(out, " by ", receipt, "rule");
    add_findings(viewer, view, json_object_get(receipt, "faults"), out);
    add_findings(viewer, view, json_object_get(receipt, "warnings"), NULL);
    if (str_given(view->act))
        show_member(out, ", act ", receipt, "actId");
}

void view_told(struct viewer *viewer, const rd_kafka_message_t *message, FILE *out, struct view *view)
{
    if (viewer->form == FORM_CHANGES)
        view_change(viewer, message, out, view);
    else if (viewer->form == FORM_STATE)
        view_state(viewer, message, out, view);
    else
        view_receipt(viewer, message, out, view);
}
