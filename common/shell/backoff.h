#ifndef ORGCODE_SHELL_BACKOFF_H
#define ORGCODE_SHELL_BACKOFF_H

/* Waiting times that double from `min_ms` to `max_ms`, each with a jitter of a quarter. */
struct backoff {
    int min_ms, max_ms;
    int current_ms; /* 0: next is the first */
    unsigned tries; /* since the last reset */
};
/* At most as long as leaves time to work within ten seconds of a server's return. */
#define BACKOFF_USUAL ((struct backoff){.min_ms = 100, .max_ms = 2000})

/* Milliseconds to wait now. */
int backoff_next(struct backoff *backoff);
void backoff_reset(struct backoff *backoff);
/* Waits so long; true when the program shall stop. */
int backoff_wait(struct backoff *backoff);

#endif
