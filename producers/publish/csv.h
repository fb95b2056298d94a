#ifndef ORGCODE_PUBLISH_CSV_H
#define ORGCODE_PUBLISH_CSV_H

#include "base/arena.h"
#include "base/status.h"
#include "core/act.h"
#include "core/rule.h"

/* CSV (RFC 4180, strict) and the acts that can be written in it: one `established` or `contact_updated` a record, the
 * columns named by the header record. Columns: see README.md. */

#define CSV_COLUMNS_MAX 64

struct csv_record {
    struct str field[CSV_COLUMNS_MAX];
    size_t count;
};

/* Splits a record that has no line end. Fields point into `text`, or into the arena where quotes were doubled. REJECT
 * "csv" when it is not as RFC 4180 has it, or has too many fields; `fault` names the column. */
struct status csv_split(struct arena *arena, struct str text, struct csv_record *out, struct fault *fault) MUST_USE;

/* What a file's header record says. */
struct csv_header {
    int column[CSV_COLUMNS_MAX]; /* index into the table of columns */
    size_t count;
};
/* REJECT "header": an unknown, repeated or missing column; `fault` names it. Texts are not kept. */
struct status csv_header_read(const struct csv_record *record, struct csv_header *out, struct fault *fault) MUST_USE;

/* What the options say for columns that the file does not have, or leaves empty. */
struct csv_defaults {
    struct str authority; /* absent: none */
    struct str kind;
};

/* Reads one act. An empty cell is a field not given. `*id_given` as in json_act_decode. False when there are faults
 * (FORM findings, field = column): `*out` is then NULL. */
bool csv_act_decode(struct arena *arena, const struct csv_header *header, const struct csv_defaults *defaults,
    const struct csv_record *record, struct act **out, bool *id_given, struct findings *faults);

/* Name of a column, NULL behind the last: for the documentation's test. */
const char *csv_column_name(size_t index);

#endif
