#include "record.h"

/* Behind the string that begins at `at` (its opening quote); the end of the text when it is cut. */
static size_t skip_string(struct str text, size_t at)
{
    for (at++; at < text.len && text.data[at] != '"'; at++) {
        if (text.data[at] == '\\')
            at++;
    }
    return at < text.len ? at + 1 : text.len;
}

/* Behind the value that begins at `at`. */
static size_t skip_value(struct str text, size_t at)
{
    int depth = 0;
    while (at < text.len) {
        char c = text.data[at];
        if (c == '"') {
            at = skip_string(text, at);
            continue;
        }
        if (c == '{' || c == '[')
            depth++;
        if ((c == '}' || c == ']') && depth-- == 0)
            return at;
        if (c == ',' && depth == 0)
            return at;
        at++;
    }
    return at;
}

struct str record_member(struct str object, struct str name)
{
    size_t at = 1;
    if (object.len < 2 || object.data[0] != '{')
        return STR_NONE;
    while (at < object.len && object.data[at] == '"') {
        size_t key_end = skip_string(object, at);
        struct str key = {object.data + at + 1, key_end - at >= 2 ? key_end - at - 2 : 0};
        size_t value = key_end + 1; /* behind the colon */
        size_t value_end = skip_value(object, value);
        if (value >= object.len || value_end >= object.len)
            return STR_NONE;
        if (str_equal(key, name))
            return (struct str){object.data + value, value_end - value};
        at = value_end + 1; /* behind the comma */
    }
    return STR_NONE;
}
