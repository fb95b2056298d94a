#include <string.h>

#include "engine/load.h"
#include "engine/read.h"

/* ---- answers ------------------------------------------------------------------------------------------------------
 */

static void take_codes(struct load *load, const PGresult *result)
{
    for (int row = 0; row < PQntuples(result); row++) {
        struct code *code = read_code(result, row, 0, load->arena);
        scene_put_code(load->scene, code->key, code);
        if (code->now.status == CODE_CLOSED && code->level == 1 && str_given(code->heir) &&
            map_get(&load->scene->codes, code->heir) == NULL)
            *vec_push(load->arena, &load->heirs) = code->heir;
    }
}

static void *list_of(struct load *load, struct map *map, struct str key, size_t size)
{
    void **place = map_put(load->scratch, map, key);
    if (!*place)
        *place = arena_alloc(load->scratch, size);
    return *place;
}

static void take_facts(struct load *load, const PGresult *result)
{
    for (int row = 0; row < PQntuples(result); row++) {
        struct str key = pg_text(result, row, 0);
        if (!map_get(&load->facts, key))
            key = str_copy(load->scratch, key);
        struct fact_list *list = list_of(load, &load->facts, key, sizeof *list);
        struct fact *fact = vec_push(load->arena, &list->item);
        *fact = (struct fact){0};
        read_fact(result, row, load->arena, load->scratch, fact);
    }
}

static void take_edges(struct load *load, const PGresult *result)
{
    for (int row = 0; row < PQntuples(result); row++) {
        struct str key = pg_text(result, row, 0);
        if (!map_get(&load->edges, key))
            key = str_copy(load->scratch, key);
        struct edge_list_loaded *list = list_of(load, &load->edges, key, sizeof *list);
        struct edge *edge = vec_push(load->arena, &list->item);
        *edge = (struct edge){0};
        read_edge(result, row, load->arena, edge);
    }
}

/* The rows' first column is the parent asked for, or that of the row itself: lists of children by parent. */
static void take_families(struct load *load, const PGresult *result, struct map *parents, bool deep)
{
    for (int row = 0; row < PQntuples(result); row++) {
        struct code *code = read_code(result, row, 1, load->arena);
        scene_put_code(load->scene, code->key, code);
        struct key_list *siblings = list_of(load, parents, code->parent, sizeof *siblings);
        *vec_push(load->scratch, &siblings->item) = code->key;
        if (deep)
            list_of(load, parents, code->key, sizeof *siblings);
    }
}

static void take_children(struct load *load, const PGresult *result)
{
    struct map parents = {0};
    take_families(load, result, &parents, false);
    for (size_t i = 0; i < load->families.count; i++) {
        const struct need *need = load->families.entry[i].value;
        const struct key_list *list = map_get(&parents, need->text);
        scene_put_children(
            load->scene, need->text, need->date, list ? list->item.item : NULL, list ? list->item.count : 0);
    }
}

static void take_subtree(struct load *load, const PGresult *result, const struct need *need)
{
    struct map parents = {0};
    list_of(load, &parents, need->text, sizeof(struct key_list));
    take_families(load, result, &parents, true);
    for (size_t i = 0; i < parents.count; i++) {
        const struct key_list *list = parents.entry[i].value;
        scene_put_children(load->scene, parents.entry[i].key, need->date, list->item.item, list->item.count);
    }
}

static void take_legacy(struct load *load, const PGresult *result)
{
    struct map bearers = {0};
    for (int row = 0; row < PQntuples(result); row++) {
        struct str legacy = pg_text(result, row, 0);
        if (!map_get(&bearers, legacy))
            legacy = str_copy(load->scratch, legacy);
        struct key_list *list = list_of(load, &bearers, legacy, sizeof *list);
        *vec_push(load->scratch, &list->item) = str_copy(load->scratch, pg_text(result, row, 1));
    }
    for (size_t i = 0; i < load->registry->needs.count; i++) {
        const struct need *need = &load->registry->needs.item[i];
        if (need->kind != NEED_LEGACY)
            continue;
        struct key_list *list = map_get(&bearers, need->text);
        scene_put_legacy(load->scene, need->text, list ? list->item.item : NULL, list ? list->item.count : 0);
    }
}

static void take_acts(struct load *load, const PGresult *result)
{
    int rows = PQntuples(result);
    struct act_entry *entry = arena_array(load->arena, struct act_entry, rows);
    for (int row = 0; row < rows; row++)
        read_act(result, row, load->arena, &entry[row]);
    for (int row = 0; row < rows;) {
        int end = row + 1;
        while (end < rows && uuid_equal(entry[end].id, entry[row].id))
            end++;
        scene_put_acts(load->scene, entry[row].id, &entry[row], (size_t)(end - row));
        row = end;
    }
}

static void take_pending(struct load *load, const PGresult *result, bool due)
{
    int rows = PQntuples(result);
    struct pending *item = arena_array(load->arena, struct pending, rows);
    for (int row = 0; row < rows; row++) {
        struct act *act = NULL;
        read_pending(result, row, load->arena, &item[row]);
        struct status status = avro_act_decode(load->store->reader, load->arena, item[row].bytes, &act, load->fault);
        if (status_failed(status)) { /* it was decoded once: another program wrote here, or this one is too old */
            load->status = (struct status){STATUS_STOP, "pending-unreadable"};
            return;
        }
        item[row].act = act;
        if (!due)
            scene_put_pending(load->scene, item[row].number, &item[row]);
    }
    if (due)
        scene_put_due(load->scene, item, (size_t)rows);
}

static void take_subjects(struct load *load, const PGresult *result, const struct need *need)
{
    int rows = PQntuples(result);
    struct str *key = arena_array(load->scratch, struct str, rows);
    for (int row = 0; row < rows; row++)
        key[row] = pg_text(result, row, 0);
    scene_put_subjects(load->scene, need->number, need->last, key, (size_t)rows);
}

static void take_small(struct load *load, const PGresult *result, enum need_kind kind)
{
    for (int row = 0; row < PQntuples(result); row++) {
        struct str key = pg_text(result, row, 0);
        if (kind == NEED_SCHEME) {
            scene_put_scheme(load->scene, key, read_scheme(result, row, load->arena));
        } else if (kind == NEED_MARK) {
            scene_put_mark(load->scene, key, read_mark(result, row, load->arena));
        } else if (kind == NEED_HOLD) {
            scene_put_hold(load->scene, key, (struct hold){pg_int8(result, row, 1), pg_int8(result, row, 2)});
        }
    }
}

static void take(void *user, size_t index, const PGresult *result)
{
    struct load *load = user;
    const struct need *need = &load->asked.item[index];
    switch (need->kind) {
    case NEED_CODE:
        take_codes(load, result);
        break;
    case NEED_HISTORY:
        need->number ? take_edges(load, result) : take_facts(load, result);
        break;
    case NEED_CHILDREN:
        take_children(load, result);
        break;
    case NEED_SUBTREE:
        take_subtree(load, result, need);
        break;
    case NEED_LEGACY:
        take_legacy(load, result);
        break;
    case NEED_ACT:
        take_acts(load, result);
        break;
    case NEED_SUBJECTS:
        take_subjects(load, result, need);
        break;
    case NEED_BUILT:
        scene_put_built(load->scene, need->text, need->number, pg_bool(result, 0, 0));
        break;
    case NEED_PENDING:
    case NEED_DUE:
        take_pending(load, result, need->kind == NEED_DUE);
        break;
    case NEED_SCHEME:
    case NEED_HOLD:
    case NEED_MARK:
        take_small(load, result, need->kind);
        break;
    case NEED_KINDS:
        break;
    }
}

/* What no row came for is known to be absent. */
static void put_absent(struct load *load, const struct need *need)
{
    struct scene *scene = load->scene;
    switch (need->kind) {
    case NEED_CODE:
        scene_put_code(scene, need->text, NULL);
        break;
    case NEED_SCHEME:
        scene_put_scheme(scene, need->text, NULL);
        break;
    case NEED_ACT:
        scene_put_acts(scene, need->id, NULL, 0);
        break;
    case NEED_HOLD:
        scene_put_hold(scene, need->text, (struct hold){0, 0});
        break;
    case NEED_MARK:
        scene_put_mark(scene, need->text, NULL);
        break;
    case NEED_PENDING:
        scene_put_pending(scene, need->number, NULL);
        break;
    case NEED_HISTORY: {
        struct fact_list *facts = map_get(&load->facts, need->text);
        struct edge_list_loaded *edges = map_get(&load->edges, need->text);
        scene_put_history(scene, need->text, facts ? facts->item.item : NULL, facts ? facts->item.count : 0,
            edges ? edges->item.item : NULL, edges ? edges->item.count : 0);
        break;
    }
    default:
        break;
    }
}

static struct status ask_all(struct load *load)
{
    struct registry *registry = load->registry;
    struct status status = pg_pipeline_begin(&load->store->pg, load->fault);
    if (!status_failed(status))
        status = load_ask(load);
    struct fault ignored;
    struct status flushed =
        pg_pipeline_flush(&load->store->pg, take, load, status_failed(status) ? &ignored : load->fault);
    if (status_failed(status))
        return status;
    if (status_failed(flushed) || status_failed(load->status))
        return status_failed(flushed) ? flushed : load->status;
    for (size_t i = 0; i < registry->needs.count; i++)
        put_absent(load, &registry->needs.item[i]);
    return status_ok();
}

struct status store_load_round(struct store *store, struct registry *registry, struct fault *fault)
{
    struct load load = {.store = store,
        .registry = registry,
        .arena = registry->arena,
        .scratch = store->scratch,
        .scene = registry->scene,
        .status = status_ok(),
        .fault = fault};
    struct status status = ask_all(&load);
    arena_reset(store->scratch);
    registry->needs.count = 0;
    for (size_t i = 0; i < load.heirs.count; i++) /* who has authority now will be asked next */
        if (map_get(&load.scene->codes, load.heirs.item[i]) == NULL)
            *vec_push(load.arena, &registry->needs) = (struct need){.kind = NEED_CODE, .text = load.heirs.item[i]};
    return status;
}

struct status store_load(struct store *store, struct registry *registry, struct fault *fault)
{
    struct status status = status_ok();
    while (!status_failed(status) && registry->needs.count > 0)
        status = store_load_round(store, registry, fault);
    return status;
}
