#include <stdint.h>
#include <stdlib.h>

#include "base/text.h"
#include "html.h"
#include "http.h"
#include "peer.h"

/* What orgcode-serve takes out of a request: the first line of the input is the target, each other line a header. */

static void must(bool good)
{
    if (!good)
        abort();
}

/* What is decoded is clean text, goes into an address and comes back the same. */
static void one_text(struct arena *arena, struct str text)
{
    struct uri again;
    enum text_fault fault = text_check(text);
    must(fault == TEXT_OK || fault == TEXT_UNASSIGNED);
    struct str target = str_format(arena, "/?a=%.*s", STR_ARG(uri_encode(arena, text)));
    if (target.len > URI_MAX)
        return;
    must(uri_parse(arena, target, &again) && again.parameters == 1 && str_equal(again.parameter[0].value, text));
}

static void one_target(struct arena *arena, struct str target)
{
    struct uri uri;
    if (!uri_parse(arena, target, &uri))
        return;
    must(uri.segments <= URI_SEGMENTS && uri.parameters <= URI_PARAMETERS);
    for (int i = 0; i < uri.segments; i++)
        one_text(arena, uri.segment[i]);
    for (int i = 0; i < uri.parameters; i++) {
        one_text(arena, uri.parameter[i].name);
        one_text(arena, uri.parameter[i].value);
    }
}

static void one_header(struct arena *arena, struct str header)
{
    int64_t offset = 0, length = 0;
    (void)http_accepts(header, "gzip");
    (void)http_language(header);
    (void)http_matches(header, STR("\"a\""));
    for (int64_t size = 0; size < 2000; size += 999)
        if (http_range(header, size, &offset, &length) == 1)
            must(offset >= 0 && length > 0 && offset + length <= size);
    struct sockaddr_storage peer = {.ss_family = AF_INET}, proxy = peer;
    char text[INET6_ADDRSTRLEN];
    peer_settle(&peer, &proxy, header);
    peer_format(&peer, text);
    must(text[0] != '?');
    struct html html;
    html_open(&html, arena, LANGUAGE_VI);
    html_text(&html, header);
    struct str escaped = html_result(&html);
    for (size_t i = 0; i < escaped.len; i++)
        must(!strchr("<>\"'", escaped.data[i]) || !escaped.data[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open(0);
    struct str rest = {(const char *)data, size};
    for (bool first = true; rest.len; first = false) {
        const char *end = memchr(rest.data, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.data) : rest.len;
        struct str line = {rest.data, len};
        (first ? one_target : one_header)(arena, line);
        rest = (struct str){rest.data + len + (end ? 1 : 0), rest.len - len - (end ? 1 : 0)};
    }
    arena_close(arena);
    return 0;
}
