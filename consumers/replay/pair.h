#ifndef ORGCODE_REPLAY_PAIR_H
#define ORGCODE_REPLAY_PAIR_H

#include "command.h"
#include "schema.h"

/* One registry, or two of the same database, seen at one moment: a connection each, with one snapshot for both. */
struct pair {
    const char *schema[2]; /* [1] NULL: one alone */
    struct pg pg[2];
    struct schema_place place[2]; /* in the snapshot */
};

struct status pair_open(
    struct pair *pair, struct command_run *run, const char *a, const char *b, struct fault *fault) MUST_USE;
void pair_close(struct pair *pair);
/* Begins a transaction on each connection, on the same snapshot, and reads the places. */
struct status pair_see(struct pair *pair, struct fault *fault) MUST_USE;
/* Ends the transactions. */
struct status pair_leave(struct pair *pair, struct fault *fault) MUST_USE;
/* Both stand at the same place of the journal (one alone does). */
bool pair_level(const struct pair *pair);

#endif
