/* verify: is a registry what it says, and are two of them the same. */

#include <jansson.h>
#include <stdio.h>

#include "compare.h"
#include "engine/store.h"
#include "plan.h"
#include "shell/process.h"

struct verify_options {
    struct command_common common;
    const char *schema, *against;
    bool digest;
    long long wait_ms;
};

/* Sees both at the same place, once they are there. */
static struct status see_level(struct pair *pair, time_ms wait_ms, struct fault *fault)
{
    enum { LOOK_MS = 10 };
    time_ms until = time_monotonic() + wait_ms;
    for (;;) {
        struct status status = pair_see(pair, fault);
        if (status_failed(status) || pair_level(pair))
            return status;
        if (time_monotonic() > until) {
            char a[SCHEMA_PLACE_TEXT], b[SCHEMA_PLACE_TEXT];
            return status_fail(fault, STATUS_REJECT, "places-differ",
                "they did not come to the same place of the journal: %s at %s; %s at %s", pair->schema[0],
                schema_place_format(&pair->place[0], a), pair->schema[1], schema_place_format(&pair->place[1], b));
        }
        status = pair_leave(pair, fault);
        if (status_failed(status))
            return status;
        if (process_wait(-1, LOOK_MS))
            return status_fail(fault, STATUS_RETRY, "stopping", "stopped before anything was compared");
    }
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

static struct status run_verify(struct command_run *run, struct fault *fault)
{
    const struct verify_options *options = run->options;
    struct pair pair;
    if (run->rest.count > 0)
        return command_usage(fault, "%s: there are options alone", run->rest.item[0]);
    struct status status = pair_open(&pair, run, options->schema, options->against, fault);
    if (status_failed(status))
        return status;
    status = see_level(&pair, options->wait_ms, fault);
    struct compare compare = {.run = run, .pair = &pair, .quiet = options->digest};
    if (!status_failed(status))
        status = compare_all(&compare, fault);
    if (!status_failed(status))
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
