#include "core/code.h"

#include <stdint.h>

/* Grammars of registered schemes. */

static bool is_printable(char c)
{
    return c > ' ' && c <= '~';
}

bool code_text_valid(struct str code)
{
    if (code.len == 0 || code.len > CODE_MAX)
        return false;
    for (size_t i = 0; i < code.len; i++) {
        if (!is_printable(code.data[i]))
            return false;
    }
    return true;
}

bool code_scheme_valid(struct str id)
{
    if (id.len < 2 || id.len > SCHEME_ID_MAX)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        char c = id.data[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
    }
    return !str_equal(id, STR("gov")) && !str_equal(id, STR("scheme")) && !str_equal(id, STR("prefix"));
}

/* The next member of a class from `at`: first..last; returns where the following one begins. */
static size_t class_next(struct str class, size_t at, char *first, char *last)
{
    *first = *last = class.data[at];
    if (at + 2 < class.len && class.data[at + 1] == '-') {
        *last = class.data[at + 2];
        return at + 3;
    }
    return at + 1;
}

bool code_class_valid(struct str class)
{
    if (class.len == 0)
        return false;
    for (size_t at = 0; at < class.len;) {
        char first, last;
        size_t start = at;
        at = class_next(class, at, &first, &last);
        if (!is_printable(first) || !is_printable(last) || first > last)
            return false;
        /* A dash in the middle is a range's, or it would be read in two ways. */
        if (first == '-' && at - start == 1 && start != 0 && at != class.len)
            return false;
    }
    return true;
}

static bool class_has(struct str class, char c)
{
    for (size_t at = 0; at < class.len;) {
        char first, last;
        at = class_next(class, at, &first, &last);
        if (c >= first && c <= last)
            return true;
    }
    return false;
}

/* Bit p of a set says that the items so far can have taken the first p characters. */
typedef uint64_t position_set;

static position_set match_literal(position_set before, struct str literal, struct str code)
{
    position_set after = 0;
    for (size_t p = 0; p + literal.len <= code.len; p++) {
        if ((before >> p & 1) && (literal.len == 0 || memcmp(code.data + p, literal.data, literal.len) == 0))
            after |= (position_set)1 << (p + literal.len);
    }
    return after;
}

static position_set match_class(position_set before, const struct grammar_item *item, struct str code)
{
    position_set after = 0;
    for (size_t p = 0; p <= code.len; p++) {
        if (!(before >> p & 1))
            continue;
        for (int n = 0; n <= item->max; n++) {
            if (n >= item->min)
                after |= (position_set)1 << (p + (size_t)n);
            if (p + (size_t)n == code.len || !class_has(item->class, code.data[p + (size_t)n]))
                break;
        }
    }
    return after;
}

bool code_grammar_match(const struct grammar_item *item, size_t count, struct str code)
{
    if (!code_text_valid(code))
        return false;
    position_set reached = 1;
    for (size_t i = 0; i < count && reached; i++) {
        if (str_given(item[i].literal))
            reached = match_literal(reached, item[i].literal, code);
        else
            reached = match_class(reached, &item[i], code);
    }
    return reached >> code.len & 1;
}

struct str code_grammar_text(struct arena *arena, const struct grammar_item *item, size_t count)
{
    struct str text = STR("");
    for (size_t i = 0; i < count; i++) {
        if (str_given(item[i].literal))
            text = str_format(arena, "%.*s%.*s", STR_ARG(text), STR_ARG(item[i].literal));
        else if (item[i].min == item[i].max)
            text = str_format(arena, "%.*s[%.*s]{%d}", STR_ARG(text), STR_ARG(item[i].class), item[i].max);
        else
            text =
                str_format(arena, "%.*s[%.*s]{%d,%d}", STR_ARG(text), STR_ARG(item[i].class), item[i].min, item[i].max);
    }
    return text;
}
