#ifndef ORGCODE_CORE_TIMELINE_H
#define ORGCODE_CORE_TIMELINE_H

#include "core/registry.h"

/* The valid-time axis of one code: its record on a day is the fold of its facts and edges up to that day. A fact at
 * the end of the axis needs the current record alone; any other needs the history (seek_history first). */

/* What a write did: the record in force now before and after, and each stretch of valid time that changed. */
struct written {
    const struct record *before, *after; /* before NULL: was never granted */
    struct period *period;
    int periods;
};

/* The record in force on `date`; NULL: not granted by then. Needs history when date < code->valid_from. */
const struct record *timeline_record(struct registry *registry, struct code *code, date_day date);
/* Adds a fact with the edges that come with it (their `from` or `to` is the code), appends the rows of code_version for
 * `fact->sequence`, and updates the code. Needs history when fact->valid_from < code->valid_from. */
void timeline_add(struct registry *registry, struct code *code, const struct fact *fact, const struct edge *edge,
                  size_t edges, struct written *out);
/* The fact that the act with this record number wrote on the code; NULL: none, or it is annulled. Needs history. */
const struct fact *timeline_fact_of(const struct code *code, int64_t number);
/* Takes back the fact (it must exist), its corrections and the edges of the act with record number `number`, on behalf of
 * `act`; an issue is voided instead. Needs history. */
void timeline_undo(struct registry *registry, struct code *code, int64_t number, int64_t act, int64_t sequence,
                   struct written *out);

#endif
