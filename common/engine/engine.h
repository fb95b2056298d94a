#ifndef ORGCODE_ENGINE_ENGINE_H
#define ORGCODE_ENGINE_ENGINE_H

#include "codec/journal.h"
#include "engine/scribe.h"

/* Journal records in, tables out: prefetch, decide in order, write. Knows no Kafka, so tests and the benchmark drive it
 * too. */

/* A record as read, in the arena of its batch. */
struct entry {
    int64_t offset;
    struct str key, value;
    struct journal_header *header;
    size_t headers;
    bool log_append;              /* stamped by the broker: what a live journal demands */
    struct journal_record record; /* made by entry_read */
    char why[80];                 /* foreign: why */
};

/* Reads headers and value and decodes the act. An act that cannot be decoded (validate saw to that) becomes a refusal.
 */
void entry_read(struct entry *entry, const struct avro_reader *reader, struct arena *arena, time_ms broker_ms);
/* What `last_digest` is made of: key, headers, value. */
struct sha256 entry_digest(const struct entry *entry);

struct engine_seen {
    int64_t records, writes, foreign, gaps, repeats, changes;
    int64_t verdict[VERDICTS];
};

struct engine {
    struct store *store;
    struct store *written_by;  /* `store`, or the scribe's */
    struct scribe *scribe;     /* NULL: batches are written here, one step after the other */
    struct arena *arena[2];    /* the registry's, and that of the batch which is being written */
    struct registry *registry; /* NULL until engine_start */
    struct journal_place at;   /* as last written or read */
    struct write_job job;
    bool writing; /* the job is not known to be done */
    bool ahead;   /* while it is done, the next part is already decided */
    struct log *log;
    const char *topic;       /* the journal's, for logs */
    struct engine_seen seen; /* since the program began */
    bool tick_read;          /* a tick came by; the caller clears it */
    struct need *needs;      /* room for the questions of a part */
    struct absent *absent;   /* in bulk, from the first record on; else NULL */
    /* A part is written when it has that many records, or takes more memory; and the memory of two at once. */
    size_t part_max, arena_max, both_max;
    bool cold; /* the scene is new: nothing is loaded */
};

/* `store` is open and stays the caller's. */
void engine_open(struct engine *engine, struct store *store, struct log *log, const char *topic);
/* From now on a batch is written through `apart`, another session on the same schema, in a thread of its own, while
 * what the next one needs is loaded through `store`. `apart` stays the caller's; engine_close lets go of it. */
void engine_write_apart(struct engine *engine, struct store *apart);
void engine_close(struct engine *engine);
/* Larger transactions and more memory: for what is read from the journal at once, by nobody else meanwhile. */
void engine_bulk(struct engine *engine, bool bulk);
/* Reads the place: what was in work is dropped. */
struct status engine_start(struct engine *engine, struct fault *fault) MUST_USE;
/* Takes the records that follow those taken before, all or, after a failure, up to some transaction: then engine_start.
 * STOP: "fenced" (see store_write), "gap-in-journal", "journal-time", "registry" (the core cannot go on).
 * The last transaction may still be under way: its records must stay until the next call has come back, or
 * engine_settle; that one tells how it went. */
struct status engine_take(struct engine *engine, const struct entry *entry, size_t count, struct fault *fault) MUST_USE;
/* Waits for the transaction under way: then engine->at is where the engine stands. */
struct status engine_settle(struct engine *engine, struct fault *fault) MUST_USE;

#endif
