#ifndef ORGCODE_ENGINE_SCRIBE_H
#define ORGCODE_ENGINE_SCRIBE_H

#include "engine/store.h"

/* Writes a batch in a thread and a session of its own, so that the next one can be prepared meanwhile. */
struct scribe;

struct write_job {
    struct registry registry; /* as it was decided: outcome, scene and place are read */
    struct journal_place from, to;
    struct status status; /* how it went */
    struct fault fault;
};

/* What the thread does, for those who have none. */
void write_job_run(struct write_job *job, struct store *store);

/* `store` is the thread's from now on, but for its fields while nothing is given. */
struct scribe *scribe_open(struct store *store);
/* Waits for the job in work. */
void scribe_close(struct scribe *scribe);
/* One at a time. */
void scribe_give(struct scribe *scribe, struct write_job *job);
/* Until the job is done. */
void scribe_wait(struct scribe *scribe);

#endif
