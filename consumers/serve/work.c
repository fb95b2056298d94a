#include "work.h"

#include "codec/json_change.h"

static void database_failed(struct work *work, struct status status, const struct fault *fault)
{
    log_warn(work->log, fault->text, LOG_TEXT("error", status.code));
    problem_answer(work->arena, work->request->language, work->response,
        status.class == STATUS_RETRY ? PROBLEM_DATABASE : PROBLEM_INTERNAL, STR_NONE, STR_NONE, STR_NONE);
    if (status.class == STATUS_RETRY)
        response_header(work->response, "Retry-After", "2");
}

struct freshness work_fresh(const PGresult *result)
{
    return (struct freshness){.epoch = pg_int4(result, 0, 0),
        .sequence = pg_int8(result, 0, 1),
        .recorded = pg_int8(result, 0, 2),
        .head = pg_sha256(result, 0, 3),
        .replica = pg_bool(result, 0, 4)};
}

static void take_place(void *user, size_t index, const PGresult *result)
{
    struct freshness *fresh = user;
    if (index != 1 || PQntuples(result) != 1)
        return;
    *fresh = work_fresh(result);
    fresh->receipt = pg_int8(result, 0, 5);
}

bool work_snapshot(struct work *work)
{
    struct fault fault;
    struct status status = pg_pipeline_begin(work->pg, &fault);
    if (!status_failed(status))
        status = pg_pipeline_exec(work->pg, "begin transaction isolation level repeatable read read only", &fault);
    if (!status_failed(status))
        status = pg_pipeline_send(work->pg, "fresh", NULL, &fault);
    if (!status_failed(status))
        status = pg_pipeline_flush(work->pg, take_place, &work->fresh, &fault);
    work->reading = true;
    if (status_failed(status))
        database_failed(work, status, &fault);
    return !status_failed(status);
}

void work_unborn(struct work *work)
{
    work_problem(work, PROBLEM_UNBORN, STR_NONE, STR_NONE);
    response_header(work->response, "Retry-After", "2");
}

bool work_begin(struct work *work)
{
    if (!work_snapshot(work))
        return false;
    if (work->fresh.epoch == 0)
        work_unborn(work);
    return work->fresh.epoch > 0;
}

void work_end(struct work *work)
{
    struct fault fault;
    if (!work->reading)
        return;
    work->reading = false;
    struct status status = pg_exec(work->pg, "rollback", &fault);
    (void)status; /* nothing was written; a lost session is opened again for the next request */
}

PGresult *work_ask(struct work *work, const char *statement, const struct pg_params *params)
{
    struct fault fault;
    PGresult *result = NULL;
    struct status status = pg_run(work->pg, statement, params, &result, &fault);
    if (!status_failed(status))
        return result;
    database_failed(work, status, &fault);
    return NULL;
}

bool work_known(struct work *work, time_ms moment, int64_t *out)
{
    struct pg_params params = PG_PARAMS(work->arena);
    pg_param_int8(&params, moment);
    PGresult *result = work_ask(work, "known", &params);
    if (!result)
        return false;
    *out = PQntuples(result) ? pg_int8(result, 0, 0) : 0;
    PQclear(result);
    return true;
}

static bool wrong(struct work *work, struct str name, struct str expected)
{
    work_problem(work, PROBLEM_PARAMETER, name, expected);
    return false;
}

bool work_number(struct work *work, struct str name, long long initial, long long min, long long max, long long *out)
{
    struct str text = uri_parameter(&work->request->uri, name);
    unsigned long long value;
    *out = initial;
    if (!str_given(text))
        return true;
    if (!str_to_u64(text, &value) || value < (unsigned long long)min || value > (unsigned long long)max)
        return wrong(work, name, str_format(work->arena, "%lld..%lld", min, max));
    *out = (long long)value;
    return true;
}

bool work_status(struct work *work, struct str words, int initial, int *out)
{
    struct str text = uri_parameter(&work->request->uri, STR("status"));
    bool all = str_equal(text, STR("all")) && memmem(words.data, words.len, "all", 3);
    *out = !str_given(text)                 ? initial
           : str_equal(text, STR("open"))   ? CODE_OPEN
           : str_equal(text, STR("closed")) ? CODE_CLOSED
                                            : 0;
    return !str_given(text) || *out || all || wrong(work, STR("status"), words);
}

bool work_date(struct work *work, struct str name, date_day initial, date_day *out)
{
    struct str text = uri_parameter(&work->request->uri, name);
    *out = initial;
    if (text.len == 0 || date_parse(text, out)) /* a form sends fields that were left empty */
        return true;
    return wrong(work, name, STR("YYYY-MM-DD"));
}

bool work_time(struct work *work, struct str name, bool *given, time_ms *out)
{
    struct str text = uri_parameter(&work->request->uri, name);
    date_day day;
    *given = text.len > 0;
    if (!*given || time_parse(text, out))
        return true;
    if (!date_parse(text, &day))
        return wrong(work, name, STR("YYYY-MM-DD, YYYY-MM-DDThh:mm:ss+07:00"));
    *out = date_start(day) + DAY_MS - 1; /* as that day ended */
    return true;
}

void work_problem(struct work *work, enum problem problem, struct str value, struct str expected)
{
    problem_answer(work->arena, work->request->language, work->response, problem, value, expected, STR_NONE);
}

void work_answer(struct work *work, struct str object)
{
    char id[CHANGE_ID_SIZE], time[TIME_TEXT_SIZE];
    work->response->status = MHD_HTTP_OK;
    work->response->type = "application/json";
    work->response->identity = object;
    work->response->body = str_format(work->arena, "{\"asOf\":{\"id\":\"%s\",\"recordedTime\":\"%s\"}%s%.*s",
        change_id_format(work->fresh.epoch, work->fresh.sequence, id), time_format(work->fresh.recorded, time),
        object.len > 2 ? "," : "", (int)object.len - 1, object.data + 1);
}
