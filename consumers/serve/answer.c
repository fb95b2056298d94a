#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

#include "assets.h"
#include "connections.h"
#include "exchange.h"
#include "page.h"

/* From a response to what goes over the wire. */

enum { GZIP_MIN = 1024 };

/* What every answer says: nothing of it may be framed, guessed or run, and anybody may read it from a page. */
static const struct response_header usual[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Resource-Policy", "cross-origin"},
    {"Access-Control-Allow-Origin", "*"},
    {"Access-Control-Expose-Headers", "ETag, Link, Feed-Next, Feed-Head, Feed-Oldest, Feed-Lag, Retry-After, "
                                      "Accept-Ranges, Content-Range, Content-Location"},
    {"Vary", "Accept, Accept-Encoding, Accept-Language"},
};
/* The page's own policy: nothing but its own files. */
static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
                             "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

static struct str etag_of(struct exchange *exchange)
{
    char hex[SHA256_TEXT_SIZE];
    if (!str_given(exchange->response.identity))
        return STR_NONE;
    struct hasher *hasher = hasher_open();
    hasher_begin(hasher);
    hasher_add(hasher, exchange->response.identity.data, exchange->response.identity.len);
    sha256_format(hasher_end(hasher), hex);
    hasher_close(hasher);
    return str_format(exchange->arena, "W/\"%.32s\"", hex);
}

/* The body gzipped, in the arena; `body` itself when that fails or does not pay. */
struct str answer_gzip(struct arena *arena, struct str body)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, 5, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return body;
    size_t room = deflateBound(&stream, body.len);
    char *out = arena_alloc(arena, room);
    stream.next_in = (Bytef *)(uintptr_t)body.data;
    stream.avail_in = (uInt)body.len;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)room;
    bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    struct str zipped = {out, room - stream.avail_out};
    deflateEnd(&stream);
    return done && zipped.len < body.len ? zipped : body;
}

static void zip(struct exchange *exchange)
{
    struct response *r = &exchange->response;
    if (r->body.len < GZIP_MIN || !http_accepts(exchange->request->header[HEADER_ACCEPT_ENCODING], "gzip"))
        return;
    struct str zipped = str_given(r->zipped) ? r->zipped : answer_gzip(exchange->arena, r->body);
    if (zipped.data != r->body.data)
        response_header(r, "Content-Encoding", "gzip");
    r->body = zipped;
}

static struct MHD_Response *make(struct exchange *exchange)
{
    struct response *r = &exchange->response;
    if (r->stream)
        return stream_response(exchange);
    if (r->file >= 0) {
        struct MHD_Response *response =
            MHD_create_response_from_fd_at_offset64((uint64_t)r->length, r->file, (uint64_t)r->offset);
        r->file = -1; /* the library closes it */
        exchange->sent = r->length;
        return response;
    }
    exchange->sent = (int64_t)r->body.len;
    connections_answers(exchange->serve->server->connections, exchange->connection);
    /* the arena lives until the exchange is over */
    return MHD_create_response_from_buffer(r->body.len, (void *)(uintptr_t)r->body.data, MHD_RESPMEM_PERSISTENT);
}

/* A problem at one of the addresses for people, asked for by a browser: as a page. */
static void answer_page(struct exchange *exchange)
{
    const struct request *request = exchange->request;
    struct str first = request->uri.segments ? request->uri.segment[0] : STR("");
    if (!str_given(exchange->response.title) || str_equal(first, STR("v1")) || str_equal(first, STR("dmdc")) ||
        !http_accepts(request->header[HEADER_ACCEPT], "text/html"))
        return;
    struct work work = {.arena = exchange->arena, .request = request, .response = &exchange->response};
    page_problem(&work);
}

void answer_prepare(struct exchange *exchange)
{
    struct response *r = &exchange->response;
    if (exchange->prepared)
        return;
    exchange->prepared = true;
    if (exchange->request)
        answer_page(exchange);
    struct str tag = r->tag ? str_of(r->tag) : etag_of(exchange);
    if (str_given(tag)) {
        response_header(r, "ETag", tag.data);
        if (r->status == MHD_HTTP_OK && http_matches(exchange->request->header[HEADER_IF_NONE_MATCH], tag)) {
            r->status = MHD_HTTP_NOT_MODIFIED;
            if (r->file >= 0)
                close(r->file);
            r->file = -1;
            r->body = STR("");
        }
    }
    if (!r->stream && r->file < 0)
        zip(exchange);
}

enum MHD_Result answer_send(struct exchange *exchange)
{
    struct response *r = &exchange->response;
    answer_prepare(exchange);
    response_header(r, "Cache-Control", r->cache ? r->cache : "no-cache");
    struct MHD_Response *response = make(exchange);
    if (!response)
        return MHD_NO;
    if (r->type && r->status != MHD_HTTP_NOT_MODIFIED) {
        MHD_add_response_header(response, "Content-Type", r->type);
        if (strncmp(r->type, "text/html", 9) == 0)
            MHD_add_response_header(response, "Content-Security-Policy", policy);
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        MHD_add_response_header(response, usual[i].name, usual[i].value);
    for (int i = 0; i < r->headers; i++)
        MHD_add_response_header(response, r->header[i].name, r->header[i].value);
    if (atomic_load(&exchange->serve->server->leaving))
        MHD_add_response_header(response, "Connection", "close");
    enum MHD_Result queued = MHD_queue_response(exchange->connection, r->status, response);
    MHD_destroy_response(response);
    return queued;
}
