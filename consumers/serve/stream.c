#include <stdlib.h>

#include "feed.h"
#include "tail.h"

/* Server-sent events. A stream reads older changes from the database, a page at a time, by a worker; when it has come
 * to what the tail holds in memory it is live, and costs the database nothing more. */

enum {
    ALIVE_MS = 12000, /* a comment after so long without a word: a sleeper may be woken up to 2 s late */
    BOOKMARK_MS = 5000,
    SLOW_MS = 5000, /* who falls out of what is kept in memory was too slow, if he was behind for so long */
    PAGE_ROWS = 200,
    PAGE_BYTES = 256 << 10,
    RETRY_MS = 2000,
};

struct stream {
    struct exchange *exchange;
    struct serve *serve;
    struct filter filter; /* its texts are in `texts` */
    char *texts;
    int epoch;
    int64_t after;            /* looked at up to here */
    int64_t told;             /* the client knows it is there */
    struct tail_event *event; /* on its way, */
    size_t at;                /* so far */
    char *own;                /* text of our own on its way: before `event` */
    size_t own_size, own_at;
    time_ms written, told_at;
    time_ms behind; /* live: since when there has always been something to send; 0: it is at the end, or not live */
    bool ending;
    struct tail_sleeper sleeper;
};

static void say(struct stream *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void say(struct stream *stream, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&stream->own, format, arguments);
    va_end(arguments);
    if (size < 0)
        abort();
    stream->own_size = (size_t)size;
    stream->own_at = 0;
    server_hold(stream->serve->server, size);
}

static void forget_own(struct stream *stream)
{
    if (!stream->own)
        return;
    server_hold(stream->serve->server, -(int64_t)stream->own_size);
    free(stream->own);
    stream->own = NULL;
}

static void say_mark(struct stream *stream, const char *event)
{
    char id[CHANGE_ID_SIZE], head_id[CHANGE_ID_SIZE];
    int epoch;
    int64_t head;
    time_ms recorded;
    if (!tail_head(stream->serve->tail, &epoch, &head, &recorded) || head < stream->after)
        head = stream->after; /* the worker has seen more than the tail */
    change_id_format(stream->epoch, stream->after, id);
    change_id_format(stream->epoch, head, head_id);
    say(stream, "id: %s\nevent: %s\ndata: {\"head\":\"%s\",\"id\":\"%s\"}\n\n", id, event, head_id, id);
    stream->told = stream->after;
    stream->told_at = time_monotonic();
}

static void say_reset(struct stream *stream)
{
    say(stream, "event: reset\ndata: {\"snapshot\":\"/v1/snapshots/latest\"}\n\n");
    stream->ending = true;
}

/* It was opened before the registry was made, and gets all of it. */
static void say_birth(struct stream *stream)
{
    int64_t head;
    time_ms recorded;
    tail_head(stream->serve->tail, &stream->epoch, &head, &recorded);
    say_mark(stream, "bookmark");
}

static void say_bye(struct stream *stream, int retry_ms)
{
    say(stream, "event: bye\nretry: %d\ndata: {}\n\n", retry_ms);
    stream->ending = true;
}

void stream_lost(struct stream *stream)
{
    say_bye(stream, RETRY_MS);
}

/* ---- older changes, on a worker ------------------------------------------------------------------------------- */

static void write_page(struct stream *stream, const struct feed_page *page)
{
    size_t size = 0;
    FILE *out = open_memstream(&stream->own, &size);
    if (!out)
        abort();
    for (int i = 0; i < page->count; i++) {
        char id[CHANGE_ID_SIZE];
        const struct event *event = &page->event[i];
        fprintf(out, "id: %s\nevent: change\ndata: %.*s\n\n",
            change_id_format(event->attributes.epoch, event->attributes.sequence, id), STR_ARG(event->json));
    }
    fclose(out);
    stream->own_size = size;
    stream->own_at = 0;
    server_hold(stream->serve->server, (int64_t)size);
    if (page->count)
        stream->told = page->event[page->count - 1].attributes.sequence;
}

static void catch_up(struct work *work)
{
    struct stream *stream = work->response->stream;
    struct response refused = {.file = -1}; /* a failed query must not touch the answer that is on its way */
    struct feed_page page;
    work->response = &refused;
    if (!work_begin(work) || !feed_page(work, stream->after, &stream->filter, PAGE_ROWS, PAGE_BYTES, &page)) {
        say_bye(stream, RETRY_MS);
        return;
    }
    stream->after = page.next;
    if (page.count)
        write_page(stream, &page);
    else if (time_monotonic() - stream->told_at >= BOOKMARK_MS)
        say_mark(stream, "bookmark");
}

/* ---- sending, on the front's thread --------------------------------------------------------------------------- */

static size_t copy_out(const char *text, size_t size, size_t *at, char *out, size_t room)
{
    size_t count = size - *at < room ? size - *at : room;
    memcpy(out, text + *at, count);
    *at += count;
    return count;
}

static ssize_t send_some(struct stream *stream, char *out, size_t room)
{
    size_t count = 0;
    if (stream->own) {
        count = copy_out(stream->own, stream->own_size, &stream->own_at, out, room);
        if (stream->own_at == stream->own_size)
            forget_own(stream);
    } else if (stream->event) {
        count = copy_out(stream->event->text, stream->event->size, &stream->at, out, room);
        if (stream->at == stream->event->size) {
            stream->told = stream->event->sequence;
            tail_event_release(stream->event);
            stream->event = NULL;
        }
    }
    stream->written = time_monotonic();
    if (count) {
        stream->told_at = stream->written;
        stream->exchange->sent += (int64_t)count;
    }
    return (ssize_t)count;
}

/* Older than what is in memory. A stream that could have kept up and did not is cut off; one that a great commit, or no
 * reading of the tail's for a while, has left behind is not: a worker reads on for it. */
static bool go_back(struct stream *stream, time_ms now)
{
    if (stream->behind && now - stream->behind >= SLOW_MS) {
        metric_add(stream->serve->metric.overflows, 1);
        say_mark(stream, "overflow");
        stream->ending = true;
        return true;
    }
    stream->behind = 0;
    stream->exchange->job = catch_up;
    if (atomic_load(&stream->serve->server->held) <= stream->serve->options->answers_max) {
        MHD_suspend_connection(stream->exchange->connection);
        if (pool_put(stream->serve->server->pool, stream->exchange))
            return false;
        MHD_resume_connection(stream->exchange->connection);
    }
    /* no room in the queue, or for one more page: later */
    return !tail_sleep(stream->serve->tail, &stream->sleeper, INT64_MAX, now);
}

/* Finds something to send; false: the connection sleeps. */
static bool find_some(struct stream *stream)
{
    time_ms now = time_monotonic();
    if (tail_leaving(stream->serve->tail)) {
        /* not all at once to the next server */
        say_bye(stream, RETRY_MS / 2 + (int)((uintptr_t)stream / 64 % RETRY_MS));
        return true;
    }
    switch (tail_next(stream->serve->tail, stream->epoch, &stream->after, &stream->filter, &stream->event)) {
    case TAIL_EVENT:
        stream->at = 0;
        if (!stream->behind)
            stream->behind = now;
        return true;
    case TAIL_GONE:
        return go_back(stream, now);
    case TAIL_RESET:
        (stream->epoch ? say_reset : say_birth)(stream);
        return true;
    case TAIL_NONE:
        stream->behind = 0;
        break;
    }
    if (stream->after != stream->told && now - stream->told_at >= BOOKMARK_MS) {
        say_mark(stream, "bookmark");
        return true;
    }
    if (now - stream->written >= ALIVE_MS) {
        say(stream, ":\n\n");
        return true;
    }
    time_ms due = stream->written + ALIVE_MS;
    if (stream->after != stream->told && stream->told_at + BOOKMARK_MS < due)
        due = stream->told_at + BOOKMARK_MS;
    return !tail_sleep(stream->serve->tail, &stream->sleeper, stream->after, due);
}

static ssize_t on_read(void *user, uint64_t position, char *out, size_t room)
{
    struct stream *stream = user;
    (void)position;
    for (;;) {
        if (stream->own || stream->event)
            return send_some(stream, out, room);
        if (stream->ending)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (!find_some(stream))
            return 0; /* asleep: called again when it is woken */
    }
}

struct MHD_Response *stream_response(struct exchange *exchange)
{
    struct stream *stream = exchange->response.stream;
    arena_close(exchange->arena);
    exchange->arena = NULL;
    server_hold(exchange->serve->server, -exchange->held);
    exchange->held = 0;
    exchange->request = NULL;
    stream->sleeper.connection = exchange->connection;
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, on_read, stream, NULL);
}

void stream_close(struct stream *stream)
{
    tail_forget(stream->serve->tail, &stream->sleeper);
    metric_add(stream->serve->metric.streams, -1);
    if (stream->event)
        tail_event_release(stream->event);
    forget_own(stream);
    free(stream->texts);
    free(stream);
}

/* ---- GET /v1/changes/stream ------------------------------------------------------------------------------------ */

static struct str kept(char **at, struct str text)
{
    if (!str_given(text))
        return text;
    char *copy = *at;
    memcpy(copy, text.data, text.len);
    *at += text.len;
    return (struct str){copy, text.len};
}

static struct stream *stream_open(struct work *work, const struct feed_question *question)
{
    const struct filter *f = &question->filter;
    struct stream *stream = calloc(1, sizeof *stream);
    char *at = malloc(f->subject.len + f->prefix.len + f->authority.len + 1);
    if (!stream || !at)
        abort();
    time_ms now = time_monotonic();
    *stream = (struct stream){.exchange = work->exchange,
        .serve = work->serve,
        .texts = at,
        .epoch = work->fresh.epoch,
        .after = question->given ? question->after : work->fresh.sequence,
        .written = now,
        .told_at = now};
    stream->told = stream->after;
    stream->filter = (struct filter){kept(&at, f->subject), kept(&at, f->prefix), kept(&at, f->authority), f->type};
    return stream;
}

void feed_stream(struct work *work)
{
    struct feed_question question;
    struct response *response = work->response;
    if (!work_snapshot(work))
        return;
    bool born = work->fresh.epoch > 0, good = feed_question(work, &question);
    bool other_epoch = !good && response->status == MHD_HTTP_GONE;
    if (!good && !other_epoch)
        return;
    if (other_epoch)
        *response = (struct response){.file = -1};
    if (other_epoch && !born) { /* nobody knows yet of which epoch it will be */
        work_unborn(work);
        return;
    }
    response->status = MHD_HTTP_OK;
    response->type = "text/event-stream";
    response->cache = "no-store";
    response_header(response, "X-Accel-Buffering", "no");
    response->stream = stream_open(work, &question);
    metric_add(work->serve->metric.streams, 1);
    if (other_epoch)
        say_reset(response->stream);
    else if (!born)
        say(response->stream, ":\n\n");
    else
        say_mark(response->stream, "bookmark"); /* where it begins */
}
