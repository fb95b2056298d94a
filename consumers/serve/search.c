#include "search.h"
#include "base/text.h"
#include "codec/json_change.h"
#include "codec/json_writer.h"
#include "core/code.h"
#include "engine/read.h"

/* GET /v1/organizations?q=...: bodies by name, with or without diacritics, and by what they are. */

enum { PAGE_MAX = 200, QUESTION_MAX = 200, LONGEST = 3, RANK = 33 /* column behind those of organization.sql */ };

struct search {
    struct str question; /* plain; empty: filters alone */
    struct str authority, parent, scheme, cursor;
    int level, status; /* 0: any */
    int limit;
};

/* How far the index has come. */
static bool indexed(struct work *work, const PGresult *result, struct search_result *found)
{
    found->indexed = pg_is_null(result, 0, 1) ? 0 : pg_int8(result, 0, 1);
    found->behind = found->indexed < work->fresh.sequence;
    if (!found->behind || found->indexed > 0)
        return true;
    work_problem(work, PROBLEM_INDEX, STR_NONE, STR_NONE);
    response_header(work->response, "Retry-After", "10");
    return false;
}

static bool read_question(struct work *work, struct str *out, struct search_result *found)
{
    struct str text = text_nfc(work->arena, uri_parameter(&work->request->uri, STR("q")));
    struct pg_params params = PG_PARAMS(work->arena);
    *out = STR("");
    if (text.len == 0)
        return true;
    if (text.len > QUESTION_MAX) {
        work_problem(work, PROBLEM_PARAMETER, STR("q"), STR("1..200"));
        return false;
    }
    pg_param_text(&params, text);
    PGresult *result = work_ask(work, "plain", &params);
    if (!result)
        return false;
    *out = str_copy(work->arena, pg_text(result, 0, 0));
    bool kept = indexed(work, result, found);
    PQclear(result);
    while (out->len && out->data[out->len - 1] == ' ')
        out->len--;
    while (out->len && out->data[0] == ' ')
        *out = (struct str){out->data + 1, out->len - 1};
    return kept;
}

static bool read_search(struct work *work, struct search *out, struct search_result *found)
{
    const struct uri *uri = &work->request->uri;
    struct str cursor = uri_parameter(uri, STR("cursor"));
    long long level, limit;
    *out = (struct search){.authority = uri_parameter(uri, STR("authority")),
        .parent = uri_parameter(uri, STR("parent")),
        .scheme = uri_parameter(uri, STR("scheme")),
        .cursor = str_given(cursor) ? cursor : STR("")};
    if (!work_number(work, STR("level"), 0, 1, 35, &level) ||
        !work_number(work, STR("limit"), 20, 1, PAGE_MAX, &limit) ||
        !work_status(work, STR("open, closed"), 0, &out->status) || !read_question(work, &out->question, found))
        return false;
    out->level = (int)level;
    out->limit = (int)limit;
    return true;
}

static void param_number(struct pg_params *params, int value)
{
    if (value)
        pg_param_int4(params, value);
    else
        pg_param_null(params);
}

/* "%word%", with what LIKE takes specially made plain. */
static struct str pattern_of(struct arena *arena, struct str word)
{
    char *text = arena_alloc(arena, 2 * word.len + 3);
    size_t len = 0;
    text[len++] = '%';
    for (size_t i = 0; i < word.len; i++) {
        if (strchr("%_\\", word.data[i]))
            text[len++] = '\\';
        text[len++] = word.data[i];
    }
    text[len++] = '%';
    return (struct str){text, len};
}

/* One more word; `longest` keeps the longest first. */
static void note_longest(struct str pattern, struct str longest[LONGEST])
{
    for (int i = 0; i < LONGEST; i++)
        if (pattern.len > longest[i].len) {
            struct str shorter = longest[i];
            longest[i] = pattern;
            pattern = shorter;
        }
}

static void add_words(struct work *work, struct str question, struct pg_array *patterns, struct str longest[LONGEST])
{
    for (size_t at = 0; at < question.len;) {
        size_t end = at;
        while (end < question.len && question.data[end] != ' ')
            end++;
        if (end > at) {
            struct str pattern = pattern_of(work->arena, (struct str){question.data + at, end - at});
            pg_array_text(patterns, pattern);
            note_longest(pattern, longest);
        }
        at = end + 1;
    }
}

static void add_filters(struct pg_params *params, const struct search *search)
{
    pg_param_text(params, search->authority);
    pg_param_text(params, search->parent);
    param_number(params, search->level);
    param_number(params, search->status);
    pg_param_text(params, search->scheme);
}

/* Filters, behind which entry, and how many: one more than are shown. */
static void add_page(struct pg_params *params, const struct search *search)
{
    add_filters(params, search);
    pg_param_text(params, search->cursor);
    pg_param_int4(params, search->limit + 1);
}

static PGresult *ask(struct work *work, const struct search *search)
{
    struct pg_params params = PG_PARAMS(work->arena);
    struct pg_array patterns = pg_array_open(work->arena, PG_TEXT);
    if (search->question.len == 0) {
        add_page(&params, search);
        return work_ask(work, "list", &params);
    }
    struct str longest[LONGEST] = {STR("%"), STR("%"), STR("%")};
    add_words(work, search->question, &patterns, longest);
    pg_param_array(&params, &patterns);
    pg_param_text(&params, search->question);
    add_page(&params, search);
    for (int i = 0; i < LONGEST; i++)
        pg_param_text(&params, longest[i]);
    return work_ask(work, "search", &params);
}

static void take(struct work *work, const PGresult *result, int limit, struct search_result *out)
{
    int rows = PQntuples(result);
    out->count = rows > limit ? limit : rows;
    out->code = arena_array(work->arena, const struct code *, out->count);
    for (int row = 0; row < out->count; row++)
        out->code[row] = read_code(result, row, 0, work->arena);
    if (rows > out->count)
        out->next = str_copy(work->arena, pg_text(result, out->count - 1, RANK));
}

bool search_find(struct work *work, struct search_result *out)
{
    struct search search;
    *out = (struct search_result){0};
    if (!read_search(work, &search, out))
        return false;
    PGresult *result = ask(work, &search);
    out->near = result && PQntuples(result) == 0 && search.question.len && search.cursor.len == 0;
    if (out->near) {
        struct pg_params params = PG_PARAMS(work->arena);
        PQclear(result);
        pg_param_text(&params, search.question);
        add_filters(&params, &search);
        pg_param_int4(&params, search.limit);
        result = work_ask(work, "search_near", &params);
    }
    if (!result)
        return false;
    take(work, result, search.limit, out);
    PQclear(result);
    return true;
}

void lookup_search(struct work *work)
{
    struct search_result found;
    struct writer w;
    if (!work_begin(work) || !search_find(work, &found))
        return;
    writer_open(&w, work->arena, 8192);
    writer_object(&w);
    if (found.behind) {
        char id[CHANGE_ID_SIZE];
        writer_key(&w, STR("indexedTo"));
        writer_str(&w, str_of(change_id_format(work->fresh.epoch, found.indexed, id)));
    }
    writer_key(&w, STR("near"));
    writer_bool(&w, found.near);
    if (str_given(found.next)) {
        writer_key(&w, STR("next"));
        writer_str(&w, found.next);
    }
    writer_key(&w, STR("organizations"));
    writer_array(&w);
    for (int i = 0; i < found.count; i++)
        record_write(&w, found.code[i], &found.code[i]->now, found.code[i]->version);
    writer_array_end(&w);
    writer_object_end(&w);
    work_answer(work, writer_text(&w));
}
