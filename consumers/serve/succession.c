#include "succession.h"

#include <stdlib.h>

static struct stop *stop_of(struct resolution *r, struct str code)
{
    void **place = map_put(r->work->arena, &r->stop, code);
    if (!*place) {
        struct stop *stop = *place = arena_new(r->work->arena, struct stop);
        *stop = (struct stop){.code = code};
    }
    return *place;
}

/* Back every step leads on; forward those of the day on which the code was closed. */
static void add_step(struct resolution *r, struct stop *stop, struct str to, date_day on, bool continues)
{
    bool leads = r->back || (stop->status == CODE_CLOSED && on == stop->closed_on);
    struct stop *next = leads ? stop_of(r, to) : NULL;
    *vec_push(r->work->arena, &stop->step) = (struct step){to, on, continues, next};
    if (next && !next->read)
        *vec_push(r->work->arena, &r->next) = next;
}

static int by_day(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    return x->on != y->on ? (x->on < y->on ? -1 : 1) : str_compare(x->to, y->to);
}

/* "YYYY-MM-DD code" */
static void add_steps(struct resolution *r, struct stop *stop, const PGresult *result, int row, int column)
{
    enum { CODE_AT = 11 };
    size_t count;
    struct str *item = pg_text_array(result, row, column, r->work->arena, &count);
    for (size_t i = 0; i < count; i++) {
        date_day on = DATE_NONE;
        struct str text = str_copy(r->work->arena, item[i]);
        if (text.len > CODE_AT && date_parse((struct str){text.data, CODE_AT - 1}, &on))
            add_step(r, stop, (struct str){text.data + CODE_AT, text.len - CODE_AT}, on, text.data[CODE_AT - 1] == '+');
    }
}

static void sort_steps(struct stop *stop)
{
    if (stop->step.count > 1)
        qsort(stop->step.item, stop->step.count, sizeof *stop->step.item, by_day);
}

static void read_stop(struct resolution *r, struct stop *stop, const PGresult *result, int row)
{
    if (stop->read)
        return;
    stop->read = true;
    stop->status = (enum code_status)pg_int2(result, row, 2);
    stop->name = str_copy(r->work->arena, pg_text(result, row, 3));
    stop->closed_on = pg_date(result, row, 4);
    if (pg_bool(result, row, 6))
        *vec_push(r->work->arena, &r->cut) = stop;
    else if (!pg_is_null(result, row, 5))
        add_steps(r, stop, result, row, 5);
    sort_steps(stop);
}

static int in_order(const void *a, const void *b)
{
    return str_compare(*(const struct str *)a, *(const struct str *)b);
}

/* What the codes are, or name; `named` (may be NULL) gets what each of them names. In order, as neighbours are found
 * sooner. */
static bool read_names(struct resolution *r, const char *statement, struct str *code, size_t count, struct map *named)
{
    struct arena *arena = r->work->arena;
    struct pg_params params = PG_PARAMS(arena);
    struct pg_array codes = pg_array_open(arena, PG_TEXT);
    if (count == 0)
        return true;
    qsort(code, count, sizeof *code, in_order);
    for (size_t i = 0; i < count; i++)
        pg_array_text(&codes, code[i]);
    pg_param_array(&params, &codes);
    pg_param_bool(&params, r->back);
    PGresult *result = work_ask(r->work, statement, &params);
    if (!result)
        return false;
    for (int row = 0; row < PQntuples(result); row++) {
        struct stop *stop = stop_of(r, str_copy(arena, pg_text(result, row, 1)));
        read_stop(r, stop, result, row);
        if (named)
            *map_put(arena, named, str_copy(arena, pg_text(result, row, 0))) = stop;
    }
    PQclear(result);
    return true;
}

/* Of those that have more than their records show. */
static bool read_cut(struct resolution *r)
{
    struct arena *arena = r->work->arena;
    struct pg_params params = PG_PARAMS(arena);
    struct pg_array codes = pg_array_open(arena, PG_TEXT);
    if (r->cut.count == 0)
        return true;
    for (size_t i = 0; i < r->cut.count; i++)
        pg_array_text(&codes, r->cut.item[i]->code);
    pg_param_array(&params, &codes);
    PGresult *result = work_ask(r->work, r->back ? "edges_back" : "edges_from", &params);
    if (!result)
        return false;
    for (int row = 0; row < PQntuples(result); row++)
        add_step(r, map_get(&r->stop, pg_text(result, row, 0)), str_copy(arena, pg_text(result, row, 1)),
            pg_date(result, row, 2), pg_bool(result, row, 3));
    PQclear(result);
    for (size_t i = 0; i < r->cut.count; i++)
        sort_steps(r->cut.item[i]);
    r->cut.count = 0;
    return true;
}

/* What the codes asked for name: themselves, or the code that bears them as a legacy code. */
static bool read_asked(struct resolution *r, const char *statement)
{
    struct map named = {0};
    struct str *code = arena_array(r->work->arena, struct str, r->count);
    size_t count = 0;
    for (size_t i = 0; i < r->count; i++)
        if (!r->answer[i].names)
            code[count++] = r->answer[i].asked;
    if (!read_names(r, statement, code, count, &named))
        return false;
    for (size_t i = 0; i < r->count; i++)
        if (!r->answer[i].names)
            r->answer[i].names = map_get(&named, r->answer[i].asked);
    return true;
}

/* One step on with all that are not read yet. */
static bool read_next(struct resolution *r)
{
    struct str *code = arena_array(r->work->arena, struct str, r->next.count);
    size_t count = 0;
    for (size_t i = 0; i < r->next.count; i++)
        if (!r->next.item[i]->read)
            code[count++] = r->next.item[i]->code;
    r->next.count = 0;
    return read_names(r, "names", code, count, NULL) && read_cut(r);
}

static int by_code(const void *a, const void *b)
{
    return str_compare((*(struct stop *const *)a)->code, (*(struct stop *const *)b)->code);
}

static void gather(struct resolution *r, struct answer *answer)
{
    struct arena *arena = r->work->arena;
    answer->names->seen = answer;
    *vec_push(arena, &answer->stop) = answer->names;
    for (size_t at = 0; at < answer->stop.count; at++) {
        const struct stop *stop = answer->stop.item[at];
        for (size_t i = 0; i < stop->step.count; i++) {
            struct stop *next = stop->step.item[i].leads;
            if (!next || next->seen == answer)
                continue;
            next->seen = answer;
            *vec_push(arena, &answer->stop) = next;
        }
    }
    if (answer->stop.count > 1)
        qsort(answer->stop.item, answer->stop.count, sizeof *answer->stop.item, by_code);
}

bool succession_read(struct resolution *r)
{
    bool good = read_asked(r, "names") && read_asked(r, "bearers") && read_cut(r);
    while (good && r->next.count)
        good = read_next(r);
    for (size_t i = 0; good && i < r->count; i++)
        if (r->answer[i].names)
            gather(r, &r->answer[i]);
    return good;
}
