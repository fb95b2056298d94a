#include "codec/journal.h"

#include <jansson.h>

#include "codec/json_writer.h"

/* No instant beyond the year 9999. */
#define INSTANT_MAX ((time_ms)253402300799999)

static const struct str kind_names[] = {
    [RECORD_FOREIGN] = STR("foreign"),
    [RECORD_GENESIS] = STR("genesis"),
    [RECORD_ACT] = STR("act"),
    [RECORD_REFUSAL] = STR("refusal"),
    [RECORD_TICK] = STR("tick"),
    [RECORD_CONTROL] = STR("control"),
};
#define KINDS (sizeof kind_names / sizeof *kind_names)

static struct str find(const struct journal_header *header, size_t count, const char *name)
{
    for (size_t i = count; i > 0; i--)
        if (str_equal(header[i - 1].name, str_of(name)))
            return header[i - 1].value;
    return STR_NONE;
}

static bool read_number(struct str text, int64_t most, int64_t *out)
{
    unsigned long long value;
    if (!str_given(text) || !str_to_u64(text, &value) || value > (unsigned long long)most)
        return false;
    *out = (int64_t)value;
    return true;
}

struct str journal_authority(struct str topic)
{
    size_t from = topic.len;
    while (from > 0 && topic.data[from - 1] != '.')
        from--;
    return (struct str){topic.data + from, topic.len - from};
}

static const char *read_origin(const struct journal_header *header, size_t count, struct origin *out)
{
    int64_t partition;
    out->topic = find(header, count, JOURNAL_TOPIC);
    if (out->topic.len == 0)
        return JOURNAL_TOPIC;
    out->authority = journal_authority(out->topic);
    if (out->authority.len == 0)
        return JOURNAL_TOPIC;
    if (!read_number(find(header, count, JOURNAL_PARTITION), INT32_MAX, &partition))
        return JOURNAL_PARTITION;
    out->partition = (int32_t)partition;
    if (!read_number(find(header, count, JOURNAL_OFFSET), INT64_MAX, &out->offset))
        return JOURNAL_OFFSET;
    if (!read_number(find(header, count, JOURNAL_FROM), out->offset, &out->from))
        return JOURNAL_FROM;
    if (!read_number(find(header, count, JOURNAL_TIME), INSTANT_MAX, &out->time))
        return JOURNAL_TIME;
    return NULL;
}

static struct str member(struct arena *arena, const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_string(value))
        return STR_NONE;
    return str_copy(arena, (struct str){json_string_value(value), json_string_length(value)});
}

static bool read_int(const json_t *object, const char *name, int *out)
{
    const json_t *value = json_object_get(object, name);
    if (!json_is_integer(value) || json_integer_value(value) < 1 || json_integer_value(value) > INT32_MAX)
        return false;
    *out = (int)json_integer_value(value);
    return true;
}

static bool read_genesis(struct arena *arena, const json_t *value, struct journal_record *out)
{
    struct str mode = member(arena, value, "mode");
    out->genesis.mode = str_equal(mode, STR("live")) ? MODE_LIVE : MODE_SCRIPTED;
    struct str id = member(arena, value, "registryId");
    return (str_equal(mode, STR("live")) || str_equal(mode, STR("scripted"))) && str_given(id) &&
           uuid_parse(id, &out->genesis.registry_id) && read_int(value, "epoch", &out->genesis.epoch);
}

static bool read_control(const json_t *value, struct journal_record *out)
{
    out->control.live = json_is_true(json_object_get(value, "live"));
    return read_int(value, "version", &out->control.version) || out->control.live;
}

static bool read_refusal(struct arena *arena, const json_t *value, struct journal_record *out)
{
    struct str reason = member(arena, value, "reason"), id = member(arena, value, "actId");
    out->refusal.reason = str_given(reason) ? reason_parse(reason) : REASON_NONE;
    out->refusal.code = member(arena, value, "code");
    out->refusal.expected = member(arena, value, "expected");
    out->refusal.has_id = str_given(id) && uuid_parse(id, &out->refusal.id);
    return out->refusal.reason != REASON_NONE;
}

static bool read_value(struct arena *arena, struct str value, struct journal_record *out)
{
    json_t *parsed = json_loadb(value.data ? value.data : "", value.len, JSON_REJECT_DUPLICATES, NULL);
    bool read = json_is_object(parsed);
    if (read && out->kind == RECORD_GENESIS)
        read = read_genesis(arena, parsed, out);
    else if (read && out->kind == RECORD_CONTROL)
        read = read_control(parsed, out);
    else if (read)
        read = read_refusal(arena, parsed, out);
    json_decref(parsed);
    return read;
}

static void foreign(struct journal_record *out, struct fault *fault, const char *why, struct str what)
{
    *out = (struct journal_record){.kind = RECORD_FOREIGN, .broker_ms = out->broker_ms};
    struct status s = status_fail(fault, STATUS_REJECT, "foreign", "%s%.*s", why, STR_ARG(what));
    (void)s;
}

static enum record_kind find_kind(struct str name)
{
    for (size_t kind = RECORD_GENESIS; kind < KINDS; kind++)
        if (str_equal(name, kind_names[kind]))
            return (enum record_kind)kind;
    return RECORD_FOREIGN;
}

void journal_read(struct arena *arena, const struct journal_header *header, size_t count, struct str value,
    time_ms broker_ms, struct journal_record *out, struct fault *fault)
{
    struct str stamp = find(header, count, JOURNAL_STAMP), kind = find(header, count, JOURNAL_KIND);
    *out = (struct journal_record){.broker_ms = broker_ms};
    out->kind = find_kind(kind);
    if (out->kind == RECORD_FOREIGN) {
        foreign(out, fault, str_given(kind) ? "kind " : "no header " JOURNAL_KIND,
            (struct str){kind.data, kind.len < 40 ? kind.len : 40});
        return;
    }
    if (str_given(stamp) && !read_number(stamp, INSTANT_MAX, &out->stamp_ms)) {
        foreign(out, fault, "header ", STR(JOURNAL_STAMP));
        return;
    }
    if (out->kind == RECORD_ACT || out->kind == RECORD_REFUSAL) {
        const char *missing = read_origin(header, count, &out->origin);
        if (missing) {
            foreign(out, fault, "header ", str_of(missing));
            return;
        }
    }
    if (out->kind == RECORD_ACT)
        out->bytes = str_given(value) ? value : STR("");
    else if (out->kind != RECORD_TICK && !read_value(arena, value, out))
        foreign(out, fault, "value of a record of kind ", kind);
}

static struct str number(struct arena *arena, int64_t value)
{
    return str_format(arena, "%lld", (long long)(value > 0 ? value : 0));
}

size_t journal_headers(struct arena *arena, enum record_kind kind, time_ms stamp_ms, const struct origin *origin,
    struct journal_header out[JOURNAL_HEADERS_MAX])
{
    size_t count = 0;
    out[count++] = (struct journal_header){STR(JOURNAL_KIND), kind_names[kind]};
    out[count++] = (struct journal_header){STR(JOURNAL_STAMP), number(arena, stamp_ms)};
    if (!origin || (kind != RECORD_ACT && kind != RECORD_REFUSAL))
        return count;
    out[count++] = (struct journal_header){STR(JOURNAL_TOPIC), str_copy(arena, origin->topic)};
    out[count++] = (struct journal_header){STR(JOURNAL_PARTITION), number(arena, origin->partition)};
    out[count++] = (struct journal_header){STR(JOURNAL_FROM), number(arena, origin->from)};
    out[count++] = (struct journal_header){STR(JOURNAL_OFFSET), number(arena, origin->offset)};
    out[count++] = (struct journal_header){STR(JOURNAL_TIME), number(arena, origin->time)};
    return count;
}

static void write_text(struct writer *w, struct str key, struct str text)
{
    if (!str_given(text))
        return;
    writer_key(w, key);
    writer_str(w, text);
}

void journal_refusal_encode(struct arena *arena, const struct journal_refusal *refusal, struct str *out)
{
    char hex[SHA256_TEXT_SIZE];
    struct writer w;
    writer_open(&w, arena, 512);
    writer_object(&w);
    if (refusal->has_id) {
        writer_key(&w, STR("actId"));
        writer_uuid(&w, refusal->id);
    }
    write_text(&w, STR("code"), refusal->code);
    write_text(&w, STR("expected"), refusal->expected);
    write_text(&w, STR("reason"), reason_slug(refusal->reason));
    write_text(&w, STR("sha256"), str_of(sha256_format(refusal->digest, hex)));
    writer_key(&w, STR("size"));
    writer_int(&w, (int64_t)refusal->size);
    writer_object_end(&w);
    *out = writer_text(&w);
}

void journal_genesis_encode(
    struct arena *arena, struct uuid registry_id, int epoch, enum journal_mode mode, struct str *out)
{
    struct writer w;
    writer_open(&w, arena, 128);
    writer_object(&w);
    writer_key(&w, STR("epoch"));
    writer_int(&w, epoch);
    write_text(&w, STR("mode"), mode == MODE_LIVE ? STR("live") : STR("scripted"));
    writer_key(&w, STR("registryId"));
    writer_uuid(&w, registry_id);
    writer_object_end(&w);
    *out = writer_text(&w);
}

void journal_control_encode(struct arena *arena, bool live, int version, struct str *out)
{
    struct writer w;
    writer_open(&w, arena, 64);
    writer_object(&w);
    if (live) {
        writer_key(&w, STR("live"));
        writer_bool(&w, true);
    }
    if (version > 0) {
        writer_key(&w, STR("version"));
        writer_int(&w, version);
    }
    writer_object_end(&w);
    *out = writer_text(&w);
}
