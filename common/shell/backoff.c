#include "shell/backoff.h"

#include <stdlib.h>

#include "base/time.h"
#include "shell/process.h"

int backoff_next(struct backoff *backoff)
{
    int next = backoff->current_ms == 0 ? backoff->min_ms : backoff->current_ms * 2;
    backoff->current_ms = next > backoff->max_ms ? backoff->max_ms : next;
    backoff->tries++;
    /* The jitter need not be good, only differ between programs. */
    int quarter = backoff->current_ms / 4;
    int jitter =
        quarter > 0
            ? (int)((unsigned long long)time_monotonic() * 2654435761ULL % (unsigned)(2 * quarter + 1)) - quarter
            : 0;
    return backoff->current_ms + jitter;
}

void backoff_reset(struct backoff *backoff)
{
    backoff->current_ms = 0;
    backoff->tries = 0;
}

int backoff_wait(struct backoff *backoff)
{
    return process_wait(-1, backoff_next(backoff));
}
