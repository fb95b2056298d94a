#ifndef ORGCODE_SHELL_PROCESS_H
#define ORGCODE_SHELL_PROCESS_H

#include <stdbool.h>

#include "base/status.h"

/* What a program says by its exit code. */
enum process_exit {
    PROCESS_DONE = 0,    /* done, everything accepted */
    PROCESS_REFUSED = 1, /* done, some of the data was refused */
    PROCESS_USAGE = 2,   /* wrong option or argument */
    PROCESS_WORLD = 3,   /* broker or database could not be reached, or gave up */
    PROCESS_STOP = 4,    /* must not go on: another registry's journal, fenced for good */
};
#define PROCESS_EXITS                                                                                                  \
    "0  done\n2  wrong option or argument\n"                                                                           \
    "3  broker or database not reachable\n4  must not go on (the log says why)\n"
int process_exit_of(struct status status);

/* Takes over SIGTERM and SIGINT (stop), ignores SIGPIPE. A second signal while stopping ends the program at once
 * with 128 + signal. One per program; call before any thread is started. */
struct status process_open(struct fault *fault) MUST_USE;
/* The one flag of the program; true after a signal or process_stop. Any thread. */
bool process_stopping(void);
void process_stop(void);
/* Readable from the moment of stopping on: for poll(2). Never read from it. */
int process_fd(void);
/* Sleeps up to timeout_ms; true when it is time to stop. Also waits for `fd` readable when fd >= 0. */
bool process_wait(int fd, int timeout_ms);

/* systemd: no-ops without $NOTIFY_SOCKET. */
void process_ready(void);
void process_leaving(void);
/* To be called by the loop that does the work; sent at most each half watchdog interval ($WATCHDOG_USEC). */
void process_alive(void);

#endif
