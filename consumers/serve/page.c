#include "page.h"

#include "assets.h"
#include "search.h"

/* ---- around ------------------------------------------------------------------------------------------------------ */

static const struct tool {
    struct str path;
    enum word name, title, lead;
    struct str data; /* where a program finds the same */
} tools[] = {
    {STR("mergers"), WORD_MERGERS, WORD_MERGERS_TITLE, WORD_MERGERS_LEAD, STR("/v1/organizations?level=1")},
    {STR("lookup"), WORD_RESOLVE, WORD_RESOLVE_TITLE, WORD_RESOLVE_LEAD, STR("/v1/resolve")},
    {STR("changes"), WORD_CHANGES, WORD_CHANGES, WORD_CHANGES_LEAD, STR("/v1/changes")},
    {STR("reports"), WORD_REPORTS, WORD_REPORTS, WORD_REPORTS_LEAD, STR("/v1/compliance")},
    {STR("download"), WORD_DOWNLOAD, WORD_DOWNLOAD_TITLE, WORD_DOWNLOAD_LEAD, STR("/v1/snapshots")},
};
enum { TOOLS = sizeof tools / sizeof *tools };

static struct str first_segment(const struct work *work)
{
    return work->request->uri.segments ? work->request->uri.segment[0] : STR("");
}

/* The same address in the other language. */
static void link_language(struct html *html, const struct uri *uri)
{
    const char *other = html->language == LANGUAGE_EN ? "vi" : "en";
    bool host = uri->path.len > 1 && strchr("/\\", uri->path.data[1]); /* "//example.org": a browser would go there */
    html_put(html, "<a class=\"language\" lang=\"%t\" hreflang=\"%t\" href=\"%t?lang=%t", str_of(other), str_of(other),
        host ? STR("/") : uri->path, str_of(other));
    for (int i = 0; i < uri->parameters; i++)
        if (!str_equal(uri->parameter[i].name, STR("lang")))
            html_put(html, "&amp;%u=%u", uri->parameter[i].name, uri->parameter[i].value);
    html_put(html, "\">%w</a>", WORD_OTHER_LANGUAGE);
}

static void navigation(struct html *html, const struct work *work)
{
    html_put(html, "<nav aria-label=\"%w\"><ul>", WORD_NAVIGATION);
    html_put(html, "<li><a href=\"/?lang=%l\"%t>%w</a></li>",
        work->request->uri.segments ? STR("") : STR(" aria-current=page"), WORD_SEARCH);
    for (int i = 0; i < TOOLS; i++)
        html_put(html, "<li><a href=\"/%t?lang=%l\"%t>%w</a></li>", tools[i].path,
            str_equal(first_segment(work), tools[i].path) ? STR(" aria-current=page") : STR(""), tools[i].name);
    html_raw(html, "</ul></nav>");
}

void page_begin(struct html *html, struct work *work, struct str title)
{
    const struct str version = assets_version();
    html_open(html, work->arena, work->request->language);
    html_put(html,
        "<!doctype html>\n<html lang=\"%l\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n<title>%t · orgcode</title>\n"
        "<link rel=\"stylesheet\" href=\"/assets/%t/style.css\">\n<link rel=\"icon\" href=\"/assets/%t/icon.svg\">\n"
        "<script type=\"module\" src=\"/assets/%t/app.js\"></script>\n</head>\n<body>\n",
        title, version, version, version);
    html_put(html,
        "<a class=\"skip\" href=\"#main\">%w</a>\n<header class=\"top\"><div class=\"brandline\">"
        "<a class=\"brand\" href=\"/?lang=%l\"><strong>%w</strong><span>%w</span></a>",
        WORD_SKIP, WORD_DIRECTORY, WORD_SUBTITLE);
    link_language(html, &work->request->uri);
    html_raw(html, "</div>");
    navigation(html, work);
    html_raw(html, "</header>\n<main id=\"main\" tabindex=\"-1\">\n");
}

/* What stands at the foot, with the time at which the directory stood where that was asked. */
static void finish(struct html *html, struct work *work)
{
    html_raw(html, "</main>\n<footer>");
    if (work->fresh.recorded) {
        char time[TIME_TEXT_SIZE];
        struct str iso = str_of(time_format(work->fresh.recorded, time));
        html_put(html, "<p>%w %d, <time datetime=\"%t\">%t</time></p>", WORD_AS_OF, date_of(work->fresh.recorded), iso,
            (struct str){iso.data + 11, 5});
    }
    html_put(html, "<p><a href=\"/docs\">%w</a></p></footer>\n</body>\n</html>\n", WORD_FOR_PROGRAMS);
    work->response->type = "text/html; charset=utf-8";
    work->response->body = html_result(html);
    if (!str_given(work->response->title)) /* a problem says so already */
        response_header(work->response, "Content-Language", html->language == LANGUAGE_EN ? "en" : "vi");
}

void page_end(struct html *html, struct work *work)
{
    finish(html, work);
    work->response->identity = work->response->body;
}

void page_search(struct html *html, struct str question)
{
    html_put(html,
        "<form class=\"search\" role=\"search\" action=\"/\" method=\"get\"><label for=\"q\">%w</label>"
        "<div><input id=\"q\" name=\"q\" type=\"search\" value=\"%t\" placeholder=\"%w\" autocomplete=\"off\" "
        "autocapitalize=\"off\" spellcheck=\"false\" enterkeyhint=\"search\">"
        "<input type=\"hidden\" name=\"lang\" value=\"%l\"><button>%w</button></div></form>\n",
        WORD_SEARCH_HINT, question, WORD_SEARCH_EXAMPLE, WORD_SEARCH);
}

struct str page_name(const struct code *code)
{
    struct str name = code->now.values.info.field[INFO_NAME];
    return str_given(name) ? name : code->key;
}

void page_link(struct html *html, struct str key, struct str name)
{
    html_put(html, "<a class=\"named\" href=\"/o/%u?lang=%l\">", key);
    if (!str_equal(key, name))
        html_put(html, "<span class=\"name\" lang=\"vi\">%t</span> ", name);
    html_put(html, "<code>%t</code></a>", key);
}

/* ---- / ----------------------------------------------------------------------------------------------------------- */

static void results(struct html *html, struct work *work, const struct search_result *found)
{
    html_put(html, "<section id=\"results\"><h2>%w</h2>\n", WORD_RESULTS);
    if (found->near && found->count)
        html_put(html, "<p class=\"note\">%w:</p>\n", WORD_NEAR);
    if (!found->count)
        html_put(html, "<p class=\"note\">%w</p>\n", WORD_NOTHING_FOUND);
    html_raw(html, "<ol class=\"results\">\n");
    for (int i = 0; i < found->count; i++) {
        const struct code *code = found->code[i];
        html_put(html,
            "<li><a class=\"named\" href=\"/o/%u?lang=%l\"><span class=\"name\" lang=\"vi\">%t</span> <code>%t</code>",
            code->key, page_name(code), code->key);
        if (code->now.status == CODE_CLOSED)
            html_put(html, " <span class=\"badge closed\">%w</span>", WORD_CLOSED);
        html_raw(html, "</a></li>\n");
    }
    html_raw(html, "</ol>\n");
    if (str_given(found->next))
        html_put(html, "<p><a rel=\"next\" href=\"/?q=%u&amp;cursor=%u&amp;lang=%l\">%w</a></p>\n",
            uri_parameter(&work->request->uri, STR("q")), found->next, WORD_MORE);
    html_raw(html, "</section>\n");
}

/* Where one may begin. */
static void welcome(struct html *html)
{
    static const struct str examples[] = {STR("ha noi"), STR("so xay dung"), STR("bo tai chinh"), STR("H22")};
    html_put(html, "<p class=\"examples\">%w: ", WORD_TRY_SEARCH);
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        html_put(html, "<a href=\"/?q=%u&amp;lang=%l\">%t</a> ", examples[i], examples[i]);
    html_raw(html, "</p>\n<ul class=\"cards\">\n");
    for (int i = 0; i < TOOLS; i++)
        html_put(html, "<li><a href=\"/%t?lang=%l\"><h2>%w</h2><p>%w</p></a></li>\n", tools[i].path, tools[i].title,
            tools[i].lead);
    html_raw(html, "</ul>\n");
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
    page_search(&html, question);
    if (question.len)
        results(&html, work, &found);
    else
        welcome(&html);
    work->response->status = MHD_HTTP_OK;
    page_end(&html, work);
}

/* ---- the tools --------------------------------------------------------------------------------------------------- */

void page_tool(struct work *work)
{
    struct html html;
    const struct tool *tool = tools;
    while (!str_equal(tool->path, first_segment(work)))
        tool++;
    page_begin(&html, work, word_text(tool->title, work->request->language));
    html_put(&html,
        "<h1>%w</h1>\n<p class=\"lead\">%w</p>\n<div id=\"tool\"><noscript><p class=\"note\">%w <a "
        "href=\"%t\"><code>%t</code></a>.</p></noscript></div>\n",
        tool->title, tool->lead, WORD_NEEDS_SCRIPT, tool->data, tool->data);
    work->response->status = MHD_HTTP_OK;
    page_end(&html, work);
}

/* ---- problems ---------------------------------------------------------------------------------------------------- */

void page_problem(struct work *work)
{
    struct html html;
    const struct uri *uri = &work->request->uri;
    struct str title = work->response->title, detail = work->response->detail, asked = STR("");
    if (str_equal(first_segment(work), STR("o")) && uri->segments == 2)
        asked = uri->segment[1];
    page_begin(&html, work, title);
    html_put(&html, "<h1>%t</h1>\n<p class=\"note\">%t</p>\n", title, detail);
    if (asked.len && (uri_parameter(uri, STR("validAt")).len || uri_parameter(uri, STR("knownAt")).len))
        html_put(&html, "<p><a href=\"/o/%u?lang=%l\">%w <code>%t</code></a></p>\n", asked, WORD_AT_TODAY, asked);
    page_search(&html, asked);
    html_put(&html, "<p><a href=\"/?lang=%l\">%w</a></p>\n", WORD_ASK_AGAIN);
    finish(&html, work);
}
