#ifndef ORGCODE_CORE_PLAN_H
#define ORGCODE_CORE_PLAN_H

#include "base/map.h"
#include "core/registry.h"

/* An act unfolded into primitives: one touch for each code that it affects, and the succession edges. A plan is made
 * and judged without changing anything; then it is carried out whole, or dropped. */

struct touch {
    struct str key;
    unsigned op;              /* of fact_op */
    field_mask mask;          /* SET: the fields given or cleared */
    struct info info;         /* their values */
    struct uuid organization; /* ISSUE, CARRY: the body; nil when it is that of `body_of` */
    struct str body_of;       /* ISSUE to the same body: the key it had; its info is taken over, `info` put on top */
    struct str heir;          /* CLOSE */
    enum change_type type;
    enum party_role role;
    enum disposition disposition;
    bool unit;                /* of `units` or `withUnits`: its change comes after the others, in byte order */
    bool any_authority;       /* named under whatever authority: a successor in `dissolved` */
    struct str field;         /* where the act names it */
    int index;                /* in that list; -1: no list */
    VEC(struct edge) edges;   /* either end is this code */
};

struct link {
    struct str from, to;
    bool continues;
};

struct plan {
    VEC(struct touch *) touches; /* in the order of the act's fields */
    struct map by_key;
    VEC(struct link) links;
    VEC(struct str) sources;     /* keys whose units `units` may name */
    VEC(struct str) successors;  /* keys that a {close} unit is linked to */
    bool full;                   /* more codes or edges than an act may affect */
};

/* An act being judged. */
struct judge {
    struct registry *registry;
    const struct act *act;
    int64_t number;     /* record that it was taken from */
    time_ms recorded;   /* journal time of that record */
    date_day today;
    struct findings faults, warnings;
    const struct act_context *context; /* once the act has passed for itself */
    struct plan plan;
    struct act_entry *target; /* corrected, annulled: the act referred to */
    bool flush;         /* something must be asked of a store that holds all that was decided */
};

struct touch *plan_find(const struct plan *plan, struct str key);
/* plan.sources or plan.successors holds it? */
bool plan_is_successor(const struct plan *plan, struct str key);

/* Fills judge->plan from the act; may ask for codes (a merger's target, units below) and add faults. Not for corrected,
 * annulled and scheme_registered, which are no primitives on codes that they name. */
void unfold_act(struct judge *judge);
/* Judges the plan: ORDER to FULL. */
void judge_plan(struct judge *judge);
/* A closed level-1 code whose one successor has the authority: units below it may be open. */
bool code_kept_by_heir(const struct code *code);
/* UNKNOWN, CLOSED, ORDER for a code that the act names; `op`: what it does to it. */
void judge_open_on(struct judge *judge, struct str key, unsigned op, struct str field, int index);
/* AUTHORITY alone, for one code; `closing`: the act closes its level-1 code and names it as a unit. */
void judge_authority(struct judge *judge, struct str key, bool unit, bool issued, struct str field, int index);
/* Who has authority over a key today; absent: nobody (or not loaded yet). */
struct str authority_of(struct registry *registry, struct str key);
/* The first open code on the way along the heirs from a level-1 code; absent: none. */
struct str authority_walk(struct registry *registry, struct str level1);

/* Adds a fault; `field` with its index, "[n]" put where it says "[]". */
void judge_fault(struct judge *judge, enum reason reason, struct str code, struct str field, int index,
                 struct str expected, int64_t number);
struct str judge_date(struct judge *judge, date_day date);

/* Carries out a plan: facts, edges, changes. Returns first and last sequence (0, 0: nothing). */
void plan_carry_out(struct judge *judge, const struct act_context *context, int64_t *first, int64_t *last);

#endif
