#ifndef ORGCODE_REPLAY_DRIVE_H
#define ORGCODE_REPLAY_DRIVE_H

#include "command.h"
#include "engine/engine.h"
#include "intake.h"

/* The journal into a registry beside the live one: what orgcode-apply does, but for the group, the ticks and the
 * waiting.
 *
 * Two may want to write to the same schema: a rebuild that follows the journal, and a swap that brings it to the place
 * of the live registry. They take turns by a lock of the database; whoever finds the place moved reads it again. */
struct drive {
    struct command_run *run;
    const char *schema, *topic;
    size_t records_max, bytes_max; /* of a batch */
    bool bulk;                     /* as fast as can be: three sessions, less indexes (engine/store.h) */
    int64_t oid;                   /* of the schema's table place */
    struct log *log; /* what apply has told of single acts is not told again */
    struct avro_reader *reader;
    struct store store, apart, beside; /* the last two in bulk mode alone */
    struct engine engine;
    struct intake *intake;
    struct batch *batch, *before; /* in work; the one before it, of which something may be under way */
    int64_t reached;              /* offset behind the last record taken */
    size_t next;                  /* entry of `batch` to be taken next */
    bool open, held, verified;
};

/* Reads the place and begins to read the journal from there. REJECT "no-schema". The fields up to `bulk` are set. */
struct status drive_open(struct drive *drive, struct fault *fault) MUST_USE;
void drive_close(struct drive *drive);
/* Waits until nobody else writes to the schema. REJECT "in-work" when that takes longer. */
struct status drive_hold(struct drive *drive, time_ms wait_ms, struct fault *fault) MUST_USE;
struct status drive_release(struct drive *drive, struct fault *fault) MUST_USE;
/* *out: there are records to be taken, at once or within timeout_ms. */
struct status drive_wait(struct drive *drive, int timeout_ms, bool *out, struct fault *fault) MUST_USE;
/* Takes what there is of the records before offset `limit`, one batch at most; *took 0: nothing came within timeout_ms.
 * Only while held. STOP "other-journal", and those of engine_take but "fenced", which is mended. */
struct status drive_take(
    struct drive *drive, int64_t limit, int timeout_ms, size_t *took, struct fault *fault) MUST_USE;
/* Everything taken is written. */
struct status drive_settle(struct drive *drive, struct fault *fault) MUST_USE;
/* The end of the bulk mode: the registry is whole. */
struct status drive_finish(struct drive *drive, struct fault *fault) MUST_USE;

#endif
