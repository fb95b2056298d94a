#ifndef ORGCODE_PUBLISH_PROGRESS_H
#define ORGCODE_PUBLISH_PROGRESS_H

#include "base/hash.h"
#include "base/status.h"

/* How far a run has come, in a small file, so that the next run over the same input goes on where a killed one stopped:
 * how many good acts are known to stand in their topics, in the order of the input; a digest chained over them; and per
 * authority where its topic is to be read to find the acts that were sent but not yet acknowledged. */

#define PROGRESS_AUTHORITY_SIZE 8

struct progress_route {
    char authority[PROGRESS_AUTHORITY_SIZE];
    int64_t first;    /* offset of its acts topic before anything was sent */
    int64_t next;     /* offset behind the last act that is counted in `acts` */
    int64_t receipts; /* offset of its receipts topic before anything was sent; -1: not looked at */
    bool late;        /* `receipts` was taken when acts had been sent already; not stored */
};

struct progress {
    char cluster[64]; /* id of the broker's cluster */
    char prefix[128];
    int64_t acts;
    struct sha256 chain;
    struct progress_route *route;
    size_t routes;
    bool found; /* read from a file: a run that goes on */
    /* own */
    char *path; /* NULL: nothing is kept */
    int lock;   /* descriptor of the locked file beside it */
};

/* Locks `path` (NULL: nothing is kept) and reads it if it is there. STOP "locked" when another run holds it, RETRY
 * "state" when it cannot be made or read, REJECT "state" when it is not such a file. */
struct status progress_open(const char *path, struct progress *out, struct fault *fault) MUST_USE;
/* Frees; the file stays as it was saved last. */
void progress_close(struct progress *progress);
/* Forgets what was read. */
void progress_forget(struct progress *progress);
/* The route of an authority; added with offsets -1 when there is none. Valid until the next call. NULL: no memory. */
struct progress_route *progress_route(struct progress *progress, const char *authority);
/* Writes and syncs. OK when nothing is kept. */
struct status progress_save(const struct progress *progress, struct fault *fault) MUST_USE;
/* The run is complete: removes the file. */
void progress_done(struct progress *progress);

/* chain = SHA-256(chain || digest). */
struct sha256 progress_chain(struct hasher *hasher, struct sha256 chain, struct sha256 digest);
/* A path under $XDG_STATE_HOME (or ~/.local/state) that belongs to these files, brokers and prefix; folders are made.
 * NULL when there is none (stdin among the files, no home). The caller frees. */
char *progress_default_path(const char *const *file, int files, const char *bootstrap, const char *prefix);

#endif
