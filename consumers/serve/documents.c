#include "documents.h"

#include <jansson.h>
#include <pthread.h>

#include "assets.h"
#include "page.h"
#include "serve_documents.h"

/* They never change: what costs time is done once, for the front answers them itself. */
static struct str openapi_zipped, asyncapi_zipped, docs_html;
static void make(void);

static void prepare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make);
}

static void answer(struct work *work, const char *text, size_t size, const struct str *zipped)
{
    prepare();
    work->response->status = MHD_HTTP_OK;
    work->response->type = "application/json";
    work->response->body = work->response->identity = (struct str){text, size};
    work->response->zipped = *zipped;
}

void serve_openapi(struct work *work)
{
    answer(work, document_openapi, sizeof document_openapi - 1, &openapi_zipped);
}

void serve_asyncapi(struct work *work)
{
    answer(work, document_asyncapi, sizeof document_asyncapi - 1, &asyncapi_zipped);
}

/* ---- GET /docs --------------------------------------------------------------------------------------------------- */

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

static void write_parameters(struct html *html, const json_t *root, const json_t *operation)
{
    size_t index;
    const json_t *item, *values;
    const json_t *parameters = json_object_get(operation, "parameters");
    if (!json_array_size(parameters))
        return;
    html_raw(html, "<dl>\n");
    json_array_foreach(parameters, index, item)
    {
        const json_t *parameter = follow(root, item), *value, *schema = json_object_get(parameter, "schema");
        size_t at;
        html_put(html, "<dt><code>%t</code> (%t)</dt><dd>%t", text_of(parameter, "name"), text_of(parameter, "in"),
            text_of(parameter, "description"));
        values = json_object_get(schema, "enum");
        json_array_foreach(values, at, value) html_put(html, " <code>%t</code>", str_of(json_string_value(value)));
        html_raw(html, "</dd>\n");
    }
    html_raw(html, "</dl>\n");
}

static void write_operation(
    struct html *html, const json_t *root, const char *method, const char *path, const json_t *operation)
{
    struct str example = text_of(json_object_get(operation, "x-replay"), "target");
    html_put(html, "<section>\n<h2><code>%t %t</code></h2>\n<p>%t</p>\n",
        str_equal(str_of(method), STR("post")) ? STR("POST") : STR("GET"), str_of(path), text_of(operation, "summary"));
    if (text_of(operation, "description").len)
        html_put(html, "<p>%t</p>\n", text_of(operation, "description"));
    write_parameters(html, root, operation);
    if (example.len && str_equal(str_of(method), STR("get")))
        html_put(html, "<p><a href=\"%t\"><code>%t</code></a></p>\n", example, example);
    html_raw(html, "</section>\n");
}

static struct str title; /* of the OpenAPI document */

static void write_operations(struct html *html)
{
    const char *path, *method;
    json_t *operations, *operation;
    json_t *root = json_loadb(document_openapi, sizeof document_openapi - 1, 0, NULL);
    json_t *about = json_object_get(root, "info");
    title = str_copy(html->arena, text_of(about, "title"));
    html_put(html,
        "<h1>%t</h1>\n<p lang=\"en\">%t</p>\n<p><a href=\"/openapi.json\">OpenAPI</a> · "
        "<a href=\"/asyncapi.json\">AsyncAPI</a></p>\n<div lang=\"en\">\n",
        title, text_of(about, "summary"));
    json_object_foreach(json_object_get(root, "paths"), path, operations)
    {
        json_object_foreach(operations, method, operation) write_operation(html, root, method, path, operation);
    }
    html_raw(html, "</div>\n");
    json_decref(root);
}

static void write_channel(struct html *html, const json_t *root, const json_t *channel)
{
    const char *name;
    json_t *messages, *given;
    html_put(html, "<section>\n<h2><code>%t</code></h2>\n<p>%t. %t</p>\n<dl>\n", text_of(channel, "address"),
        text_of(channel, "title"), text_of(channel, "description"));
    messages = json_object_get(channel, "messages");
    json_object_foreach(messages, name, given)
    {
        const json_t *message = follow(root, given);
        html_put(html, "<dt><code>%t</code></dt><dd>%t. %t</dd>\n", text_of(message, "name"), text_of(message, "title"),
            text_of(message, "description"));
    }
    html_raw(html, "</dl>\n</section>\n");
}

static void write_channels(struct html *html)
{
    const char *name;
    json_t *channels, *channel;
    json_t *root = json_loadb(document_asyncapi, sizeof document_asyncapi - 1, 0, NULL);
    html_put(html, "<h1 lang=\"en\">%t</h1>\n<div lang=\"en\">\n", text_of(json_object_get(root, "info"), "title"));
    channels = json_object_get(root, "channels");
    json_object_foreach(channels, name, channel) write_channel(html, root, channel);
    html_raw(html, "</div>\n");
    json_decref(root);
}

static void make(void)
{
    static struct arena *arena; /* for as long as the program runs */
    struct html html;
    arena = arena_open(0);
    html_open(&html, arena, LANGUAGE_VI); /* it has no word of ours */
    write_operations(&html);
    write_channels(&html);
    docs_html = str_copy(arena, html_result(&html));
    openapi_zipped = answer_gzip(arena, (struct str){document_openapi, sizeof document_openapi - 1});
    asyncapi_zipped = answer_gzip(arena, (struct str){document_asyncapi, sizeof document_asyncapi - 1});
}

void page_docs(struct work *work)
{
    struct html html;
    prepare();
    work->response->status = MHD_HTTP_OK;
    page_begin(&html, work, title);
    html_raw(&html, docs_html.data);
    page_end(&html, work);
}
