#include "assets.h"

#include <pthread.h>

#include "codec/json_writer.h"
#include "html.h"
#include "serve_web.h"

static const char script[] = "text/javascript; charset=utf-8";
#define FILE_OF(base, ending, kind)                                                                                    \
    {                                                                                                                  \
        .name = STR(#base ending), .type = kind, .body = { asset_##base, sizeof asset_##base - 1 }                     \
    }

static struct asset {
    struct str name;
    const char *type;
    struct str body, zipped;
} assets[] = {
    FILE_OF(style, ".css", "text/css; charset=utf-8"), FILE_OF(icon, ".svg", "image/svg+xml"),
    FILE_OF(app, ".js", script), FILE_OF(dom, ".js", script), FILE_OF(search, ".js", script),
    FILE_OF(organization, ".js", script), FILE_OF(flow, ".js", script), FILE_OF(mergers, ".js", script),
    FILE_OF(codes, ".js", script), FILE_OF(changes, ".js", script), FILE_OF(reports, ".js", script),
    FILE_OF(download, ".js", script), {.name = STR("words.js"), .type = script}, /* made from words.def */
};
enum { ASSETS = sizeof assets / sizeof *assets };
static char version[SHA256_TEXT_SIZE];

static struct str write_words(struct arena *arena)
{
    static const char *const name[] = {
#define X(NAME, vi, en) #NAME,
#include "words.def"
#undef X
    };
    struct writer w;
    writer_open(&w, arena, 16384);
    writer_array(&w);
    for (int i = 0; i < WORDS; i++) {
        writer_array(&w);
        writer_str(&w, str_of(name[i]));
        writer_array(&w);
        writer_str(&w, word_text((enum word)i, LANGUAGE_VI));
        writer_str(&w, word_text((enum word)i, LANGUAGE_EN));
        writer_array_end(&w);
        writer_array_end(&w);
    }
    writer_array_end(&w);
    return str_format(arena, "export default Object.fromEntries(%.*s);\n", STR_ARG(writer_text(&w)));
}

static void make(void)
{
    static struct arena *arena; /* for as long as the program runs */
    arena = arena_open(0);
    struct hasher *hasher = hasher_open();
    assets[ASSETS - 1].body = write_words(arena);
    hasher_begin(hasher);
    for (int i = 0; i < ASSETS; i++) {
        assets[i].zipped = answer_gzip(arena, assets[i].body);
        hasher_add(hasher, assets[i].body.data, assets[i].body.len);
    }
    sha256_format(hasher_end(hasher), version);
    hasher_close(hasher);
    version[12] = '\0';
}

struct str assets_version(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make);
    return str_of(version);
}

void assets_serve(struct work *work)
{
    struct response *r = work->response;
    bool current = str_equal(work->request->argument[0], assets_version());
    for (int i = 0; i < ASSETS; i++) {
        if (!str_equal(work->request->argument[1], assets[i].name))
            continue;
        r->status = MHD_HTTP_OK;
        r->type = assets[i].type;
        r->body = r->identity = assets[i].body;
        r->zipped = assets[i].zipped;
        /* a page of another release asks: better this file than none, but not for ever */
        r->cache = current ? "public, max-age=31536000, immutable" : "no-cache";
        return;
    }
    work_problem(work, PROBLEM_NOT_FOUND, work->request->uri.path, STR_NONE);
}
