/* verify: is a registry what it says, and are two of them the same. */

#include <jansson.h>
#include <stdio.h>

#include "compare.h"
#include "meet.h"
#include "plan.h"
#include "shell/process.h"

struct verify_options {
    struct command_common common;
    const char *schema, *against;
    bool digest, catch_up;
    long long wait_ms;
};

/* Sees both at the same place, once they are there; when they are not in time, each at its own. */
static struct status see_level(struct pair *pair, time_ms wait_ms, bool *level, struct fault *fault)
{
    enum { LOOK_MS = 10 };
    time_ms until = time_monotonic() + wait_ms;
    for (;;) {
        struct status status = pair_see(pair, fault);
        *level = pair_level(pair);
        if (status_failed(status) || *level || time_monotonic() > until)
            return status;
        status = pair_leave(pair, fault);
        if (status_failed(status))
            return status;
        if (process_wait(-1, LOOK_MS))
            return status_fail(fault, STATUS_RETRY, "stopping", "stopped before anything was compared");
    }
}

/* The same while both move: the one that is not live is brought to a moment of the live one. */
static struct status see_caught_up(struct command_run *run, struct pair *pair, struct fault *fault)
{
    const struct verify_options *options = run->options;
    enum { LOCKED_MAX_MS = 40 };
    bool first = strcmp(pair->schema[0], STORE_LIVE) == 0;
    struct drive drive = {.run = run,
        .schema = pair->schema[first ? 1 : 0],
        .topic = command_topic(run, "journal"),
        .records_max = 2000,
        .bytes_max = 4 << 20};
    struct meet meet = {0};
    int64_t locked_us;
    struct status status = drive_open(&drive, fault);
    if (!status_failed(status))
        status = drive_hold(&drive, options->wait_ms, fault);
    if (!status_failed(status))
        status = meet_open(&meet, &drive, fault);
    if (!status_failed(status))
        status = meet_see(&meet, pair, LOCKED_MAX_MS, time_monotonic() + options->wait_ms, &locked_us, fault);
    meet_close(&meet);
    drive_close(&drive);
    return status;
}

static struct status see(struct command_run *run, struct pair *pair, bool *level, struct fault *fault)
{
    const struct verify_options *options = run->options;
    *level = true;
    return options->catch_up ? see_caught_up(run, pair, fault) : see_level(pair, options->wait_ms, level, fault);
}

static bool is_live(const char *schema)
{
    return schema && strcmp(schema, STORE_LIVE) == 0;
}

static void tell_digest(const struct compare *compare)
{
    char hex[SHA256_TEXT_SIZE], text[SCHEMA_PLACE_TEXT];
    const struct schema_place *place = &compare->pair->place[0];
    sha256_format(compare->digest, hex);
    if (compare->run->common->json) {
        json_t *json = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:b}", "digest", hex, "schema",
            compare->pair->schema[0], "record", (json_int_t)place->record, "offset", (json_int_t)place->next_offset,
            "sequence", (json_int_t)place->sequence, "receipt", (json_int_t)place->receipt, "rows",
            (json_int_t)compare->rows, "differs", compare->differs);
        if (compare->pair->schema[1])
            json_object_set_new(json, "against", json_string(compare->pair->schema[1]));
        plan_json(json);
        return;
    }
    printf("digest %s at %s\n", hex, schema_place_format(place, text));
    if (compare->differs)
        puts("DIFFERENT");
    else if (compare->pair->schema[1])
        printf("%s and %s are equal\n", compare->pair->schema[0], compare->pair->schema[1]);
}

/* One is behind, or stands beside: what both have can be the same all the same. */
static struct status tell_places(const struct compare *compare, struct fault *fault)
{
    char a[SCHEMA_PLACE_TEXT], b[SCHEMA_PLACE_TEXT];
    const struct pair *pair = compare->pair;
    const struct schema_place *one = &pair->place[0], *other = &pair->place[1];
    int64_t sequence = one->sequence < other->sequence ? one->sequence : other->sequence;
    int64_t receipt = one->receipt < other->receipt ? one->receipt : other->receipt;
    if (compare->run->common->json)
        plan_json(json_pack("{s:{s:I, s:I, s:b}}", "common", "sequence", (json_int_t)sequence, "receipt",
            (json_int_t)receipt, "differs", compare->differs));
    return status_fail(fault, STATUS_REJECT, "places-differ",
        "they did not come to the same place of the journal: %s is at %s; %s at %s. What both have, up to change %lld "
        "and receipt "
        "%lld, is %s",
        pair->schema[0], schema_place_format(one, a), pair->schema[1], schema_place_format(other, b),
        (long long)sequence, (long long)receipt, compare->differs ? "DIFFERENT" : "equal");
}

static struct status run_verify(struct command_run *run, struct fault *fault)
{
    const struct verify_options *options = run->options;
    struct pair pair;
    if (run->rest.count > 0)
        return command_usage(fault, "%s: there are options alone", run->rest.item[0]);
    if (options->catch_up && (!options->against || is_live(options->schema) == is_live(options->against)))
        return command_usage(fault, "--catch-up: one of --schema and --against must be the live one, %s", STORE_LIVE);
    struct status status = pair_open(&pair, run, options->schema, options->against, fault);
    if (status_failed(status))
        return status;
    bool level;
    status = see(run, &pair, &level, fault);
    struct compare compare = {.run = run, .pair = &pair, .quiet = options->digest, .common = !level};
    if (!status_failed(status))
        status = compare_all(&compare, fault);
    if (!status_failed(status) && compare.common)
        status = tell_places(&compare, fault);
    else if (!status_failed(status))
        tell_digest(&compare);
    if (compare.differs)
        run->exit = PROCESS_REFUSED;
    pair_close(&pair);
    return status;
}

static const struct option_row rows[] = {
    COMMAND_ROWS,
    {.name = "schema",
        .kind = OPTION_TEXT,
        .offset = offsetof(struct verify_options, schema),
        .initial = STORE_LIVE,
        .value = "SCHEMA",
        .help = "The registry to be verified."},
    {.name = "against",
        .kind = OPTION_TEXT,
        .offset = offsetof(struct verify_options, against),
        .value = "SCHEMA",
        .help = "Another registry of the same database, to be compared with it."},
    {.name = "wait",
        .kind = OPTION_DURATION,
        .offset = offsetof(struct verify_options, wait_ms),
        .initial = "30s",
        .min = 0,
        .max = 86400000,
        .help = "How long the two may take to come to the same place of the journal."},
    {.name = "catch-up",
        .kind = OPTION_FLAG,
        .offset = offsetof(struct verify_options, catch_up),
        .help =
            "While the live registry moves: read the journal into the other one until both stand at the same place, "
            "which is held for a moment."},
    {.name = "digest",
        .kind = OPTION_FLAG,
        .offset = offsetof(struct verify_options, digest),
        .help = "Print the digest and differences alone."},
};
static const struct option_program program = {
    .name = "orgcode-replay verify",
    .summary = "compare registries row by row, and compute their hash chains again",
    .arguments = "",
    .description =
        "Reads every table in one snapshot, and computes the hash chains of changes and receipts again from the stored "
        "texts: they have no holes, and end where the place says. With --against every row is compared with that of "
        "another schema, at the same place of the journal; the first difference of each table is named.\n\n"
        "The digest is that of the whole state. It is the same for every registry that has read the same journal up "
        "to the same record, on any machine, under any locale and in any schema.",
    .examples = "orgcode-replay verify --digest\norgcode-replay verify --schema rebuilt --against orgcode\n",
    .exits = COMMAND_EXITS,
    .row = rows,
    .rows = sizeof rows / sizeof *rows,
};
const struct command command_verify = {"verify", "compare registries, recompute hash chains, print digests", &program,
    sizeof(struct verify_options), run_verify};
