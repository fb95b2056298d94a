#include "show.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/text.h"

/* Bytes of the character that begins here, 0: none does. */
static size_t char_length(struct str text, size_t at)
{
    unsigned char c = (unsigned char)text.data[at];
    size_t length = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (length == 0 || at + length > text.len)
        return 0;
    return text_check((struct str){text.data + at, length}) == TEXT_NOT_UTF8 ? 0 : length;
}

static uint32_t code_point(const char *at, size_t length)
{
    static const uint8_t first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = (unsigned char)at[0] & first[length];
    for (size_t i = 1; i < length; i++)
        c = c << 6 | ((unsigned char)at[i] & 0x3f);
    return c;
}

/* Characters without a look of their own, or that change that of others. */
static bool hides(uint32_t c)
{
    return c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) || c >= 0xe0000;
}

static bool is_plain(struct str text, size_t at, size_t length)
{
    return text_check((struct str){text.data + at, length}) == TEXT_OK && !hides(code_point(text.data + at, length));
}

void show_text(FILE *out, struct str text)
{
    for (size_t at = 0; at < text.len;) {
        size_t length = char_length(text, at);
        if (length == 0)
            fprintf(out, "\\x%02x", (unsigned char)text.data[at]);
        else if (text.data[at] == '\\')
            fputs("\\\\", out);
        else if (is_plain(text, at, length))
            fwrite(text.data + at, 1, length, out);
        else
            fprintf(out, "\\u{%x}", code_point(text.data + at, length));
        at += length ? length : 1;
    }
}

static void show_unit(FILE *out, uint32_t c)
{
    if (c > 0xffff) {
        fprintf(out, "\\u%04x", 0xd800 + ((c - 0x10000) >> 10));
        c = 0xdc00 + ((c - 0x10000) & 0x3ff);
    }
    fprintf(out, "\\u%04x", c);
}

void show_json(FILE *out, json_t *json)
{
    char *dumped = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENCODE_ANY);
    struct str text = str_of(dumped);
    if (!dumped)
        abort();
    for (size_t at = 0; at < text.len;) { /* jansson writes nothing but UTF-8 */
        size_t length = char_length(text, at);
        if (is_plain(text, at, length))
            fwrite(text.data + at, 1, length, out);
        else
            show_unit(out, code_point(text.data + at, length));
        at += length;
    }
    free(dumped);
    json_decref(json);
}

void show_hex(FILE *out, struct str bytes)
{
    size_t shown = bytes.len < SHOW_HEX_MAX ? bytes.len : SHOW_HEX_MAX;
    fprintf(out, "%zu bytes%s", bytes.len, shown ? ": " : "");
    for (size_t i = 0; i < shown; i++)
        fprintf(out, "%02x", (unsigned char)bytes.data[i]);
    fputs(shown < bytes.len ? "..." : "", out);
}

json_t *show_hex_json(struct str bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *hex = malloc(2 * bytes.len + 1);
    if (!hex)
        abort();
    for (size_t i = 0; i < bytes.len; i++) {
        hex[2 * i] = digits[(unsigned char)bytes.data[i] >> 4];
        hex[2 * i + 1] = digits[bytes.data[i] & 15];
    }
    json_t *json = json_stringn(hex, 2 * bytes.len);
    free(hex);
    return json;
}

void show_put(json_t *object, const char *name, struct str bytes)
{
    char hex[64];
    json_t *text = str_given(bytes) ? json_stringn(bytes.data, bytes.len) : json_null(); /* NULL: no UTF-8 */
    if (text) {
        json_object_set_new(object, name, text);
        return;
    }
    snprintf(hex, sizeof hex, "%sHex", name);
    json_object_set_new(object, hex, show_hex_json(bytes));
}
