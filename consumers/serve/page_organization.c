#include "base/map.h"
#include "core/code.h"
#include "engine/read.h"
#include "lookup.h"
#include "page.h"

/* GET /o/{code}: all that is known of one code, as it stands or as it was on some day. */

enum { UNITS_SHOWN = 200, VERSIONS_SHOWN = 200 };

struct view {
    struct work *work;
    struct html *html;
    struct lookup lookup;
    const struct record *record; /* the one that is shown */
    struct str authority;
    struct map names; /* of the codes that it names */
};

/* ---- names of the codes before and after it ---------------------------------------------------------------------- */

static bool read_names(struct view *view)
{
    const struct edge_list *lists[] = {&view->record->predecessors, &view->record->successors};
    struct arena *arena = view->work->arena;
    struct pg_params params = PG_PARAMS(arena);
    struct pg_array keys = pg_array_open(arena, PG_TEXT);
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < lists[side]->count; i++)
            pg_array_text(&keys, lists[side]->item[i].code);
    for (struct str key = view->lookup.code->parent; str_given(key) && key.len; key = code_gov_parent(key))
        pg_array_text(&keys, key);
    pg_param_array(&params, &keys);
    PGresult *result = work_ask(view->work, "organization", &params);
    if (!result)
        return false;
    for (int row = 0; row < PQntuples(result); row++) {
        struct code *code = read_code(result, row, 0, arena);
        *map_put(arena, &view->names, code->key) = code;
    }
    PQclear(result);
    return true;
}

static struct str name_of(const struct view *view, struct str key)
{
    const struct code *code = map_get(&view->names, key);
    return code ? page_name(code) : key;
}

/* ---- head -------------------------------------------------------------------------------------------------------- */

/* From level 1 down to the one above it. */
static void path(const struct view *view, struct str key)
{
    if (!str_given(key) || !key.len)
        return;
    path(view, code_gov_parent(key));
    html_raw(view->html, "<li>");
    page_link(view->html, key, name_of(view, key));
    html_raw(view->html, "</li>");
}

static void edges(const struct view *view, const struct edge_list *list)
{
    html_raw(view->html, "<ul class=\"edges\">");
    for (int i = 0; i < list->count; i++) {
        const struct successor *edge = &list->item[i];
        html_raw(view->html, "<li>");
        page_link(view->html, edge->code, name_of(view, edge->code));
        html_put(view->html, " <span class=\"when\">%d%t%w</span></li>", edge->on,
            edge->continues ? STR(" · ") : STR(""), edge->continues ? WORD_SAME_BODY : WORD_EMPTY);
    }
    html_raw(view->html, "</ul>\n");
    if (list->total > list->count)
        html_put(view->html, "<p>%w (%t)</p>", WORD_AND_MORE, str_format(view->work->arena, "%d", list->total));
}

static void banners(const struct view *view)
{
    const struct uri *uri = &view->work->request->uri;
    struct html *html = view->html;
    date_day known;
    if (str_given(view->lookup.legacy))
        html_put(html, "<p class=\"banner\">%w <code>%t</code>.</p>\n", WORD_LEGACY_ASKED, view->lookup.legacy);
    if (view->lookup.dated) {
        html_put(html, "<p class=\"banner\">%w %d", WORD_AT_SHOWN, view->lookup.day);
        if (date_parse(uri_parameter(uri, STR("knownAt")), &known))
            html_put(html, ", %w %d", WORD_AT_SHOWN_KNOWN, known);
        html_put(html, ". <a href=\"/o/%u?lang=%l\">%w</a></p>\n", view->lookup.code->key, WORD_AT_TODAY);
    }
    if (view->record->status != CODE_CLOSED)
        return;
    html_put(html, "<div class=\"banner closed\"><p>%w %d. ", WORD_CLOSED_SINCE, view->record->closed_on);
    if (view->record->successors.count) {
        html_put(html, "%w:</p>", WORD_TODAY_IS);
        edges(view, &view->record->successors);
    } else {
        html_put(html, "%w</p>", WORD_NO_SUCCESSOR);
    }
    html_raw(html, "</div>\n");
}

/* Acts to come that name `key`. NULL: answered. */
static PGresult *ask_announced(struct work *work, struct str key)
{
    struct pg_params params = PG_PARAMS(work->arena);
    pg_param_text(&params, key);
    return work_ask(work, "announced", &params);
}

static enum word word_announced(const PGresult *result, int row)
{
    static const enum word word[ACT_KINDS] = {[ACT_ESTABLISHED] = WORD_C_ESTABLISHED,
        [ACT_CONTACT_UPDATED] = WORD_C_CONTACT_UPDATED,
        [ACT_RENAMED] = WORD_C_RENAMED,
        [ACT_RECODED] = WORD_C_RECODED,
        [ACT_MERGED] = WORD_C_MERGED,
        [ACT_SPLIT] = WORD_C_SPLIT,
        [ACT_DISSOLVED] = WORD_C_DISSOLVED,
        [ACT_CLOSED] = WORD_C_CLOSED,
        [ACT_CORRECTED] = WORD_C_CORRECTED,
        [ACT_ANNULLED] = WORD_C_ANNULLED,
        [ACT_SCHEME_REGISTERED] = WORD_C_REGISTERED};
    return word[pg_int2(result, row, 2)];
}

static bool announced(const struct view *view)
{
    if (view->lookup.code->announced == 0)
        return true;
    PGresult *result = ask_announced(view->work, view->lookup.code->key);
    if (!result)
        return false;
    for (int i = 0; i < PQntuples(result); i++) {
        size_t count;
        struct str *codes = pg_text_array(result, i, 4, view->work->arena, &count);
        html_put(view->html, "<p class=\"banner\">%w: %d, %w", WORD_TO_COME, pg_date(result, i, 3),
            word_announced(result, i));
        for (size_t k = 0; k < count; k++)
            html_put(view->html, " <code>%t</code>", codes[k]);
        html_raw(view->html, "</p>\n");
    }
    PQclear(result);
    return true;
}

/* A code that was never issued may be about to be: the problem says so. */
static void add_announced(struct work *work)
{
    char day[DATE_TEXT_SIZE];
    enum language language = work->request->language;
    PGresult *result = ask_announced(work, lookup_key(work));
    if (result && PQntuples(result))
        work->response->detail = str_format(work->arena, "%.*s. %.*s: %s, %.*s", STR_ARG(work->response->detail),
            STR_ARG(word_text(WORD_TO_COME, language)), date_format(pg_date(result, 0, 3), day),
            STR_ARG(word_text(word_announced(result, 0), language)));
    PQclear(result);
}

static void head(const struct view *view)
{
    const struct code *code = view->lookup.shown;
    struct html *html = view->html;
    bool open = view->record->status == CODE_OPEN;
    if (str_given(view->lookup.code->parent) && view->lookup.code->parent.len) {
        html_put(html, "<nav class=\"path\" aria-label=\"%w\"><ol>", WORD_PARENT);
        path(view, view->lookup.code->parent);
        html_raw(html, "</ol></nav>\n");
    }
    html_put(html,
        "<h1 lang=\"vi\">%t</h1>\n<p class=\"codeline\"><code id=\"code\">%t</code> <span class=\"badge "
        "%t\">%w</span></p>\n",
        page_name(code), code->key, open ? STR("open") : STR("closed"), open ? WORD_OPEN : WORD_CLOSED);
    banners(view);
}

/* ---- facts ------------------------------------------------------------------------------------------------------- */

static void row(struct html *html, enum word word, struct str text)
{
    if (text.len)
        html_put(html, "<div><dt>%w</dt><dd>%t</dd></div>\n", word, text);
}

static void row_day(struct html *html, enum word word, date_day day)
{
    if (day != DATE_NONE)
        html_put(html, "<div><dt>%w</dt><dd>%d</dd></div>\n", word, day);
}

static void row_code(struct html *html, enum word word, struct str key)
{
    if (!key.len)
        return;
    html_put(html, "<div><dt>%w</dt><dd>", word);
    page_link(html, key, key);
    html_raw(html, "</dd></div>\n");
}

/* 20/2020/QĐ-TTg, by the Prime Minister, on 22 July 2020 */
static void decision(struct html *html, const struct decision_doc *doc)
{
    html_put(html, "%t, %w %t, %w %d", doc->number, WORD_DECISION_OF, doc->issued_by, WORD_DECISION_ON, doc->issued_on);
    if (str_given(doc->title) && doc->title.len)
        html_put(html, ": %t", doc->title);
    if (str_given(doc->uri) && (str_starts(doc->uri, STR("https://")) || str_starts(doc->uri, STR("http://"))))
        html_put(html, " (<a href=\"%t\" rel=\"external noopener\">%w</a>)", doc->uri, WORD_DOCUMENT);
}

static void facts(const struct view *view)
{
    static const enum word word[INFO_FIELDS] = {[INFO_NAME] = WORD_NAME,
        [INFO_NAME_EN] = WORD_NAME_EN,
        [INFO_SHORT_NAME] = WORD_SHORT_NAME,
        [INFO_TYPE] = WORD_TYPE,
        [INFO_ADDRESS] = WORD_ADDRESS,
        [INFO_EMAIL] = WORD_EMAIL,
        [INFO_PHONE] = WORD_PHONE,
        [INFO_FAX] = WORD_FAX,
        [INFO_WEBSITE] = WORD_WEBSITE,
        [INFO_LEGACY_CODE] = WORD_LEGACY_CODE};
    const struct record *record = view->record;
    struct html *html = view->html;
    html_raw(html, "<dl class=\"facts\">\n");
    for (int i = 0; i < INFO_FIELDS; i++)
        if (i != INFO_NAME && i != INFO_TYPE)
            row(html, word[i], record->values.info.field[i]);
    row(html, WORD_LEVEL, str_format(view->work->arena, "%d", view->lookup.code->level));
    row_code(html, WORD_AUTHORITY, view->authority);
    row_day(html, WORD_ISSUED_ON, record->issued_on);
    row_day(html, WORD_CLOSED_ON, record->closed_on);
    if (record->values.decision.given) {
        html_put(html, "<div><dt>%w</dt><dd>", WORD_DECISION);
        decision(html, &record->values.decision);
        html_raw(html, "</dd></div>\n");
    }
    html_raw(html, "</dl>\n");
}

static void at_form(const struct view *view)
{
    const struct uri *uri = &view->work->request->uri;
    char day[DATE_TEXT_SIZE];
    html_put(view->html,
        "<form class=\"at\" method=\"get\" action=\"/o/%u\"><h2>%w</h2>"
        "<p><label for=\"validAt\">%w</label><input id=\"validAt\" name=\"validAt\" type=\"date\" required "
        "value=\"%t\"></p>"
        "<p><label for=\"knownAt\">%w <small>(%w)</small></label><input id=\"knownAt\" name=\"knownAt\" type=\"date\" "
        "value=\"%t\"></p><input type=\"hidden\" name=\"lang\" value=\"%l\"><button>%w</button></form>\n",
        view->lookup.code->key, WORD_AT_TITLE, WORD_AT_VALID, str_of(date_format(view->lookup.day, day)), WORD_AT_KNOWN,
        WORD_AT_KNOWN_HINT, uri_parameter(uri, STR("knownAt")), WORD_AT_SHOW);
}

/* ---- succession, units, history ---------------------------------------------------------------------------------- */

static void succession(const struct view *view)
{
    const struct record *record = view->record;
    struct html *html = view->html;
    html_put(html, "<section id=\"succession\"><h2>%w</h2>\n", WORD_SUCCESSION);
    if (!record->predecessors.count && !record->successors.count && !view->lookup.dated)
        html_put(html, "<p>%w</p>\n", WORD_NO_SUCCESSION);
    if (record->predecessors.count) {
        html_put(html, "<h3>%w</h3>", WORD_PREDECESSORS);
        edges(view, &record->predecessors);
    }
    if (record->successors.count) {
        html_put(html, "<h3>%w</h3>", WORD_SUCCESSORS);
        edges(view, &record->successors);
    }
    html_raw(html, "</section>\n");
}

static bool units(const struct view *view)
{
    struct html *html = view->html;
    PGresult *result = units_ask(view->work, view->lookup.code->key, CODE_OPEN, STR(""), UNITS_SHOWN + 1);
    if (!result)
        return false;
    int rows = PQntuples(result);
    html_put(html, "<section id=\"units\"><h2>%w</h2>\n<ul class=\"tree\">\n", rows ? WORD_UNITS : WORD_NO_UNITS);
    for (int i = 0; i < rows && i < UNITS_SHOWN; i++) {
        const struct code *unit = units_read(view->work, result, i);
        html_put(html, "<li data-code=\"%t\"%t>", unit->key, units_has(result, i) ? STR(" class=more") : STR(""));
        page_link(html, unit->key, page_name(unit));
        html_raw(html, "</li>\n");
    }
    html_raw(html, "</ul>");
    if (rows > UNITS_SHOWN)
        html_put(html, "<p><a href=\"/v1/organizations/%u/children?limit=1000\">%w</a></p>", view->lookup.code->key,
            WORD_MORE);
    html_raw(html, "</section>\n");
    PQclear(result);
    return true;
}

static void entry(const struct view *view, const struct version *version)
{
    const struct code *then = version->then;
    struct html *html = view->html;
    char day[DATE_TEXT_SIZE];
    html_put(html,
        "<li class=\"%t\"><p class=\"what\"><a href=\"/o/%u?validAt=%t&amp;lang=%l\">%d</a> <strong>%w</strong></p>",
        then->now.status == CODE_OPEN ? STR("open") : STR("closed"), then->key,
        str_of(date_format(then->valid_from, day)), then->valid_from, WORD_C_ESTABLISHED + (int)version->type);
    html_put(html, "<p>%t</p>", page_name(then));
    html_raw(html, "<p class=\"why\">");
    if (then->now.values.decision.given) {
        decision(html, &then->now.values.decision);
        html_raw(html, " · ");
    }
    html_put(html, "%w %d", WORD_RECORDED_ON, date_of(version->recorded));
    if (version->restated)
        html_put(html, " · %w", WORD_RESTATED);
    html_raw(html, "</p></li>\n");
}

_Static_assert(WORD_C_REGISTERED - WORD_C_ESTABLISHED == CHANGE_SCHEME_REGISTERED, "words of changes in their order");

/* The newest first. */
static bool history(const struct view *view)
{
    struct html *html = view->html;
    PGresult *result = history_ask(view->work, view->lookup.code->key, 0, 0, VERSIONS_SHOWN + 1);
    if (!result)
        return false;
    int rows = PQntuples(result), shown = rows > VERSIONS_SHOWN ? VERSIONS_SHOWN : rows;
    html_put(html, "<section id=\"history\"><h2>%w</h2>\n<ol class=\"timeline\" reversed>\n", WORD_HISTORY);
    for (int i = shown - 1; i >= 0; i--) {
        const struct version version = history_read(view->work, result, i);
        entry(view, &version);
    }
    html_raw(html, "</ol>\n");
    if (rows > shown)
        html_put(html, "<p><a href=\"/v1/organizations/%u/history?limit=500\">%w</a></p>", view->lookup.code->key,
            WORD_MORE);
    html_raw(html, "</section>\n");
    PQclear(result);
    return true;
}

void page_organization(struct work *work)
{
    struct html html;
    struct view view = {.work = work, .html = &html};
    if (!lookup_begin(work, &view.lookup)) {
        if (work->response->status == MHD_HTTP_NOT_FOUND)
            add_announced(work);
        return;
    }
    view.record = &view.lookup.shown->now;
    if (!lookup_authority(work, view.lookup.code->key, &view.authority) || !read_names(&view))
        return;
    page_begin(&html, work, page_name(view.lookup.shown));
    page_search(&html, STR(""));
    html_put(&html, "<article id=\"organization\" data-code=\"%t\">\n", view.lookup.code->key);
    head(&view);
    if (!announced(&view))
        return;
    html_raw(&html, "<div class=\"columns\">\n");
    facts(&view);
    at_form(&view);
    html_raw(&html, "</div>\n");
    succession(&view);
    if (!view.lookup.dated && !units(&view)) /* the units are those of today */
        return;
    if (!history(&view))
        return;
    html_put(&html, "<p><a href=\"/v1/organizations/%u\">%w</a></p>\n</article>\n", view.lookup.code->key,
        WORD_DATA_OF_THIS);
    work->response->status = MHD_HTTP_OK;
    page_end(&html, work);
}
