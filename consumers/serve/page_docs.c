#include <jansson.h>
#include <pthread.h>

#include "documents.h"
#include "page.h"
#include "serve_documents.h"

/* The documents for programs, readable: the operations of OpenAPI by tag, the channels of AsyncAPI behind them. Made
 * once, for neither ever changes. English alone, as they are. */
static struct str docs_title, docs_html;

static struct str text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? str_of(text) : STR("");
}

/* What a reference within the document points to; the node itself where it is none. */
static const json_t *follow(const json_t *root, const json_t *node)
{
    const char *reference = json_string_value(json_object_get(node, "$ref"));
    char part[64];
    if (!reference || strncmp(reference, "#/", 2) != 0)
        return node;
    const json_t *found = root;
    for (const char *at = reference + 2; *at; at += *at == '/') {
        size_t len = strcspn(at, "/");
        snprintf(part, sizeof part, "%.*s", (int)len, at);
        found = json_object_get(found, part);
        at += len;
    }
    return found ? found : node;
}

/* Text up to `stop`, which is left out; the rest stays in `text`. */
static struct str cut(struct str *text, const char *stop)
{
    const char *found = text->len ? memmem(text->data, text->len, stop, strlen(stop)) : NULL;
    size_t len = found ? (size_t)(found - text->data) : text->len, gone = found ? len + strlen(stop) : len;
    struct str head = {text->data, len};
    *text = (struct str){text->data + gone, text->len - gone};
    return head;
}

/* What stands between backticks is code. */
static void write_line(struct html *html, struct str text)
{
    for (bool code = false; text.len; code = !code)
        html_put(html, code ? "<code>%t</code>" : "%t", cut(&text, "`"));
}

static void write_prose(struct html *html, struct str text)
{
    while (text.len) {
        html_raw(html, "<p>");
        write_line(html, cut(&text, "\n\n"));
        html_raw(html, "</p>\n");
    }
}

/* Which values it takes, and which it has where none is given. */
static void write_values(struct html *html, const json_t *schema)
{
    size_t at;
    const json_t *value, *usual = json_object_get(schema, "default");
    const char *usual_text = json_is_integer(usual)
                                 ? str_format(html->arena, "%lld", (long long)json_integer_value(usual)).data
                                 : json_string_value(usual);
    json_array_foreach(json_object_get(schema, "enum"), at, value)
        html_put(html, " <code>%t</code>", str_of(json_string_value(value)));
    if (json_object_get(schema, "maximum"))
        html_put(html, " %t",
            str_format(html->arena, "%lld to %lld.", (long long)json_integer_value(json_object_get(schema, "minimum")),
                (long long)json_integer_value(json_object_get(schema, "maximum"))));
    if (usual_text)
        html_put(html, " Else <code>%t</code>.", str_of(usual_text));
}

static void write_parameters(struct html *html, const json_t *root, const json_t *operation)
{
    size_t index;
    const json_t *item;
    json_array_foreach(json_object_get(operation, "parameters"), index, item)
    {
        const json_t *parameter = follow(root, item);
        if (str_equal(text_of(parameter, "name"), STR("lang")))
            continue; /* every address knows it: said once, above */
        html_put(html, "<div><dt><code>%t</code> %t</dt><dd>", text_of(parameter, "name"), text_of(parameter, "in"));
        write_line(html, text_of(parameter, "description"));
        write_values(html, json_object_get(parameter, "schema"));
        html_raw(html, "</dd></div>\n");
    }
}

static void write_answers(struct html *html, const json_t *root, json_t *operation)
{
    const char *status, *type;
    json_t *given, *form;
    json_object_foreach(json_object_get(operation, "responses"), status, given)
    {
        const json_t *answer = follow(root, given);
        if (str_equal(str_of(status), STR("default")))
            continue; /* a problem, at every address: said once, above */
        html_put(html, "<div><dt>%t</dt><dd>", str_of(status));
        write_line(html, text_of(answer, "description"));
        json_object_foreach(json_object_get(answer, "content"), type, form)
            html_put(html, " <code>%t</code>", str_of(type));
        html_raw(html, "</dd></div>\n");
    }
}

static void write_example(struct html *html, const char *method, const json_t *operation)
{
    struct str target = text_of(json_object_get(operation, "x-replay"), "target");
    const json_t *content = json_object_get(json_object_get(operation, "requestBody"), "content");
    const json_t *body = json_object_get(json_object_get(content, "application/json"), "example");
    if (target.len && str_equal(str_of(method), STR("get")))
        html_put(html, "<p><a href=\"%t\"><code>%t</code></a></p>\n", target, target);
    if (!body)
        return;
    char *text = json_dumps(body, 0);
    html_put(html, "<p>Body: <code>%t</code></p>\n", str_of(text));
    free(text);
}

static void write_operation(
    struct html *html, const json_t *root, const char *method, const char *path, json_t *operation)
{
    html_put(html, "<section id=\"%t\">\n<h3><code>%t %t</code></h3>\n", text_of(operation, "operationId"),
        str_equal(str_of(method), STR("post")) ? STR("POST") : STR("GET"), str_of(path));
    write_prose(html, text_of(operation, "summary"));
    write_prose(html, text_of(operation, "description"));
    html_raw(html, "<dl class=\"facts\">\n");
    write_parameters(html, root, operation);
    write_answers(html, root, operation);
    html_raw(html, "</dl>\n");
    write_example(html, method, operation);
    html_raw(html, "</section>\n");
}

/* Calls `write` for each operation of the tag. */
static void each_operation(struct html *html, const json_t *root, const json_t *tag,
    void (*write)(struct html *, const json_t *, const char *, const char *, json_t *))
{
    const char *path, *method;
    json_t *operations, *operation;
    json_object_foreach(json_object_get(root, "paths"), path, operations)
        json_object_foreach(operations, method, operation)
    {
        const char *first = json_string_value(json_array_get(json_object_get(operation, "tags"), 0));
        if (first && str_equal(str_of(first), text_of(tag, "name")))
            write(html, root, method, path, operation);
    }
}

static void write_entry(struct html *html, const json_t *root, const char *method, const char *path, json_t *operation)
{
    (void)root, (void)method;
    html_put(html, "<li><a href=\"#%t\">%t</a></li>\n", text_of(operation, "operationId"), str_of(path));
}

static void write_operations(struct html *html, const json_t *root)
{
    const json_t *tag, *tags = json_object_get(root, "tags");
    size_t index;
    html_raw(html, "<nav aria-label=\"Contents\">\n<ul class=\"contents\">\n");
    json_array_foreach(tags, index, tag)
    {
        html_put(
            html, "<li class=\"card\"><a href=\"#%t\">%t</a><ul>\n", text_of(tag, "name"), text_of(tag, "description"));
        each_operation(html, root, tag, write_entry);
        html_raw(html, "</ul></li>\n");
    }
    html_raw(html, "<li class=\"card\"><a href=\"#topics\">Topics of Kafka, and the events of the stream</a></li>\n"
                   "</ul>\n</nav>\n");
    json_array_foreach(tags, index, tag)
    {
        html_put(html, "<h2 id=\"%t\">%t</h2>\n", text_of(tag, "name"), text_of(tag, "description"));
        each_operation(html, root, tag, write_operation);
    }
}

static void write_channel(struct html *html, const json_t *root, const json_t *channel)
{
    const char *name;
    json_t *given;
    html_put(html, "<section>\n<h3><code>%t</code></h3>\n", text_of(channel, "address"));
    write_prose(html, text_of(channel, "title"));
    write_prose(html, text_of(channel, "description"));
    html_raw(html, "<dl class=\"facts\">\n");
    json_object_foreach(json_object_get(channel, "messages"), name, given)
    {
        const json_t *message = follow(root, given);
        struct str more = text_of(message, "description");
        html_put(html, "<div><dt><code>%t</code></dt><dd>", text_of(message, "name"));
        write_line(html, text_of(message, "title"));
        html_raw(html, more.len ? ". " : "");
        write_line(html, more);
        html_raw(html, "</dd></div>\n");
    }
    html_raw(html, "</dl>\n</section>\n");
}

static void make(void)
{
    static struct arena *arena; /* for as long as the program runs */
    struct html html;
    const char *name;
    json_t *channel;
    json_t *api = json_loadb(document_openapi, sizeof document_openapi - 1, 0, NULL);
    json_t *topics = json_loadb(document_asyncapi, sizeof document_asyncapi - 1, 0, NULL);
    const json_t *about = json_object_get(api, "info"),
                 *responses = json_object_get(json_object_get(api, "components"), "responses");
    const json_t *problem = json_object_get(responses, "problem");
    arena = arena_open(0);
    docs_title = str_copy(arena, text_of(about, "title"));
    html_open(&html, arena, LANGUAGE_EN);
    html_put(&html, "<div class=\"docs\" lang=\"en\">\n<h1>%t</h1>\n<p class=\"lead\">%t</p>\n", docs_title,
        text_of(about, "summary"));
    write_prose(&html, text_of(about, "description"));
    html_raw(
        &html, "<p>For programs: <a href=\"/openapi.json\">OpenAPI</a>, <a href=\"/asyncapi.json\">AsyncAPI</a></p>\n");
    html_raw(&html, "<p>What is not answered as below is a problem, <code>application/problem+json</code>. ");
    write_line(&html, text_of(problem, "description"));
    html_raw(&html, "</p>\n");
    write_operations(&html, api);
    html_put(&html, "<h2 id=\"topics\">%t</h2>\n", text_of(json_object_get(topics, "info"), "title"));
    json_object_foreach(json_object_get(topics, "channels"), name, channel) write_channel(&html, topics, channel);
    html_raw(&html, "</div>\n");
    docs_html = str_copy(arena, html_result(&html));
    json_decref(api);
    json_decref(topics);
}

void page_docs(struct work *work)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct html html;
    pthread_once(&once, make);
    work->response->status = MHD_HTTP_OK;
    page_begin(&html, work, docs_title);
    html_raw(&html, docs_html.data);
    page_end(&html, work);
}
