#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shell/listen.h"
#include "shell/metrics_store.h"

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, const char *type, char *body,
    size_t size, enum MHD_ResponseMemoryMode mode)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(size, body, mode);
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned status, const char *text)
{
    return answer(
        connection, status, "text/plain; charset=utf-8", (char *)(uintptr_t)text, strlen(text), MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_size, void **request)
{
    const struct metrics *metrics = user;
    (void)version;
    (void)upload;
    (void)upload_size;
    (void)request;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
        return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET only\n");
    }
    if (strcmp(url, "/metrics") == 0) {
        char *body = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&body, &size);
        if (out == NULL) {
            return MHD_NO;
        }
        metrics_write(metrics, out);
        fclose(out);
        return answer(
            connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", body, size, MHD_RESPMEM_MUST_FREE);
    }
    if (strcmp(url, "/healthz") == 0) {
        bool alive = metrics_is_alive(metrics);
        return answer_text(
            connection, alive ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, alive ? "alive\n" : "stuck\n");
    }
    if (strcmp(url, "/readyz") == 0) {
        bool ready = atomic_load(&metrics->ready) && metrics_is_alive(metrics);
        return answer_text(
            connection, ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, ready ? "ready\n" : "not ready\n");
    }
    return answer_text(connection, MHD_HTTP_NOT_FOUND, "/metrics, /healthz, /readyz\n");
}

struct status metrics_listen(struct metrics *metrics, const char *address, struct log *log, struct fault *fault)
{
    int fd;
    struct status status = listen_open("--metrics-listen", address, 64, &fd, fault);
    if (status_failed(status)) {
        return status;
    }
    metrics->server = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL, 0, NULL, NULL, on_request,
        metrics, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, 16u, MHD_OPTION_CONNECTION_TIMEOUT, 10u,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)16384, MHD_OPTION_END);
    if (metrics->server == NULL) {
        close(fd);
        return status_fail(fault, STATUS_RETRY, "server", "--metrics-listen %s: the server does not start", address);
    }
    log_info(log, "metrics served", LOG_TEXT("address", address), LOG_INT("port", listen_port(fd)));
    return status_ok();
}

void metrics_close(struct metrics *metrics)
{
    if (metrics == NULL) {
        return;
    }
    if (metrics->server != NULL) {
        MHD_stop_daemon(metrics->server);
    }
    free(metrics);
}
