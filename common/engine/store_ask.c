#include "engine/load.h"

static struct status send(struct load *load, const char *name, const struct pg_params *params, const struct need *need)
{
    *vec_push(load->scratch, &load->asked) = *need;
    return pg_pipeline_send(&load->store->pg, name, params, load->fault);
}

static const char *const batched[NEED_KINDS] = {
    [NEED_CODE] = "codes",
    [NEED_HISTORY] = "facts",
    [NEED_LEGACY] = "legacy",
    [NEED_SCHEME] = "schemes",
    [NEED_ACT] = "acts",
    [NEED_HOLD] = "holds",
    [NEED_MARK] = "marks",
    [NEED_PENDING] = "pendings",
};

/* All needs of one kind in one statement that takes an array. */
static struct status send_batch(struct load *load, enum need_kind kind)
{
    const struct registry *registry = load->registry;
    enum pg_type type = kind == NEED_ACT ? PG_UUID : kind == NEED_PENDING ? PG_INT8 : PG_TEXT;
    struct pg_array array = pg_array_open(load->store->scratch, type);
    for (size_t i = 0; i < registry->needs.count; i++) {
        const struct need *need = &registry->needs.item[i];
        if (need->kind != kind)
            continue;
        if (type == PG_UUID)
            pg_array_uuid(&array, need->id);
        else if (type == PG_INT8)
            pg_array_int8(&array, need->number);
        else
            pg_array_text(&array, need->text);
    }
    if (array.count == 0)
        return status_ok();
    struct pg_params params = PG_PARAMS(load->store->scratch);
    pg_param_array(&params, &array);
    struct status status = send(load, batched[kind], &params, &(struct need){.kind = kind});
    if (!status_failed(status) && kind == NEED_HISTORY) /* the second answer is known by its number */
        status = send(load, "edges", &params, &(struct need){.kind = kind, .number = 1});
    return status;
}

/* 1900 stands for no date: it is before every date that an act may have. */
static date_day since(const struct need *need)
{
    return need->date == DATE_NONE ? -25567 : need->date;
}

/* A key that is asked for twice is sent once, with the earlier day. */
static struct status send_children(struct load *load)
{
    const struct registry *registry = load->registry;
    load->families = (struct map){0};
    int limit = 0;
    for (size_t i = 0; i < registry->needs.count; i++) {
        struct need *need = &registry->needs.item[i];
        if (need->kind != NEED_CHILDREN)
            continue;
        void **family = map_put(load->scratch, &load->families, need->text);
        if (!*family || since(need) < since(*family))
            *family = need;
        limit = need->limit > limit ? need->limit : limit;
    }
    if (load->families.count == 0)
        return status_ok();
    struct pg_array keys = pg_array_open(load->store->scratch, PG_TEXT),
                    days = pg_array_open(load->store->scratch, PG_DATE);
    for (size_t i = 0; i < load->families.count; i++) {
        pg_array_text(&keys, load->families.entry[i].key);
        pg_array_date(&days, since(load->families.entry[i].value));
    }
    struct pg_params params = PG_PARAMS(load->store->scratch);
    pg_param_array(&params, &keys);
    pg_param_array(&params, &days);
    pg_param_int4(&params, limit + 1);
    return send(load, "children", &params, &(struct need){.kind = NEED_CHILDREN});
}

/* The others have a statement each. */
static struct status send_one(struct load *load, const struct need *need)
{
    struct pg_params params = PG_PARAMS(load->store->scratch);
    switch (need->kind) {
    case NEED_SUBTREE:
        pg_param_text(&params, need->text);
        pg_param_date(&params, since(need));
        pg_param_int4(&params, need->limit + 1);
        return send(load, "subtree", &params, need);
    case NEED_SUBJECTS:
        pg_param_int8(&params, need->number);
        pg_param_int8(&params, need->last);
        return send(load, "subjects", &params, need);
    case NEED_BUILT:
        pg_param_text(&params, need->text);
        pg_param_int8(&params, need->number);
        return send(load, "built", &params, need);
    case NEED_DUE:
        pg_param_int8(&params, need->time);
        pg_param_int4(&params, need->limit);
        pg_param_int8(&params, (int64_t)need->bytes);
        return send(load, "due", &params, need);
    default:
        return status_ok();
    }
}

struct status load_ask(struct load *load)
{
    const struct registry *registry = load->registry;
    struct status status = status_ok();
    for (int kind = 0; kind < NEED_KINDS && !status_failed(status); kind++)
        if (batched[kind])
            status = send_batch(load, (enum need_kind)kind);
    if (!status_failed(status))
        status = send_children(load);
    for (size_t i = 0; i < registry->needs.count && !status_failed(status); i++)
        status = send_one(load, &registry->needs.item[i]);
    return status;
}
