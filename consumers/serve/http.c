#include "http.h"

#include <strings.h>

void response_header(struct response *response, const char *name, const char *value)
{
    if (response->headers < RESPONSE_HEADERS)
        response->header[response->headers++] = (struct response_header){name, value};
}

static struct str trim(struct str text)
{
    while (text.len && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = (struct str){text.data + 1, text.len - 1};
    while (text.len && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* The next item of a list, trimmed; false when there is none left. */
static bool next_item(struct str *rest, char separator, struct str *out)
{
    if (rest->len == 0)
        return false;
    const char *at = memchr(rest->data, separator, rest->len);
    size_t len = at ? (size_t)(at - rest->data) : rest->len;
    *out = trim((struct str){rest->data, len});
    *rest = (struct str){rest->data + len + (at ? 1 : 0), rest->len - len - (at ? 1 : 0)};
    return true;
}

static bool same(struct str a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.data, b, a.len) == 0;
}

/* In thousandths; a q that cannot be read counts as 1. */
static int quality(struct str parameters)
{
    struct str item;
    while (next_item(&parameters, ';', &item)) {
        if (item.len < 3 || (item.data[0] | 0x20) != 'q' || item.data[1] != '=')
            continue;
        int value = item.data[2] == '0' ? 0 : 1000;
        if (value == 0 && item.len > 3 && item.data[3] == '.')
            for (size_t i = 4, unit = 100; i < item.len && i < 7; i++, unit /= 10)
                value += item.data[i] >= '0' && item.data[i] <= '9' ? (item.data[i] - '0') * (int)unit : 0;
        return value;
    }
    return 1000;
}

bool http_accepts(struct str header, const char *what)
{
    struct str item;
    while (next_item(&header, ',', &item)) {
        struct str name;
        if (next_item(&item, ';', &name) && same(name, what))
            return quality(item) > 0;
    }
    return false;
}

enum language http_language(struct str header)
{
    struct str item;
    int best = 0;
    enum language language = LANGUAGE_VI;
    while (next_item(&header, ',', &item)) {
        struct str name;
        if (!next_item(&item, ';', &name) || name.len < 2)
            continue;
        bool vi = strncasecmp(name.data, "vi", 2) == 0, en = strncasecmp(name.data, "en", 2) == 0;
        if ((name.len > 2 && name.data[2] != '-') || (!vi && !en) || quality(item) <= best)
            continue;
        best = quality(item);
        language = vi ? LANGUAGE_VI : LANGUAGE_EN;
    }
    return language;
}

static struct str strong(struct str tag)
{
    return str_starts(tag, STR("W/")) ? (struct str){tag.data + 2, tag.len - 2} : tag;
}

bool http_matches(struct str header, struct str tag)
{
    struct str item;
    while (next_item(&header, ',', &item))
        if (same(item, "*") || str_equal(strong(item), strong(tag)))
            return true;
    return false;
}

int http_range(struct str header, int64_t size, int64_t *offset, int64_t *length)
{
    static const struct str unit = STR("bytes=");
    unsigned long long first, last;
    if (!str_starts(header, unit) || memchr(header.data, ',', header.len))
        return 0;
    struct str rest = {header.data + unit.len, header.len - unit.len}, from, to = STR_NONE;
    if (!memchr(rest.data, '-', rest.len) || !next_item(&rest, '-', &from))
        return 0;
    to = trim(rest);
    if (from.len == 0) { /* the last so many */
        if (!str_to_u64(to, &last))
            return 0;
        if (last == 0 || size == 0)
            return -1;
        *length = last < (unsigned long long)size ? (int64_t)last : size;
        *offset = size - *length;
        return 1;
    }
    if (!str_to_u64(from, &first) || (to.len && (!str_to_u64(to, &last) || last < first)))
        return 0;
    if (first >= (unsigned long long)size)
        return -1;
    *offset = (int64_t)first;
    *length = to.len && last < (unsigned long long)size ? (int64_t)(last - first + 1) : size - *offset;
    return 1;
}
