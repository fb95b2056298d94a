#include "asked.h"
#include "base/map.h"
#include "lookup.h"

/* GET /v1/resolve/{code} and POST /v1/resolve: what became of codes, or from what they came, over all steps in one
 * call. */

enum { PATHS_MAX = 200, ANSWER_MAX = 64 << 20 };

struct step {
    struct str to;
    date_day on;
    bool continues, leads; /* leads: on this path; else a spin-off */
};

/* A code on the way. */
struct stop {
    struct str code, name;
    enum code_status status;
    bool on_path; /* of the walk */
    VEC(struct step) step;
};

/* One of the codes asked for, and all that its succession touches. */
struct answer {
    struct str asked, code; /* code: what it names today; absent: nothing */
    bool legacy, moves;     /* moves: there is an edge that way */
    VEC(struct stop) stop;  /* in byte order of their codes */
};

struct resolution {
    struct work *work;
    bool back;
    struct answer *answer;
    size_t count;
};

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* What the codes that nothing is known of yet are, or name. */
static bool read_names(struct resolution *r, const char *statement)
{
    struct arena *arena = r->work->arena;
    struct pg_params params = PG_PARAMS(arena);
    struct pg_array asked = pg_array_open(arena, PG_TEXT);
    struct map by_asked = {0};
    for (size_t i = 0; i < r->count; i++)
        if (!str_given(r->answer[i].code))
            pg_array_text(&asked, r->answer[i].asked);
    if (asked.count == 0)
        return true;
    pg_param_array(&params, &asked);
    PGresult *result = work_ask(r->work, statement, &params);
    if (!result)
        return false;
    for (int row = 0; row < PQntuples(result); row++) {
        struct answer *found = arena_new(arena, struct answer);
        *found = (struct answer){.asked = str_copy(arena, pg_text(result, row, 0)),
            .code = str_copy(arena, pg_text(result, row, 1)),
            .moves = pg_bool(result, row, r->back ? 5 : 4)};
        found->legacy = !str_equal(found->asked, found->code);
        *vec_push(arena, &found->stop) = (struct stop){.code = found->code,
            .name = str_copy(arena, pg_text(result, row, 3)),
            .status = (enum code_status)pg_int2(result, row, 2)};
        *map_put(arena, &by_asked, found->asked) = found;
    }
    PQclear(result);
    for (size_t i = 0; i < r->count; i++) {
        const struct answer *found = str_given(r->answer[i].code) ? NULL : map_get(&by_asked, r->answer[i].asked);
        if (found)
            r->answer[i] = *found;
    }
    return true;
}

static void take_row(struct resolution *r, struct answer *answer, const PGresult *result, int row)
{
    struct arena *arena = r->work->arena;
    struct str code = pg_text(result, row, 1);
    if (!answer->stop.count || !str_equal(answer->stop.item[answer->stop.count - 1].code, code))
        *vec_push(arena, &answer->stop) = (struct stop){.code = str_copy(arena, code),
            .name = str_copy(arena, pg_text(result, row, 3)),
            .status = (enum code_status)pg_int2(result, row, 2)};
    if (pg_is_null(result, row, 4))
        return;
    struct stop *stop = &answer->stop.item[answer->stop.count - 1];
    *vec_push(arena, &stop->step) = (struct step){str_copy(arena, pg_text(result, row, 4)), pg_date(result, row, 5),
        pg_bool(result, row, 6), pg_bool(result, row, 7)};
}

/* Of those that have any. The same code may be asked for twice: the rows are read into the first, the others share
 * them.
 */
static bool read_steps(struct resolution *r)
{
    struct arena *arena = r->work->arena;
    struct pg_params params = PG_PARAMS(arena);
    struct pg_array codes = pg_array_open(arena, PG_TEXT);
    struct map by_code = {0};
    for (size_t i = 0; i < r->count; i++) {
        if (!r->answer[i].moves || map_get(&by_code, r->answer[i].code))
            continue;
        *map_put(arena, &by_code, r->answer[i].code) = &r->answer[i];
        r->answer[i].stop.count = 0;
        pg_array_text(&codes, r->answer[i].code);
    }
    if (codes.count == 0)
        return true;
    pg_param_array(&params, &codes);
    PGresult *result = work_ask(r->work, r->back ? "edges_back" : "edges_from", &params);
    if (!result)
        return false;
    for (int row = 0; row < PQntuples(result); row++)
        take_row(r, map_get(&by_code, pg_text(result, row, 0)), result, row);
    PQclear(result);
    for (size_t i = 0; i < r->count; i++)
        if (r->answer[i].moves)
            r->answer[i].stop = ((struct answer *)map_get(&by_code, r->answer[i].code))->stop;
    return true;
}

static struct stop *stop_of(const struct answer *answer, struct str code)
{
    for (size_t low = 0, high = answer->stop.count; low < high;) {
        size_t middle = (low + high) / 2;
        int order = str_compare(answer->stop.item[middle].code, code);
        if (order == 0)
            return &answer->stop.item[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static bool leads_on(const struct stop *stop)
{
    for (size_t i = 0; i < stop->step.count; i++)
        if (stop->step.item[i].leads)
            return true;
    return false;
}

static void write_step(struct writer *w, struct str from, struct str to, const struct step *step)
{
    writer_object(w);
    writer_key(w, STR("continues"));
    writer_bool(w, step->continues);
    writer_key(w, STR("from"));
    writer_str(w, from);
    writer_key(w, STR("on"));
    writer_date(w, step->on);
    writer_key(w, STR("to"));
    writer_str(w, to);
    writer_object_end(w);
}

/* Edges that lead on, or the spin-offs. */
static void write_steps(struct writer *w, const struct answer *answer, bool back, bool leads)
{
    writer_array(w);
    for (size_t i = 0; i < answer->stop.count; i++) {
        const struct stop *stop = &answer->stop.item[i];
        for (size_t k = 0; k < stop->step.count; k++) {
            const struct step *step = &stop->step.item[k];
            if (step->leads == leads)
                write_step(w, back ? step->to : stop->code, back ? stop->code : step->to, step);
        }
    }
    writer_array_end(w);
}

static void write_terminal(struct writer *w, const struct answer *answer)
{
    writer_array(w);
    for (size_t i = 0; i < answer->stop.count; i++) {
        const struct stop *stop = &answer->stop.item[i];
        if (leads_on(stop))
            continue;
        writer_object(w);
        writer_key(w, STR("code"));
        writer_str(w, stop->code);
        writer_key(w, STR("name"));
        writer_str(w, str_given(stop->name) ? stop->name : STR(""));
        writer_key(w, STR("status"));
        writer_str(w, stop->status == CODE_OPEN ? STR("open") : STR("closed"));
        writer_object_end(w);
    }
    writer_array_end(w);
}

struct walk {
    struct writer *w;
    struct arena *arena;
    const struct answer *answer;
    VEC(struct str) path;
    int paths;
};

static void write_path(struct walk *walk)
{
    if (walk->paths++ >= PATHS_MAX)
        return;
    writer_array(walk->w);
    for (size_t i = 0; i < walk->path.count; i++)
        writer_str(walk->w, walk->path.item[i]);
    writer_array_end(walk->w);
}

/* Every way from here to an end; one that comes back to where it was ends there. Each way that is gone is written, so
 * there are no more than PATHS_MAX of them, however many there would be. */
static void walk_on(struct walk *walk, struct stop *stop)
{
    bool went = false;
    stop->on_path = true;
    *vec_push(walk->arena, &walk->path) = stop->code;
    for (size_t i = 0; i < stop->step.count && walk->paths < PATHS_MAX; i++) {
        const struct step *step = &stop->step.item[i];
        struct stop *next = step->leads ? stop_of(walk->answer, step->to) : NULL;
        if (!next || next->on_path)
            continue;
        walk_on(walk, next);
        went = true;
    }
    if (!went)
        write_path(walk);
    walk->path.count--;
    stop->on_path = false;
}

static void write_answer(struct arena *arena, struct writer *w, const struct answer *answer, bool back)
{
    struct stop *stop = str_given(answer->code) ? stop_of(answer, answer->code) : NULL;
    writer_object(w);
    if (!back && str_given(answer->code)) {
        writer_key(w, STR("alsoBecame"));
        write_steps(w, answer, back, false);
    }
    writer_key(w, STR("code"));
    writer_str(w, answer->asked);
    writer_key(w, STR("direction"));
    writer_str(w, back ? STR("back") : STR("forward"));
    if (str_given(answer->code)) {
        struct walk walk = {.w = w, .arena = arena, .answer = answer};
        writer_key(w, STR("edges"));
        write_steps(w, answer, back, true);
        if (answer->legacy) {
            writer_key(w, STR("names"));
            writer_str(w, answer->code);
        }
        writer_key(w, STR("paths"));
        writer_array(w);
        if (stop)
            walk_on(&walk, stop);
        writer_array_end(w);
    }
    writer_key(w, STR("status"));
    writer_str(w, !stop ? STR("never-issued") : stop->status == CODE_OPEN ? STR("open") : STR("closed"));
    if (str_given(answer->code)) {
        writer_key(w, STR("terminal"));
        write_terminal(w, answer);
    }
    writer_object_end(w);
}

static bool resolve(struct resolution *r)
{
    return read_names(r, "names") && read_names(r, "bearers") && read_steps(r);
}

static bool read_direction(struct work *work, struct str text, bool *back)
{
    *back = str_equal(text, STR("back"));
    if (*back || !str_given(text) || str_equal(text, STR("forward")))
        return true;
    work_problem(work, PROBLEM_PARAMETER, STR("direction"), STR("forward, back"));
    return false;
}

void lookup_resolve(struct work *work)
{
    struct answer answer = {.asked = lookup_key(work)};
    struct resolution r = {.work = work, .answer = &answer, .count = 1};
    struct writer w;
    if (!work_begin(work) || !read_direction(work, uri_parameter(&work->request->uri, STR("direction")), &r.back) ||
        !resolve(&r))
        return;
    if (!str_given(answer.code)) {
        lookup_never(work, answer.asked);
        return;
    }
    writer_open(&w, work->arena, 2048);
    write_answer(work->arena, &w, &answer, r.back);
    work_answer(work, writer_text(&w));
}

static bool read_body(struct resolution *r)
{
    static const struct str expected = STR("{\"codes\":[\"H57\"],\"direction\":\"forward\"}, 1..10000");
    struct work *work = r->work;
    struct asked_codes asked;
    if (!asked_codes(work->arena, work->request->body, &asked)) {
        work_problem(work, PROBLEM_BODY_FORM, STR_NONE, expected);
        return false;
    }
    r->count = asked.count;
    r->answer = arena_array(work->arena, struct answer, r->count);
    for (size_t i = 0; i < r->count; i++)
        r->answer[i].asked = asked.code[i];
    return read_direction(work, asked.direction, &r->back);
}

void lookup_resolve_many(struct work *work)
{
    struct resolution r = {.work = work};
    struct writer w;
    if (!read_body(&r) || !work_begin(work) || !resolve(&r))
        return;
    writer_open(&w, work->arena, 256 * r.count);
    writer_object(&w);
    writer_key(&w, STR("results"));
    writer_array(&w);
    for (size_t i = 0; i < r.count; i++) {
        write_answer(work->arena, &w, &r.answer[i], r.back);
        if (writer_text(&w).len >
            ANSWER_MAX) { /* some have thousands of predecessors, and may be asked for again and again */
            work_problem(work, PROBLEM_ANSWER_SIZE, r.answer[i].asked, str_format(work->arena, "%zu", i));
            return;
        }
    }
    writer_array_end(&w);
    writer_object_end(&w);
    work_answer(work, writer_text(&w));
}
