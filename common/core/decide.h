#ifndef ORGCODE_CORE_DECIDE_H
#define ORGCODE_CORE_DECIDE_H

#include "core/emit.h"

/* Deciding one act, from the journal record that brings it, or when it is released or falls due. */

enum decided { DECIDED = 0, DECIDED_NEEDS, DECIDED_FLUSH };

enum item_source { ITEM_RECORD = 0, ITEM_RELEASED, ITEM_DUE };
struct item {
    enum item_source source;
    const struct act *act;
    struct str bytes;
    int64_t number;
    time_ms recorded;
    const struct origin *origin; /* ITEM_RECORD */
    bool recreated;              /* ITEM_RECORD: its topic was created anew */
    struct pending *pending;     /* ITEM_RELEASED, ITEM_DUE */
};

/* Decides and carries out, or asks for what it needs and changes nothing. */
enum decided decide_item(struct registry *registry, const struct item *item);
/* A held act whose time is over. */
enum decided decide_expiry(struct registry *registry, struct pending *pending);

/* ---- pieces, by file -------------------------------------------------------------------------------------------- */

/* refer.c: corrected and annulled. The target is found and judged, then carried out. */
void refer_judge(struct judge *judge, bool *flush);
void refer_carry_out(struct judge *judge, const struct act_context *context, int64_t *first, int64_t *last);

/* announce.c: acts that wait. */
void announce_act(struct judge *judge, const struct item *item, const struct act_context *context, int64_t *first,
                  int64_t *last);
/* The codes of a pending act no longer wait for it; with `context`, act.withdrawn is written for each. */
void announce_end(struct registry *registry, struct pending *pending, const struct act_context *context,
                  int64_t *first, int64_t *last);
/* True when everything announce_act and announce_end touch is in the scene. */
void announce_seek(struct registry *registry, const struct act *act);
void pending_remove(struct registry *registry, const struct pending *pending);

/* schemes.c */
void scheme_judge_form(struct judge *judge);
void scheme_judge_issuer(struct judge *judge);
void scheme_carry_out(struct judge *judge, const struct act_context *context, int64_t *first, int64_t *last);

/* The rows of table act. */
struct act_entry *act_entry_find(struct registry *registry, struct str authority, struct uuid id);
static inline bool verdict_in_force(enum verdict verdict)
{
    return verdict == VERDICT_ACCEPTED || verdict == VERDICT_ANNOUNCED || verdict == VERDICT_HELD ||
           verdict == VERDICT_WITHDRAWN || verdict == VERDICT_ANNULLED;
}

#endif
