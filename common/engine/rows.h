#ifndef ORGCODE_ENGINE_ROWS_H
#define ORGCODE_ENGINE_ROWS_H

#include "codec/json_change.h"
#include "core/registry.h"
#include "shell/pg.h"

/* Rows of the registry's tables in PostgreSQL's binary form, as COPY takes them. Column order is that of schemas/sql.
 */

enum store_table {
    TABLE_CODE,
    TABLE_CODE_VERSION,
    TABLE_SUCCESSION,
    TABLE_ACT,
    TABLE_CHANGE,
    TABLE_RECEIPT,
    TABLE_PENDING,
    TABLE_MARK,
    TABLE_SCHEME,
    TABLE_LAW,
    TABLES,
};
struct table {
    const char *name; /* without schema */
    const char
        *column; /* a letter a column: b bool, 2 4 8 integers, t text, T text[], B bool[], d date, u uuid, y bytea */
    bool copied; /* many rows go by COPY */
    const char *insert; /* prepared statement that takes an array of rows */
    const char *update; /* the same for rows that exist; may be `insert` */
};
extern const struct table store_tables[TABLES];

/* A table as it stands in the database. A later release may have added columns behind those that are known: they are
 * left to their defaults. */
#define LATER_MAX ((size_t)16)
struct table_shape {
    uint32_t row_type;
    char copy[1024];           /* COPY statement */
    uint32_t later[LATER_MAX]; /* types of the columns behind */
    size_t laters;
};

/* One row each; `scratch` is used for arrays inside the row. */
void row_code(struct pg_copy *copy, struct arena *scratch, const struct code *code);
void row_version(struct pg_copy *copy, struct arena *scratch, const struct version_row *row);
void row_edge(struct pg_copy *copy, const struct edge *edge);
void row_act(struct pg_copy *copy, const struct act_entry *entry);
void row_change(struct pg_copy *copy, const struct change_attributes *change, struct str data);
void row_receipt(struct pg_copy *copy, const struct receipt *receipt, struct str data);
void row_pending(struct pg_copy *copy, struct arena *scratch, const struct pending *pending);
void row_mark(struct pg_copy *copy, const struct origin_mark *mark);
void row_scheme(struct pg_copy *copy, struct arena *scratch, const struct scheme *scheme);
void row_law(struct pg_copy *copy, const struct law_start *law);

/* COPY data (`data`, without header and trailer) as one binary parameter: an array of the table's rows. `*at` is moved
 * behind the rows taken, at most `limit`; false when there is none left. */
bool rows_array(const struct table *table, const struct table_shape *shape, struct str data, size_t *at, size_t limit,
    struct pg_bytes *out);

#endif
