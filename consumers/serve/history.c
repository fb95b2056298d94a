#include "asked.h"
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
    *sequence = 0;
    *day = 0;
    if (!str_given(text) || asked_version(text, sequence, day))
        return true;
    work_problem(work, PROBLEM_PARAMETER, STR("cursor"), STR("next"));
    return false;
}

PGresult *history_ask(struct work *work, struct str key, int64_t sequence, date_day day, int limit)
{
    struct pg_params params = PG_PARAMS(work->arena);
    pg_param_text(&params, key);
    pg_param_int8(&params, sequence);
    pg_param_date(&params, day);
    pg_param_int4(&params, limit);
    return work_ask(work, "history", &params);
}

struct version history_read(struct work *work, const PGresult *result, int row)
{
    return (struct version){
        .then = read_code(result, row, 0, work->arena),
        .sequence = pg_int8(result, row, COLUMNS),
        .restated = pg_bool(result, row, COLUMNS + 1),
        .type = (enum change_type)pg_int2(result, row, COLUMNS + 2),
        .act = pg_uuid(result, row, COLUMNS + 3),
        .recorded = pg_int8(result, row, COLUMNS + 4),
        .kind = pg_text(result, row, COLUMNS + 5),
        .authority = pg_text(result, row, COLUMNS + 6),
    };
}

static void write_version(struct work *work, const struct code *code, const struct version *version, struct writer *w)
{
    char id[CHANGE_ID_SIZE];
    const struct code *then = version->then;
    writer_object(w);
    writer_key(w, STR("actId"));
    writer_uuid(w, version->act);
    writer_key(w, STR("authority"));
    writer_str(w, version->authority);
    writer_key(w, STR("id"));
    writer_str(w, str_of(change_id_format(work->fresh.epoch, version->sequence, id)));
    writer_key(w, STR("kind"));
    writer_str(w, version->kind);
    writer_key(w, STR("record"));
    record_write(w, code, &then->now, then->version);
    writer_key(w, STR("recordedTime"));
    writer_time(w, version->recorded);
    writer_key(w, STR("restated"));
    writer_bool(w, version->restated);
    writer_key(w, STR("type"));
    writer_str(w, change_type_name(version->type));
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
    for (int row = 0; row < shown; row++) {
        const struct version version = history_read(work, result, row);
        write_version(work, code, &version, &w);
    }
    writer_array_end(&w);
    writer_object_end(&w);
    work_answer(work, writer_text(&w));
}

void lookup_history(struct work *work)
{
    struct code *code;
    int64_t sequence;
    date_day day;
    long long limit;
    if (!work_begin(work) || !work_number(work, STR("limit"), 100, 1, VERSIONS_MAX, &limit) ||
        !read_cursor(work, &sequence, &day) || !lookup_issued(work, &code))
        return;
    PGresult *result = history_ask(work, code->key, sequence, day, (int)limit + 1);
    if (!result)
        return;
    answer(work, code, result, (int)limit);
    PQclear(result);
}
