#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "publish.h"
#include "shell/process.h"

static const struct option_row row[] = {
    OPTION_ROWS_KAFKA(struct publish_options, kafka),
    {.name = "check",
        .letter = 'n',
        .kind = OPTION_FLAG,
        .offset = offsetof(struct publish_options, check),
        .help = "Judge the input and send nothing; no broker is needed."},
    {.name = "no-check",
        .kind = OPTION_FLAG,
        .offset = offsetof(struct publish_options, no_check),
        .help = "Send whatever can be read as an act and leave the judging to the registry."},
    {.name = "all-or-nothing",
        .kind = OPTION_FLAG,
        .offset = offsetof(struct publish_options, all_or_nothing),
        .help = "Judge the whole input first, and send nothing if any of it is refused. stdin is copied to $TMPDIR."},
    {.name = "wait",
        .letter = 'w',
        .kind = OPTION_FLAG,
        .offset = offsetof(struct publish_options, wait),
        .help = "Follow the receipts until every act has its first verdict; print the refused ones."},
    {.name = "wait-timeout",
        .kind = OPTION_DURATION,
        .offset = offsetof(struct publish_options, wait_ms),
        .initial = "5m",
        .value = "TIME",
        .min = 1000,
        .max = 604800000,
        .help = "With --wait: give up when no verdict came for so long."},
    {.name = "timeout",
        .kind = OPTION_DURATION,
        .offset = offsetof(struct publish_options, give_up_ms),
        .initial = "60s",
        .value = "TIME",
        .min = 1000,
        .max = 86400000,
        .help = "Give up when the broker acknowledged nothing for so long."},
    {.name = "authority",
        .letter = 'a',
        .kind = OPTION_TEXT,
        .offset = offsetof(struct publish_options, authority),
        .env = "ORGCODE_AUTHORITY",
        .value = "CODE",
        .help = "Refuse acts of any other authority (H26, ROOT). In CSV it fills an empty `authority`."},
    {.name = "format",
        .letter = 'f',
        .kind = OPTION_CHOICE,
        .offset = offsetof(struct publish_options, format),
        .initial = "auto",
        .choices = INPUT_FORMAT_CHOICES,
        .help =
            "Form of the input: JSON lines, one JSON array, or CSV; auto looks at the first character of each file."},
    {.name = "csv-kind",
        .kind = OPTION_CHOICE,
        .offset = offsetof(struct publish_options, csv_kind),
        .initial = "established",
        .choices = "established|contact_updated",
        .help = "Kind of CSV records without `kind`."},
    {.name = "state",
        .kind = OPTION_TEXT,
        .offset = offsetof(struct publish_options, state),
        .value = "FILE",
        .help = "Where a killed run is remembered, so that the next one with the same input goes on with it. "
                "Files have a place under $XDG_STATE_HOME (~/.local/state) by themselves, stdin has none."},
    {.name = "restart",
        .kind = OPTION_FLAG,
        .offset = offsetof(struct publish_options, restart),
        .help = "Forget an interrupted run and begin with the first act."},
    {.name = "json",
        .kind = OPTION_FLAG,
        .offset = offsetof(struct publish_options, json),
        .help = "One JSON object a line on stdout: refused acts, warnings, verdicts, and a summary."},
    {.name = "language",
        .kind = OPTION_CHOICE,
        .offset = offsetof(struct publish_options, language),
        .initial = "auto",
        .choices = "auto|vi|en",
        .help = "Language of messages; auto goes by LC_ALL, LC_MESSAGES, LANG, else English."},
    {.name = "config",
        .kind = OPTION_TEXT,
        .offset = offsetof(struct publish_options, common.config),
        .env = "ORGCODE_CONFIG",
        .value = "FILE",
        .help = "Read options from FILE, one `name = value` a line; # begins a comment."},
    {.name = "log-level",
        .kind = OPTION_CHOICE,
        .offset = offsetof(struct publish_options, common.log_level),
        .env = "ORGCODE_LOG_LEVEL",
        .initial = "warn",
        .choices = LOG_LEVEL_CHOICES,
        .help = "The least level that is logged."},
    {.name = "log-format",
        .kind = OPTION_CHOICE,
        .offset = offsetof(struct publish_options, common.log_format),
        .env = "ORGCODE_LOG_FORMAT",
        .initial = "auto",
        .choices = LOG_FORMAT_CHOICES,
        .help = "Form of the log on stderr; auto is text on a terminal and JSON lines else."},
    OPTION_ROW_METRICS(struct publish_options, common),
};

static const struct option_program program = {
    .name = "orgcode-publish",
    .summary = "publishes an authority's acts to the registry",
    .arguments = "[FILE...]",
    .description =
        "Reads acts from files or from stdin (no FILE, or -): JSON lines, a JSON array, or CSV with a header record. "
        "Each act is judged by all rules that need no registry; what is refused is printed with file, line, field and "
        "rule, the good ones are sent, each to the topic of its authority, in their order. Only the registry's receipt "
        "(--wait) says that an act is accepted.\n"
        "\n"
        "CSV columns: code, effectiveOn (both must be there), authority, kind (established or contact_updated), name, "
        "nameEn, shortName, type, address, email, phone, fax, website, legacyCode, clear (names, separated by spaces), "
        "scheme, happenedOn, decision.number, decision.issuedBy, decision.issuedOn, decision.title, decision.uri, "
        "decision.sha256, note, actId. An empty cell is a field not given.",
    .examples = "orgcode-publish --check acts.jsonl\n"
                "orgcode-publish --wait --authority H26 acts.jsonl\n"
                "orgcode-publish --authority H26 --csv-kind contact_updated contacts.csv\n",
    .exits = "0  everything was published (with --wait: and accepted)\n"
             "1  some acts were refused, here or by the registry\n"
             "2  wrong option or argument, or the input is not the one of the interrupted run\n"
             "3  could not publish: a file or the broker could not be reached, or verdicts did not come in time\n",
    .row = row,
    .rows = sizeof row / sizeof *row,
};

static int run(struct publish *publish, struct report *report, const struct publish_options *options)
{
    static const char *const kind[] = {"established", "contact_updated"};
    struct judge_config judge = {
        .csv = {.authority = str_of(options->authority), .kind = str_of(kind[options->csv_kind])},
        .authority_only = str_of(options->authority),
        .unchecked = options->no_check};
    enum language language = options->language == 0   ? report_language()
                             : options->language == 1 ? LANGUAGE_VI
                                                      : LANGUAGE_EN;
    publish->judge = judge_open(&judge);
    publish->arena = arena_open(0);
    publish->spool = malloc((size_t)publish->files * sizeof *publish->spool);
    int code = PROCESS_WORLD;
    if (report_open(report, stdout, options->json, language, publish->file) && publish->judge && publish->arena &&
        publish->spool) {
        publish->report = report;
        for (int i = 0; i < publish->files; i++)
            publish->spool[i] = -1;
        code = publish_run(publish);
        for (int i = 0; i < publish->files; i++)
            if (publish->spool[i] >= 0)
                close(publish->spool[i]);
    }
    report_close(report);
    judge_close(publish->judge);
    if (publish->arena)
        arena_close(publish->arena);
    free(publish->spool);
    return code;
}

int main(int argc, char **argv)
{
    static const char *const standard[] = {"-"};
    static struct report report;
    struct publish_options options;
    struct option_rest rest;
    struct fault fault;
    struct arena *arena = arena_open(0);
    int code = option_parse(&program, argc, argv, &options, &rest, arena, stdout, stderr);
    if (code < 0 && options.check && options.no_check) {
        fputs("orgcode-publish: --check and --no-check exclude each other\n", stderr);
        code = PROCESS_USAGE;
    }
    if (code < 0 && status_failed(process_open(&fault))) {
        fprintf(stderr, "orgcode-publish: %s\n", fault.text);
        code = PROCESS_WORLD;
    }
    if (code < 0) {
        struct log *log = log_open("orgcode-publish", (enum log_level)options.common.log_level,
            (enum log_format)options.common.log_format, STDERR_FILENO);
        struct publish publish = {.options = &options,
            .log = log,
            .file = rest.count > 0 ? (const char *const *)rest.item : standard,
            .files = rest.count > 0 ? rest.count : 1};
        struct gauges gauges;
        if (status_failed(gauges_open(&gauges, options.common.metrics_listen, log, &fault))) {
            fprintf(stderr, "orgcode-publish: %s\n", fault.text);
            code = PROCESS_WORLD;
        } else {
            publish.gauges = &gauges;
            code = run(&publish, &report, &options);
        }
        gauges_close(&gauges);
        log_close(log);
    }
    arena_close(arena);
    return code;
}
