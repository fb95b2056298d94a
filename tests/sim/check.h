#ifndef ORGCODE_TESTS_SIM_CHECK_H
#define ORGCODE_TESTS_SIM_CHECK_H

#include "memory.h"

/* The invariants of schemas/law.md, looked at from outside: the outcomes of the core as they come, and what a store makes of
 * them. A check that fails says so on stderr and aborts. */

void check_that(bool held, const char *what, struct str about);

/* What a change said of its periods. */
struct said {
    struct str subject;
    int64_t sequence;
    struct spell { date_day from, to; } *spell;
    int spells;
};

struct check {
    struct arena *arena;
    const struct memory *memory;
    int64_t sequence, receipt; /* the last ones seen */
    struct map version;        /* subject -> its last version, as intptr */
    struct map former;         /* key -> struct record *: as it was when looked at last */
    struct map verdict;        /* authority and id -> the last verdict that a receipt told, as intptr */
    struct map annulled;       /* key -> sequence of its last organization.annulled */
    size_t edges_seen, versions_seen;
    VEC(struct said) said;
};
struct check *check_open(const struct memory *memory);
void check_close(struct check *check);

/* An outcome, before it is written: numbers without holes, one run of changes for each verdict, no empty texts. */
void check_outcome(struct check *check, const struct registry *registry);
/* The outcome of one record that is a duplicate, a conflict or refused: a receipt, and nothing else. */
void check_quiet(const struct registry *registry);
/* Each act's verdict is the one told last. */
void check_verdicts(const struct check *check);
/* The store after it: holders, reopening, parents, cycles; each code that was written since equals a replay of its facts. */
void check_store(struct check *check);
/* Every code as known at every change of its own, on every day of its rows, against a replay; and each change's periods are
 * the days that it changed. */
void check_history(struct check *check);
/* Two stores hold the same. */
void check_same(const struct memory *a, const struct memory *b);

#endif
