#include "html.h"

#include <stdarg.h>
#include <stdio.h>

#include "uri.h"

static const struct str words[WORDS][2] = {
#define X(name, vi, en) [WORD_##name] = {STR(vi), STR(en)},
#include "words.def"
#undef X
};

struct str word_text(enum word word, enum language language)
{
    return words[word][language];
}

void html_open(struct html *html, struct arena *arena, enum language language)
{
    *html = (struct html){.arena = arena, .language = language, .room = 8192};
    html->data = arena_alloc(arena, html->room);
}

struct str html_result(const struct html *html)
{
    return (struct str){html->data, html->len};
}

static void add(struct html *html, const char *data, size_t len)
{
    if (html->len + len > html->room) {
        html->room = 2 * (html->len + len);
        char *grown = arena_alloc(html->arena, html->room);
        memcpy(grown, html->data, html->len);
        html->data = grown;
    }
    memcpy(html->data + html->len, data, len);
    html->len += len;
}

void html_raw(struct html *html, const char *markup)
{
    add(html, markup, strlen(markup));
}

void html_text(struct html *html, struct str text)
{
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *entity = text.data[i] == '&'    ? "&amp;"
                             : text.data[i] == '<'  ? "&lt;"
                             : text.data[i] == '>'  ? "&gt;"
                             : text.data[i] == '"'  ? "&quot;"
                             : text.data[i] == '\'' ? "&#39;"
                                                    : NULL;
        if (!entity)
            continue;
        add(html, text.data + from, i - from);
        html_raw(html, entity);
        from = i + 1;
    }
    if (from < text.len)
        add(html, text.data + from, text.len - from);
}

/* 01/07/2025, 1 July 2025 */
static void add_day(struct html *html, date_day day)
{
    static const char *const months[] = {"January", "February", "March", "April", "May", "June", "July", "August",
        "September", "October", "November", "December"};
    char iso[DATE_TEXT_SIZE];
    int y, m, d;
    if (sscanf(date_format(day, iso), "%d-%d-%d", &y, &m, &d) != 3)
        return;
    html_put(html, "<time datetime=\"%t\">%t</time>", str_of(iso),
        html->language == LANGUAGE_EN ? str_format(html->arena, "%d %s %d", d, months[m - 1], y)
                                      : str_format(html->arena, "%02d/%02d/%d", d, m, y));
}

void html_put(struct html *html, const char *markup, ...)
{
    va_list arguments;
    va_start(arguments, markup);
    for (const char *at = markup; *at; at++) {
        if (*at != '%') {
            add(html, at, 1);
            continue;
        }
        switch (*++at) {
        case 't':
            html_text(html, va_arg(arguments, struct str));
            break;
        case 'u':
            html_text(html, uri_encode(html->arena, va_arg(arguments, struct str)));
            break;
        case 'w':
            html_text(html, word_text((enum word)va_arg(arguments, int), html->language));
            break;
        case 'd':
            add_day(html, va_arg(arguments, date_day));
            break;
        case 'l':
            html_raw(html, html->language == LANGUAGE_EN ? "en" : "vi");
            break;
        default:
            add(html, at, 1);
        }
    }
    va_end(arguments);
}
