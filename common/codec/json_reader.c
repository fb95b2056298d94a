#include "codec/json_reader.h"

struct str reader_path(struct arena *arena, const struct reader_place *place)
{
    if (!place || (!place->up && !place->name))
        return STR_NONE;
    struct str up = reader_path(arena, place->up);
    if (!place->name)
        return str_format(arena, "%.*s[%zu]", STR_ARG(up), place->index);
    return str_format(arena, "%.*s%s%s", STR_ARG(up), up.len ? "." : "", place->name);
}

void reader_fault(struct reader *reader, const struct reader_place *place, enum reason reason, const char *expected)
{
    if (reader->faults->count == FINDINGS_MAX) {
        findings_add(reader->faults, (struct finding){.reason = reason});
        return;
    }
    struct str path = reader_path(reader->arena, place);
    findings_add(reader->faults,
        (struct finding){.reason = reason, .field = str_given(path) ? path : STR("act"), .expected = str_of(expected)});
}

/* A name from outside may be long: its beginning is shown, whole characters only. */
static const char *beginning(struct arena *arena, const char *text)
{
    size_t len = strlen(text), most = 60;
    if (len > most)
        for (len = most; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80; len--)
            ;
    return arena_copy(arena, text, len);
}

static void unknown_field(
    struct reader *reader, const struct reader_place *place, const char *key, const char *const *names)
{
    struct str known = str_of(names[0]);
    for (size_t i = 1; names[i]; i++)
        known = str_format(reader->arena, "%.*s, %s", STR_ARG(known), names[i]);
    struct reader_place at = {place, beginning(reader->arena, key), 0};
    struct str expected = str_format(reader->arena, "one of: %.*s", STR_ARG(known));
    reader_fault(reader, &at, REASON_FORM_VALUE, expected.data);
}

bool reader_object(
    struct reader *reader, const json_t *value, const struct reader_place *place, const char *const *names)
{
    if (!json_is_object(value)) {
        reader_fault(reader, place, REASON_FORM_VALUE, "{...}");
        return false;
    }
    const char *key;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
    {
        size_t i = 0;
        while (names[i] && strcmp(names[i], key) != 0)
            i++;
        if (!names[i] && reader->faults->count < FINDINGS_MAX)
            unknown_field(reader, place, key, names);
    }
    return true;
}

const json_t *reader_member(struct reader *reader, const json_t *object, const struct reader_place *place,
    const char *name, enum reader_need need)
{
    const json_t *member = json_object_get(object, name);
    if (!member && need == REQUIRED)
        reader_fault(reader, &(struct reader_place){place, name, 0}, REASON_FORM_MISSING, NULL);
    return member;
}

static void wrong(struct reader *reader, const struct reader_place *place, const char *name, const char *expected)
{
    reader_fault(reader, &(struct reader_place){place, name, 0}, REASON_FORM_VALUE, expected);
}

static struct str text_of(struct arena *arena, const json_t *value)
{
    size_t len = json_string_length(value);
    return (struct str){arena_copy(arena, json_string_value(value), len), len};
}

/* The text of a member, not copied; `expected` says what the text must be. */
static bool raw_text(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    enum reader_need need, const char *expected, struct str *out)
{
    const json_t *value = reader_member(reader, object, place, name, need);
    if (!value)
        return false;
    if (!json_is_string(value)) {
        wrong(reader, place, name, expected);
        return false;
    }
    *out = (struct str){json_string_value(value), json_string_length(value)};
    return true;
}

bool reader_text(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    enum reader_need need, struct str *out)
{
    struct str text;
    if (!raw_text(reader, object, place, name, need, "\"...\"", &text))
        return false;
    *out = str_copy(reader->arena, text);
    return true;
}

bool reader_date(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    enum reader_need need, date_day *out)
{
    struct str text;
    if (!raw_text(reader, object, place, name, need, "YYYY-MM-DD", &text))
        return false;
    if (date_parse(text, out))
        return true;
    wrong(reader, place, name, "YYYY-MM-DD");
    return false;
}

bool reader_time(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    enum reader_need need, time_ms *out)
{
    struct str text;
    if (!raw_text(reader, object, place, name, need, "RFC 3339", &text))
        return false;
    if (time_parse(text, out))
        return true;
    wrong(reader, place, name, "RFC 3339");
    return false;
}

bool reader_uuid(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    enum reader_need need, struct uuid *out)
{
    struct str text;
    if (!raw_text(reader, object, place, name, need, "UUID", &text))
        return false;
    if (uuid_parse(text, out))
        return true;
    wrong(reader, place, name, "UUID");
    return false;
}

bool reader_bool(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    enum reader_need need, bool *out)
{
    const json_t *value = reader_member(reader, object, place, name, need);
    if (!value)
        return false;
    if (!json_is_boolean(value)) {
        wrong(reader, place, name, "true | false");
        return false;
    }
    *out = json_is_true(value);
    return true;
}

bool reader_int(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    enum reader_need need, int *out)
{
    const json_t *value = reader_member(reader, object, place, name, need);
    if (!value)
        return false;
    json_int_t number = json_is_integer(value) ? json_integer_value(value) : -1;
    if (number < 0 || number > INT32_MAX) {
        wrong(reader, place, name, "0, 1, 2, ...");
        return false;
    }
    *out = (int)number;
    return true;
}

const json_t *reader_list(struct reader *reader, const json_t *object, const struct reader_place *place,
    const char *name, enum reader_need need)
{
    const json_t *value = reader_member(reader, object, place, name, need);
    if (!value || json_is_array(value))
        return value;
    wrong(reader, place, name, "[...]");
    return NULL;
}

void reader_texts(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    enum reader_need need, struct str **out, size_t *count)
{
    const json_t *list = reader_list(reader, object, place, name, need);
    struct reader_place list_place = {place, name, 0};
    *count = json_array_size(list);
    *out = *count ? arena_array(reader->arena, struct str, *count) : NULL;
    for (size_t i = 0; i < *count; i++) {
        const json_t *item = json_array_get(list, i);
        if (json_is_string(item))
            (*out)[i] = text_of(reader->arena, item);
        else
            reader_fault(reader, &(struct reader_place){&list_place, NULL, i}, REASON_FORM_VALUE, "\"...\"");
    }
}
