#include "engine/prefetch.h"

#include "engine/absent.h"
#include "engine/carry.h"
#include "engine/touched.h"

/* The questions of a part. */
struct prefetch {
    struct engine *engine;
    const struct entry *entry;
    size_t count;
    struct touched touched;
    VEC(struct need) later; /* answered when the batch before is committed */
};

/* Leaves the questions whose answers do not hang on the batch that is being written. */
static void set_aside(struct prefetch *prefetch)
{
    struct registry *registry = prefetch->engine->registry;
    const struct scene *written = prefetch->engine->job.registry.scene;
    size_t now = 0;
    for (size_t i = 0; i < registry->needs.count; i++) {
        struct need need = registry->needs.item[i];
        if (!touched_has(&prefetch->touched, &need))
            registry->needs.item[now++] = need;
        else if (!carry_over(registry->scene, written, &need))
            *vec_push(registry->arena, &prefetch->later) = need;
    }
    registry->needs.count = now;
}

/* What waits for its day is known to the tables alone. */
static bool waiting_touched(const struct outcome *out)
{
    return out->pending_added.count + out->pending_removed.count + out->pending_delayed.count + out->released.count > 0;
}

/* Asks until nothing is left; what must wait for the batch before is asked last. */
static struct status prefetch_all(struct prefetch *prefetch, struct fault *fault)
{
    struct engine *engine = prefetch->engine;
    struct registry *registry = engine->registry;
    struct status status = status_ok();
    while (!status_failed(status)) {
        if (engine->writing)
            set_aside(prefetch);
        if (engine->absent)
            absent_answer(engine->absent, registry);
        if (registry->needs.count > 0)
            status = store_load_round(engine->store, registry, fault);
        for (size_t i = 0; i < prefetch->count; i++)
            registry_prefetch_next(registry, &prefetch->entry[i].record);
        if (status_failed(status) || registry->needs.count > 0)
            continue;
        if (!engine->writing || (prefetch->later.count == 0 && !waiting_touched(&engine->job.registry.out)))
            break;
        status = engine_settle(engine, fault);
        for (size_t i = 0; i < prefetch->later.count; i++)
            *vec_push(registry->arena, &registry->needs) = prefetch->later.item[i];
        prefetch->later.count = 0;
    }
    return status;
}

struct status engine_prefetch(struct engine *engine, const struct entry *entry, size_t count, struct fault *fault)
{
    struct registry *registry = engine->registry;
    struct prefetch prefetch = {.engine = engine, .entry = entry, .count = count};
    engine->cold = false;
    registry->needs.item = engine->needs;
    registry->needs.count = 0;
    registry->needs.room = PREFETCH_NEEDS;
    if (engine->writing)
        touched_open(&prefetch.touched, engine->job.registry.scene, registry->arena);
    for (size_t i = 0; i < count; i++)
        registry_prefetch(registry, &entry[i].record);
    struct status status = prefetch_all(&prefetch, fault);
    engine->ahead = engine->writing;
    registry->needs.count = 0; /* the room stays for what deciding asks */
    return status;
}
