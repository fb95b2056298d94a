#include "engine/touched.h"

void touched_open(struct touched *touched, const struct scene *scene, struct arena *arena)
{
    static const char marked;
    *touched = (struct touched){.scene = scene};
    for (size_t i = 0; i < scene->codes.count; i++) {
        const struct code *code = scene_known(&scene->codes.entry[i]);
        if (!code || !code->dirty)
            continue;
        if (str_given(code->parent))
            *map_put(arena, &touched->parents, code->parent) = (void *)(uintptr_t)&marked;
        const struct str legacy[] = {code->legacy_stored, code->now.values.info.field[INFO_LEGACY_CODE]};
        for (int j = 0; j < 2; j++)
            if (str_given(legacy[j]))
                *map_put(arena, &touched->legacy, legacy[j]) = (void *)(uintptr_t)&marked;
    }
}

static const void *known(const struct map *map, struct str key)
{
    return scene_known(&(struct map_entry){key, map_get(map, key)});
}

static bool code_touched(const struct scene *scene, struct str key)
{
    const struct code *code = known(&scene->codes, key);
    return code && code->dirty;
}

static bool act_touched(const struct scene *scene, const struct uuid *id)
{
    const struct act_list *list = known(&scene->acts, (struct str){(const char *)id->byte, sizeof id->byte});
    for (size_t i = 0; list && i < list->entry.count; i++)
        if (list->entry.item[i]->dirty)
            return true;
    return false;
}

bool touched_has(const struct touched *touched, const struct need *need)
{
    const struct scene *scene = touched->scene;
    switch (need->kind) {
    case NEED_CODE:
        return code_touched(scene, need->text);
    case NEED_CHILDREN:
        return map_get(&touched->parents, need->text);
    case NEED_LEGACY:
        return map_get(&touched->legacy, need->text);
    case NEED_ACT:
        return act_touched(scene, &need->id);
    case NEED_SCHEME: {
        const struct scheme *scheme = known(&scene->schemes, need->text);
        return scheme && scheme->dirty;
    }
    case NEED_MARK: {
        const struct origin_mark *mark = known(&scene->marks, need->text);
        return mark && mark->dirty;
    }
    default: /* rare, or hanging on more than one thing */
        return true;
    }
}
