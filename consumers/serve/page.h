#ifndef ORGCODE_SERVE_PAGE_H
#define ORGCODE_SERVE_PAGE_H

#include "html.h"
#include "work.h"

/* The pages for people, whole without JavaScript; the modules of web/ make more of the same HTML. */
handler page_home;         /* GET /?q= */
handler page_organization; /* GET /o/{code} */

/* What stands around a page's own part. `title` is escaped. */
void page_begin(struct html *html, struct work *work, struct str title);
void page_end(struct html *html, struct work *work);

#endif
