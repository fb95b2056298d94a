#include "codec/json_writer.h"

#include <assert.h>
#include <stdint.h>

static void enlarge(struct writer *writer, size_t size)
{
    size_t room = 2 * writer->room + size;
    char *data = arena_alloc(writer->arena, room);
    memcpy(data, writer->data, writer->len);
    writer->data = data;
    writer->room = room;
}

static char *reserve(struct writer *writer, size_t size)
{
    if (size > writer->room - writer->len)
        enlarge(writer, size);
    return writer->data + writer->len;
}

void writer_open(struct writer *writer, struct arena *arena, size_t room)
{
    *writer = (struct writer){.arena = arena, .room = room ? room : 64, .first = true};
    writer->data = arena_alloc(arena, writer->room);
}

static void put_char(struct writer *writer, char c)
{
    *reserve(writer, 1) = c;
    writer->len++;
}

static void put(struct writer *writer, const char *data, size_t size)
{
    memcpy(reserve(writer, size), data, size);
    writer->len += size;
}

/* A value comes: the comma before it, unless it is the first or follows its key. */
static void next(struct writer *writer)
{
    if (!writer->first)
        put_char(writer, ',');
    writer->first = false;
}

static void enter(struct writer *writer, char open)
{
    next(writer);
    put_char(writer, open);
    writer->depth++;
    assert(writer->depth < WRITER_DEPTH_MAX);
    writer->key[writer->depth] = STR_NONE;
    writer->first = true;
}

static void leave(struct writer *writer, char close)
{
    assert(writer->depth > 0);
    put_char(writer, close);
    writer->depth--;
    writer->first = false;
}

void writer_object(struct writer *writer)
{
    enter(writer, '{');
}

void writer_object_end(struct writer *writer)
{
    leave(writer, '}');
}

void writer_array(struct writer *writer)
{
    enter(writer, '[');
}

void writer_array_end(struct writer *writer)
{
    leave(writer, ']');
}

void writer_key(struct writer *writer, struct str key)
{
#ifdef WRITER_CHECKS
    assert(str_compare(writer->key[writer->depth], key) < 0);
    writer->key[writer->depth] = key;
#endif
    char *at = reserve(writer, key.len + 4);
    char *start = at;
    if (!writer->first)
        *at++ = ',';
    *at++ = '"';
    memcpy(at, key.data, key.len);
    at += key.len;
    *at++ = '"';
    *at++ = ':';
    writer->len += (size_t)(at - start);
    writer->first = true;
}

static void put_escaped(struct writer *writer, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char short_form[32] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    if (c == '"' || c == '\\' || short_form[c])
        put(writer, (const char[]){'\\', c < 0x20 ? short_form[c] : (char)c}, 2);
    else
        put(writer, (const char[]){'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]}, 6);
}

static bool plain(unsigned char c)
{
    return c >= 0x20 && c != '"' && c != '\\';
}

/* Eight bytes at once: has any of them to be escaped? A high bit in a place tells that its byte is below 0x20, or zero
 * after the quote or the backslash is taken out. */
static bool plain_word(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\';
    uint64_t low = (word - ones * 0x20) & ~word;
    return ((low | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) & high) == 0;
}

/* How many bytes from `from` on need no escaping. */
static size_t plain_run(struct str value, size_t from)
{
    size_t i = from;
    for (; value.len - i >= 8; i += 8) {
        uint64_t word;
        memcpy(&word, value.data + i, 8);
        if (!plain_word(word))
            break;
    }
    while (i < value.len && plain((unsigned char)value.data[i]))
        i++;
    return i - from;
}

void writer_str(struct writer *writer, struct str value)
{
    next(writer);
    reserve(writer, value.len + 2);
    put_char(writer, '"');
    for (size_t i = 0; i < value.len; i++) {
        size_t run = plain_run(value, i);
        put(writer, value.data + i, run);
        i += run;
        if (i < value.len)
            put_escaped(writer, (unsigned char)value.data[i]);
    }
    put_char(writer, '"');
}

void writer_int(struct writer *writer, int64_t value)
{
    char digit[24];
    size_t at = sizeof digit;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digit[--at] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    if (value < 0)
        digit[--at] = '-';
    next(writer);
    put(writer, digit + at, sizeof digit - at);
}

void writer_bool(struct writer *writer, bool value)
{
    writer_raw(writer, value ? STR("true") : STR("false"));
}

void writer_null(struct writer *writer)
{
    writer_raw(writer, STR("null"));
}

/* Text of ours, without anything to escape. */
static void put_quoted(struct writer *writer, const char *text, size_t len)
{
    next(writer);
    char *at = reserve(writer, len + 2);
    at[0] = '"';
    memcpy(at + 1, text, len);
    at[len + 1] = '"';
    writer->len += len + 2;
}

void writer_uuid(struct writer *writer, struct uuid value)
{
    char text[UUID_TEXT_SIZE];
    put_quoted(writer, uuid_format(value, text), UUID_TEXT_SIZE - 1);
}

void writer_date(struct writer *writer, date_day value)
{
    char text[DATE_TEXT_SIZE];
    date_format(value, text);
    put_quoted(writer, text, strlen(text));
}

void writer_time(struct writer *writer, time_ms value)
{
    char text[TIME_TEXT_SIZE];
    time_format(value, text);
    put_quoted(writer, text, strlen(text));
}

void writer_raw(struct writer *writer, struct str json)
{
    next(writer);
    put(writer, json.data, json.len);
}

void writer_repeat(struct writer *writer, size_t from, size_t to)
{
    next(writer);
    char *at = reserve(writer, to - from); /* the buffer may have moved: the source is looked up after */
    memcpy(at, writer->data + from, to - from);
    writer->len += to - from;
}
