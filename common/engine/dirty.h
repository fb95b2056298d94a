#ifndef ORGCODE_ENGINE_DIRTY_H
#define ORGCODE_ENGINE_DIRTY_H

#include "core/scene.h"

/* What a batch has changed: new rows are inserted, others updated. */
struct dirty {
    VEC(const struct code *) codes_new, codes_old;
    VEC(const struct act_entry *) acts_new, acts_old;
    VEC(const struct origin_mark *) marks;
    VEC(const struct scheme *) schemes;
};

/* The lists are in `arena`, in the order in which things came into the scene. */
void dirty_collect(struct dirty *dirty, const struct scene *scene, struct arena *arena);

#endif
