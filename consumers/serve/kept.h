#ifndef ORGCODE_SERVE_KEPT_H
#define ORGCODE_SERVE_KEPT_H

#include "work.h"

/* Answers that take long to make and are the same until the next change: the latest of each question is kept, and only
 * so many are made at once, so that whoever looks up is not kept waiting by those who count. */
struct kept;

struct kept *kept_open(int makers);
void kept_close(struct kept *kept);

enum kept_found {
    KEPT_FOUND, /* *out is it, in the arena; work->fresh is where it stands */
    KEPT_MAKE,  /* the caller makes it, and says kept_put */
    KEPT_LATER, /* enough of them are being made: ask again */
};
enum kept_found kept_find(struct kept *kept, struct work *work, struct str question, struct str *out);
/* It was made in so long, at work->fresh; an absent text: it was not. */
void kept_put(struct kept *kept, const struct work *work, struct str question, struct str text, time_ms spent);

#endif
