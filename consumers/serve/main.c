#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "folder.h"
#include "index.h"
#include "peer.h"
#include "serve.h"
#include "server.h"
#include "shell/process.h"
#include "snapshot.h"

#define ROW(member) offsetof(struct serve_options, member)

static const struct option_row rows[] = {
    OPTION_ROWS_PG(struct serve_options, pg),
    {.name = "listen",
        .kind = OPTION_TEXT,
        .offset = ROW(listen),
        .env = "ORGCODE_LISTEN",
        .initial = ":8080",
        .value = "HOST:PORT",
        .help =
            "Where to serve; without a host: this machine alone; port 0 takes a free one and logs it. A socket of the "
            "service manager (LISTEN_FDS) comes before it."},
    {.name = "source",
        .kind = OPTION_TEXT,
        .offset = ROW(source),
        .env = "ORGCODE_SOURCE",
        .initial = "https://orgcode.invalid/v1/changes",
        .value = "URI",
        .help = "The attribute `source` of the changes; the same as that of orgcode-notify."},
    {.name = "index",
        .kind = OPTION_FLAG,
        .offset = ROW(index),
        .env = "ORGCODE_SERVE_INDEX",
        .help = "Keep the search index too: needs the primary and role orgcode_indexer. Of several copies one works."},
    {.name = "snapshots",
        .kind = OPTION_TEXT,
        .offset = ROW(snapshots),
        .env = "ORGCODE_SNAPSHOTS",
        .value = "FOLDER",
        .help = "Keep snapshots of the whole directory there; without it there are none."},
    {.name = "snapshot-every",
        .kind = OPTION_DURATION,
        .offset = ROW(snapshot_every_ms),
        .env = "ORGCODE_SNAPSHOT_EVERY",
        .initial = "1d",
        .min = 1000,
        .max = 366LL * 86400000,
        .value = "TIME",
        .help = "How old the newest snapshot may be; `orgcode-serve snapshot` makes one at once."},
    {.name = "snapshots-kept",
        .kind = OPTION_INT,
        .offset = ROW(snapshots_kept),
        .initial = "12",
        .min = 1,
        .max = 60,
        .value = "N",
        .help = "Snapshots kept; older ones are deleted."},
    {.name = "workers",
        .kind = OPTION_INT,
        .offset = ROW(workers),
        .env = "ORGCODE_SERVE_WORKERS",
        .initial = "4",
        .min = 1,
        .max = 64,
        .value = "N",
        .help = "Requests that are answered at once, each with a database session."},
    {.name = "queue",
        .kind = OPTION_INT,
        .offset = ROW(queue),
        .initial = "256",
        .min = 1,
        .max = 100000,
        .value = "N",
        .help = "Requests that may wait for a worker; more are told to come again (503)."},
    {.name = "connections",
        .kind = OPTION_INT,
        .offset = ROW(connections),
        .initial = "20000",
        .min = 1,
        .max = 1000000,
        .value = "N",
        .help = "Connections at once."},
    {.name = "connections-per-address",
        .kind = OPTION_INT,
        .offset = ROW(connections_per_address),
        .initial = "0",
        .min = 0,
        .max = 1000000,
        .value = "N",
        .help = "Connections at once from one address; 0: no limit."},
    {.name = "requests-per-second",
        .kind = OPTION_INT,
        .offset = ROW(requests_per_second),
        .initial = "0",
        .min = 0,
        .max = 1000000,
        .value = "N",
        .help = "Requests a second from one address (429 beyond); 0: no limit."},
    {.name = "waiters",
        .kind = OPTION_INT,
        .offset = ROW(waiters),
        .initial = "10000",
        .min = 0,
        .max = 1000000,
        .value = "N",
        .help = "Polls that may wait for a change at once; more are answered without waiting."},
    {.name = "kept-changes",
        .kind = OPTION_INT,
        .offset = ROW(kept_changes),
        .initial = "16384",
        .min = 16,
        .max = 1 << 20,
        .value = "N",
        .help = "The latest changes kept in memory for streams and polls that wait, up to 64 MiB."},
    {.name = "body-max",
        .kind = OPTION_SIZE,
        .offset = ROW(body_max),
        .initial = "1MiB",
        .min = 1024,
        .max = 1 << 26,
        .value = "SIZE",
        .help = "Largest body of a request."},
    {.name = "answers-max",
        .kind = OPTION_SIZE,
        .offset = ROW(answers_max),
        .initial = "256MiB",
        .min = 1 << 20,
        .max = 1LL << 40,
        .value = "SIZE",
        .help = "Memory of all answers that are being sent; beyond it requests are told to come again (503)."},
    {.name = "statement-timeout",
        .kind = OPTION_DURATION,
        .offset = ROW(statement_ms),
        .initial = "5s",
        .min = 10,
        .max = 600000,
        .value = "TIME",
        .help = "A database statement that takes longer is given up."},
    {.name = "idle-timeout",
        .kind = OPTION_DURATION,
        .offset = ROW(idle_ms),
        .initial = "30s",
        .min = 1000,
        .max = 3600000,
        .value = "TIME",
        .help = "A connection that neither sends nor takes anything is closed."},
    {.name = "request-timeout",
        .kind = OPTION_DURATION,
        .offset = ROW(request_ms),
        .initial = "60s",
        .min = 1000,
        .max = 3600000,
        .value = "TIME",
        .help = "A connection on which no whole request has come in that time is closed, however it drips."},
    {.name = "answer-timeout",
        .kind = OPTION_DURATION,
        .offset = ROW(answer_ms),
        .initial = "2m",
        .min = 1000,
        .max = 3600000,
        .value = "TIME",
        .help = "A connection that has not taken its answer in that time is closed; streams and snapshots may take "
                "longer."},
    {.name = "trusted-proxy",
        .kind = OPTION_TEXT,
        .offset = ROW(trusted_proxy),
        .env = "ORGCODE_TRUSTED_PROXY",
        .value = "ADDRESS",
        .help =
            "From there the last address in X-Forwarded-For is the asker's, for --requests-per-second and the log."},
    OPTION_ROW_METRICS(struct serve_options, common),
    OPTION_ROWS_COMMON(struct serve_options, common),
};

static const struct option_program program = {
    .name = "orgcode-serve",
    .summary = "the directory and its feed over HTTP",
    .arguments = "[snapshot]",
    .description =
        "Answers look-ups from the registry's tables, which it only reads, so it may stand before a read replica. "
        "As many copies as wanted.\n\nWith the argument `snapshot` it makes a snapshot in the folder of --snapshots, "
        "says its id, and exits.",
    .examples = "orgcode-serve --listen :8080 --pg postgresql://orgcode_serve@db/orgcode",
    .exits = NULL,
    .row = rows,
    .rows = sizeof rows / sizeof *rows,
};

static void register_metrics(struct serve *serve)
{
    static const char *const class[] = {NULL, NULL, "class=\"2xx\"", "class=\"3xx\"", "class=\"4xx\"", "class=\"5xx\""};
    struct metrics *m = serve->metrics;
    serve->metric = (struct serve_metrics){
        .duration =
            metrics_duration(m, "orgcode_serve_request_seconds", NULL, "From the request line to the last byte."),
        .shed =
            metrics_counter(m, "orgcode_serve_shed_total", NULL, "Requests told to come again: the queue was full."),
        .limited = metrics_counter(m, "orgcode_serve_limited_total", NULL, "Requests beyond an address's rate."),
        .cut = metrics_counter(m, "orgcode_serve_cut_total", NULL,
            "Connections cut: no whole request came in time, or its answer was not taken."),
        .streams = metrics_gauge(m, "orgcode_serve_streams", NULL, "Streams open now."),
        .overflows =
            metrics_counter(m, "orgcode_serve_overflows_total", NULL, "Streams cut off: the client was too slow."),
        .sequence = metrics_gauge(m, "orgcode_serve_sequence", NULL, "The last change that was read."),
        .bytes = metrics_counter(m, "orgcode_serve_bytes_total", NULL, "Bytes of bodies sent."),
    };
    for (int i = 2; i < 6; i++)
        serve->metric.requests[i] =
            metrics_counter(m, "orgcode_serve_requests_total", class[i], "Requests answered, by class of status.");
    serve->metric.requests[0] = serve->metric.requests[1] = serve->metric.requests[2];
}

static struct status run_snapshot(struct serve *serve, struct fault *fault)
{
    char id[32];
    int taken = -1;
    struct status status = process_open(fault);
    if (!status_failed(status))
        status = folder_take(serve->options->snapshots, true, &taken, fault);
    if (!status_failed(status))
        status = snapshot_make(serve, id, fault);
    if (!status_failed(status)) {
        puts(id);
        fflush(stdout);
        status = snapshot_zip(serve, id, fault);
    }
    if (taken >= 0)
        close(taken);
    return status;
}

static struct status run(struct serve *serve, struct fault *fault)
{
    struct status status = process_open(fault);
    if (!status_failed(status) && serve->options->common.metrics_listen)
        status = metrics_listen(serve->metrics, serve->options->common.metrics_listen, serve->log, fault);
    if (!status_failed(status))
        status = server_open(serve, fault);
    struct index *index = !status_failed(status) && serve->options->index ? index_open(serve) : NULL;
    struct keeper *keeper = !status_failed(status) && serve->options->snapshots ? keeper_open(serve) : NULL;
    if (!status_failed(status)) {
        metrics_ready(serve->metrics, true);
        process_ready();
        while (!process_wait(-1, 1000)) {
            metrics_beat(serve->metrics);
            server_tend(serve);
            process_alive();
        }
        process_leaving();
        metrics_ready(serve->metrics, false);
    }
    keeper_close(keeper);
    index_close(index);
    server_close(serve, 10000);
    return status;
}

int main(int argc, char **argv)
{
    struct serve_options options;
    struct option_rest rest;
    struct fault fault = {""};
    struct arena *kept = arena_open(0);
    int code = option_parse(&program, argc, argv, &options, &rest, kept, stdout, stderr);
    bool snapshot = code < 0 && rest.count == 1 && strcmp(rest.item[0], "snapshot") == 0;
    if (code < 0 && (rest.count > 0) != snapshot) {
        fprintf(stderr, "orgcode-serve: %s: the one argument that is known is snapshot\n", rest.item[0]);
        code = PROCESS_USAGE;
    }
    struct sockaddr_storage proxy;
    if (code < 0 && options.trusted_proxy && !peer_parse(str_of(options.trusted_proxy), &proxy)) {
        fprintf(stderr, "orgcode-serve: --trusted-proxy: expected an address like 127.0.0.1 or ::1, not \"%s\"\n",
            options.trusted_proxy);
        code = PROCESS_USAGE;
    }
    if (code < 0 && snapshot && !options.snapshots) {
        fprintf(stderr, "orgcode-serve: snapshot needs --snapshots FOLDER\n");
        code = PROCESS_USAGE;
    }
    if (code < 0) {
        struct log *log = log_open(
            program.name, (enum log_level)options.common.log_level, (enum log_format)options.common.log_format, 2);
        struct serve serve = {.options = &options, .log = log, .metrics = metrics_open()};
        register_metrics(&serve);
        struct status status = snapshot ? run_snapshot(&serve, &fault) : run(&serve, &fault);
        code = process_exit_of(status);
        if (status_failed(status))
            log_error(log, fault.text, LOG_TEXT("error", status.code));
        metrics_close(serve.metrics);
        log_close(log);
    }
    arena_close(kept);
    return code;
}
