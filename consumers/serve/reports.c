#include "codec/json_change.h"
#include "core/code.h"
#include "engine/read.h"
#include "exchange.h"
#include "kept.h"
#include "lookup.h"

/* What the ministry in charge looks at: how late entries are, who has sent what, how far down codes reach; and the
 * verdict of one act, and the registered schemes. */

/* Parameter `authority`, absent when it is not given. */
static bool read_authority(struct work *work, struct str *out)
{
    *out = uri_parameter(&work->request->uri, STR("authority"));
    if (!str_given(*out) || code_is_authority(*out))
        return true;
    work_problem(work, PROBLEM_PARAMETER, STR("authority"), STR("ROOT, H26"));
    return false;
}

/* A statement whose one row is the answer. It counts whole tables: what was counted is kept. `question`: the statement
 * with its parameters. */
static void answer_row(struct work *work, const char *statement, const struct pg_params *params, struct str question)
{
    struct kept *kept = work->serve->kept;
    struct str text = STR_NONE;
    switch (kept_find(kept, work, question, &text)) {
    case KEPT_LATER:
        work->exchange->again = true;
        return;
    case KEPT_MAKE: {
        time_ms begun = time_monotonic();
        PGresult *result = work_ask(work, statement, params);
        if (result)
            text = str_copy(work->arena, pg_text(result, 0, 0));
        PQclear(result);
        kept_put(kept, work, question, text, time_monotonic() - begun);
        break;
    }
    case KEPT_FOUND:
        break;
    }
    if (str_given(text))
        work_answer(work, text);
}

void report_compliance(struct work *work)
{
    struct pg_params params = PG_PARAMS(work->arena);
    struct str authority;
    date_day from, to;
    if (!work_begin(work) || !read_authority(work, &authority) || !work_date(work, STR("from"), 0, &from) ||
        !work_date(work, STR("to"), date_of(work->fresh.recorded), &to))
        return;
    pg_param_text(&params, authority);
    pg_param_date(&params, from);
    pg_param_date(&params, to);
    answer_row(work, "compliance", &params,
        str_format(work->arena, "compliance %.*s %d %d", STR_ARG(authority), (int)from, (int)to));
}

static void report_by_authority(struct work *work, const char *statement)
{
    struct pg_params params = PG_PARAMS(work->arena);
    struct str authority;
    if (!work_begin(work) || !read_authority(work, &authority))
        return;
    pg_param_text(&params, authority);
    answer_row(work, statement, &params, str_format(work->arena, "%s %.*s", statement, STR_ARG(authority)));
}

void report_consolidation(struct work *work)
{
    report_by_authority(work, "consolidation");
}

void report_coverage(struct work *work)
{
    report_by_authority(work, "coverage");
}

/* ---- GET /v1/acts/{authority}/{act_id} --------------------------------------------------------------------------- */

static void write_day(struct writer *w, struct str key, date_day day)
{
    if (day == DATE_NONE)
        return;
    writer_key(w, key);
    writer_date(w, day);
}

static void write_act(struct work *work, struct uuid id, const PGresult *result, struct writer *w)
{
    char text[CHANGE_ID_SIZE];
    enum rule rule = (enum rule)pg_int2(result, 0, 3);
    writer_object(w);
    writer_key(w, STR("actId"));
    writer_uuid(w, id);
    writer_key(w, STR("authority"));
    writer_str(w, work->request->argument[0]);
    write_day(w, STR("decisionOn"), pg_date(result, 0, 7));
    write_day(w, STR("effectiveOn"), pg_date(result, 0, 5));
    write_day(w, STR("happenedOn"), pg_date(result, 0, 6));
    writer_key(w, STR("kind"));
    writer_str(w, act_kind_name((enum act_kind)pg_int2(result, 0, 0)));
    writer_key(w, STR("recordedTime"));
    writer_time(w, pg_int8(result, 0, 4));
    if (rule != RULE_NONE) {
        writer_key(w, STR("rule"));
        writer_str(w, rule_name(rule));
    }
    if (!pg_is_null(result, 0, 8)) {
        writer_key(w, STR("sequences"));
        writer_object(w);
        writer_key(w, STR("first"));
        writer_str(w, str_of(change_id_format(work->fresh.epoch, pg_int8(result, 0, 8), text)));
        writer_key(w, STR("last"));
        writer_str(w, str_of(change_id_format(work->fresh.epoch, pg_int8(result, 0, 9), text)));
        writer_object_end(w);
    }
    writer_key(w, STR("verdict"));
    writer_str(w, verdict_name((enum verdict)pg_int2(result, 0, 2)));
    writer_object_end(w);
}

void lookup_act(struct work *work)
{
    struct pg_params params = PG_PARAMS(work->arena);
    struct uuid id;
    struct writer w;
    if (!uuid_parse(work->request->argument[1], &id)) {
        work_problem(work, PROBLEM_PARAMETER, work->request->argument[1], STR("UUID"));
        return;
    }
    if (!work_begin(work))
        return;
    pg_param_uuid(&params, id);
    pg_param_text(&params, work->request->argument[0]);
    PGresult *result = work_ask(work, "act", &params);
    if (!result)
        return;
    if (PQntuples(result) == 0) {
        work_problem(work, PROBLEM_NOT_FOUND, work->request->uri.path, STR_NONE);
    } else {
        writer_open(&w, work->arena, 512);
        write_act(work, id, result, &w);
        work_answer(work, writer_text(&w));
    }
    PQclear(result);
}

/* ---- GET /v1/schemes, /v1/schemes/{id} ----------------------------------------------------------------------------
 */

static PGresult *ask_schemes(struct work *work)
{
    struct pg_params params = PG_PARAMS(work->arena);
    pg_param_text(&params, work->request->argument[0]);
    return work_begin(work) ? work_ask(work, "schemes", &params) : NULL;
}

void lookup_schemes(struct work *work)
{
    struct writer w;
    PGresult *result = ask_schemes(work);
    if (!result)
        return;
    writer_open(&w, work->arena, 1024);
    writer_object(&w);
    writer_key(&w, STR("schemes"));
    writer_array(&w);
    for (int row = 0; row < PQntuples(result); row++) {
        struct str scheme;
        scheme_encode(work->arena, read_scheme(result, row, work->arena), &scheme);
        writer_raw(&w, scheme);
    }
    writer_array_end(&w);
    writer_object_end(&w);
    PQclear(result);
    work_answer(work, writer_text(&w));
}

void lookup_scheme(struct work *work)
{
    struct str scheme;
    PGresult *result = ask_schemes(work);
    if (!result)
        return;
    if (PQntuples(result) == 0) {
        work_problem(work, PROBLEM_NOT_FOUND, work->request->uri.path, STR_NONE);
    } else {
        scheme_encode(work->arena, read_scheme(result, 0, work->arena), &scheme);
        work_answer(work, scheme);
    }
    PQclear(result);
}
