#include "text.h"

#include <stdint.h>
#include <stdlib.h>
#include <utf8proc.h>

/* A code point, and how many bytes it takes; size 0: not UTF-8. */
struct point {
    uint32_t value;
    size_t size;
};

static struct point decode(const unsigned char *at, size_t left)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char lead = at[0];
    if (lead < 0x80)
        return (struct point){lead, 1};
    size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || size > left)
        return (struct point){0, 0};
    uint32_t value = lead & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return (struct point){0, 0};
        value = value << 6 | (at[i] & 0x3f);
    }
    if (value < least[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return (struct point){0, 0};
    return (struct point){value, size};
}

static bool is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point <= 0x9f) || point == 0x2028 || point == 0x2029;
}

/* Vietnamese letters and signs, for which the table need not be asked. */
static bool is_common(uint32_t point)
{
    return point < 0x378 || (point >= 0x1e00 && point <= 0x1eff) || (point >= 0x2010 && point <= 0x2027);
}

static bool is_unassigned(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } range[] = {
#define X(first, last) {first, last},
#include "unassigned.def"
#undef X
    };
    size_t low = 0, high = sizeof range / sizeof *range;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (point > range[middle].last)
            low = middle + 1;
        else if (point < range[middle].first)
            high = middle;
        else
            return true;
    }
    return false;
}

enum text_fault text_check(struct str s)
{
    const unsigned char *at = (const unsigned char *)s.data;
    size_t i = 0;
    while (i < s.len) {
        if (at[i] >= 0x20 && at[i] < 0x7f) {
            i++;
            continue;
        }
        struct point point = decode(at + i, s.len - i);
        if (point.size == 0)
            return TEXT_NOT_UTF8;
        if (is_control(point.value))
            return TEXT_CONTROL;
        if (!is_common(point.value) && is_unassigned(point.value))
            return TEXT_UNASSIGNED;
        i += point.size;
    }
    return TEXT_OK;
}

size_t text_length(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((unsigned char)s.data[i] & 0xc0) != 0x80;
    return count;
}

/* Code points that are their own NFC form whatever stands beside them (combining class 0, quick check yes). */
static bool is_settled(uint32_t point)
{
    return point < 0x300 || (point >= 0x1e00 && point <= 0x1eff) || (point >= 0x2010 && point <= 0x205f) ||
           (point >= 0x4e00 && point <= 0x9fff) || (point >= 0xac00 && point <= 0xd7a3);
}

static bool is_nfc_surely(struct str s)
{
    const unsigned char *at = (const unsigned char *)s.data;
    size_t i = 0;
    while (i < s.len) {
        struct point point = at[i] < 0x80 ? (struct point){at[i], 1} : decode(at + i, s.len - i);
        if (point.size == 0 || !is_settled(point.value))
            return false;
        i += point.size;
    }
    return true;
}

/* Points of a text that is composed; one of more is over every limit of ours (4,000 characters of at most four points
 * each) and stays as it came. So hostile bytes cannot make us take much memory for it. */
#define POINTS_MAX 16000
#define POINTS_AT_HAND 1024

static struct str compose(struct arena *arena, struct str s)
{
    const utf8proc_uint8_t *input = (const utf8proc_uint8_t *)s.data;
    const utf8proc_option_t form = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    utf8proc_ssize_t size = (utf8proc_ssize_t)s.len;
    utf8proc_int32_t at_hand[POINTS_AT_HAND + 1], *points = at_hand;
    utf8proc_ssize_t count = utf8proc_decompose(input, size, NULL, 0, form);
    if (count <= 0 || count > POINTS_MAX)
        return s;
    if (count > POINTS_AT_HAND)
        points = malloc(sizeof *points * (size_t)(count + 1));
    if (!points)
        abort();
    utf8proc_decompose(input, size, points, count, form);
    utf8proc_ssize_t len = utf8proc_reencode(points, count, form);
    struct str out = {(const char *)points, len > 0 ? (size_t)len : 0};
    out = len < 0 || str_equal(out, s) ? s : str_copy(arena, out);
    if (points != at_hand)
        free(points);
    return out;
}

struct str text_nfc(struct arena *arena, struct str s)
{
    if (s.len == 0 || is_nfc_surely(s))
        return s;
    /* What will be refused stays as it came, so that the result does not hang on the library's Unicode version. */
    enum text_fault fault = text_check(s);
    if (fault == TEXT_NOT_UTF8 || fault == TEXT_UNASSIGNED)
        return s;
    return compose(arena, s);
}
