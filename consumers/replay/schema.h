#ifndef ORGCODE_REPLAY_SCHEMA_H
#define ORGCODE_REPLAY_SCHEMA_H

#include "base/hash.h"
#include "core/registry.h"
#include "shell/pg.h"

/* A schema that holds a registry: the live one (STORE_LIVE), one that is rebuilt beside it, one that was live before.
 */

#define SCHEMA_BEFORE "orgcode_before" /* what was live until the last swap */

struct schema_place {
    int64_t oid; /* of table place: the same whatever the schema is called, another for a schema made anew */
    bool born;
    struct uuid registry_id;
    int epoch, step;
    int64_t record, sequence, receipt, next_offset;
    time_ms time;
    struct sha256 change_head, receipt_head;
    /* Of the row and of all origin marks. Registries with the same digest have the same `whole`; those that have read
     * the same topic also have the same mode and offsets, and so the same `exact`. */
    struct sha256 whole, exact;
    enum journal_mode mode;
};
/* REJECT "no-schema" when there is no such registry. The connection's search path is left on it. */
struct status schema_place(struct pg *pg, const char *schema, struct schema_place *out, struct fault *fault) MUST_USE;
/* A query from a .sql file, as pg_run but not prepared: what it means hangs on the search path of the moment. */
struct status schema_ask(
    struct pg *pg, const char *sql, const struct pg_params *params, PGresult **out, struct fault *fault) MUST_USE;
struct status schema_exists(struct pg *pg, const char *schema, bool *out, struct fault *fault) MUST_USE;
struct status schema_drop(struct pg *pg, const char *schema, struct fault *fault) MUST_USE;
/* "record 12, offset 13, change 9, receipt 12"; returns `out`. */
#define SCHEMA_PLACE_TEXT 160
char *schema_place_format(const struct schema_place *place, char out[SCHEMA_PLACE_TEXT]);

#endif
