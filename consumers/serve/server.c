#include "server.h"

#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "connections.h"
#include "exchange.h"
#include "kept.h"
#include "peer.h"
#include "shell/listen.h"
#include "shell/process.h"
#include "tail.h"

/* The front: libmicrohttpd's calls, on its thread. */

enum { CONNECTION_MEMORY = 6144, BACKLOG = 1024 };

static const char *const header_names[HEADERS] = {
    [HEADER_ACCEPT] = "Accept",
    [HEADER_ACCEPT_ENCODING] = "Accept-Encoding",
    [HEADER_ACCEPT_LANGUAGE] = "Accept-Language",
    [HEADER_CONTENT_TYPE] = "Content-Type",
    [HEADER_IF_NONE_MATCH] = "If-None-Match",
    [HEADER_IF_RANGE] = "If-Range",
    [HEADER_LAST_EVENT_ID] = "Last-Event-ID",
    [HEADER_ORIGIN] = "Origin",
    [HEADER_RANGE] = "Range",
};

/* ---- reading the request --------------------------------------------------------------------------------------- */

/* The request line has been read. */
static void *on_target(void *user, const char *target, struct MHD_Connection *connection)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        return NULL;
    exchange->serve = user;
    exchange->connection = connection;
    exchange->arena = arena_open(0);
    exchange->request = arena_new(exchange->arena, struct request);
    exchange->begun = time_monotonic();
    exchange->response.file = -1;
    exchange->target = strndup(target, URI_MAX + 1);
    connections_asks(exchange->serve->server->connections, connection);
    exchange->target_good = uri_parse(exchange->arena, str_of(exchange->target), &exchange->request->uri);
    return exchange;
}

/* Percent-decoding is ours alone (uri.c). */
static size_t keep_escapes(void *user, struct MHD_Connection *connection, char *text)
{
    (void)user;
    (void)connection;
    return strlen(text);
}

static enum method method_of(const char *name)
{
    static const char *const names[] = {"GET", "HEAD", "POST", "OPTIONS"};
    for (int i = 0; i < METHOD_OTHER; i++)
        if (strcmp(name, names[i]) == 0)
            return (enum method)i;
    return METHOD_OTHER;
}

/* A proxy may add a line of its own behind those that the asker sent: the last one is the proxy's. */
static enum MHD_Result take_forwarded(void *user, enum MHD_ValueKind kind, const char *name, const char *value)
{
    (void)kind;
    if (value && strcasecmp(name, "X-Forwarded-For") == 0)
        *(const char **)user = value;
    return MHD_YES;
}

static void find_peer(struct exchange *exchange, struct sockaddr_storage *out)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    *out = (struct sockaddr_storage){0};
    if (info && info->client_addr)
        memcpy(out, info->client_addr,
            info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
    const char *forwarded = NULL;
    if (exchange->serve->server->proxy.ss_family)
        MHD_get_connection_values(exchange->connection, MHD_HEADER_KIND, take_forwarded, (void *)&forwarded);
    peer_settle(out, &exchange->serve->server->proxy, forwarded ? str_of(forwarded) : STR_NONE);
    peer_format(out, exchange->peer);
}

static void read_headers(struct exchange *exchange, const char *method)
{
    struct request *request = exchange->request;
    exchange->method = request->method = method_of(method);
    for (int i = 0; i < HEADERS; i++) {
        const char *value = NULL;
        size_t size = 0;
        if (MHD_lookup_connection_value_n(exchange->connection, MHD_HEADER_KIND, header_names[i],
                strlen(header_names[i]), &value, &size) == MHD_YES &&
            value)
            request->header[i] = str_copy(exchange->arena, (struct str){value, size});
    }
    request->language = http_language(request->header[HEADER_ACCEPT_LANGUAGE]);
    struct str asked = uri_parameter(&request->uri, STR("lang"));
    if (str_given(asked))
        request->language = str_equal(asked, STR("en")) ? LANGUAGE_EN : LANGUAGE_VI;
}

static void take_upload(struct exchange *exchange, const char *data, size_t size)
{
    if (exchange->too_large || exchange->upload.len + size > (size_t)exchange->serve->options->body_max) {
        exchange->too_large = true;
        return;
    }
    if (exchange->upload.len + size > exchange->upload_room) {
        exchange->upload_room = 2 * (exchange->upload.len + size);
        char *grown = arena_alloc(exchange->arena, exchange->upload_room);
        if (exchange->upload.len)
            memcpy(grown, exchange->upload.data, exchange->upload.len);
        exchange->upload.data = grown;
    }
    memcpy((char *)(uintptr_t)exchange->upload.data + exchange->upload.len, data, size);
    exchange->upload.len += size;
}

/* ---- finding the route ------------------------------------------------------------------------------------------ */

static void refuse(struct exchange *exchange, enum problem problem, struct str value, struct str expected)
{
    problem_answer(
        exchange->arena, exchange->request->language, &exchange->response, problem, value, expected, STR_NONE);
    exchange->answered = true;
}

/* One that the address does not know, or that is given twice: which one was meant would be a guess. */
static void refuse_parameters(struct exchange *exchange)
{
    const struct uri *uri = &exchange->request->uri;
    for (int i = 0; i < uri->parameters && !exchange->answered; i++) {
        struct str name = uri->parameter[i].name;
        if (!route_knows(exchange->route, name))
            refuse(exchange, PROBLEM_PARAMETER_UNKNOWN, name, str_of(exchange->route->parameters));
        else if (uri_twice(uri, i))
            refuse(exchange, PROBLEM_PARAMETER_TWICE, name, STR_NONE);
    }
}

/* OPTIONS: what a browser asks before a page of another site may POST. */
static void answer_options(struct exchange *exchange)
{
    struct response *r = &exchange->response;
    *r = (struct response){.status = MHD_HTTP_NO_CONTENT, .body = STR(""), .file = -1};
    response_header(r, "Allow", "GET, HEAD, POST, OPTIONS");
    response_header(r, "Access-Control-Allow-Methods", "GET, HEAD, POST");
    response_header(r, "Access-Control-Allow-Headers", "Content-Type, Last-Event-ID, If-None-Match, Range");
    response_header(r, "Access-Control-Max-Age", "86400");
    exchange->answered = true;
}

static void find_route(struct exchange *exchange)
{
    struct request *request = exchange->request;
    enum method method = request->method == METHOD_HEAD ? METHOD_GET : request->method;
    bool elsewhere = false;
    if (request->method == METHOD_OPTIONS) {
        answer_options(exchange);
        return;
    }
    exchange->route = route_find(method, &request->uri, request->argument, &elsewhere);
    if (exchange->route) {
        refuse_parameters(exchange);
        return;
    }
    if (elsewhere) {
        refuse(exchange, PROBLEM_METHOD, STR_NONE, method == METHOD_POST ? STR("GET, HEAD") : STR("GET, HEAD, POST"));
        response_header(&exchange->response, "Allow", "GET, HEAD, POST, OPTIONS");
    } else {
        refuse(exchange, PROBLEM_NOT_FOUND, request->uri.path, STR_NONE);
    }
}

/* ---- the calls -------------------------------------------------------------------------------------------------- */

static void begin(struct exchange *exchange, const char *method)
{
    struct serve *serve = exchange->serve;
    struct sockaddr_storage peer;
    exchange->headers_read = true;
    read_headers(exchange, method);
    find_peer(exchange, &peer);
    if (!limit_take(serve->server->limit, (const struct sockaddr *)&peer, exchange->begun)) {
        metric_add(serve->metric.limited, 1);
        refuse(exchange, PROBLEM_TOO_MANY, STR_NONE,
            str_format(exchange->arena, "%lld", serve->options->requests_per_second));
        response_header(&exchange->response, "Retry-After", "1");
    } else if (!exchange->target_good) {
        refuse(exchange, PROBLEM_TARGET, STR_NONE, STR_NONE);
    } else {
        find_route(exchange);
    }
}

/* Is the body that is announced too large? Then it need not be read. */
static bool announced_too_large(struct exchange *exchange)
{
    const char *length = MHD_lookup_connection_value(exchange->connection, MHD_HEADER_KIND, "Content-Length");
    return length && strtoull(length, NULL, 10) > (unsigned long long)exchange->serve->options->body_max;
}

static enum MHD_Result refuse_body(struct exchange *exchange)
{
    refuse(
        exchange, PROBLEM_BODY_SIZE, STR_NONE, str_format(exchange->arena, "%lld", exchange->serve->options->body_max));
    return answer_send(exchange);
}

/* The whole request is here: to a worker, or answered at once. */
static enum MHD_Result dispatch(struct exchange *exchange)
{
    struct serve *serve = exchange->serve;
    exchange->answered = true;
    connections_asked(serve->server->connections, exchange->connection);
    exchange->request->body = exchange->upload;
    exchange->job = exchange->route ? exchange->route->handler : NULL;
    if (exchange->too_large)
        return refuse_body(exchange);
    if (exchange->route->direct) {
        struct work work = {.serve = serve,
            .arena = exchange->arena,
            .log = serve->log,
            .request = exchange->request,
            .response = &exchange->response};
        exchange->route->handler(&work);
        return answer_send(exchange);
    }
    MHD_suspend_connection(exchange->connection);
    if (pool_put(serve->server->pool, exchange))
        return MHD_YES;
    MHD_resume_connection(exchange->connection);
    metric_add(serve->metric.shed, 1);
    refuse(exchange, PROBLEM_BUSY, STR_NONE, STR_NONE);
    response_header(&exchange->response, "Retry-After", "1");
    return MHD_YES; /* called again, with the answer ready */
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_size, void **state)
{
    struct exchange *exchange = *state;
    (void)user;
    (void)connection;
    (void)url;
    (void)version;
    if (!exchange)
        return MHD_NO;
    if (!exchange->headers_read) {
        begin(exchange, method);
        return announced_too_large(exchange) ? refuse_body(exchange) : MHD_YES;
    }
    if (*upload_size) {
        take_upload(exchange, upload, *upload_size);
        *upload_size = 0;
        return MHD_YES;
    }
    return exchange->answered ? answer_send(exchange) : dispatch(exchange);
}

static void on_completed(
    void *user, struct MHD_Connection *connection, void **state, enum MHD_RequestTerminationCode how)
{
    struct serve *serve = user;
    struct exchange *exchange = *state;
    if (!exchange)
        return;
    *state = NULL;
    connections_answered(serve->server->connections, connection);
    server_hold(serve->server, -exchange->held);
    time_ms spent = time_monotonic() - exchange->begun;
    unsigned class = exchange->response.status / 100;
    if (class > 0 && class < 6)
        metric_add(serve->metric.requests[class], 1);
    metric_add(serve->metric.bytes, exchange->sent);
    metric_observe_us(serve->metric.duration, spent * 1000);
    static const char *const methods[] = {"GET", "HEAD", "POST", "OPTIONS", "other"};
    log_info(serve->log, "request", LOG_TEXT("method", methods[exchange->method]), LOG_TEXT("target", exchange->target),
        LOG_INT("status", exchange->response.status), LOG_INT("bytes", exchange->sent), LOG_INT("ms", spent),
        LOG_TEXT("peer", exchange->peer), LOG_BOOL("whole", how == MHD_REQUEST_TERMINATED_COMPLETED_OK));
    if (exchange->response.file >= 0)
        close(exchange->response.file);
    if (exchange->response.stream)
        stream_close(exchange->response.stream);
    arena_close(exchange->arena);
    free(exchange->target);
    free(exchange);
}

/* ---- life ------------------------------------------------------------------------------------------------------- */

static struct status start(struct serve *serve, int fd, struct fault *fault)
{
    const struct serve_options *o = serve->options;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_LISTEN_SOCKET, fd, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, (intptr_t)o->connections, NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)o->connections_per_address, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)(o->idle_ms / 1000), NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    serve->server->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_ALLOW_SUSPEND_RESUME,
        0, NULL, NULL, on_request, serve, MHD_OPTION_ARRAY, options, MHD_OPTION_URI_LOG_CALLBACK, on_target, serve,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, serve,
        MHD_OPTION_NOTIFY_CONNECTION, connections_notify, serve->server->connections, MHD_OPTION_END);
    if (serve->server->daemon)
        return status_ok();
    close(fd);
    return status_fail(fault, STATUS_RETRY, "server", "--listen %s: the server does not start", o->listen);
}

struct status server_open(struct serve *serve, struct fault *fault)
{
    int fd = listen_inherited();
    bool inherited = fd >= 0;
    struct status status =
        inherited ? status_ok() : listen_open("--listen", serve->options->listen, BACKLOG, &fd, fault);
    if (status_failed(status))
        return status;
    struct server *server = calloc(1, sizeof *server);
    if (!server)
        abort();
    *server = (struct server){.limit = limit_open((int)serve->options->requests_per_second),
        .port = listen_port(fd),
        .inherited = inherited,
        .connections = connections_open()};
    if (serve->options->trusted_proxy)
        (void)peer_parse(str_of(serve->options->trusted_proxy), &server->proxy); /* main has looked at it */
    serve->server = server;
    serve->kept = kept_open(serve->options->workers > 1 ? (int)serve->options->workers / 2 : 1);
    server->pool = pool_open(serve);
    serve->tail = tail_open(serve);
    status = start(serve, fd, fault);
    if (!status_failed(status))
        log_info(serve->log, "serving", LOG_TEXT("address", serve->options->listen), LOG_INT("port", server->port));
    return status;
}

void server_tend(struct serve *serve)
{
    metric_add(serve->metric.cut,
        connections_cut(serve->server->connections, serve->options->request_ms, serve->options->answer_ms));
    tail_pulse(serve->tail);
}

void server_close(struct serve *serve, int timeout_ms)
{
    struct server *server = serve->server;
    if (!server)
        return;
    if (server->daemon) {
        MHD_socket fd = MHD_quiesce_daemon(server->daemon);
        time_ms until = time_monotonic() + timeout_ms;
        if (fd != MHD_INVALID_SOCKET)
            close(fd); /* who comes now is refused at once, or waits at the service manager's */
        atomic_store(&server->leaving, true);
        while (pool_busy(server->pool) > 0 && time_monotonic() < until)
            usleep(5000);
        tail_leave(serve->tail); /* whoever waits is answered, streams say goodbye */
        while (connections_owed(server->connections) > 0 && time_monotonic() < until)
            usleep(5000);
        pool_close(server->pool);
        MHD_stop_daemon(server->daemon);
    }
    tail_close(serve->tail);
    kept_close(serve->kept);
    limit_close(server->limit);
    connections_close(server->connections);
    free(server);
    serve->server = NULL;
}
