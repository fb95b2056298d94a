#ifndef ORGCODE_TESTS_SIM_PLAY_H
#define ORGCODE_TESTS_SIM_PLAY_H

#include <stdio.h>

#include "base/hash.h"
#include "check.h"
#include "draw.h"
#include "memory.h"

/* A registry over a store in memory, played record by record: what came out is checked, chained and stored. */

/* What came out, in short. */
struct told {
    struct uuid id;
    struct str authority;
    enum verdict verdict;
    enum reason reason, warning; /* the first ones */
    int64_t first, last;
    bool origin;
    time_ms recorded;
};
struct shown {
    enum change_type type;
    struct str subject;
    int periods;
};

struct play {
    struct memory *memory;
    struct registry *registry;
    struct arena *batch, *text;
    struct check *check;
    struct hasher *hasher;
    struct sha256 changes, receipts; /* heads of the chains */
    int64_t gaps, repeats;
    size_t arena_most; /* most bytes in the batch's arena when a batch was stored */
    bool batched;      /* play_record asks for nothing beforehand */
    bool loose;        /* the store is not checked behind every batch */
    struct arena *kept;
    VEC(struct told) told;   /* the receipts, in order */
    VEC(struct shown) shown; /* the changes */
    FILE *trace;       /* all that comes out, as JSON; NULL: nowhere */
};
struct play *play_open(void);
void play_close(struct play *play);
/* One record, to its end; what came out stays in play->registry->out until play_flush. */
enum step_result play_record(struct play *play, const struct journal_record *record);
void play_flush(struct play *play);

/* The whole of a journal: every record stored at once, and again by the journal's own pattern; both checked, and equal.
 * With ORGCODE_TRACE in the environment what comes out goes to the files <ORGCODE_TRACE>.1 and .2. */
void play_both(const struct drawn *drawn);

#endif
