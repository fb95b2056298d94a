#ifndef ORGCODE_REPLAY_PATIENCE_H
#define ORGCODE_REPLAY_PATIENCE_H

#include "command.h"
#include "shell/backoff.h"

/* An outage in the middle of the work: the command waits and goes on where it was, up to five minutes after the last
 * good moment. */
struct patience {
    struct backoff backoff;
    time_ms good;
};

void patience_begin(struct patience *patience);
/* Something came through. */
void patience_good(struct patience *patience);
/* Waits after a failure. False: it is none that passes, it has lasted too long, or the command shall stop. */
bool patience_again(
    struct patience *patience, struct command_run *run, struct status status, const struct fault *fault);

#endif
