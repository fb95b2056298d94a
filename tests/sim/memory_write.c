#include <stdlib.h>

#include "memory.h"

/* What comes out of the registry into the store, and what it takes to do a record to its end. */

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

static void note(struct memory *memory, struct map *map, struct str key, size_t at)
{
    void **place = map_put(memory->arena, map, key); /* `key` is one that was kept */
    if (!*place)
        *place = arena_new(memory->arena, struct places);
    struct places *places = *place;
    *vec_push(memory->arena, &places->at) = at;
}

static struct str id_text(const struct uuid *id) { return (struct str){(const char *)id->byte, sizeof id->byte}; }

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
