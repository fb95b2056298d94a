#include "asked.h"

#include <jansson.h>

#include "core/code.h"
#include "core/registry.h"

enum { WAIT_MAX_S = 60 };

bool asked_filter(const struct uri *uri, struct filter *out, struct str *wrong, struct str *expected)
{
    static const struct str prefix = STR("prefix:");
    struct str subject = uri_parameter(uri, STR("subject")), type = uri_parameter(uri, STR("type"));
    enum change_type named;
    *out = filter_all();
    out->authority = uri_parameter(uri, STR("authority"));
    if (str_starts(subject, prefix))
        out->prefix = (struct str){subject.data + prefix.len, subject.len - prefix.len};
    else
        out->subject = subject;
    if (str_given(out->authority) && !code_is_authority(out->authority)) {
        *wrong = STR("authority");
        *expected = STR("ROOT, H26");
        return false;
    }
    if (!str_given(type))
        return true;
    if (!change_type_parse(type, &named)) {
        *wrong = STR("type");
        *expected = change_type_name(CHANGE_ESTABLISHED);
        return false;
    }
    out->type = (int)named;
    return true;
}

bool asked_wait(struct str text, time_ms *out)
{
    unsigned long long seconds;
    if (text.len && text.data[text.len - 1] == 's')
        text.len--;
    if (!str_to_u64(text, &seconds) || seconds > WAIT_MAX_S)
        return false;
    *out = (time_ms)seconds * 1000;
    return true;
}

bool asked_version(struct str text, int64_t *sequence, date_day *day)
{
    unsigned long long number;
    const char *colon = text.len ? memchr(text.data, ':', text.len) : NULL;
    if (!colon || !str_to_u64((struct str){text.data, (size_t)(colon - text.data)}, &number) || number > INT64_MAX ||
        !date_parse((struct str){colon + 1, (size_t)(text.data + text.len - colon - 1)}, day))
        return false;
    *sequence = (int64_t)number;
    return true;
}

static bool take_codes(struct arena *arena, const json_t *codes, struct asked_codes *out)
{
    out->count = json_array_size(codes);
    if (out->count == 0 || out->count > ASKED_CODES_MAX)
        return false;
    out->code = arena_array(arena, struct str, out->count);
    for (size_t i = 0; i < out->count; i++) {
        const json_t *code = json_array_get(codes, i);
        if (!json_is_string(code) || json_string_length(code) > ASKED_CODE_MAX)
            return false;
        out->code[i] = str_copy(arena, (struct str){json_string_value(code), json_string_length(code)});
    }
    return true;
}

bool asked_codes(struct arena *arena, struct str body, struct asked_codes *out)
{
    json_error_t error;
    json_t *root = body.len ? json_loadb(body.data, body.len, JSON_REJECT_DUPLICATES, &error) : NULL;
    const json_t *direction = json_object_get(root, "direction");
    *out = (struct asked_codes){0};
    bool good = take_codes(arena, json_object_get(root, "codes"), out) && (!direction || json_is_string(direction));
    if (good && direction)
        out->direction = str_copy(arena, str_of(json_string_value(direction)));
    json_decref(root);
    return good;
}
