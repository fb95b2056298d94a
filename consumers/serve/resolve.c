#include "asked.h"
#include "lookup.h"
#include "succession.h"

/* GET /v1/resolve/{code} and POST /v1/resolve: what became of codes, or from what they came, over all steps in one
 * call. */

enum { PATHS_MAX = 200, ANSWER_MAX = 64 << 20 };

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
        const struct stop *stop = answer->stop.item[i];
        for (size_t k = 0; k < stop->step.count; k++) {
            const struct step *step = &stop->step.item[k];
            if ((step->leads != NULL) == leads)
                write_step(w, back ? step->to : stop->code, back ? stop->code : step->to, step);
        }
    }
    writer_array_end(w);
}

static void write_terminal(struct writer *w, const struct answer *answer)
{
    writer_array(w);
    for (size_t i = 0; i < answer->stop.count; i++) {
        const struct stop *stop = answer->stop.item[i];
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
        struct stop *next = step->leads;
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
    struct stop *stop = answer->names;
    writer_object(w);
    if (!back && stop) {
        writer_key(w, STR("alsoBecame"));
        write_steps(w, answer, back, false);
    }
    writer_key(w, STR("code"));
    writer_str(w, answer->asked);
    writer_key(w, STR("direction"));
    writer_str(w, back ? STR("back") : STR("forward"));
    if (stop) {
        struct walk walk = {.w = w, .arena = arena};
        writer_key(w, STR("edges"));
        write_steps(w, answer, back, true);
        if (!str_equal(answer->asked, stop->code)) {
            writer_key(w, STR("names"));
            writer_str(w, stop->code);
        }
        writer_key(w, STR("paths"));
        writer_array(w);
        walk_on(&walk, stop);
        writer_array_end(w);
    }
    writer_key(w, STR("status"));
    writer_str(w, !stop ? STR("never-issued") : stop->status == CODE_OPEN ? STR("open") : STR("closed"));
    if (stop) {
        writer_key(w, STR("terminal"));
        write_terminal(w, answer);
    }
    writer_object_end(w);
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
        !succession_read(&r))
        return;
    if (!answer.names) {
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
    if (!read_body(&r) || !work_begin(work) || !succession_read(&r))
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
