#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "init.h"
#include "engine/migrate.h"
#include "shell/log.h"
#include "shell/process.h"

static const struct option_row rows[] = {
    OPTION_ROWS_COMMON(struct apply_options, common),
    OPTION_ROW_METRICS(struct apply_options, common),
    OPTION_ROWS_KAFKA(struct apply_options, kafka),
    OPTION_ROWS_PG(struct apply_options, pg),
    {.name = "batch-records",
        .kind = OPTION_INT,
        .offset = offsetof(struct apply_options, batch_records),
        .env = "ORGCODE_BATCH_RECORDS",
        .initial = "2500",
        .min = 1,
        .max = 20000,
        .help = "Journal records in one transaction, at most."},
    {.name = "batch-bytes",
        .kind = OPTION_SIZE,
        .offset = offsetof(struct apply_options, batch_bytes),
        .env = "ORGCODE_BATCH_BYTES",
        .initial = "4MiB",
        .min = 65536,
        .max = 16777216,
        .help = "Bytes of records in one transaction, about."},
    {.name = "migrate",
        .kind = OPTION_FLAG,
        .offset = offsetof(struct apply_options, migrate),
        .help = "Bring the database to the newest schema, and exit."},
    {.name = "mode",
        .kind = OPTION_CHOICE,
        .offset = offsetof(struct apply_options, mode),
        .initial = "live",
        .choices = "live|scripted",
        .help = "init: `scripted` is for tests and imports, whose records carry times of their own."},
    {.name = "registry-id",
        .kind = OPTION_TEXT,
        .offset = offsetof(struct apply_options, registry_id),
        .value = "UUID",
        .help = "init: the registry's id; a random one when not given."},
    {.name = "epoch",
        .kind = OPTION_INT,
        .offset = offsetof(struct apply_options, epoch),
        .initial = "1",
        .min = 1,
        .max = 99,
        .help = "init: rises only when a registry's journal was lost."},
};

static const struct option_program program = {
    .name = "orgcode-apply",
    .summary = "decides the acts of the journal and writes the registry to PostgreSQL",
    .arguments = "[init]",
    .description =
        "Reads the journal (topic PREFIX.journal) in order, decides each act by the rules, and writes what it makes to "
        "PostgreSQL, one transaction a batch, with its place in the journal. Of several copies one is active, elected "
        "by "
        "the group PREFIX.apply; the others stand by and take over within seconds.\n\n"
        "With the argument `init` it writes the genesis record to an empty journal, and exits; a journal that has one "
        "is left as it is.",
    .examples = "orgcode-apply --migrate init\norgcode-apply --pg postgresql://orgcode_apply@db/orgcode",
    .exits = PROCESS_EXITS,
    .row = rows,
    .rows = sizeof rows / sizeof *rows,
};

static struct status run_migrate(const struct apply_options *options, struct log *log, struct fault *fault)
{
    struct pg pg;
    int applied = 0;
    struct status status = pg_open_wait(options->pg.conninfo, "orgcode-apply migrate", log, 30000, &pg, fault);
    if (status_failed(status))
        return status;
    status = migrate(&pg, &applied, fault);
    pg_close(&pg);
    if (!status_failed(status))
        log_info(log, "the schema is the newest", LOG_INT("applied", applied));
    return status;
}

static struct status run_init(const struct apply_options *options, struct log *log, struct fault *fault)
{
    struct genesis wanted = {.epoch = (int)options->epoch, .mode = (enum journal_mode)options->mode}, genesis;
    char topic[256], id[UUID_TEXT_SIZE];
    snprintf(topic, sizeof topic, "%s.journal", options->kafka.prefix);
    if (options->registry_id && !uuid_parse(str_of(options->registry_id), &wanted.registry_id))
        return status_fail(fault, STATUS_STOP, "usage", "--registry-id: %s is no UUID", options->registry_id);
    const struct kafka_config kafka = {.log = log, .options = &options->kafka, .client_id = "orgcode-apply"};
    struct status status = genesis_write(&kafka, topic, &wanted, &genesis, fault);
    if (!status_failed(status))
        printf("registry %s, epoch %d, %s\n", uuid_format(genesis.registry_id, id), genesis.epoch,
            genesis.mode == MODE_LIVE ? "live" : "scripted");
    return status;
}

static struct status run_service(const struct apply_options *options, struct log *log, struct fault *fault)
{
    struct metrics *metrics = metrics_open();
    struct status status = status_ok();
    if (options->common.metrics_listen)
        status = metrics_listen(metrics, options->common.metrics_listen, log, fault);
    if (!status_failed(status))
        status = apply_run(options, log, metrics, fault);
    metrics_close(metrics);
    return status;
}

static struct status run(const struct apply_options *options, bool init, struct log *log, struct fault *fault)
{
    struct status status = process_open(fault);
    if (!status_failed(status) && options->migrate)
        status = run_migrate(options, log, fault);
    if (!status_failed(status) && init)
        status = run_init(options, log, fault);
    if (!status_failed(status) && !init && !options->migrate)
        status = run_service(options, log, fault);
    return status;
}

int main(int argc, char **argv)
{
    struct apply_options options;
    struct option_rest rest;
    mallopt(M_MMAP_THRESHOLD, 4 << 20); /* fixed: what a large act takes is given back (see engine.c) */
    mallopt(M_TRIM_THRESHOLD, 16 << 20);
    mallopt(M_ARENA_MAX, 1); /* memory that one thread has given back is for the others too */
    struct arena *arena = arena_open(0);
    int code = option_parse(&program, argc, argv, &options, &rest, arena, stdout, stderr);
    bool init = code < 0 && rest.count == 1 && strcmp(rest.item[0], "init") == 0;
    if (code < 0 && rest.count > 0 && !init) {
        fprintf(stderr, "orgcode-apply: %s: the one argument that is known is init\n", rest.item[0]);
        code = PROCESS_USAGE;
    }
    if (code < 0) {
        struct log *log = log_open(
            "orgcode-apply", (enum log_level)options.common.log_level, (enum log_format)options.common.log_format, 2);
        struct fault fault = {0};
        struct status status = run(&options, init, log, &fault);
        code = process_exit_of(status);
        if (status_failed(status))
            log_error(log, fault.text, LOG_TEXT("error", status.code));
        log_close(log);
    }
    arena_close(arena);
    return code;
}
