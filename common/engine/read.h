#ifndef ORGCODE_ENGINE_READ_H
#define ORGCODE_ENGINE_READ_H

#include "base/arena.h"
#include "core/registry.h"
#include "shell/pg.h"

/* Rows of results into the core's structs, with copies of all texts in the arena. Columns are those of the statement in
 * sql/ of the same name. */

/* codes; children and subtree, whose rows have one column before (`at` 1) */
struct code *read_code(const PGresult *result, int row, int at, struct arena *arena);
/* facts */
void read_fact(const PGresult *result, int row, struct arena *arena, struct arena *scratch, struct fact *out);
void read_edge(const PGresult *result, int row, struct arena *arena, struct edge *out); /* edges */
void read_act(const PGresult *result, int row, struct arena *arena, struct act_entry *out);
struct scheme *read_scheme(const PGresult *result, int row, struct arena *arena);
struct origin_mark *read_mark(const PGresult *result, int row, struct arena *arena);
/* All but `act`, which the caller decodes from `bytes`. */
void read_pending(const PGresult *result, int row, struct arena *arena, struct pending *out); /* due, pendings */

#endif
