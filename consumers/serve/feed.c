#include "feed.h"

#include "base/uuid.h"
#include "exchange.h"

enum { LOOK_MAX = 20000, PAGE_BYTES = 4 << 20, PAGE_ROWS = 1000, TURN_MS = 500 };

static struct str token_form(struct work *work)
{
    char id[CHANGE_ID_SIZE];
    return str_copy(work->arena, str_of(change_id_format(work->fresh.epoch, work->fresh.sequence, id)));
}

static bool read_token(struct work *work, struct str token, int64_t *out)
{
    int epoch;
    if (!change_id_parse(token, &epoch, out)) {
        work_problem(work, PROBLEM_TOKEN, token, STR("01-00000000000000012345"));
    } else if (epoch != work->fresh.epoch) {
        work_problem(work, PROBLEM_TOKEN_EPOCH, token, str_format(work->arena, "%02d", work->fresh.epoch));
        response_header(work->response, "Link", "</v1/snapshots/latest>; rel=\"snapshot\"");
    } else if (*out > work->fresh.sequence && !work->fresh.replica) {
        work_problem(work, PROBLEM_TOKEN_AHEAD, token, token_form(work));
    } else {
        return true;
    }
    return false;
}

/* `since`: behind the last change that was recorded before that moment; of a day, before it began. */
static bool read_since(struct work *work, struct feed_question *out)
{
    bool given;
    time_ms since;
    if (!work_time(work, STR("since"), &given, &since))
        return false;
    if (!given || out->given)
        return true;
    out->given = true;
    date_day day;
    if (date_parse(uri_parameter(&work->request->uri, STR("since")), &day))
        since = date_start(day);
    return work_known(work, since - 1, &out->after);
}

static bool read_filter(struct work *work, struct filter *out)
{
    struct str wrong, expected;
    bool good = asked_filter(&work->request->uri, out, &wrong, &expected);
    if (!good)
        work_problem(work, PROBLEM_PARAMETER, wrong, expected);
    return good;
}

bool feed_question(struct work *work, struct feed_question *out)
{
    struct str token = uri_parameter(&work->request->uri, STR("after"));
    struct str last = work->request->header[HEADER_LAST_EVENT_ID];
    *out = (struct feed_question){0};
    if (last.len) /* a client that comes again is further than its address says */
        token = last;
    if (str_given(token) && token.len) {
        out->given = true;
        if (!read_token(work, token, &out->after))
            return false;
    }
    return read_since(work, out) && read_filter(work, &out->filter);
}

/* The rows' events, as one JSON array. *whole: none was left out for their bytes. False: one is of a form that is not
 * known. */
static bool write_events(struct work *work, const PGresult *result, int64_t bytes, struct feed_page *out, bool *whole)
{
    const struct event_source source = event_source(work->arena, work->fresh.epoch, work->serve->options->source);
    int rows = PQntuples(result);
    size_t room = 2;
    struct writer w;
    for (int row = 0; row < rows; row++)
        room += event_room(result, row, &source) + 1;
    writer_open(&w, work->arena, room); /* it never grows: the events' texts stand in it */
    writer_array(&w);
    out->event = arena_array(work->arena, struct event, (size_t)rows);
    bool known = true;
    for (int row = 0; row < rows && known && *whole; row++) {
        bytes -= (int64_t)pg_text(result, row, 9).len;
        *whole = bytes >= 0 || row == 0;
        known = *whole && event_read(result, row, &source, &w, &out->event[out->count]);
        out->count += known;
    }
    writer_array_end(&w);
    out->text = writer_text(&w);
    return known || !*whole;
}

bool feed_page(
    struct work *work, int64_t after, const struct filter *filter, int limit, int64_t bytes, struct feed_page *out)
{
    struct pg_params params = PG_PARAMS(work->arena);
    int64_t upto = work->fresh.sequence - after > LOOK_MAX ? after + LOOK_MAX : work->fresh.sequence;
    pg_param_int8(&params, after);
    pg_param_int8(&params, upto);
    pg_param_text(&params, filter->subject);
    pg_param_text(&params, filter->prefix);
    if (filter->type < 0)
        pg_param_null(&params);
    else
        pg_param_int4(&params, filter->type);
    pg_param_text(&params, filter->authority);
    pg_param_int4(&params, limit);
    pg_param_int8(&params, bytes);
    *out = (struct feed_page){.next = after};
    PGresult *result = work_ask(work, "changes", &params);
    if (!result)
        return false;
    bool whole = true, known = write_events(work, result, bytes, out, &whole);
    int rows = PQntuples(result);
    PQclear(result);
    if (!known && out->count == 0) {
        work_problem(work, PROBLEM_NEWER, STR_NONE, STR_NONE);
        return false;
    }
    if (out->count && (!known || !whole || rows == limit)) /* there may be more of what was looked at */
        out->next = out->event[out->count - 1].attributes.sequence;
    else if (upto > after)
        out->next = upto;
    return true;
}

/* ---- GET /v1/changes ------------------------------------------------------------------------------------------- */

static bool read_wait(struct work *work, time_ms *out)
{
    struct str text = uri_parameter(&work->request->uri, STR("wait"));
    *out = 0;
    if (!str_given(text) || asked_wait(text, out))
        return true;
    work_problem(work, PROBLEM_PARAMETER, STR("wait"), STR("0s..60s"));
    return false;
}

/* Address of the next page: this one's, with another token. */
static const char *link_next(struct work *work, const char *id)
{
    const struct uri *uri = &work->request->uri;
    struct str query = str_format(work->arena, "after=%s", id);
    for (int i = 0; i < uri->parameters; i++)
        if (!str_equal(uri->parameter[i].name, STR("after")) && !str_equal(uri->parameter[i].name, STR("since")))
            query = str_format(work->arena, "%.*s&%.*s=%.*s", STR_ARG(query),
                STR_ARG(uri_encode(work->arena, uri->parameter[i].name)),
                STR_ARG(uri_encode(work->arena, uri->parameter[i].value)));
    return str_format(work->arena, "</v1/changes?%.*s>; rel=\"next\"", STR_ARG(query)).data;
}

static void add_headers(struct work *work, int64_t next)
{
    char id[CHANGE_ID_SIZE];
    const char *token = str_copy(work->arena, str_of(change_id_format(work->fresh.epoch, next, id))).data;
    int64_t lag = work->fresh.sequence > next ? work->fresh.sequence - next : 0;
    response_header(work->response, "Feed-Next", token);
    response_header(work->response, "Feed-Head", token_form(work).data);
    response_header(work->response, "Feed-Oldest", str_format(work->arena, "%02d-%020d", work->fresh.epoch, 0).data);
    response_header(work->response, "Feed-Lag", str_format(work->arena, "%lld", (long long)lag).data);
    response_header(work->response, "Link", link_next(work, token));
}

/* Each in a line of its own: what stands between them becomes a line's end. */
static struct str as_lines(const struct feed_page *page)
{
    char *text = (char *)(uintptr_t)page->text.data;
    for (int i = 0; i < page->count; i++)
        text[page->event[i].json.data + page->event[i].json.len - text] = '\n';
    return page->count ? (struct str){text + 1, page->text.len - 1} : STR("");
}

static void answer_page(struct work *work, const struct feed_page *page)
{
    bool lines = http_accepts(work->request->header[HEADER_ACCEPT], "application/x-ndjson");
    work->response->status = MHD_HTTP_OK;
    work->response->type = lines ? "application/x-ndjson" : "application/cloudevents-batch+json";
    work->response->body = lines ? as_lines(page) : page->text;
    add_headers(work, page->next);
}

void feed_poll(struct work *work)
{
    struct feed_question question;
    struct feed_page page;
    long long limit;
    time_ms wait;
    if (!work_begin(work) || !feed_question(work, &question) ||
        !work_number(work, STR("limit"), 100, 1, PAGE_ROWS, &limit) || !read_wait(work, &wait))
        return;
    struct exchange *exchange = work->exchange;
    int64_t from = exchange->looked > question.after ? exchange->looked : question.after;
    for (time_ms begun = time_monotonic();;) {
        if (!feed_page(work, from, &question.filter, (int)limit, PAGE_BYTES, &page))
            return;
        exchange->looked = page.count ? from : page.next;
        if (page.count || page.next >= work->fresh.sequence)
            break;
        from = page.next;
        exchange->again = time_monotonic() - begun >= TURN_MS;
        if (exchange->again) /* an empty page would say that this is the end: others first, then on from here */
            return;
    }
    answer_page(work, &page);
    if (page.count == 0)
        exchange->park = (struct park){page.next, wait, question.filter};
}
