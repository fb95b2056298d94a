/* reset: a program goes on from another place than its own. */

#include "reset.h"

static struct status run_reset(struct command_run *run, struct fault *fault)
{
    const struct reset_options *options = run->options;
    const char *what = run->rest.count == 1 ? run->rest.item[0] : "";
    bool validate = strcmp(what, "validate") == 0;
    if (!validate && strcmp(what, "notify") != 0)
        return command_usage(fault, "expected what to reset: `validate` or `notify`");
    if (validate && !options->to)
        return command_usage(fault, "--to is missing: where validate is to read from");
    if (validate && (options->into || options->from > 1 || options->from_receipt > 1))
        return command_usage(fault, "--into, --from and --from-receipt are for `reset notify`");
    if (!validate && (options->to || options->topics.count || options->skip))
        return command_usage(fault, "--to, --topic and --skip are for `reset validate`");
    return validate ? reset_validate(run, options, fault) : reset_notify(run, options, fault);
}

#define AT(member) .offset = offsetof(struct reset_options, member)
static const struct option_row rows[] = {
    COMMAND_ROWS,
    COMMAND_ROWS_PLAN,
    {.name = "to",
        .kind = OPTION_TEXT,
        AT(to),
        .value = "PLACE",
        .help =
            "validate: read from an offset, a time (2025-07-01, 2025-07-01T08:00:00+07:00: the first record of that "
            "time or later), beginning or end."},
    {.name = "topic",
        .kind = OPTION_LIST,
        AT(topics),
        .value = "AUTHORITY",
        .help = "validate: the acts of this authority alone (H26, acts.H26 or the whole name); may be repeated. None: "
                "all."},
    {.name = "skip",
        .kind = OPTION_FLAG,
        AT(skip),
        .help = "validate: also move ahead. The acts between are never decided."},
    {.name = "group",
        .kind = OPTION_TEXT,
        AT(group),
        .env = "ORGCODE_VALIDATE_GROUP",
        .value = "NAME",
        .help = "validate: its consumer group. None: PREFIX.validate."},
    {.name = "wait",
        .kind = OPTION_DURATION,
        AT(wait_ms),
        .initial = "30s",
        .max = 3600000,
        .help = "validate: how long its answer is waited for."},
    {.name = "into",
        .kind = OPTION_TEXT,
        AT(into),
        .value = "PREFIX",
        .help = "notify: prefix of the topics to tell into. None: those of --prefix, which must have been emptied."},
    {.name = "from",
        .kind = OPTION_INT,
        AT(from),
        .initial = "1",
        .value = "SEQUENCE",
        .min = 1,
        .max = 9007199254740992,
        .help = "notify: the first change to tell again."},
    {.name = "from-receipt",
        .kind = OPTION_INT,
        AT(from_receipt),
        .initial = "1",
        .value = "NUMBER",
        .min = 1,
        .max = 9007199254740992,
        .help = "notify: the first receipt to tell again."},
    {.name = "transactional-id",
        .kind = OPTION_TEXT,
        AT(transactional_id),
        .env = "ORGCODE_NOTIFY_TRANSACTIONAL_ID",
        .value = "ID",
        .help = "notify: the one that orgcode-notify has or will have there. None: the prefix of its topics, and "
                "-notify."},
};
static const struct option_program program = {
    .name = "orgcode-replay reset",
    .summary = "let validate or notify go on from another place",
    .arguments = "validate|notify",
    .description =
        "`reset validate --to PLACE` has orgcode-validate read acts again. For each partition it says the old place, "
        "the "
        "new one, and how many records that repeats; orgcode-apply knows each by its origin and passes over it, so "
        "nothing is decided twice. It may run the while: the order stands in PREFIX.validate.control, the copy that "
        "has "
        "the partition obeys and says so in its next commit, whatever crashes in between. A partition "
        "whose place is still behind the new one stays, unless --skip is given: the acts between would never be "
        "decided.\n"
        "`reset notify` tells changes, states and receipts again, for followers whose topics were lost: into the "
        "topics "
        "of another prefix, which it makes, or into those of its own when they hold nothing. It writes the place; "
        "orgcode-notify, started with that prefix, tells from there. One that runs there is fenced: it ends with code "
        "4 "
        "as soon as it has something to tell.",
    .examples = "orgcode-replay reset validate --to 2025-07-01 --topic H26 --dry-run\n"
                "orgcode-replay reset validate --to beginning\n"
                "orgcode-replay reset notify --into orgcode2\n",
    .exits = COMMAND_EXITS,
    .row = rows,
    .rows = sizeof rows / sizeof *rows,
};
const struct command command_reset = {
    "reset", "let validate or notify go on from another place", &program, sizeof(struct reset_options), run_reset};
