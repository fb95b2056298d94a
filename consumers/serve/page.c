#include "page.h"

#include "core/code.h"
#include "engine/read.h"
#include "lookup.h"
#include "search.h"

/* ---- around ------------------------------------------------------------------------------------------------------ */

static struct str language_name(enum language language)
{
    return language == LANGUAGE_EN ? STR("en") : STR("vi");
}

void page_begin(struct html *html, struct work *work, struct str title)
{
    enum language language = work->request->language;
    html_open(html, work->arena, language);
    html_put(html,
        "<!doctype html>\n<html lang=\"%t\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n<title>%t · orgcode</title>\n"
        "<link rel=\"stylesheet\" href=\"/assets/style.css\">\n<link rel=\"icon\" href=\"/assets/icon.svg\">\n"
        "<script type=\"module\" src=\"/assets/app.js\"></script>\n</head>\n<body>\n",
        language_name(language), title);
    html_put(html,
        "<header class=\"top\"><a class=\"brand\" href=\"/?lang=%t\"><strong>%w</strong><span>%w</span></a>"
        "<a class=\"language\" hreflang=\"%t\" href=\"?lang=%t\">%w</a></header>\n<main id=\"main\">\n",
        language_name(language), WORD_DIRECTORY, WORD_SUBTITLE, language_name(!language), language_name(!language),
        WORD_OTHER_LANGUAGE);
}

void page_end(struct html *html, struct work *work)
{
    char time[TIME_TEXT_SIZE];
    html_put(html, "</main>\n<footer>%w <time>%t</time></footer>\n</body>\n</html>\n", WORD_AS_OF,
        str_of(time_format(work->fresh.recorded, time)));
    work->response->type = "text/html; charset=utf-8";
    work->response->body = html_result(html);
    work->response->identity = work->response->body;
}

static void search_form(struct html *html, struct str question)
{
    html_put(html,
        "<form class=\"search\" role=\"search\" action=\"/\" method=\"get\"><label for=\"q\">%w</label>"
        "<input id=\"q\" name=\"q\" type=\"search\" value=\"%t\" placeholder=\"%w\" autocomplete=\"off\" "
        "spellcheck=\"false\">"
        "<input type=\"hidden\" name=\"lang\" value=\"%t\"><button>%w</button></form>\n",
        WORD_SEARCH, question, WORD_SEARCH_HINT, language_name(html->language), WORD_SEARCH);
}

static struct str name_of(const struct code *code)
{
    struct str name = code->now.values.info.field[INFO_NAME];
    return str_given(name) ? name : code->key;
}

static void link_to(struct html *html, struct str key, struct str text)
{
    html_put(html, "<a href=\"/o/%u?lang=%t\">%t</a>", key, language_name(html->language), text);
}

/* ---- / ----------------------------------------------------------------------------------------------------------- */

static void results(struct html *html, struct work *work, const struct search_result *found)
{
    html_put(html, "<section id=\"results\" aria-live=\"polite\"><h2>%w</h2>\n", WORD_RESULTS);
    if (found->near && found->count)
        html_put(html, "<p class=\"note\">%w:</p>\n", WORD_NEAR);
    if (!found->count)
        html_put(html, "<p class=\"note\">%w</p>\n", WORD_NOTHING_FOUND);
    html_raw(html, "<ol class=\"results\">\n");
    for (int i = 0; i < found->count; i++) {
        const struct code *code = found->code[i];
        bool closed = code->now.status == CODE_CLOSED;
        html_put(html, "<li class=\"%t\"><a href=\"/o/%u?lang=%t\"><span class=\"name\">%t</span> <code>%t</code></a>",
            closed ? STR("closed") : STR("open"), code->key, language_name(html->language), name_of(code), code->key);
        if (closed)
            html_put(html, " <span class=\"badge\">%w</span>", WORD_CLOSED);
        html_raw(html, "</li>\n");
    }
    html_raw(html, "</ol>\n");
    if (str_given(found->next))
        html_put(html, "<p><a rel=\"next\" href=\"/?q=%u&amp;cursor=%u&amp;lang=%t\">%w</a></p>\n",
            uri_parameter(&work->request->uri, STR("q")), found->next, language_name(html->language), WORD_MORE);
    html_raw(html, "</section>\n");
}

void page_home(struct work *work)
{
    struct html html;
    struct search_result found;
    struct str question = uri_parameter(&work->request->uri, STR("q"));
    if (!work_begin(work))
        return;
    if (question.len && !search_find(work, &found))
        return;
    page_begin(&html, work, question.len ? question : word_text(WORD_DIRECTORY, work->request->language));
    html_put(&html, "<h1>%w</h1>\n", WORD_DIRECTORY);
    search_form(&html, question);
    if (question.len)
        results(&html, work, &found);
    work->response->status = MHD_HTTP_OK;
    page_end(&html, work);
}

/* ---- /o/{code} --------------------------------------------------------------------------------------------------- */

static void row(struct html *html, enum word word, struct str text)
{
    if (text.len)
        html_put(html, "<dt>%w</dt><dd>%t</dd>\n", word, text);
}

static void row_day(struct html *html, enum word word, date_day day)
{
    char text[DATE_TEXT_SIZE];
    if (day != DATE_NONE)
        html_put(html, "<dt>%w</dt><dd><time>%t</time></dd>\n", word, str_of(date_format(day, text)));
}

static void row_code(struct html *html, enum word word, struct str key)
{
    if (!key.len)
        return;
    html_put(html, "<dt>%w</dt><dd>", word);
    link_to(html, key, key);
    html_raw(html, "</dd>\n");
}

static void row_edges(struct html *html, enum word word, const struct edge_list *list)
{
    char day[DATE_TEXT_SIZE];
    if (!list->count)
        return;
    html_put(html, "<dt>%w</dt><dd><ul>", word);
    for (int i = 0; i < list->count; i++) {
        html_raw(html, "<li>");
        link_to(html, list->item[i].code, list->item[i].code);
        html_put(html, " (<time>%t</time>)</li>", str_of(date_format(list->item[i].on, day)));
    }
    html_raw(html, "</ul></dd>\n");
}

static void facts(struct html *html, const struct code *code, struct str authority)
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
    const struct record *record = &code->now;
    char number[12], day[DATE_TEXT_SIZE];
    html_raw(html, "<dl class=\"facts\">\n");
    row(html, WORD_CODE, code->key);
    html_put(html, "<dt>%w</dt><dd><span class=\"badge %t\">%w</span></dd>\n", WORD_STATUS,
        record->status == CODE_OPEN ? STR("open") : STR("closed"),
        record->status == CODE_OPEN ? WORD_OPEN : WORD_CLOSED);
    for (int i = 0; i < INFO_FIELDS; i++)
        if (i != INFO_NAME)
            row(html, word[i], record->values.info.field[i]);
    snprintf(number, sizeof number, "%d", code->level);
    row(html, WORD_LEVEL, str_of(number));
    row_code(html, WORD_PARENT, code->parent);
    row_code(html, WORD_AUTHORITY, authority);
    row_day(html, WORD_ISSUED_ON, record->issued_on);
    row_day(html, WORD_CLOSED_ON, record->closed_on);
    const struct decision_doc *decision = &record->values.decision;
    if (decision->given)
        html_put(html, "<dt>%w</dt><dd>%t, %w %t, %w <time>%t</time></dd>\n", WORD_DECISION, decision->number,
            WORD_DECISION_OF, decision->issued_by, WORD_DECISION_ON, str_of(date_format(decision->issued_on, day)));
    row_edges(html, WORD_PREDECESSORS, &record->predecessors);
    row_edges(html, WORD_SUCCESSORS, &record->successors);
    html_raw(html, "</dl>\n");
}

static bool units(struct html *html, struct work *work, const struct code *code)
{
    PGresult *result = units_ask(work, code->key, CODE_OPEN, STR(""), 201);
    if (!result)
        return false;
    int rows = PQntuples(result);
    html_put(html, "<section id=\"units\"><h2>%w</h2>\n<ul class=\"tree\">\n", rows ? WORD_UNITS : WORD_NO_UNITS);
    for (int i = 0; i < rows && i < 200; i++) {
        const struct code *unit = units_read(work, result, i);
        html_put(html, "<li><a href=\"/o/%u?lang=%t\">%t</a> <code>%t</code></li>\n", unit->key,
            language_name(html->language), name_of(unit), unit->key);
    }
    html_raw(html, rows > 200 ? "</ul>\n<p>…</p></section>\n" : "</ul></section>\n");
    PQclear(result);
    return true;
}

static void never_issued(struct work *work)
{
    struct html html;
    unsigned status = work->response->status;
    *work->response = (struct response){.file = -1, .status = status};
    page_begin(&html, work, work->request->argument[0]);
    html_put(&html, "<h1>%t</h1>\n<p class=\"note\">%w</p>\n", work->request->argument[0], WORD_NEVER_ISSUED);
    search_form(&html, work->request->argument[0]);
    page_end(&html, work);
}

void page_organization(struct work *work)
{
    struct html html;
    struct code *code;
    struct str authority;
    if (!work_begin(work))
        return;
    if (!lookup_issued(work, &code)) {
        if (work->response->status == MHD_HTTP_NOT_FOUND)
            never_issued(work);
        return;
    }
    if (!lookup_authority(work, code->key, &authority))
        return;
    page_begin(&html, work, name_of(code));
    search_form(&html, STR(""));
    html_put(&html, "<article id=\"organization\" data-code=\"%t\">\n<h1>%t</h1>\n", code->key, name_of(code));
    facts(&html, code, authority);
    if (!units(&html, work, code))
        return;
    html_raw(&html, "</article>\n");
    work->response->status = MHD_HTTP_OK;
    page_end(&html, work);
}
