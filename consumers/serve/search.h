#ifndef ORGCODE_SERVE_SEARCH_H
#define ORGCODE_SERVE_SEARCH_H

#include "core/state.h"
#include "work.h"

/* What a search found: a page of codes, best first. */
struct search_result {
    const struct code **code;
    int count;
    bool behind; /* the index has come as far as `indexed` alone: what changed since is not found by its new words */
    int64_t indexed; /* sequence */
    bool near;       /* nothing holds the words: what is most like them */
    struct str next; /* cursor of the next page; absent: this was the last */
};
/* The search that the request's parameters ask for. False: a problem is answered. */
bool search_find(struct work *work, struct search_result *out);

handler lookup_search; /* GET /v1/organizations?q= */

#endif
