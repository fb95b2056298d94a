#include "documents.h"

#include <pthread.h>

#include "assets.h"
#include "serve_documents.h"

/* They never change: what costs time is done once, for the front answers them itself. */
static struct str openapi_zipped, asyncapi_zipped;

static void zip(void)
{
    static struct arena *arena; /* for as long as the program runs */
    arena = arena_open(0);
    openapi_zipped = answer_gzip(arena, (struct str){document_openapi, sizeof document_openapi - 1});
    asyncapi_zipped = answer_gzip(arena, (struct str){document_asyncapi, sizeof document_asyncapi - 1});
}

static void answer(struct work *work, const char *text, size_t size, const struct str *zipped)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, zip);
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
