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

/* ---- copies that outlive the batch ------------------------------------------------------------------------------ */

static struct str keep(struct memory *memory, struct str text) { return str_copy(memory->arena, text); }

static struct values keep_values(struct memory *memory, const struct values *values)
{
    struct values copy = *values;
    for (int field = 0; field < INFO_FIELDS; field++)
        copy.info.field[field] = keep(memory, values->info.field[field]);
    copy.decision.number = keep(memory, values->decision.number);
    copy.decision.issued_by = keep(memory, values->decision.issued_by);
    copy.decision.title = keep(memory, values->decision.title);
    copy.decision.uri = keep(memory, values->decision.uri);
    copy.decision.sha256 = keep(memory, values->decision.sha256);
    return copy;
}

static struct edge_list keep_list(struct memory *memory, const struct edge_list *list)
{
    struct edge_list copy = *list;
    copy.item = arena_array(memory->arena, struct successor, list->count);
    for (int i = 0; i < list->count; i++) {
        copy.item[i] = list->item[i];
        copy.item[i].code = keep(memory, list->item[i].code);
    }
    return copy;
}

static struct record keep_record(struct memory *memory, const struct record *record)
{
    struct record copy = *record;
    copy.values = keep_values(memory, &record->values);
    copy.predecessors = keep_list(memory, &record->predecessors);
    copy.successors = keep_list(memory, &record->successors);
    return copy;
}

static struct fact keep_fact(struct memory *memory, const struct fact *fact)
{
    struct fact copy = *fact;
    copy.given = keep_values(memory, &fact->given);
    copy.heir = keep(memory, fact->heir);
    return copy;
}

/* ---- indexes ------------------------------------------------------------------------------------------------------ */

const struct places *memory_places(const struct map *map, struct str key) { return map_get(map, key); }

static void note(struct memory *memory, struct map *map, struct str key, size_t at)
{
    void **place = map_put(memory->arena, map, key); /* `key` is one that was kept */
    if (!*place)
        *place = arena_new(memory->arena, struct places);
    struct places *places = *place;
    *vec_push(memory->arena, &places->at) = at;
}

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

/* ---- writing ------------------------------------------------------------------------------------------------------ */

static void write_codes(struct memory *memory, struct scene *scene)
{
    for (size_t i = 0; i < scene->codes.count; i++) {
        struct code *code = scene_known(&scene->codes.entry[i]);
        if (!code || !code->dirty)
            continue;
        struct code *copy = arena_new(memory->arena, struct code);
        *copy = (struct code){.key = keep(memory, code->key),
                              .level = code->level,
                              .now = keep_record(memory, &code->now),
                              .version = code->version,
                              .structural_on = code->structural_on,
                              .valid_from = code->valid_from,
                              .heir = keep(memory, code->heir),
                              .announced = code->announced,
                              .announced_grants = code->announced_grants,
                              .stored = true};
        copy->parent = keep(memory, code->parent);
        void **place = map_put(memory->arena, &memory->codes, copy->key);
        size_t at = (size_t)((struct map_entry *)((char *)place - offsetof(struct map_entry, value)) -
                             memory->codes.entry);
        if (!*place && str_given(copy->parent))
            note(memory, &memory->children_of, copy->parent, at);
        struct str legacy = copy->now.values.info.field[INFO_LEGACY_CODE];
        const struct code *old = *place;
        if (str_given(legacy) && !(old && str_equal(old->now.values.info.field[INFO_LEGACY_CODE], legacy)))
            note(memory, &memory->bearers_of, legacy, at);
        *place = copy;
    }
}

static void write_acts(struct memory *memory, struct scene *scene)
{
    for (size_t i = 0; i < scene->acts.count; i++) {
        const struct act_list *list = scene_known(&scene->acts.entry[i]);
        for (size_t j = 0; list && j < list->entry.count; j++) {
            const struct act_entry *entry = list->entry.item[j];
            if (!entry->dirty)
                continue;
            struct act_entry *stored = NULL;
            const struct places *places = memory_places(&memory->acts_of, id_text(&entry->id));
            for (size_t k = 0; places && k < places->at.count && !stored; k++)
                if (str_equal(memory->acts.item[places->at.item[k]]->authority, entry->authority))
                    stored = memory->acts.item[places->at.item[k]];
            if (!stored) {
                stored = arena_new(memory->arena, struct act_entry);
                stored->id = entry->id;
                note(memory, &memory->acts_of, id_text(&stored->id), memory->acts.count);
                *vec_push(memory->arena, &memory->acts) = stored;
            }
            *stored = *entry;
            stored->authority = keep(memory, entry->authority);
            stored->scheme = keep(memory, entry->scheme);
            stored->dirty = false;
        }
    }
}

static void write_small(struct memory *memory, struct scene *scene)
{
    for (size_t i = 0; i < scene->schemes.count; i++) {
        const struct scheme *scheme = scene_known(&scene->schemes.entry[i]);
        if (!scheme || !scheme->dirty)
            continue;
        struct scheme *copy = arena_new(memory->arena, struct scheme);
        *copy = *scheme; /* its grammar lives with the journal's acts */
        copy->id = keep(memory, scheme->id);
        copy->issuer = keep(memory, scheme->issuer);
        copy->description = keep(memory, scheme->description);
        copy->dirty = false;
        *map_put(memory->arena, &memory->schemes, copy->id) = copy;
    }
    for (size_t i = 0; i < scene->marks.count; i++) {
        const struct origin_mark *mark = scene_known(&scene->marks.entry[i]);
        if (!mark || !mark->dirty)
            continue;
        struct origin_mark *copy = arena_new(memory->arena, struct origin_mark);
        *copy = *mark;
        copy->key = keep(memory, mark->key);
        copy->dirty = false;
        *map_put(memory->arena, &memory->marks, copy->key) = copy;
    }
}

static void write_pendings(struct memory *memory, const struct outcome *out)
{
    for (size_t i = 0; i < out->pending_removed.count; i++)
        for (size_t j = 0; j < memory->pendings.count; j++)
            if (memory->pendings.item[j].number == out->pending_removed.item[i]) {
                memory->pendings.item[j] = memory->pendings.item[--memory->pendings.count];
                break;
            }
    for (size_t i = 0; i < out->pending_delayed.count; i++)
        for (size_t j = 0; j < memory->pendings.count; j++)
            if (memory->pendings.item[j].number == out->pending_delayed.item[i].number)
                memory->pendings.item[j].due = out->pending_delayed.item[i].due;
    for (size_t i = 0; i < out->pending_added.count; i++) {
        struct pending copy = out->pending_added.item[i]; /* its act and bytes live with the journal's acts */
        copy.authority = keep(memory, copy.authority);
        copy.bytes = keep(memory, copy.bytes);
        struct str *code = arena_array(memory->arena, struct str, copy.codes);
        for (int k = 0; k < copy.codes; k++)
            code[k] = keep(memory, copy.code[k]);
        copy.grants = arena_copy(memory->arena, copy.grants, (size_t)copy.codes * sizeof *copy.grants);
        copy.code = code;
        *vec_push(memory->arena, &memory->pendings) = copy;
    }
    for (size_t i = 0; i < out->released.count; i++)
        for (size_t j = 0; j < memory->pendings.count; j++)
            if (memory->pendings.item[j].kind == PENDING_HELD &&
                str_equal(memory->pendings.item[j].authority, out->released.item[i]))
                memory->pendings.item[j].released = true;
}

static void write_rows(struct memory *memory, const struct outcome *out)
{
    for (size_t i = 0; i < out->versions.count; i++) {
        const struct version_row *row = &out->versions.item[i];
        struct memory_version *copy = vec_push(memory->arena, &memory->versions);
        *copy = (struct memory_version){.key = keep(memory, row->key),
                                        .valid_from = row->valid_from,
                                        .sequence = row->sequence,
                                        .version = row->version,
                                        .has_fact = row->fact != NULL,
                                        .record = keep_record(memory, row->record)};
        if (row->fact)
            copy->fact = keep_fact(memory, row->fact);
        note(memory, &memory->versions_of, copy->key, memory->versions.count - 1);
    }
    for (size_t i = 0; i < out->edges.count; i++) {
        struct edge *copy = vec_push(memory->arena, &memory->edges);
        *copy = out->edges.item[i];
        copy->from = keep(memory, copy->from);
        copy->to = keep(memory, copy->to);
        note(memory, &memory->edges_of, copy->from, memory->edges.count - 1);
        note(memory, &memory->edges_of, copy->to, memory->edges.count - 1);
    }
    for (size_t i = 0; i < out->edges_undone.count; i++)
        *vec_push(memory->arena, &memory->undone) = out->edges_undone.item[i];
    for (size_t i = 0; i < out->edges_undone.count; i++)
        for (size_t j = 0; j < memory->edges.count; j++)
            memory->edges.item[j].undone |= memory->edges.item[j].act == out->edges_undone.item[i].act;
    for (size_t i = 0; i < out->changes.count; i++)
        *vec_push(memory->arena, &memory->changes) =
            (struct memory_change){out->changes.item[i].sequence, keep(memory, out->changes.item[i].subject)};
}

static time_ms next_due(const struct memory *memory)
{
    time_ms next = INT64_MAX;
    for (size_t i = 0; i < memory->pendings.count; i++) {
        if (memory->pendings.item[i].released)
            return 0;
        if (memory->pendings.item[i].due < next)
            next = memory->pendings.item[i].due;
    }
    return next;
}

void memory_write(struct memory *memory, struct registry *registry)
{
    memory->flushes++;
    write_codes(memory, registry->scene);
    write_acts(memory, registry->scene);
    write_small(memory, registry->scene);
    write_pendings(memory, &registry->out);
    write_rows(memory, &registry->out);
    memory->place = registry->place;
    registry_reset(registry);
    registry->next_due = next_due(memory);
}

enum step_result memory_step(struct memory *memory, struct registry *registry, const struct journal_record *record,
                             memory_flushed *flushed, void *context)
{
    for (;;) {
        enum step_result result = registry_step(registry, record);
        if (result == STEP_NEEDS) {
            memory_answer(memory, registry);
        } else if (result == STEP_FLUSH) {
            if (flushed)
                flushed(context, registry);
            memory_write(memory, registry);
        } else {
            return result;
        }
    }
}
