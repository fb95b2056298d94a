#ifndef ORGCODE_REPLAY_CHAIN_H
#define ORGCODE_REPLAY_CHAIN_H

#include <jansson.h>

#include "base/hash.h"

/* The chain of changes, link by link as a follower can check it (schemas/contract.md, C-14). */
struct chain {
    bool begun;
    int64_t first, sequence; /* of the row read so far */
    char hash[SHA256_TEXT_SIZE];
    int64_t broken; /* sequence of the first link that does not hold; 0: none */
    char why[160];  /* of that one */
};

/* The next change: its event in structured form without `source`. NULL: it holds. Else why not, in `why`. */
const char *chain_add(struct chain *chain, const json_t *event, char why[160]);

#endif
