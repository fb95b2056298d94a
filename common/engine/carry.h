#ifndef ORGCODE_ENGINE_CARRY_H
#define ORGCODE_ENGINE_CARRY_H

#include "core/scene.h"

/* From the scene of a batch that is being written into that of the next: what the tables will hold, as if it were
 * loaded when the batch is committed. Nothing of the former is referred to. False: it must be loaded then. */
bool carry_over(struct scene *to, const struct scene *from, const struct need *need);

#endif
