/* orgcode-validate: forwards what can be read as an act from the authorities' topics to the journal. */

#include <malloc.h>
#include <stdlib.h>

#include "shell/process.h"
#include "validate.h"

static const struct option_row rows[] = {
    OPTION_ROWS_COMMON(struct validate_options, common),
    OPTION_ROW_METRICS(struct validate_options, common),
    OPTION_ROWS_KAFKA(struct validate_options, kafka),
    {.name = "group",
        .kind = OPTION_TEXT,
        .offset = offsetof(struct validate_options, group),
        .env = "ORGCODE_VALIDATE_GROUP",
        .value = "NAME",
        .help = "Consumer group; its offsets are the place. None: PREFIX.validate."},
    {.name = "linger",
        .kind = OPTION_DURATION,
        .offset = offsetof(struct validate_options, linger_ms),
        .initial = "1ms",
        .max = 1000,
        .help = "How long records wait for others to share a request to the journal."},
    {.name = "window",
        .kind = OPTION_INT,
        .offset = offsetof(struct validate_options, window_records),
        .initial = "8192",
        .value = "RECORDS",
        .min = 1,
        .max = 65536,
        .help = "Records that may be under way to the journal."},
    {.name = "window-size",
        .kind = OPTION_SIZE,
        .offset = offsetof(struct validate_options, window_bytes),
        .initial = "8MiB",
        .min = 65536,
        .max = 14680064,
        .help = "Their bytes."},
    {.name = "commit-interval",
        .kind = OPTION_DURATION,
        .offset = offsetof(struct validate_options, commit_ms),
        .initial = "1s",
        .min = 10,
        .max = 60000,
        .help = "How often the places are committed to the group."},
    {.name = "session-timeout",
        .kind = OPTION_DURATION,
        .offset = offsetof(struct validate_options, session_ms),
        .initial = "6s",
        .min = 1000,
        .max = 300000,
        .help = "A copy that is silent for so long loses its topics to the others."},
};

static const struct option_program program = {
    .name = "orgcode-validate",
    .summary = "forwards acts from the authorities' topics to the journal",
    .arguments = "",
    .description =
        "Reads every topic PREFIX.acts.<AUTHORITY>, new ones too, and writes for each record one to PREFIX.journal: "
        "the act's own "
        "bytes when they can be read as an act of that authority, else a short refusal; the bytes that cannot be taken "
        "go to "
        "PREFIX.rejected as they came, with reason and origin in headers. What the act says is not judged here.\n"
        "It keeps no state but the group's offsets, so any number of copies share the topics. What is sent twice after "
        "a crash, "
        "orgcode-apply knows by its origin and passes over.",
    .examples = "orgcode-validate --bootstrap kafka1:9093 -X security.protocol=ssl -X ssl.ca.location=ca.pem\n"
                "orgcode-validate --metrics-listen 127.0.0.1:9101 --log-format json",
    .exits = PROCESS_EXITS,
    .row = rows,
    .rows = sizeof rows / sizeof rows[0],
};

static void register_metrics(struct validate *v)
{
    struct metrics *m = v->metrics;
    static const char refused[] = "orgcode_validate_refused_total", refused_help[] = "Records refused, by reason.";
    v->m = (struct validate_metrics){
        .forwarded = metrics_counter(m, "orgcode_validate_forwarded_total", NULL, "Acts acknowledged by the journal."),
        .refused_form = metrics_counter(m, refused, "reason=\"form-unreadable\"", refused_help),
        .refused_account = metrics_counter(m, refused, "reason=\"account-publisher\"", refused_help),
        .failed = metrics_counter(m, "orgcode_validate_delivery_failures_total", NULL, "Deliveries that failed."),
        .restarts =
            metrics_counter(m, "orgcode_validate_rewinds_total", NULL, "Returns to the places with a new producer."),
        .rebalances = metrics_counter(m, "orgcode_validate_rebalances_total", NULL, "Assignments and revocations."),
        .recreated =
            metrics_counter(m, "orgcode_validate_recreated_topics_total", NULL, "Acts topics found made anew."),
        .partitions = metrics_gauge(m, "orgcode_validate_partitions", NULL, "Partitions assigned to this copy."),
        .waiting = metrics_gauge(m, "orgcode_validate_waiting", NULL, "Records under way to the journal."),
        .lag = metrics_gauge(
            m, "orgcode_validate_lag", NULL, "Records of the assigned partitions that are not in the journal yet."),
        .oldest_ms =
            metrics_gauge(m, "orgcode_validate_oldest_milliseconds", NULL, "Age of the oldest record under way."),
    };
}

static struct status open_all(struct validate *v)
{
    struct status status = status_ok();
    register_metrics(v);
    v->reader = avro_reader_open(&v->fault);
    if (v->reader == NULL) {
        return (struct status){STATUS_STOP, "schema"};
    }
    if (v->options->common.metrics_listen != NULL) {
        status = metrics_listen(v->metrics, v->options->common.metrics_listen, v->log, &v->fault);
    }
    if (!status_failed(status)) {
        status = relay_open(v);
    }
    if (!status_failed(status)) {
        status = relay_wait_topics(v);
    }
    return status_failed(status) ? status : intake_open(v);
}

/* Once a second: when nothing was forwarded since the last time, what a burst took is given back. */
static void rest(const struct validate *v, int64_t *forwarded, bool *rested)
{
    int64_t now = metric_value(v->m.forwarded);
    bool quiet = now == *forwarded && v->flows.entries == 0;
    if (quiet && !*rested) {
        malloc_trim(0);
    }
    *rested = quiet;
    *forwarded = now;
}

static struct status run(struct validate *v)
{
    time_ms measure_at = 0;
    int64_t forwarded = 0;
    bool rested = false;
    process_ready();
    while (!process_stopping() && !status_failed(v->fatal)) {
        intake_serve(v, v->flows.entries > 0 ? 1 : 100);
        relay_serve(v, 0);
        if (v->broken) {
            log_warn(v->log, "rewinding to the committed places", LOG_INT("waiting", v->flows.entries));
            relay_restart(v);
            intake_assign(v);
        }
        if (time_monotonic() >= measure_at) {
            intake_measure(v);
            rest(v, &forwarded, &rested);
            measure_at = time_monotonic() + 1000;
        }
        metrics_beat(v->metrics);
        process_alive();
    }
    process_leaving();
    return v->fatal;
}

int main(int argc, char **argv)
{
    static struct validate v;
    struct validate_options options;
    struct arena *arena = arena_open(0);
    int code = option_parse(&program, argc, argv, &options, NULL, arena, stdout, stderr);
    if (code >= 0) {
        arena_close(arena);
        return code;
    }
    mallopt(M_ARENA_MAX, 2);              /* a dozen threads of librdkafka need not a heap each */
    mallopt(M_MMAP_THRESHOLD, 128 << 10); /* fixed: what is fetched goes back at once, and leaves no holes */
    v.options = &options;
    v.log =
        log_open(program.name, (enum log_level)options.common.log_level, (enum log_format)options.common.log_format, 2);
    v.metrics = metrics_open();
    v.arena = arena_open(0);
    struct status status = process_open(&v.fault);
    if (!status_failed(status)) {
        status = open_all(&v);
    }
    if (!status_failed(status)) {
        log_info(v.log, "validating", LOG_TEXT("prefix", options.kafka.prefix));
        status = run(&v);
    }
    if (status_failed(status)) {
        log_error(v.log, "validate ends", LOG_TEXT("code", status.code), LOG_TEXT("text", v.fault.text));
    } else {
        log_info(v.log, "stopped", LOG_INT("forwarded", metric_value(v.m.forwarded)));
    }
    intake_close(&v);
    relay_close(&v);
    metrics_close(v.metrics);
    avro_reader_close(v.reader);
    arena_close(v.arena);
    arena_close(arena);
    log_close(v.log);
    return process_exit_of(status);
}
