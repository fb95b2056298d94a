#ifndef ORGCODE_ENGINE_PREFETCH_H
#define ORGCODE_ENGINE_PREFETCH_H

#include "engine/engine.h"

/* Room for the questions of a part; more takes memory of the batch. */
#define PREFETCH_NEEDS ((size_t)12000)

/* Loads what the next records will surely ask for, into a scene that is empty. While the batch before is being written
 * only what must be is waited for; if nothing was, engine->writing stays. */
struct status engine_prefetch(
    struct engine *engine, const struct entry *entry, size_t count, struct fault *fault) MUST_USE;

#endif
