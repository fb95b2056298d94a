#include "core/scene.h"

#include <stdlib.h>

#include "core/code.h"
#include "core/seek.h"

/* Marks in the maps: a thing that was asked for, and one that does not exist. */
static const char asked_mark, absent_mark;
#define ASKED ((void *)(uintptr_t)&asked_mark)
#define ABSENT ((void *)(uintptr_t)&absent_mark)

struct scene *scene_open(struct arena *arena)
{
    struct scene *scene = arena_new(arena, struct scene);
    scene->arena = arena;
    return scene;
}

/* ---- asking --------------------------------------------------------------------------------------------------- */

/* The thing at `key`; NULL when it is absent, or unknown: then it is asked for, once. */
static void *seek(struct registry *registry, struct map *map, struct str key, const struct need *need)
{
    void *found = map_get(map, key);
    if (found == ABSENT || found == ASKED)
        return NULL;
    if (found)
        return found;
    *map_put(registry->arena, map, str_copy(registry->arena, key)) = ASKED;
    *vec_push(registry->arena, &registry->needs) = *need;
    return NULL;
}

/* Puts what was asked for; what is there already stays. */
static void put(struct scene *scene, struct map *map, struct str key, void *value)
{
    void **place = map_put(scene->arena, map, str_copy(scene->arena, key));
    if (!*place || *place == ASKED)
        *place = value ? value : ABSENT;
}

static void *known(const struct map *map, struct str key)
{
    void *found = map_get(map, key);
    return found == ABSENT || found == ASKED ? NULL : found;
}

void *scene_known(const struct map_entry *entry)
{
    return entry->value == ABSENT || entry->value == ASKED ? NULL : entry->value;
}

struct code *seek_code(struct registry *registry, struct str key)
{
    return seek(registry, &registry->scene->codes, key, &(struct need){.kind = NEED_CODE, .text = key});
}

struct code *seek_granted(struct registry *registry, struct str key)
{
    struct code *code = seek_code(registry, key);
    return code_granted(code) ? code : NULL;
}

/* Children stand in byte order, so that nothing depends on the order in which they were loaded. */
static void push_child(struct scene *scene, struct code *parent, struct str key)
{
    struct code *child = known(&scene->codes, key);
    if (!child)
        return;
    size_t low = 0, high = parent->children.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = str_compare(parent->children.item[middle]->key, key);
        if (order == 0)
            return;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    (void)vec_push(scene->arena, &parent->children);
    memmove(&parent->children.item[low + 1], &parent->children.item[low],
            (parent->children.count - 1 - low) * sizeof *parent->children.item);
    parent->children.item[low] = child;
}

/* Children granted since the last reset. */
static void join_born(struct scene *scene, struct code *code)
{
    const struct text_list *born = map_get(&scene->born, code->key);
    for (size_t i = 0; born && i < born->text.count; i++)
        push_child(scene, code, born->text.item[i]);
}

struct code *seek_or_make(struct registry *registry, struct str key)
{
    struct scene *scene = registry->scene;
    struct code *code = known(&scene->codes, key);
    if (code)
        return code;
    code = arena_new(scene->arena, struct code);
    code->key = str_copy(scene->arena, key);
    code->parent = code_key_parent(code->key);
    code->level = code_key_level(code->key);
    code->structural_on = code->valid_from = DATE_NONE;
    code->now.issued_on = code->now.closed_on = DATE_NONE;
    code->history_loaded = code->children_loaded = true; /* never granted: it has none */
    code->children_since = DATE_NONE;
    *map_put(scene->arena, &scene->codes, code->key) = code;
    join_born(scene, code); /* an act may grant a child before its parent */
    return code;
}

bool seek_history(struct registry *registry, struct code *code)
{
    if (code->history_loaded)
        return true;
    for (size_t i = 0; i < registry->needs.count; i++)
        if (registry->needs.item[i].kind == NEED_HISTORY && str_equal(registry->needs.item[i].text, code->key))
            return false;
    *vec_push(registry->arena, &registry->needs) = (struct need){.kind = NEED_HISTORY, .text = code->key};
    return false;
}

/* A code of the open subtree whose children are not there; NULL: all are, or it is over the limit anyway. */
static struct code *missing_below(struct code *code, date_day date, size_t *left)
{
    if (!code->children_loaded || code->children_since > date)
        return code;
    for (size_t i = 0; i < code->children.count && *left > 0; i++) {
        (*left)--;
        if (!code_open_now(code->children.item[i]))
            continue;
        struct code *missing = missing_below(code->children.item[i], date, left);
        if (missing)
            return missing;
    }
    return NULL;
}

bool seek_children(struct registry *registry, struct code *code, date_day date, bool deep)
{
    size_t left = deep ? 10000 : 0;
    struct code *missing = missing_below(code, date, &left);
    if (!missing)
        return true;
    *vec_push(registry->arena, &registry->needs) = (struct need){
        .kind = deep ? NEED_SUBTREE : NEED_CHILDREN, .text = missing->key, .date = date, .limit = 10000};
    return false;
}

struct scheme *seek_scheme(struct registry *registry, struct str id)
{
    return seek(registry, &registry->scene->schemes, id, &(struct need){.kind = NEED_SCHEME, .text = id});
}

static struct str id_key(const struct uuid *id) { return (struct str){(const char *)id->byte, sizeof id->byte}; }
static struct str number_key(const int64_t *number) { return (struct str){(const char *)number, sizeof *number}; }

struct act_list *seek_acts(struct registry *registry, struct uuid id)
{
    return seek(registry, &registry->scene->acts, id_key(&id), &(struct need){.kind = NEED_ACT, .id = id});
}

struct text_list *seek_legacy(struct registry *registry, struct str legacy)
{
    struct text_list *list = map_get(&registry->scene->legacy, legacy);
    if (list && list->loaded)
        return list;
    if (!list) {
        list = arena_new(registry->arena, struct text_list);
        *map_put(registry->arena, &registry->scene->legacy, str_copy(registry->arena, legacy)) = list;
    }
    *vec_push(registry->arena, &registry->needs) = (struct need){.kind = NEED_LEGACY, .text = legacy};
    return NULL;
}

static struct str range_key(struct arena *arena, int64_t first, int64_t last)
{
    return str_format(arena, "%lld-%lld", (long long)first, (long long)last);
}

struct text_list *seek_subjects(struct registry *registry, int64_t first, int64_t last)
{
    struct str key = range_key(registry->arena, first, last);
    struct text_list *list = known(&registry->scene->subjects, key);
    if (list)
        return list;
    const struct outcome *out = &registry->out;
    if (out->changes.count == 0 || out->changes.item[0].sequence > first)
        return seek(registry, &registry->scene->subjects, key,
                    &(struct need){.kind = NEED_SUBJECTS, .number = first, .last = last});
    list = arena_new(registry->arena, struct text_list); /* written since the last reset */
    for (size_t i = 0; i < out->changes.count; i++)
        if (out->changes.item[i].sequence >= first && out->changes.item[i].sequence <= last)
            *vec_push(registry->arena, &list->text) = out->changes.item[i].subject;
    *map_put(registry->arena, &registry->scene->subjects, key) = list;
    return list;
}

struct hold *seek_hold(struct registry *registry, struct str authority)
{
    return seek(registry, &registry->scene->holds, authority, &(struct need){.kind = NEED_HOLD, .text = authority});
}

struct pending *seek_pending(struct registry *registry, int64_t number)
{
    return seek(registry, &registry->scene->pendings, number_key(&number),
                &(struct need){.kind = NEED_PENDING, .number = number});
}

struct str origin_key(struct arena *arena, const struct origin *origin)
{
    char digits[12];
    size_t count = 0;
    uint32_t rest = origin->partition < 0 ? 0 - (uint32_t)origin->partition : (uint32_t)origin->partition;
    do
        digits[count++] = (char)('0' + rest % 10);
    while (rest /= 10);
    if (origin->partition < 0)
        digits[count++] = '-';
    char *key = arena_alloc(arena, origin->topic.len + 1 + count);
    if (origin->topic.len)
        memcpy(key, origin->topic.data, origin->topic.len);
    size_t len = origin->topic.len;
    for (key[len++] = '/'; count > 0; len++)
        key[len] = digits[--count];
    return (struct str){key, len};
}

struct origin_mark *seek_mark(struct registry *registry, struct str key)
{
    return seek(registry, &registry->scene->marks, key, &(struct need){.kind = NEED_MARK, .text = key});
}

static struct str built_key(struct arena *arena, struct str key, int64_t sequence)
{
    return str_format(arena, "%.*s %lld", STR_ARG(key), (long long)sequence);
}

const bool *seek_built(struct registry *registry, struct str key, struct str heir, int64_t sequence)
{
    return seek(registry, &registry->scene->built, built_key(registry->arena, key, sequence),
                &(struct need){.kind = NEED_BUILT, .text = key, .heir = heir, .number = sequence});
}

/* ---- answering ------------------------------------------------------------------------------------------------ */

void scene_put_code(struct scene *scene, struct str key, struct code *code)
{
    if (code) {
        code->key = code->key.data ? code->key : str_copy(scene->arena, key);
        code->stored = true;
        code->legacy_stored = code->now.values.info.field[INFO_LEGACY_CODE];
    }
    put(scene, &scene->codes, key, code);
}

static int fact_order(const void *a, const void *b)
{
    const struct fact *x = a, *y = b;
    if (x->valid_from != y->valid_from)
        return x->valid_from < y->valid_from ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

static int number_order(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static int edge_order(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;
    if (x->on != y->on)
        return x->on < y->on ? -1 : 1;
    int order = str_compare(x->from, y->from);
    return order ? order : str_compare(x->to, y->to);
}

void scene_put_history(struct scene *scene, struct str key, struct fact *facts, size_t fact_count, struct edge *edges,
                       size_t edge_count)
{
    struct code *code = known(&scene->codes, key);
    if (!code || code->history_loaded)
        return;
    code->history_loaded = true;
    VEC(int64_t) undone = {0};
    for (size_t i = 0; i < fact_count; i++)
        if (facts[i].op & FACT_UNDO)
            *vec_push(scene->arena, &undone) = facts[i].rank;
    if (undone.count)
        qsort(undone.item, undone.count, sizeof *undone.item, number_order);
    if (code->facts.count == 0) { /* what is loaded becomes the list: of thousands of codes a second copy is felt */
        code->facts.item = facts;
        code->facts.room = fact_count;
    }
    for (size_t i = 0; i < fact_count; i++)
        if (facts[i].op & FACT_UNDO || undone.count == 0 ||
            !bsearch(&facts[i].rank, undone.item, undone.count, sizeof *undone.item, number_order))
            *vec_push(scene->arena, &code->facts) = facts[i];
    if (code->facts.count)
        qsort(code->facts.item, code->facts.count, sizeof *code->facts.item, fact_order);
    if (code->edges.count == 0) {
        code->edges.item = edges;
        code->edges.room = edge_count;
    }
    for (size_t i = 0; i < edge_count; i++)
        if (!edges[i].undone)
            *vec_push(scene->arena, &code->edges) = edges[i];
    if (code->edges.count)
        qsort(code->edges.item, code->edges.count, sizeof *code->edges.item, edge_order);
}

void scene_put_children(struct scene *scene, struct str key, date_day date, struct str *child, size_t count)
{
    struct code *code = known(&scene->codes, key);
    if (!code || (code->children_loaded && code->children_since <= date))
        return;
    code->children_loaded = true;
    code->children_since = date;
    code->children.count = 0;
    for (size_t i = 0; i < count; i++)
        push_child(scene, code, child[i]);
    join_born(scene, code);
}

void scene_put_legacy(struct scene *scene, struct str legacy, struct str *key, size_t count)
{
    void **place = map_put(scene->arena, &scene->legacy, str_copy(scene->arena, legacy));
    if (!*place)
        *place = arena_new(scene->arena, struct text_list);
    struct text_list *list = *place;
    if (list->loaded)
        return;
    list->loaded = true;
    for (size_t i = 0; i < count; i++)
        *vec_push(scene->arena, &list->text) = str_copy(scene->arena, key[i]);
}

void scene_put_scheme(struct scene *scene, struct str id, struct scheme *scheme)
{
    if (scheme)
        scheme->stored = true;
    put(scene, &scene->schemes, id, scheme);
}

void scene_put_acts(struct scene *scene, struct uuid id, struct act_entry *entry, size_t count)
{
    struct act_list *list = arena_new(scene->arena, struct act_list);
    for (size_t i = 0; i < count; i++) {
        entry[i].stored = true;
        *vec_push(scene->arena, &list->entry) = &entry[i];
    }
    put(scene, &scene->acts, id_key(&id), list);
}

void scene_put_subjects(struct scene *scene, int64_t first, int64_t last, struct str *key, size_t count)
{
    struct text_list *list = arena_new(scene->arena, struct text_list);
    for (size_t i = 0; i < count; i++)
        *vec_push(scene->arena, &list->text) = str_copy(scene->arena, key[i]);
    put(scene, &scene->subjects, range_key(scene->arena, first, last), list);
}

void scene_put_built(struct scene *scene, struct str key, int64_t sequence, bool built)
{
    bool *answer = arena_new(scene->arena, bool);
    *answer = built;
    put(scene, &scene->built, built_key(scene->arena, key, sequence), answer);
}

void scene_put_hold(struct scene *scene, struct str authority, struct hold hold)
{
    struct hold *copy = arena_new(scene->arena, struct hold);
    *copy = hold;
    put(scene, &scene->holds, authority, copy);
}

void scene_put_pending(struct scene *scene, int64_t number, struct pending *pending)
{
    put(scene, &scene->pendings, number_key(&number), pending);
}

void scene_put_mark(struct scene *scene, struct str key, struct origin_mark *mark)
{
    if (mark)
        mark->stored = true;
    put(scene, &scene->marks, key, mark);
}

void scene_put_due(struct scene *scene, struct pending *pending, size_t count)
{
    scene->due_loaded = true;
    for (size_t i = 0; i < count; i++) {
        struct pending *item = vec_push(scene->arena, &scene->due);
        *item = pending[i];
    }
}

/* ---- what was made since the last reset ------------------------------------------------------------------------ */

void scene_note_born(struct scene *scene, struct code *code)
{
    if (!str_given(code->parent))
        return;
    void **place = map_put(scene->arena, &scene->born, code->parent);
    if (!*place)
        *place = arena_new(scene->arena, struct text_list);
    struct text_list *list = *place;
    *vec_push(scene->arena, &list->text) = code->key;
    struct code *parent = known(&scene->codes, code->parent);
    if (parent && parent->children_loaded)
        push_child(scene, parent, code->key);
}

void scene_note_legacy(struct scene *scene, struct str legacy, struct str key)
{
    void **place = map_put(scene->arena, &scene->legacy, legacy);
    if (!*place)
        *place = arena_new(scene->arena, struct text_list);
    struct text_list *list = *place;
    *vec_push(scene->arena, &list->text) = key;
}

void scene_note_act(struct scene *scene, struct act_entry *entry)
{
    struct act_list *list = known(&scene->acts, id_key(&entry->id));
    if (list)
        *vec_push(scene->arena, &list->entry) = entry;
}

void scene_note_pending(struct scene *scene, struct pending *pending)
{
    void **place = map_put(scene->arena, &scene->pendings,
                           str_copy(scene->arena, number_key(&pending->number)));
    *place = pending;
}
