#include "uri.h"

#include "base/text.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes; in a query a plus sign is a blank. */
static bool decode(struct arena *arena, struct str raw, bool query, struct str *out)
{
    char *text = arena_alloc(arena, raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.data[i];
        if (c == '%') {
            int high = i + 1 < raw.len ? hex_digit(raw.data[i + 1]) : -1;
            int low = i + 2 < raw.len ? hex_digit(raw.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && query) {
            c = ' ';
        }
        text[len++] = c;
    }
    *out = (struct str){text, len};
    enum text_fault fault = text_check(*out);
    return fault == TEXT_OK || fault == TEXT_UNASSIGNED;
}

/* The part up to `separator`; *rest is what follows it. */
static struct str cut(struct str *rest, char separator)
{
    const char *at = rest->len ? memchr(rest->data, separator, rest->len) : NULL;
    size_t len = at ? (size_t)(at - rest->data) : rest->len;
    struct str part = {rest->data, len};
    *rest = (struct str){rest->data + len + (at ? 1 : 0), rest->len - len - (at ? 1 : 0)};
    return part;
}

static bool take_path(struct arena *arena, struct uri *out)
{
    struct str rest = {out->path.data + 1, out->path.len - 1};
    while (rest.len) {
        struct str part = cut(&rest, '/');
        if (out->segments == URI_SEGMENTS || !decode(arena, part, false, &out->segment[out->segments]))
            return false;
        if (part.len == 0)
            return false; /* two slashes in a row name nothing */
        out->segments++;
    }
    return true;
}

static bool take_query(struct arena *arena, struct uri *out)
{
    struct str rest = out->query;
    while (rest.len) {
        struct str value = cut(&rest, '&');
        if (value.len == 0)
            continue;
        if (out->parameters == URI_PARAMETERS)
            return false;
        struct str name = cut(&value, '=');
        struct parameter *parameter = &out->parameter[out->parameters++];
        if (!decode(arena, name, true, &parameter->name) || !decode(arena, value, true, &parameter->value))
            return false;
    }
    return true;
}

bool uri_parse(struct arena *arena, struct str target, struct uri *out)
{
    *out = (struct uri){0};
    if (target.len == 0 || target.len > URI_MAX || target.data[0] != '/')
        return false;
    out->query = target;
    out->path = cut(&out->query, '?');
    return take_path(arena, out) && take_query(arena, out);
}

struct str uri_parameter(const struct uri *uri, struct str name)
{
    for (int i = 0; i < uri->parameters; i++)
        if (str_equal(uri->parameter[i].name, name))
            return uri->parameter[i].value;
    return STR_NONE;
}

bool uri_twice(const struct uri *uri, int number)
{
    bool found = false;
    for (int i = 0; i < number && !found; i++)
        found = str_equal(uri->parameter[i].name, uri->parameter[number].name);
    return found;
}

struct str uri_encode(struct arena *arena, struct str value)
{
    static const char digit[] = "0123456789ABCDEF";
    char *text = arena_alloc(arena, 3 * value.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.data[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-._~:", c);
        if (plain && c) {
            text[len++] = (char)c;
            continue;
        }
        text[len++] = '%';
        text[len++] = digit[c >> 4];
        text[len++] = digit[c & 15];
    }
    return (struct str){text, len};
}
