#include "lookup.h"

#include "codec/json_change.h"
#include "core/code.h"
#include "engine/read.h"

struct str lookup_key(struct work *work)
{
    struct str scheme = uri_parameter(&work->request->uri, STR("scheme"));
    return str_given(scheme) ? code_key(work->arena, scheme, work->request->argument[0]) : work->request->argument[0];
}

bool lookup_code(struct work *work, struct str key, struct code **out)
{
    struct pg_params params = PG_PARAMS(work->arena);
    struct pg_array keys = pg_array_open(work->arena, PG_TEXT);
    *out = NULL;
    pg_array_text(&keys, key);
    pg_param_array(&params, &keys);
    PGresult *result = work_ask(work, "organization", &params);
    if (!result)
        return false;
    if (PQntuples(result) == 1)
        *out = read_code(result, 0, 0, work->arena);
    PQclear(result);
    return true;
}

/* One text in, one text out, absent when there is no row. */
static bool ask_text(struct work *work, const char *statement, struct str parameter, struct str *out)
{
    struct pg_params params = PG_PARAMS(work->arena);
    pg_param_text(&params, parameter);
    PGresult *result = work_ask(work, statement, &params);
    if (!result)
        return false;
    *out = PQntuples(result) ? str_copy(work->arena, pg_text(result, 0, 0)) : STR_NONE;
    PQclear(result);
    return true;
}

/* The code on which authority over this one hangs; absent: it takes more than the code to know. */
static struct str authority_above(struct str key)
{
    struct str scheme = code_key_scheme(key);
    return str_equal(scheme, STR("gov"))          ? code_gov_level1(key)
           : str_equal(scheme, STR("enterprise")) ? STR("G05") /* ENTERPRISE-7 */
                                                  : STR_NONE;
}

bool lookup_authority(struct work *work, struct str key, struct str *out)
{
    struct str first = authority_above(key);
    *out = STR_NONE;
    if (!str_given(first) && !ask_text(work, "issuer", code_key_scheme(key), &first))
        return false;
    return !str_given(first) || ask_text(work, "authority", first, out);
}

bool lookup_write_announced(struct work *work, struct str key, struct writer *w)
{
    struct pg_params params = PG_PARAMS(work->arena);
    pg_param_text(&params, key);
    PGresult *result = work_ask(work, "announced", &params);
    if (!result)
        return false;
    writer_key(w, STR("announced"));
    writer_array(w);
    for (int row = 0; row < PQntuples(result); row++) {
        size_t count;
        struct str *code = pg_text_array(result, row, 4, work->arena, &count);
        writer_object(w);
        writer_key(w, STR("actId"));
        writer_uuid(w, pg_uuid(result, row, 0));
        writer_key(w, STR("authority"));
        writer_str(w, pg_text(result, row, 1));
        writer_key(w, STR("codes"));
        writer_array(w);
        for (size_t i = 0; i < count; i++)
            writer_str(w, code[i]);
        writer_array_end(w);
        writer_key(w, STR("effectiveOn"));
        writer_date(w, pg_date(result, row, 3));
        writer_key(w, STR("kind"));
        writer_str(w, act_kind_name((enum act_kind)pg_int2(result, row, 2)));
        writer_object_end(w);
    }
    writer_array_end(w);
    PQclear(result);
    return true;
}

void lookup_never(struct work *work, struct str key)
{
    struct writer w;
    writer_open(&w, work->arena, 256);
    writer_object(&w);
    if (!lookup_write_announced(work, key, &w))
        return;
    writer_object_end(&w);
    struct str text = writer_text(&w);
    problem_answer(work->arena, work->request->language, work->response, PROBLEM_NEVER_ISSUED, key, STR_NONE,
        (struct str){text.data + 1, text.len - 2});
}

/* The record on that day as known then; NULL: none. */
static bool version_at(struct work *work, struct str key, date_day day, int64_t sequence, struct code **out)
{
    struct pg_params params = PG_PARAMS(work->arena);
    *out = NULL;
    pg_param_text(&params, key);
    pg_param_date(&params, day);
    pg_param_int8(&params, sequence);
    PGresult *result = work_ask(work, "version", &params);
    if (!result)
        return false;
    if (PQntuples(result) == 1)
        *out = read_code(result, 0, 0, work->arena);
    PQclear(result);
    if (*out && (*out)->now.status == CODE_NAMED)
        *out = NULL;
    return true;
}

static void write_organization(struct work *work, const struct lookup *lookup)
{
    const struct code *code = lookup->code;
    struct str authority = lookup->authority;
    struct writer w;
    if (!str_given(authority) && !lookup_authority(work, code->key, &authority))
        return;
    writer_open(&w, work->arena, 2048);
    writer_object(&w);
    if (code->announced > 0) {
        if (!lookup_write_announced(work, code->key, &w))
            return;
    } else {
        writer_key(&w, STR("announced"));
        writer_raw(&w, STR("[]"));
    }
    writer_key(&w, STR("authority"));
    if (str_given(authority))
        writer_str(&w, authority);
    else
        writer_null(&w);
    if (str_given(lookup->legacy)) {
        writer_key(&w, STR("legacyCode"));
        writer_str(&w, lookup->legacy);
    }
    writer_key(&w, STR("record"));
    record_write(&w, code, &lookup->shown->now, lookup->shown->version);
    if (str_given(lookup->legacy)) {
        writer_key(&w, STR("supersededSince"));
        writer_date(&w, code->now.issued_on);
    }
    writer_object_end(&w);
    work_answer(work, writer_text(&w));
}

bool lookup_issued(struct work *work, struct code **out)
{
    struct str key = lookup_key(work);
    if (!lookup_code(work, key, out))
        return false;
    if (*out && (*out)->now.status != CODE_NAMED)
        return true;
    lookup_never(work, key);
    return false;
}

/* What the argument names: a code, else an older code that an open one bears. False: a problem is answered. */
static bool find(struct work *work, struct lookup *out)
{
    struct str key = lookup_key(work), today;
    *out = (struct lookup){0};
    if (!lookup_code(work, key, &out->code))
        return false;
    if (out->code && out->code->now.status != CODE_NAMED)
        return true;
    if (!ask_text(work, "legacy", key, &today))
        return false;
    if (!str_given(today)) {
        lookup_never(work, key);
        return false;
    }
    out->legacy = key;
    return lookup_code(work, today, &out->code) && out->code;
}

bool lookup_begin(struct work *work, struct lookup *out)
{
    bool valid_given = uri_parameter(&work->request->uri, STR("validAt")).len > 0, known_given;
    date_day day;
    time_ms known_at = 0;
    int64_t sequence;
    if (!work_begin(work) || !work_date(work, STR("validAt"), date_of(work->fresh.recorded), &day) ||
        !work_time(work, STR("knownAt"), &known_given, &known_at) || !find(work, out))
        return false;
    out->day = day;
    out->dated = valid_given || known_given;
    out->shown = out->code;
    if (!out->dated)
        return true;
    sequence = work->fresh.sequence;
    if ((known_given && !work_known(work, known_at, &sequence)) ||
        !version_at(work, out->code->key, day, sequence, &out->shown))
        return false;
    if (!out->shown) {
        char since[DATE_TEXT_SIZE];
        work_problem(work, PROBLEM_NOT_YET, out->code->key, str_of(date_format(out->code->now.issued_on, since)));
    }
    return out->shown != NULL;
}

/* What most ask: a code as it stands, or stood on a day, under an authority that is open. One statement reads all of
 * it, in a snapshot of its own. False: it is not so simple, or a problem is answered. */
static bool find_at_once(struct work *work, struct lookup *out, bool *answered)
{
    enum { CODE = 6, SHOWN = 39 /* columns */ };
    const struct uri *uri = &work->request->uri;
    struct pg_params params = PG_PARAMS(work->arena);
    struct str key = lookup_key(work), above = authority_above(key), valid = uri_parameter(uri, STR("validAt"));
    date_day day = DATE_NONE;
    *answered = false;
    if (!str_given(above) || (valid.len && !date_parse(valid, &day)) || uri_parameter(uri, STR("knownAt")).len)
        return false;
    pg_param_text(&params, key);
    pg_param_text(&params, above);
    if (valid.len)
        pg_param_date(&params, day);
    PGresult *result = work_ask(work, valid.len ? "lookup_at" : "lookup", &params);
    *answered = !result;
    if (!result)
        return false;
    bool simple = PQntuples(result) == 1 && pg_bool(result, 0, 5) && !(valid.len && pg_is_null(result, 0, SHOWN));
    if (simple) {
        work->fresh = work_fresh(result);
        struct code *code = read_code(result, 0, CODE, work->arena);
        struct code *shown = valid.len ? read_code(result, 0, SHOWN, work->arena) : code;
        *out = (struct lookup){.code = code, .shown = shown, .authority = above, .day = day, .dated = valid.len > 0};
        simple = code->announced == 0 && shown->now.status != CODE_NAMED; /* announced acts stand in another table */
    }
    PQclear(result);
    return simple;
}

void lookup_organization(struct work *work)
{
    struct lookup lookup;
    bool answered;
    if (find_at_once(work, &lookup, &answered) || (!answered && lookup_begin(work, &lookup)))
        write_organization(work, &lookup);
}
