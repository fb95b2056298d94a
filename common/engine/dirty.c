#include "engine/dirty.h"

void dirty_collect(struct dirty *dirty, const struct scene *scene, struct arena *arena)
{
    for (size_t i = 0; i < scene->codes.count; i++) {
        const struct code *code = scene_known(&scene->codes.entry[i]);
        if (code && code->dirty)
            *(code->stored ? vec_push(arena, &dirty->codes_old) : vec_push(arena, &dirty->codes_new)) = code;
    }
    for (size_t i = 0; i < scene->acts.count; i++) {
        const struct act_list *list = scene_known(&scene->acts.entry[i]);
        for (size_t j = 0; list && j < list->entry.count; j++) {
            const struct act_entry *entry = list->entry.item[j];
            if (entry->dirty)
                *(entry->stored ? vec_push(arena, &dirty->acts_old) : vec_push(arena, &dirty->acts_new)) = entry;
        }
    }
    for (size_t i = 0; i < scene->marks.count; i++) {
        const struct origin_mark *mark = scene_known(&scene->marks.entry[i]);
        if (mark && mark->dirty)
            *vec_push(arena, &dirty->marks) = mark;
    }
    for (size_t i = 0; i < scene->schemes.count; i++) {
        const struct scheme *scheme = scene_known(&scene->schemes.entry[i]);
        if (scheme && scheme->dirty)
            *vec_push(arena, &dirty->schemes) = scheme;
    }
}
