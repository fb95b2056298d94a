#ifndef ORGCODE_CORE_EMIT_H
#define ORGCODE_CORE_EMIT_H

#include "core/plan.h"
#include "core/timeline.h"

/* Numbers and appends what comes out of a decision: changes, receipts, rows of table act. */

/* An act of so many codes is long before it is written: room is made for its changes at once. */
#define EMIT_MANY ((size_t)1000)
void emit_expect(struct registry *registry, size_t codes);

/* Appends the next change; `index` and `count` are filled in by emit_number. */
struct change *emit_change(struct registry *registry, const struct act_context *context, enum change_type type,
                           struct code *code, const struct written *written);
/* Numbers the changes from `first` on 1..n of n, and says which sequences they have (0, 0: none). */
void emit_number(struct registry *registry, size_t first_change, int64_t *first, int64_t *last);

/* A receipt for the act of `judge`; `origin` NULL: a further one. Faults and warnings are copied. */
struct receipt *emit_receipt(struct registry *registry, struct str authority, const struct uuid *id,
                             enum verdict verdict, const struct findings *faults, const struct findings *warnings,
                             const struct origin *origin);

/* What the changes of one act share; copies in the arena. */
struct act_context *emit_context(const struct judge *judge);

#endif
