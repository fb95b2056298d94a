#include "search.h"
#include "base/text.h"
#include "codec/json_change.h"
#include "codec/json_writer.h"
#include "core/code.h"
#include "engine/read.h"
#include "question.h"

/* GET /v1/organizations?q=...: bodies by name, with or without diacritics, and by what they are. */

enum { PAGE_MAX = 200, QUESTION_MAX = 200, RANK = 33 /* column behind those of organization.sql */ };

/* How an entry was found; the first digit of its rank (search_all.sql): a name or a code of it is what was asked; it
 * has all words; the last of them is only a word's beginning. */
enum stage { STAGE_SAME, STAGE_WHOLE, STAGE_BEGUN, STAGES };
enum { RANK_HEAD = 4 };

struct search {
    struct str asked; /* plain; empty: filters alone */
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
        !work_status(work, STR("open, closed"), 0, &out->status) || !read_question(work, &out->asked, found))
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

static void add_filters(struct pg_params *params, const struct search *search)
{
    pg_param_text(params, search->authority);
    pg_param_text(params, search->parent);
    param_number(params, search->level);
    param_number(params, search->status);
    pg_param_text(params, search->scheme);
}

/* ---- by filters alone -------------------------------------------------------------------------------------------- */

static void take(struct work *work, const PGresult *result, struct search_result *out)
{
    out->count = PQntuples(result);
    out->code = arena_array(work->arena, const struct code *, out->count);
    for (int row = 0; row < out->count; row++)
        out->code[row] = read_code(result, row, 0, work->arena);
}

static bool list(struct work *work, const struct search *search, struct search_result *out)
{
    struct pg_params params = PG_PARAMS(work->arena);
    add_filters(&params, search);
    pg_param_text(&params, search->cursor);
    pg_param_int4(&params, search->limit + 1);
    PGresult *result = work_ask(work, "list", &params);
    if (!result)
        return false;
    take(work, result, out);
    if (out->count > search->limit)
        out->next = str_copy(work->arena, pg_text(result, --out->count - 1, RANK));
    PQclear(result);
    return true;
}

/* ---- by words ---------------------------------------------------------------------------------------------------- */

/* Entries, best first; one more than a page, if there are so many. */
struct hits {
    struct str *code, *rank;
    int count;
};

/* `head` comes before each rank, of which the first `skip` letters are in it. */
static bool ask(
    struct work *work, const char *statement, struct pg_params *params, struct str head, size_t skip, struct hits *hits)
{
    PGresult *result = work_ask(work, statement, params);
    if (!result)
        return false;
    for (int row = 0; row < PQntuples(result); row++) {
        struct str rank = pg_text(result, row, 1);
        hits->code[hits->count] = str_copy(work->arena, pg_text(result, row, 0));
        hits->rank[hits->count++] =
            str_format(work->arena, "%.*s%.*s", STR_ARG(head), (int)(rank.len - skip), rank.data + skip);
    }
    PQclear(result);
    return true;
}

static bool has_digit(struct str word)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.data[i] >= '0' && word.data[i] <= '9')
            return true;
    return false;
}

/* Few have a number of three digits or a code in their names. */
static bool is_rare(const struct question *question)
{
    for (int i = 0; i < question->count; i++)
        if (question->word[i].len >= 3 && has_digit(question->word[i]))
            return true;
    return false;
}

/* Those of a stage behind the cursor, as many as there is still room for. */
static bool find_stage(struct work *work, const struct search *search, const struct question *question,
    enum stage stage, struct hits *hits)
{
    struct arena *arena = work->arena;
    const struct str head = str_format(arena, "%d100", stage); /* not the code itself, open, the words as they stand */
    struct str pattern = question_pattern(arena, question, 0, stage == STAGE_BEGUN), before = STR_NONE;
    if (stage == STAGE_WHOLE)
        before = question_same(arena, question);
    else if (stage == STAGE_BEGUN)
        before = question_pattern(arena, question, question->count - 1, false);
    bool into = str_starts(search->cursor, head) && search->cursor.len > RANK_HEAD;
    int there = hits->count, wanted = search->limit + 1 - there;
    if (stage != STAGE_SAME && !is_rare(question) && (into || str_compare(search->cursor, head) < 0)) {
        struct pg_params params = PG_PARAMS(arena);
        pg_param_text(&params, pattern);
        pg_param_text(&params, into ? str_format(arena, "0%s", search->cursor.data + RANK_HEAD) : STR(""));
        pg_param_int4(&params, wanted);
        add_filters(&params, search);
        pg_param_text(&params, before);
        if (!ask(work, "search_walk", &params, head, 1, hits))
            return false;
        if (hits->count > search->limit)
            return true;
        hits->count = there;
    }
    struct pg_params params = PG_PARAMS(arena);
    struct str query = stage == STAGE_SAME ? question_query_same(arena, question)
                                           : question_query(arena, question, stage == STAGE_BEGUN);
    query = question_mark(arena, question_mark(arena, query, '@', search->authority), '^', search->parent);
    if (search->level)
        query = question_mark(arena, query, '#', str_format(arena, "%d", search->level));
    pg_param_text(&params, query);
    pg_param_text(&params, search->cursor);
    pg_param_int4(&params, wanted);
    add_filters(&params, search);
    pg_param_text(&params, str_format(arena, "%d", stage));
    pg_param_text(&params, search->asked);
    pg_param_text(&params, pattern);
    pg_param_text(&params, before);
    return ask(work, "search_all", &params, STR(""), 0, hits);
}

static bool find(struct work *work, const struct search *search, const struct question *question, struct hits *hits)
{
    int first = search->cursor.len ? search->cursor.data[0] - '0' : STAGE_SAME;
    hits->count = 0;
    for (int stage = first; stage >= STAGE_SAME && stage < STAGES && question->count; stage++)
        if (hits->count <= search->limit && !find_stage(work, search, question, (enum stage)stage, hits))
            return false;
    return true;
}

/* Each word that no entry has becomes the one that is most like it; without one it is left out. */
static bool mend(struct work *work, struct question *question)
{
    struct pg_params params = PG_PARAMS(work->arena);
    struct pg_array words = pg_array_open(work->arena, PG_TEXT);
    for (int i = 0; i < question->count; i++)
        pg_array_text(&words, question->word[i]);
    pg_param_array(&params, &words);
    PGresult *result = work_ask(work, "search_words", &params);
    if (!result)
        return false;
    int kept = 0, row = 0, rows = PQntuples(result);
    for (int i = 0; i < question->count; i++) {
        struct str word = question->word[i], best = word;
        int least = 2 + (int)word.len / 5; /* more than this is another word */
        for (bool first = true; row < rows && pg_int8(result, row, 0) == i + 1; row++, first = false) {
            if (first)
                best = STR_NONE;
            int distance = pg_is_null(result, row, 1) ? least : question_distance(word, pg_text(result, row, 1));
            if (distance >= least)
                continue;
            least = distance;
            best = str_copy(work->arena, pg_text(result, row, 1));
        }
        if (str_given(best))
            question->word[kept++] = best;
    }
    PQclear(result);
    question->count = kept;
    return true;
}

/* Nothing has these words: others that are most like them, without the last ones if need be. */
static bool find_near(struct work *work, const struct search *search, struct question *question, struct hits *hits)
{
    if (!mend(work, question))
        return false;
    while (find(work, search, question, hits)) {
        if (hits->count || question->count <= 1)
            return true;
        question->count -= question->count > 4 ? question->count / 4 : 1;
    }
    return false;
}

static bool take_hits(
    struct work *work, const struct search *search, const struct hits *hits, struct search_result *out)
{
    struct pg_params params = PG_PARAMS(work->arena);
    struct pg_array codes = pg_array_open(work->arena, PG_TEXT);
    bool more = hits->count > search->limit;
    int count = more ? search->limit : hits->count;
    if (more && !out->near)
        out->next = hits->rank[count - 1];
    for (int i = 0; i < count; i++)
        pg_array_text(&codes, hits->code[i]);
    pg_param_array(&params, &codes);
    add_filters(&params, search);
    PGresult *result = count ? work_ask(work, "search_rows", &params) : NULL;
    if (result)
        take(work, result, out);
    PQclear(result);
    return result || count == 0;
}

bool search_find(struct work *work, struct search_result *out)
{
    struct search search;
    *out = (struct search_result){0};
    if (!read_search(work, &search, out))
        return false;
    if (search.asked.len == 0)
        return list(work, &search, out);
    struct question question = question_split(work->arena, search.asked);
    struct hits hits = {.code = arena_array(work->arena, struct str, search.limit + 1),
        .rank = arena_array(work->arena, struct str, search.limit + 1)};
    if (!find(work, &search, &question, &hits))
        return false;
    out->near = hits.count == 0 && search.cursor.len == 0;
    if (out->near && !find_near(work, &search, &question, &hits))
        return false;
    return take_hits(work, &search, &hits, out);
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
