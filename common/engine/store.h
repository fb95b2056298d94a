#ifndef ORGCODE_ENGINE_STORE_H
#define ORGCODE_ENGINE_STORE_H

#include "base/arena.h"
#include "base/hash.h"
#include "codec/avro_act.h"
#include "core/registry.h"
#include "engine/rows.h"
#include "shell/pg.h"

/* The registry's tables: what the core asks for is loaded, what it decided is written in one transaction. The tables
 * are those of schemas/sql; the statements are in sql/. One thread, one connection. */

/* Where the journal has been read to, and the heads of the two chains, beside the registry's own place. */
struct journal_place {
    struct place place;
    int64_t next_offset; /* to be read next; the record in work while place.step > 0 */
    int64_t last_offset; /* done last; -1: none yet */
    struct sha256 last_digest;
    struct sha256 change_head, receipt_head;
};

struct store {
    struct pg pg;
    const struct avro_reader *reader; /* waiting acts are decoded when they are loaded */
    struct arena *scratch;            /* rows on their way, parameters; reset after every call */
    struct hasher *hasher;
    struct table_shape shape[TABLES];
    int64_t place_table;  /* number of table place: another schema may take the name of this one */
    int64_t next_due;     /* as of the last read or write; INT64_MAX: nothing waits */
    bool bulk;            /* see store_bulk_begin */
    struct store *beside; /* writes history, changes and receipts; NULL: this one does */
};

/* Rows that go to the tables, by table, for metrics and tests. */
struct store_written {
    size_t rows, bytes;
};

/* `pg` is open and becomes the store's. Prepares the session: lock_timeout, plans, statements. `schema` holds the
 * registry: STORE_LIVE, or one that is being rebuilt. */
#define STORE_LIVE "orgcode"
struct status store_open(struct store *store, struct pg pg, const char *schema, const struct avro_reader *reader,
    struct fault *fault) MUST_USE;
void store_close(struct store *store);

/* A registry beside the live one that is read from the journal as fast as can be: indexes that are not looked up are
 * dropped, commits do not wait for the disk, nobody is told. Of the session that writes; the account must own the
 * tables. After a crash the place and all that belongs to it are some transactions older, never torn: begin again.
 * History, changes and receipts, more than half of the work, are written at the same time through `beside`, a session
 * of its own: they are committed before the place moves past them, and only while it is taken. What stands beyond the
 * place after a failure is removed here: so after any failure but "fenced" this is the way to go on. */
struct status store_bulk_begin(struct store *store, struct store *beside, struct fault *fault) MUST_USE;
/* Makes the indexes, and brings all to the disk. Until then the registry is not to be used. May be repeated. */
struct status store_bulk_end(struct store *store, struct fault *fault) MUST_USE;

/* Reads what the tables look like: when the store is opened, and when a write has met a column of a later release. */
struct status store_shapes(struct store *store, struct fault *fault) MUST_USE;

/* Reads the place and next_due. */
struct status store_place(struct store *store, struct journal_place *out, struct fault *fault) MUST_USE;

/* Answers all of registry->needs, in one round trip. What the answers lead to is in registry->needs afterwards. */
struct status store_load_round(struct store *store, struct registry *registry, struct fault *fault) MUST_USE;
/* The same until nothing is left to ask. */
struct status store_load(struct store *store, struct registry *registry, struct fault *fault) MUST_USE;

/* Writes registry->out, what is dirty in the scene, and the place, in one transaction, if the registry still stands at
 * `from`. `to` is filled by the caller but for place and chain heads. STOP "fenced": somebody moved the place, or
 * another schema has taken the name of this one: open the store again. RETRY "place-taken": somebody kept it for
 * lock_timeout; "columns": a migration has added some, the next write knows them. After any failure nothing is known:
 * read the place again. */
struct status store_write(struct store *store, const struct registry *registry, const struct journal_place *from,
    struct journal_place *to, struct fault *fault) MUST_USE;

/* Ends the sessions that keep the place. */
struct status store_evict(struct store *store, int64_t *ended, struct fault *fault) MUST_USE;

#endif
