#ifndef ORGCODE_REPLAY_PROGRESS_H
#define ORGCODE_REPLAY_PROGRESS_H

#include "base/time.h"
#include "shell/log.h"

/* How far long work is, with its rate and the time left: one line that is written over on a terminal, a log line each
 * ten seconds else. */
struct progress {
    struct log *log;
    const char *what; /* "records read" */
    int64_t total;    /* 0: unknown */
    time_ms begun, shown;
    int64_t first; /* done already when it began */
    bool terminal, open;
};

void progress_begin(struct progress *progress, struct log *log, const char *what, int64_t done, int64_t total);
/* As often as one likes. `total` may have grown. */
void progress_at(struct progress *progress, int64_t done, int64_t total);
/* Ends the line on the terminal. */
void progress_end(struct progress *progress);

#endif
