#ifndef ORGCODE_ENGINE_TOUCHED_H
#define ORGCODE_ENGINE_TOUCHED_H

#include "core/scene.h"

/* Which answers are not the same before and after a batch is written. All others can be loaded while it is. */
struct touched {
    const struct scene *scene; /* of the batch */
    struct map parents;        /* of codes that it changes */
    struct map legacy;         /* older codes that these bear, or bore */
};

/* The maps are in `arena`, their texts in the scene's. */
void touched_open(struct touched *touched, const struct scene *scene, struct arena *arena);
bool touched_has(const struct touched *touched, const struct need *need);

#endif
