#ifndef ORGCODE_SERVE_PAGE_H
#define ORGCODE_SERVE_PAGE_H

#include "core/state.h"
#include "html.h"
#include "work.h"

/* The pages for people. Search and the page of a code are whole without JavaScript; the modules of web/ make more of
 * the same HTML, and all of the tools' pages. */
handler page_home;         /* GET /?q= */
handler page_tool;         /* GET /mergers, /lookup, /changes, /reports, /download */
handler page_organization; /* GET /o/{code}; page_organization.c */
/* The problem that the response holds, as a page. Needs no database. */
void page_problem(struct work *work);

/* What stands around a page's own part. `title` is escaped. */
void page_begin(struct html *html, struct work *work, struct str title);
void page_end(struct html *html, struct work *work);

/* Parts of several pages. */
void page_search(struct html *html, struct str question);
/* Name and code as a link to its page; the code alone when that is all. */
void page_link(struct html *html, struct str key, struct str name);
struct str page_name(const struct code *code); /* its key when it bears none */

#endif
