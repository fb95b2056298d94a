#include "memory.h"

#include <stdlib.h>

#include "core/code.h"

struct memory *memory_open(void)
{
    struct memory *memory = calloc(1, sizeof *memory);
    if (!memory)
        abort();
    memory->arena = arena_open(0);
    return memory;
}

void memory_close(struct memory *memory)
{
    arena_close(memory->arena);
    free(memory);
}

const struct places *memory_places(const struct map *map, struct str key) { return map_get(map, key); }

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static struct code *load_code(struct memory *memory, struct registry *registry, struct str key)
{
    const struct code *stored = map_get(&memory->codes, key);
    if (!stored)
        return NULL;
    struct code *code = arena_new(registry->arena, struct code);
    *code = *stored;
    return code;
}

static void answer_code(struct memory *memory, struct registry *registry, struct str key)
{
    scene_put_code(registry->scene, key, load_code(memory, registry, key));
}

static void answer_history(struct memory *memory, struct registry *registry, struct str key)
{
    VEC(struct fact) facts = {0};
    VEC(struct edge) edges = {0};
    const struct places *places = memory_places(&memory->versions_of, key);
    for (size_t i = 0; places && i < places->at.count; i++)
        if (memory->versions.item[places->at.item[i]].has_fact)
            *vec_push(registry->arena, &facts) = memory->versions.item[places->at.item[i]].fact;
    places = memory_places(&memory->edges_of, key);
    for (size_t i = 0; places && i < places->at.count; i++)
        *vec_push(registry->arena, &edges) = memory->edges.item[places->at.item[i]];
    scene_put_history(registry->scene, key, facts.item, facts.count, edges.item, edges.count);
}

static bool wanted_child(const struct code *code, date_day since)
{
    return code->now.status == CODE_OPEN || (code->now.status == CODE_CLOSED && code->now.closed_on > since);
}

static void answer_children(struct memory *memory, struct registry *registry, struct str key, date_day since, bool deep)
{
    VEC(struct str) child = {0};
    const struct places *places = memory_places(&memory->children_of, key);
    for (size_t i = 0; places && i < places->at.count; i++) {
        const struct code *code = memory->codes.entry[places->at.item[i]].value;
        if (!wanted_child(code, since))
            continue;
        answer_code(memory, registry, code->key);
        *vec_push(registry->arena, &child) = code->key;
        if (deep)
            answer_children(memory, registry, code->key, since, true);
    }
    scene_put_children(registry->scene, key, since, child.item, child.count);
}

static int by_text(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    return str_compare(*x, *y);
}

static void answer_legacy(struct memory *memory, struct registry *registry, struct str legacy)
{
    VEC(struct str) found = {0};
    const struct places *places = memory_places(&memory->bearers_of, legacy);
    for (size_t i = 0; places && i < places->at.count; i++) {
        const struct code *code = memory->codes.entry[places->at.item[i]].value;
        if (code->now.status == CODE_OPEN && str_equal(code->now.values.info.field[INFO_LEGACY_CODE], legacy))
            *vec_push(registry->arena, &found) = code->key;
    }
    if (found.count)
        qsort(found.item, found.count, sizeof *found.item, by_text);
    size_t count = 0;
    for (size_t i = 0; i < found.count && count < 16; i++)
        if (count == 0 || !str_equal(found.item[count - 1], found.item[i]))
            found.item[count++] = found.item[i];
    for (size_t i = 0; i < count; i++)
        answer_code(memory, registry, found.item[i]);
    scene_put_legacy(registry->scene, legacy, found.item, count);
}

static struct str id_text(const struct uuid *id) { return (struct str){(const char *)id->byte, sizeof id->byte}; }

static void answer_acts(struct memory *memory, struct registry *registry, struct uuid id)
{
    VEC(struct act_entry) found = {0};
    const struct places *places = memory_places(&memory->acts_of, id_text(&id));
    for (size_t i = 0; places && i < places->at.count; i++)
        *vec_push(registry->arena, &found) = *memory->acts.item[places->at.item[i]];
    scene_put_acts(registry->scene, id, found.item, found.count);
}

static void answer_subjects(struct memory *memory, struct registry *registry, const struct need *need)
{
    VEC(struct str) subject = {0};
    for (int64_t i = need->number; i <= need->last; i++)
        *vec_push(registry->arena, &subject) = memory->changes.item[i - 1].subject;
    scene_put_subjects(registry->scene, need->number, need->last, subject.item, subject.count);
}

/* Does the authority of a scheme that `issuer` registered come by way of `key`? */
static bool comes_by(const struct memory *memory, struct str issuer, struct str key)
{
    for (int hops = 0; hops < 1000 && str_given(issuer); hops++) {
        if (str_equal(issuer, key))
            return true;
        const struct code *code = map_get(&memory->codes, issuer);
        issuer = code ? code->heir : STR_NONE;
    }
    return false;
}

static bool built_on(struct memory *memory, const struct need *need)
{
    for (size_t i = 0; i < memory->versions.count; i++) {
        const struct memory_version *version = &memory->versions.item[i];
        if (version->sequence <= need->number)
            continue;
        if (code_key_below(version->key, need->text))
            return true;
        struct str scheme = code_key_scheme(version->key);
        const struct scheme *registered = map_get(&memory->schemes, scheme);
        struct str issuer = str_equal(scheme, STR("enterprise")) ? STR("G05") : STR_NONE;
        if (comes_by(memory, registered ? registered->issuer : issuer, need->text))
            return true;
    }
    return false;
}

static struct hold count_holds(struct memory *memory, struct str authority)
{
    struct hold hold = {0};
    for (size_t i = 0; i < memory->pendings.count; i++)
        if (memory->pendings.item[i].kind == PENDING_HELD && str_equal(memory->pendings.item[i].authority, authority)) {
            hold.count++;
            hold.bytes += (int64_t)memory->pendings.item[i].bytes.len;
        }
    return hold;
}

static int due_order(const void *a, const void *b)
{
    const struct pending *x = a, *y = b;
    if (x->released != y->released)
        return x->released ? -1 : 1;
    if (!x->released && x->due != y->due)
        return x->due < y->due ? -1 : 1;
    if (!x->released && x->kind != y->kind)
        return x->kind == PENDING_ANNOUNCED ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

static void answer_due(struct memory *memory, struct registry *registry, const struct need *need)
{
    VEC(struct pending) due = {0};
    if (memory->pendings.count)
        qsort(memory->pendings.item, memory->pendings.count, sizeof *memory->pendings.item, due_order);
    size_t bytes = 0;
    for (size_t i = 0; i < memory->pendings.count && due.count < (size_t)need->limit; i++) {
        const struct pending *pending = &memory->pendings.item[i];
        bytes += pending->bytes.len;
        if ((!pending->released && pending->due > need->time) || (due.count && bytes > need->bytes))
            break;
        *vec_push(registry->arena, &due) = *pending;
    }
    scene_put_due(registry->scene, due.item, due.count);
}

static void answer_pending(struct memory *memory, struct registry *registry, int64_t number)
{
    for (size_t i = 0; i < memory->pendings.count; i++)
        if (memory->pendings.item[i].number == number) {
            struct pending *copy = arena_new(registry->arena, struct pending);
            *copy = memory->pendings.item[i];
            scene_put_pending(registry->scene, number, copy);
            return;
        }
    scene_put_pending(registry->scene, number, NULL);
}

static void *copy_of(struct arena *arena, const void *stored, size_t size)
{
    return stored ? arena_copy(arena, stored, size) : NULL;
}

void memory_answer(struct memory *memory, struct registry *registry)
{
    for (size_t i = 0; i < registry->needs.count; i++) {
        const struct need *need = &registry->needs.item[i];
        memory->answers++;
        switch (need->kind) {
        case NEED_CODE:
            answer_code(memory, registry, need->text);
            break;
        case NEED_HISTORY:
            answer_history(memory, registry, need->text);
            break;
        case NEED_CHILDREN:
        case NEED_SUBTREE:
            answer_children(memory, registry, need->text, need->date, need->kind == NEED_SUBTREE);
            break;
        case NEED_LEGACY:
            answer_legacy(memory, registry, need->text);
            break;
        case NEED_SCHEME:
            scene_put_scheme(registry->scene, need->text,
                             copy_of(registry->arena, map_get(&memory->schemes, need->text), sizeof(struct scheme)));
            break;
        case NEED_ACT:
            answer_acts(memory, registry, need->id);
            break;
        case NEED_SUBJECTS:
            answer_subjects(memory, registry, need);
            break;
        case NEED_BUILT:
            scene_put_built(registry->scene, need->text, need->number, built_on(memory, need));
            break;
        case NEED_HOLD:
            scene_put_hold(registry->scene, need->text, count_holds(memory, need->text));
            break;
        case NEED_MARK:
            scene_put_mark(registry->scene, need->text,
                           copy_of(registry->arena, map_get(&memory->marks, need->text), sizeof(struct origin_mark)));
            break;
        case NEED_PENDING:
            answer_pending(memory, registry, need->number);
            break;
        case NEED_DUE:
            answer_due(memory, registry, need);
            break;
        case NEED_KINDS:
            break;
        }
    }
}
