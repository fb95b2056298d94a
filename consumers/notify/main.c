#include "notify.h"
#include "shell/process.h"

#define ROW(member) offsetof(struct notify_options, member)

static const struct option_row rows[] = {
    OPTION_ROWS_KAFKA(struct notify_options, kafka),
    OPTION_ROWS_PG(struct notify_options, pg),
    {.name = "source",
        .kind = OPTION_TEXT,
        .offset = ROW(source),
        .env = "ORGCODE_SOURCE",
        .initial = "https://orgcode.invalid/v1/changes",
        .value = "URI",
        .help = "The attribute `source` of the changes; it is not part of their hash."},
    {.name = "transactional-id",
        .kind = OPTION_TEXT,
        .offset = ROW(transactional_id),
        .env = "ORGCODE_NOTIFY_TRANSACTIONAL_ID",
        .value = "ID",
        .help = "Name of the Kafka transactions, PREFIX-notify unless given; those of receipts have `-receipts` behind "
                "it. One "
                "running program a name: a start fences the one before."},
    {.name = "poll",
        .kind = OPTION_DURATION,
        .offset = ROW(poll_ms),
        .env = "ORGCODE_NOTIFY_POLL",
        .initial = "100ms",
        .min = 10,
        .max = 60000,
        .value = "TIME",
        .help = "How often PostgreSQL is asked when no notification has come; at least 1s after ten quiet seconds."},
    OPTION_ROW_METRICS(struct notify_options, common),
    OPTION_ROWS_COMMON(struct notify_options, common),
};

static const struct option_program program = {
    .name = "orgcode-notify",
    .summary = "sends the registry's changes, states and receipts to Kafka",
    .arguments = "",
    .description = "Reads what orgcode-apply has committed to PostgreSQL, in order, and sends changes to "
                   "PREFIX.changes, records to "
                   "PREFIX.state, and receipts to PREFIX.receipts.AUTHORITY, each of the two with its own place in "
                   "Kafka transactions of "
                   "its own: a reader with isolation.level=read_committed sees each of them once, whatever crashed.",
    .examples = "orgcode-notify --bootstrap localhost:9092 --pg postgresql://localhost/orgcode",
    .exits = NULL,
    .row = rows,
    .rows = sizeof rows / sizeof *rows,
};

static void register_metrics(struct notifier *n)
{
    struct metrics *m = n->metrics;
    n->metric = (struct notify_metrics){
        .changes = metrics_counter(m, "orgcode_notify_changes_total", NULL, "Changes sent."),
        .states = metrics_counter(m, "orgcode_notify_states_total", NULL, "Records sent to the state topic."),
        .receipts = metrics_counter(m, "orgcode_notify_receipts_total", NULL, "Receipts sent."),
        .skipped = metrics_counter(
            m, "orgcode_notify_receipts_skipped_total", NULL, "Receipts left out because their topic is missing."),
        .transactions = metrics_counter(m, "orgcode_notify_transactions_total", NULL, "Kafka transactions committed."),
        .aborts = metrics_counter(m, "orgcode_notify_aborts_total", NULL, "Kafka transactions aborted."),
        .reopened = metrics_counter(m, "orgcode_notify_reopened_total", NULL, "Times that the producer was made anew."),
        .sequence = metrics_gauge(m, "orgcode_notify_sequence", NULL, "Last change sent."),
        .receipt = metrics_gauge(m, "orgcode_notify_receipt", NULL, "Last receipt sent."),
        .lag = metrics_gauge(m, "orgcode_notify_lag_changes", NULL, "Changes committed and not sent yet."),
        .duration = metrics_duration(m, "orgcode_notify_batch_seconds", NULL, "From fetched to committed."),
    };
}

static void open_lanes(struct notifier *n, struct arena *kept)
{
    const char *prefix = n->options->kafka.prefix, *id = n->options->transactional_id;
    if (str_of(id).len == 0)
        id = str_format(kept, "%s-notify", prefix).data;
    n->topics = (struct notify_topics){.changes = str_format(kept, "%s.changes", prefix),
        .state = str_format(kept, "%s.state", prefix),
        .receipts = str_format(kept, "%s.receipts.", prefix)};
    n->changes = (struct lane){.transactional_id = id,
        .topic = {{.name = str_format(kept, "%s.notify.place", prefix).data, .compacted = true},
            {.name = n->topics.changes.data}, {.name = n->topics.state.data, .compacted = true}},
        .topics = 3};
    n->receipts = (struct lane){.transactional_id = str_format(kept, "%s-receipts", id).data,
        .topic = {{.name = str_format(kept, "%s.notify.receipts", prefix).data, .compacted = true}},
        .topics = 1};
    lane_open(&n->changes, &lane_changes, n, &n->receipts);
    lane_open(&n->receipts, &lane_receipts, n, &n->changes);
}

int main(int argc, char **argv)
{
    struct notify_options options;
    struct option_rest rest;
    struct fault fault = {""};
    struct arena *kept = arena_open(0);
    int code = option_parse(&program, argc, argv, &options, &rest, kept, stdout, stderr);
    if (code >= 0) {
        arena_close(kept);
        return code;
    }
    struct log *log =
        log_open(program.name, (enum log_level)options.common.log_level, (enum log_format)options.common.log_format, 2);
    struct notifier n = {.options = &options,
        .log = log,
        .metrics = metrics_open(),
        .writer = uuid_random(),
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .kafka = {.log = log, .options = &options.kafka, .client_id = program.name}};
    open_lanes(&n, kept);
    register_metrics(&n);
    struct status s = process_open(&fault);
    if (!status_failed(s) && str_of(options.common.metrics_listen).len > 0)
        s = metrics_listen(n.metrics, options.common.metrics_listen, log, &fault);
    if (!status_failed(s)) {
        process_ready();
        s = notify_run(&n, &fault);
    }
    process_leaving();
    if (status_failed(s))
        log_error(log, "must stop", LOG_TEXT("code", s.code), LOG_TEXT("text", fault.text));
    else
        log_info(log, "stopped", LOG_INT("sequence", n.changes.told), LOG_INT("receipt", n.receipts.told));
    lane_close(&n.changes);
    lane_close(&n.receipts);
    metrics_close(n.metrics);
    log_close(log);
    arena_close(kept);
    return process_exit_of(s);
}
