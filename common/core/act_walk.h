#ifndef ORGCODE_CORE_ACT_WALK_H
#define ORGCODE_CORE_ACT_WALK_H

#include "core/act.h"

/* Where in the JSON form of an act something stands: `head`, or `head[index]tail` when there is a tail. Static texts.
 */
struct spot {
    const char *head;
    size_t index;
    const char *tail; /* NULL: no index */
};
/* "body.codes[3].to"; a copy only when there is an index. */
struct str spot_text(struct arena *arena, struct spot spot);
/* The same with ".name" behind. */
struct str spot_member(struct arena *arena, struct spot spot, struct str name);

/* What a code is to the act that names it. */
enum spot_role {
    SPOT_SOURCE,         /* open, and the act does something to it */
    SPOT_GRANTED,        /* always granted by the act */
    SPOT_TARGET,         /* merged.into: granted or named, as only the registry knows */
    SPOT_SUCCESSOR,      /* dissolved.successors */
    SPOT_CONTACT,        /* contact_updated.code */
    SPOT_CORRECTED,      /* corrected.code */
    SPOT_UNIT,           /* a unit's own code */
    SPOT_UNIT_GRANTED,   /* its new code */
    SPOT_UNIT_SUCCESSOR, /* one of the act's successors, named again */
};
typedef void spot_visit(void *context, struct str code, enum spot_role role, struct spot spot);
/* Every code of the act in the order of act_each_code, those not given left out (newCode) when they are optional;
 * a required one that is absent is visited as absent. A scheme's issuer is none of them: it has no role in the
 * scheme's own codes. */
void act_walk(const struct act *act, spot_visit *visit, void *context);
/* The act's units; NULL when its kind has none. */
const struct units *act_units(const struct act *act);

#endif
