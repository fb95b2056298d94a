#include "engine/carry.h"

static void *known(const struct map *map, struct str key)
{
    return scene_known(&(struct map_entry){key, map_get(map, key)});
}

static void carry_edges(struct arena *arena, struct edge_list *list)
{
    const struct successor *item = list->item;
    list->item = list->count ? arena_array(arena, struct successor, list->count) : NULL;
    for (int i = 0; i < list->count; i++) {
        list->item[i] = item[i];
        list->item[i].code = str_copy(arena, item[i].code);
    }
}

static void carry_values(struct arena *arena, struct values *values)
{
    struct decision_doc *decision = &values->decision;
    for (int i = 0; i < INFO_FIELDS; i++)
        values->info.field[i] = str_copy(arena, values->info.field[i]);
    if (!decision->given) {
        *decision = (struct decision_doc){.issued_on = DATE_NONE};
        return;
    }
    struct str *text[] = {&decision->number, &decision->issued_by, &decision->title, &decision->uri, &decision->sha256};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        *text[i] = str_copy(arena, *text[i]);
}

static bool has_row(const struct code *code)
{
    return code->stored || code->dirty;
}

/* The row of a code: history and children are another need's. */
static void carry_code(struct scene *to, const struct code *code)
{
    struct code *copy = arena_new(to->arena, struct code);
    *copy = (struct code){
        .key = str_copy(to->arena, code->key),
        .parent = str_copy(to->arena, code->parent),
        .level = code->level,
        .now = code->now,
        .version = code->version,
        .structural_on = code->structural_on,
        .valid_from = code->valid_from,
        .heir = str_copy(to->arena, code->heir),
        .announced = code->announced,
        .announced_grants = code->announced_grants,
    };
    carry_values(to->arena, &copy->now.values);
    carry_edges(to->arena, &copy->now.predecessors);
    carry_edges(to->arena, &copy->now.successors);
    scene_put_code(to, copy->key, copy);
}

/* Only where all of them are known. */
static bool carry_children(struct scene *to, const struct scene *from, const struct need *need)
{
    const struct code *code = known(&from->codes, need->text);
    if (!code || !has_row(code) || !code->children_loaded || code->children_since > need->date ||
        code->children.count > (size_t)need->limit)
        return false;
    VEC(struct str) keys = {0};
    carry_code(to, code);
    for (size_t i = 0; i < code->children.count; i++) {
        const struct code *child = code->children.item[i];
        if (!has_row(child) || (child->now.status != CODE_OPEN && child->now.closed_on <= need->date))
            continue;
        carry_code(to, child);
        *vec_push(to->arena, &keys) = child->key;
    }
    scene_put_children(to, need->text, need->date, keys.item, keys.count);
    return true;
}

/* More than one act with this id: their order is the table's. */
static bool carry_act(struct scene *to, const struct scene *from, struct uuid id)
{
    const struct act_list *list = known(&from->acts, (struct str){(const char *)id.byte, sizeof id.byte});
    if (!list || list->entry.count != 1)
        return false;
    struct act_entry *copy = arena_new(to->arena, struct act_entry);
    *copy = *list->entry.item[0];
    copy->authority = str_copy(to->arena, copy->authority);
    copy->scheme = str_copy(to->arena, copy->scheme);
    copy->dirty = false;
    scene_put_acts(to, id, copy, 1);
    return true;
}

static void carry_mark(struct scene *to, const struct origin_mark *mark)
{
    struct origin_mark *copy = arena_new(to->arena, struct origin_mark);
    *copy = *mark;
    copy->key = str_copy(to->arena, mark->key);
    copy->dirty = false;
    scene_put_mark(to, copy->key, copy);
}

bool carry_over(struct scene *to, const struct scene *from, const struct need *need)
{
    const void *found;
    switch (need->kind) {
    case NEED_CODE:
        if ((found = known(&from->codes, need->text)))
            carry_code(to, found);
        return found;
    case NEED_MARK:
        if ((found = known(&from->marks, need->text)))
            carry_mark(to, found);
        return found;
    case NEED_ACT:
        return carry_act(to, from, need->id);
    case NEED_CHILDREN:
        return carry_children(to, from, need);
    default:
        return false;
    }
}
