#ifndef ORGCODE_REPLAY_MEET_H
#define ORGCODE_REPLAY_MEET_H

#include "drive.h"
#include "pair.h"

/* A moment in which the live registry and one beside it stand at the same place of the journal, and stay there. The
 * lock on the live one's table place waits for a writer in the middle of a transaction, and lets him wait at the first
 * statement of the next; readers see nothing of it. What he has written last is taken from the journal meanwhile. */
struct meet {
    struct drive *drive;       /* of the one beside; held */
    struct pg pg;              /* the session of the lock */
    struct schema_place place; /* of both, while they meet */
    int64_t begun_us;          /* monotonic: since when the lock is held */
    int tries;
    int idle_ms; /* beyond locked_max_ms, before the server ends a session that holds the lock */
};

struct status meet_open(struct meet *meet, struct drive *drive, struct fault *fault) MUST_USE;
void meet_close(struct meet *meet);
/* Reads the journal until the one beside is a few records behind the live one. REJECT "ahead": it stayed ahead. */
struct status meet_near(struct meet *meet, time_ms until, struct fault *fault) MUST_USE;
/* Then the moment: a transaction is open and the lock is held when it comes back OK. Each try that takes longer than
 * locked_max_ms is given up. REJECT "no-meeting": not until `until` (monotonic). STOP "heads-differ". */
struct status meet_begin(struct meet *meet, int locked_max_ms, time_ms until, struct fault *fault) MUST_USE;
/* Rolls back, and says how long the writer may have waited. */
struct status meet_end(struct meet *meet, int64_t *locked_us, struct fault *fault) MUST_USE;
/* Commits with `sql`, one statement, which the server ends when locked_max_ms are over: then the result is OK, and not
 * `*done`: begin again. */
struct status meet_commit(struct meet *meet, const char *sql, int locked_max_ms, time_ms until, int64_t *locked_us,
    bool *done, struct fault *fault) MUST_USE;
/* A moment of which nothing is left but what `pair` sees. */
struct status meet_see(struct meet *meet, struct pair *pair, int locked_max_ms, time_ms until, int64_t *locked_us,
    struct fault *fault) MUST_USE;

#endif
