#ifndef ORGCODE_TESTS_SIM_REPLAY_H
#define ORGCODE_TESTS_SIM_REPLAY_H

#include "memory.h"

/* As-of answers by brute force: all facts known at a sequence, put in order and folded anew. Shares no code with
 * core/timeline.c. */

/* The record of `key` on `day` as known at `sequence`; false: not granted by then. */
bool replay_record(struct arena *arena, const struct memory *memory, struct str key, date_day day, int64_t sequence,
                   struct record *out);
/* What the rows of code_version answer to the same question; NULL: none. */
const struct record *replay_row(const struct memory *memory, struct str key, date_day day, int64_t sequence);
/* Both agree on every day of the code's rows and the days around them. */
void replay_check(struct arena *arena, const struct memory *memory, struct str key, int64_t sequence);
bool replay_equal(const struct record *a, const struct record *b);

#endif
