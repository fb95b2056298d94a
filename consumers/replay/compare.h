#ifndef ORGCODE_REPLAY_COMPARE_H
#define ORGCODE_REPLAY_COMPARE_H

#include "pair.h"
#include "progress.h"

/* A version of the law, and the first change under it. */
struct compare_law {
    int version;
    int64_t sequence;
};
/* All tables of one registry, or of two against each other, row by row in order of their keys: flat memory, however
 * large they are. On the way the digest is made, and both hash chains are computed again from the stored texts. */
struct compare {
    struct command_run *run;
    struct pair *pair;    /* after pair_see */
    bool quiet;           /* nothing is printed but differences */
    bool common;          /* they stand at different places: what both have of the tables that only grow */
    bool differs;         /* something was found, and printed */
    struct sha256 digest; /* of the whole state of pair->schema[0] */
    int64_t rows;
    struct progress progress;
    VEC(struct compare_law) laws;
    struct hasher *table, *link;
    struct arena *arena; /* of one table; emptied row by row */
};
/* Fails only when the tables cannot be read. There is no digest of what two have in common. */
struct status compare_all(struct compare *compare, struct fault *fault) MUST_USE;

#endif
