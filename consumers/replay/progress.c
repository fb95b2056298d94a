#include "progress.h"

#include <stdio.h>
#include <unistd.h>

enum { TERMINAL_MS = 250, LOG_MS = 10000 };

void progress_begin(struct progress *progress, struct log *log, const char *what, int64_t done, int64_t total)
{
    time_ms now = time_monotonic();
    *progress = (struct progress){.log = log,
        .what = what,
        .total = total,
        .begun = now,
        .shown = now,
        .first = done,
        .terminal = isatty(STDERR_FILENO) == 1};
}

static void show(struct progress *progress, int64_t done, int64_t rate, int64_t left_s)
{
    if (!progress->terminal) {
        log_info(progress->log, progress->what, LOG_INT("done", done), LOG_INT("total", progress->total),
            LOG_INT("per_second", rate), LOG_INT("seconds_left", left_s));
        return;
    }
    fprintf(stderr, "\r\033[K%s: %lld", progress->what, (long long)done);
    if (progress->total > 0)
        fprintf(stderr, " of %lld (%lld%%)", (long long)progress->total, (long long)(done * 100 / progress->total));
    fprintf(stderr, ", %lld/s", (long long)rate);
    if (left_s >= 0)
        fprintf(stderr, ", %lld:%02lld left", (long long)(left_s / 60), (long long)(left_s % 60));
    fflush(stderr);
    progress->open = true;
}

void progress_at(struct progress *progress, int64_t done, int64_t total)
{
    time_ms now = time_monotonic();
    progress->total = total;
    if (now - progress->shown < (progress->terminal ? TERMINAL_MS : LOG_MS))
        return;
    progress->shown = now;
    int64_t rate = (done - progress->first) * 1000 / (now - progress->begun);
    show(progress, done, rate, total > 0 && rate > 0 ? (total - done) / rate : -1);
}

void progress_end(struct progress *progress)
{
    if (progress->open)
        fputc('\n', stderr);
    progress->open = false;
}
