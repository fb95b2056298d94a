#ifndef ORGCODE_REPLAY_DUMP_H
#define ORGCODE_REPLAY_DUMP_H

#include "shell/pg.h"

/* All rows of one table of a registry, in the order of its key, one at a time: the same bytes on any machine, whatever
 * the schema is called and the locale says. */

struct dump_table {
    const char *name;
    const char *key; /* columns that order the rows, with commas */
    const char *but; /* columns that tell nothing of the registry's state; NULL: none */
    const char
        *grows;   /* rows are never changed, and this column tells the change or receipt they came with; NULL: else */
    bool chained; /* numbered by its key without holes, each row bears the hash of the one before */
};
enum { DUMP_TABLES = 11, DUMP_COLUMNS = 64 };
extern const struct dump_table dump_tables[DUMP_TABLES];

#define DUMP_DAY_ZERO 10957 /* PostgreSQL counts dates from 2000-01-01 */

struct dump_column {
    struct str name;
    uint32_t type;
};
struct dump {
    const struct dump_table *table;
    struct pg *pg;
    struct dump_column column[DUMP_COLUMNS]; /* those of the key first */
    int columns, keys;
    struct str row; /* as it came, fields and all; absent at the end */
    struct str field[DUMP_COLUMNS];
    int64_t rows;
    char *message;
    bool open;
};

/* The connection's search path is on the schema; nothing else can be done with it until the end or dump_close.
 * Texts are in the arena. Of a table that grows the rows up to `last` come alone. */
#define DUMP_ALL INT64_MAX
struct status dump_open(struct dump *dump, struct pg *pg, const struct dump_table *table, int64_t last,
    struct arena *arena, struct fault *fault) MUST_USE;
struct status dump_next(struct dump *dump, struct fault *fault) MUST_USE;
/* Before the end too. */
void dump_close(struct dump *dump);

/* The field called `name`; absent when there is no such column, or it is null. */
struct str dump_field(const struct dump *dump, const char *name);
int64_t dump_int(const struct dump *dump, const char *name);
/* Order of the keys of the two rows: < 0, 0, > 0. */
int dump_compare(const struct dump *a, const struct dump *b);
/* For people. */
struct str dump_value(struct arena *arena, const struct dump *dump, int column);
/* "code H26.1, sequence 4" */
struct str dump_key(struct arena *arena, const struct dump *dump);

#endif
