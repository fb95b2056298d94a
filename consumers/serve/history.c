#include "base/uuid.h"
#include "codec/json_change.h"
#include "core/code.h"
#include "engine/read.h"
#include "lookup.h"

/* GET /v1/organizations/{code}/history: every record that it was given, and by which act. */

enum { VERSIONS_MAX = 500, COLUMNS = 33 /* of organization.sql */ };

/* "<sequence>:<day>": behind which version to go on. */
static bool read_cursor(struct work *work, int64_t *sequence, date_day *day)
{
    struct str text = uri_parameter(&work->request->uri, STR("cursor"));
    unsigned long long number;
    *sequence = 0;
    *day = 0;
    if (!str_given(text))
        return true;
    const char *colon = memchr(text.data, ':', text.len);
    if (colon && str_to_u64((struct str){text.data, (size_t)(colon - text.data)}, &number) &&
        date_parse((struct str){colon + 1, (size_t)(text.data + text.len - colon - 1)}, day)) {
        *sequence = (int64_t)number;
        return true;
    }
    work_problem(work, PROBLEM_PARAMETER, STR("cursor"), STR("next"));
    return false;
}

static void write_version(struct work *work, const struct code *code, const PGresult *result, int row, struct writer *w)
{
    char id[CHANGE_ID_SIZE];
    const struct code *then = read_code(result, row, 0, work->arena);
    writer_object(w);
    writer_key(w, STR("actId"));
    writer_uuid(w, pg_uuid(result, row, COLUMNS + 3));
    writer_key(w, STR("authority"));
    writer_str(w, pg_text(result, row, COLUMNS + 6));
    writer_key(w, STR("id"));
    writer_str(w, str_of(change_id_format(work->fresh.epoch, pg_int8(result, row, COLUMNS), id)));
    writer_key(w, STR("kind"));
    writer_str(w, pg_text(result, row, COLUMNS + 5));
    writer_key(w, STR("record"));
    record_write(w, code, &then->now, then->version);
    writer_key(w, STR("recordedTime"));
    writer_time(w, pg_int8(result, row, COLUMNS + 4));
    writer_key(w, STR("restated")); /* a later day that a late entry changed */
    writer_bool(w, pg_bool(result, row, COLUMNS + 1));
    writer_key(w, STR("type"));
    writer_str(w, change_type_name((enum change_type)pg_int2(result, row, COLUMNS + 2)));
    writer_key(w, STR("validFrom"));
    writer_date(w, then->valid_from);
    writer_object_end(w);
}

static void answer(struct work *work, const struct code *code, const PGresult *result, int limit)
{
    struct writer w;
    int rows = PQntuples(result), shown = rows > limit ? limit : rows;
    writer_open(&w, work->arena, 4096);
    writer_object(&w);
    writer_key(&w, STR("code"));
    writer_str(&w, code->key);
    if (rows > shown) {
        char day[DATE_TEXT_SIZE];
        writer_key(&w, STR("next"));
        writer_str(&w, str_format(work->arena, "%lld:%s", (long long)pg_int8(result, shown - 1, COLUMNS),
                           date_format(pg_date(result, shown - 1, 9), day)));
    }
    writer_key(&w, STR("versions"));
    writer_array(&w);
    for (int row = 0; row < shown; row++)
        write_version(work, code, result, row, &w);
    writer_array_end(&w);
    writer_object_end(&w);
    work_answer(work, writer_text(&w));
}

void lookup_history(struct work *work)
{
    struct code *code;
    struct pg_params params = PG_PARAMS(work->arena);
    int64_t sequence;
    date_day day;
    long long limit;
    if (!work_begin(work) || !work_number(work, STR("limit"), 100, 1, VERSIONS_MAX, &limit) ||
        !read_cursor(work, &sequence, &day) || !lookup_issued(work, &code))
        return;
    pg_param_text(&params, code->key);
    pg_param_int8(&params, sequence);
    pg_param_date(&params, day);
    pg_param_int4(&params, (int32_t)limit + 1);
    PGresult *result = work_ask(work, "history", &params);
    if (!result)
        return;
    answer(work, code, result, (int)limit);
    PQclear(result);
}
