#ifndef ORGCODE_SERVE_HTML_H
#define ORGCODE_SERVE_HTML_H

#include "base/arena.h"
#include "base/str.h"
#include "base/time.h"
#include "core/rule.h"

/* HTML that is made by the server. Text gets into a page by html_text alone, which escapes it. */
struct html {
    struct arena *arena;
    char *data;
    size_t len, room;
    enum language language;
};

void html_open(struct html *html, struct arena *arena, enum language language);
struct str html_result(const struct html *html);
/* Markup of ours, as it is. */
void html_raw(struct html *html, const char *markup);
/* Text from anywhere, escaped for content and quoted attributes. */
void html_text(struct html *html, struct str text);
/* Markup with holes: %t a struct str, escaped; %u a struct str as part of an address, percent-encoded; %w an enum word
 * and %d a date_day in the page's language; %l the language's name in addresses, "vi"; %% a percent sign. */
void html_put(struct html *html, const char *markup, ...);

/* The page's own words: X(NAME, "vi", "en") in words.def. */
enum word {
#define X(name, vi, en) WORD_##name,
#include "words.def"
#undef X
    WORDS,
};
struct str word_text(enum word word, enum language language);

#endif
