#include "patience.h"

#include <string.h>

#include "shell/process.h"

enum { AWAY_MS = 300000 };

void patience_begin(struct patience *patience)
{
    *patience = (struct patience){.backoff = BACKOFF_USUAL, .good = time_monotonic()};
}

void patience_good(struct patience *patience)
{
    backoff_reset(&patience->backoff);
    patience->good = time_monotonic();
}

bool patience_again(struct patience *patience, struct command_run *run, struct status status, const struct fault *fault)
{
    if (status.class != STATUS_RETRY || strcmp(status.code, "fenced") == 0 || process_stopping() ||
        time_monotonic() - patience->good > AWAY_MS)
        return false;
    log_warn(
        run->log, "interrupted, going on at the place", LOG_TEXT("error", status.code), LOG_TEXT("text", fault->text));
    return !backoff_wait(&patience->backoff);
}
