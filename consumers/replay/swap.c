/* swap: a registry that was rebuilt takes the place of the live one. */

#include <jansson.h>
#include <stdio.h>

#include "compare.h"
#include "meet.h"
#include "plan.h"
#include "replay_sql.h"
#include "shell/hook.h"
#include "shell/process.h"

struct swap_options {
    struct command_common common;
    const char *schema;
    bool back, drop_before;
    long long wait_ms, locked_max_ms;
};

struct swap {
    struct command_run *run;
    const struct swap_options *options;
    const char *schema; /* that becomes the live one */
    bool replaces;      /* SCHEMA_BEFORE is there, and is another */
    int64_t oid[2];     /* of the live one's place and the other's, when planned */
    struct pg pg;
    struct drive drive;
    struct meet meet;
};

/* ---- before --------------------------------------------------------------------------------------------------------
 */

/* One column of texts, a line each. */
static struct status ask_text(struct swap *swap, const char *sql, struct str *out, struct fault *fault)
{
    PGresult *result = NULL;
    struct arena *arena = swap->run->arena;
    struct pg_params params = PG_PARAMS(arena);
    pg_param_text(&params, STR(STORE_LIVE));
    pg_param_text(&params, str_of(swap->schema));
    struct status status = schema_ask(&swap->pg, sql, &params, &result, fault);
    *out = STR("");
    for (int row = 0; !status_failed(status) && row < PQntuples(result); row++)
        *out = str_format(arena, "%.*s%s%.*s", STR_ARG(*out), row ? "\n" : "", STR_ARG(pg_text(result, row, 0)));
    PQclear(result);
    return status;
}

static struct status check_whole(struct swap *swap, struct fault *fault)
{
    struct str lacking;
    struct status status = ask_text(swap, sql_swap_missing, &lacking, fault);
    if (status_failed(status) || str_empty(lacking))
        return status;
    return status_fail(fault, STATUS_REJECT, "not-whole", "schema %s cannot become the live one:\n%.*s", swap->schema,
        STR_ARG(lacking));
}

static struct status give_rights(struct swap *swap, struct fault *fault)
{
    struct str statements;
    struct status status = ask_text(swap, sql_swap_rights, &statements, fault);
    return status_failed(status) || str_empty(statements) ? status : pg_exec(&swap->pg, statements.data, fault);
}

static struct status show_plan(struct swap *swap, bool *go, struct fault *fault)
{
    struct schema_place live, other;
    char text[SCHEMA_PLACE_TEXT];
    struct plan plan;
    bool before;
    struct status status = schema_exists(&swap->pg, SCHEMA_BEFORE, &before, fault);
    if (!status_failed(status))
        status = schema_place(&swap->pg, STORE_LIVE, &live, fault);
    if (!status_failed(status))
        status = schema_place(&swap->pg, swap->schema, &other, fault);
    if (!status_failed(status))
        status = check_whole(swap, fault);
    if (status_failed(status))
        return status;
    swap->oid[0] = live.oid;
    swap->oid[1] = other.oid;
    swap->replaces = before && strcmp(swap->schema, SCHEMA_BEFORE) != 0;
    if (swap->replaces && !swap->options->drop_before)
        return status_fail(fault, STATUS_REJECT, "before-exists",
            "schema %s, which was live until the last swap, is still there: --drop-before drops it", SCHEMA_BEFORE);
    plan_open(
        &plan, swap->run, str_format(swap->run->arena, "%lld-%lld", (long long)live.oid, (long long)other.oid).data);
    plan_line(&plan, "schema %s, now at %s, is brought to the place of %s", swap->schema,
        schema_place_format(&other, text), STORE_LIVE);
    plan_line(&plan, "both are compared row by row there; a difference ends it");
    if (swap->replaces)
        plan_line(&plan, "schema %s, from the last swap, is dropped", SCHEMA_BEFORE);
    plan_line(&plan, "in a locked moment of at most %lld ms: %s becomes %s, %s becomes %s",
        swap->options->locked_max_ms, STORE_LIVE, SCHEMA_BEFORE, swap->schema, STORE_LIVE);
    plan_set(&plan, "schema", json_string(swap->schema));
    plan_set(&plan, "drops", swap->replaces ? json_string(SCHEMA_BEFORE) : json_null());
    return plan_show(&plan, go, fault);
}

/* ---- the swap ------------------------------------------------------------------------------------------------------
 */

static time_ms deadline(const struct swap *swap)
{
    return time_monotonic() + swap->options->wait_ms;
}

/* Both, row by row, as they stand in one moment; the writer goes on behind it. */
static struct status compare_both(struct swap *swap, struct fault *fault)
{
    struct pair pair;
    char text[SCHEMA_PLACE_TEXT];
    int64_t locked_us;
    struct status status = pair_open(&pair, swap->run, STORE_LIVE, swap->schema, fault);
    if (status_failed(status))
        return status;
    struct compare compare = {.run = swap->run, .pair = &pair, .quiet = true};
    status = meet_see(&swap->meet, &pair, (int)swap->options->locked_max_ms, deadline(swap), &locked_us, fault);
    if (!status_failed(status))
        status = compare_all(&compare, fault);
    if (!status_failed(status) && compare.differs)
        status = status_fail(fault, STATUS_REJECT, "differs", "%s and %s differ at %s: nothing was swapped", STORE_LIVE,
            swap->schema, schema_place_format(&pair.place[0], text));
    if (!status_failed(status) && swap->run->common->json)
        plan_json(json_pack("{s:{s:I, s:I, s:I, s:I}}", "equal", "record", (json_int_t)pair.place[0].record, "offset",
            (json_int_t)pair.place[0].next_offset, "rows", (json_int_t)compare.rows, "locked_us",
            (json_int_t)locked_us));
    else if (!status_failed(status))
        printf("equal at %s (%lld rows)\n", schema_place_format(&pair.place[0], text), (long long)compare.rows);
    fflush(stdout);
    pair_close(&pair);
    return status;
}

/* With the lock held: names change, nothing else. One statement, so that one time-out holds for it all. */
static struct status rename_both(struct swap *swap, time_ms until, int64_t *locked_us, bool *done, struct fault *fault)
{
    char quoted[IDENTIFIER_SIZE], sql[2 * IDENTIFIER_SIZE + 512];
    if (!pg_identifier(&swap->meet.pg, swap->schema, quoted))
        return status_fail(fault, STATUS_REJECT, "schema-name", "%s: no name of a schema", swap->schema);
    snprintf(sql, sizeof sql,
        "do $swap$ begin alter schema " STORE_LIVE " rename to orgcode_leaving; alter schema %s rename to " STORE_LIVE
        "; alter schema orgcode_leaving rename to " SCHEMA_BEFORE
        "; perform pg_notify('orgcode_change', ''); end $swap$",
        quoted);
    hook_point("before-swap-commit");
    return meet_commit(&swap->meet, sql, (int)swap->options->locked_max_ms, until, locked_us, done, fault);
}

static struct status swap_both(struct swap *swap, struct fault *fault)
{
    int64_t locked_us = 0;
    time_ms until = deadline(swap);
    struct status status = status_ok();
    swap->meet.idle_ms = 0;
    for (bool done = false; !status_failed(status) && !done;) {
        status = meet_begin(&swap->meet, (int)swap->options->locked_max_ms, until, fault);
        if (!status_failed(status) && (swap->meet.place.oid != swap->oid[0] || swap->drive.oid != swap->oid[1]))
            status = status_fail(fault, STATUS_REJECT, "moved", "another swap came first; nothing was changed");
        if (!status_failed(status))
            status = rename_both(swap, until, &locked_us, &done, fault);
    }
    if (status_failed(status))
        return status; /* the end of the session undoes it */
    hook_point("after-swap-commit");
    char text[SCHEMA_PLACE_TEXT];
    const struct schema_place *place = &swap->meet.place;
    plan_done(swap->run,
        json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:i}", "live", swap->schema, "record", (json_int_t)place->record,
            "offset", (json_int_t)place->next_offset, "sequence", (json_int_t)place->sequence, "receipt",
            (json_int_t)place->receipt, "locked_us", (json_int_t)locked_us, "tries", swap->meet.tries),
        "%s is the live one now, at %s; the writer was locked out for %lld.%lld ms; the former is %s", swap->schema,
        schema_place_format(place, text), (long long)locked_us / 1000, (long long)locked_us % 1000 / 100,
        SCHEMA_BEFORE);
    return status;
}

static struct status carry_out(struct swap *swap, struct fault *fault)
{
    struct status status = drive_open(&swap->drive, fault);
    if (!status_failed(status)) /* what is lost in a crash is read again; the swap itself waits for the disk */
        status = pg_exec(&swap->drive.store.pg, "set synchronous_commit = off", fault);
    if (!status_failed(status))
        status = drive_hold(&swap->drive, swap->options->wait_ms, fault);
    if (!status_failed(status))
        status = check_whole(swap, fault);
    if (!status_failed(status))
        status = give_rights(swap, fault);
    if (!status_failed(status))
        status = meet_open(&swap->meet, &swap->drive, fault);
    if (!status_failed(status))
        status = compare_both(swap, fault);
    hook_point("before-swap");
    if (!status_failed(status) && swap->replaces)
        status = schema_drop(&swap->pg, SCHEMA_BEFORE, fault);
    if (!status_failed(status))
        status = swap_both(swap, fault);
    meet_close(&swap->meet);
    drive_close(&swap->drive);
    return status;
}

static struct status run_swap(struct command_run *run, struct fault *fault)
{
    const struct swap_options *options = run->options;
    struct swap swap = {.run = run,
        .options = options,
        .schema = options->back ? SCHEMA_BEFORE : options->schema,
        .drive = {.run = run, .topic = command_topic(run, "journal"), .records_max = 2000, .bytes_max = 4 << 20}};
    bool go = false;
    if (run->rest.count > 0)
        return command_usage(fault, "%s: there are options alone", run->rest.item[0]);
    if (options->back == (options->schema != NULL))
        return command_usage(fault, "expected one of --schema and --back");
    if (strcmp(swap.schema, STORE_LIVE) == 0)
        return command_usage(fault, "schema %s is the live one", STORE_LIVE);
    swap.drive.schema = swap.schema;
    struct status status = command_pg(run, &swap.pg, fault);
    if (!status_failed(status))
        status = show_plan(&swap, &go, fault);
    if (!status_failed(status) && go)
        status = carry_out(&swap, fault);
    pg_close(&swap.pg);
    return status;
}

static const struct option_row rows[] = {
    COMMAND_ROWS,
    COMMAND_ROWS_PLAN,
    {.name = "schema",
        .kind = OPTION_TEXT,
        .offset = offsetof(struct swap_options, schema),
        .value = "SCHEMA",
        .help = "The rebuilt registry that becomes the live one."},
    {.name = "back",
        .kind = OPTION_FLAG,
        .offset = offsetof(struct swap_options, back),
        .help = "The one that was live before becomes it again; what it has missed is read first."},
    {.name = "drop-before",
        .kind = OPTION_FLAG,
        .offset = offsetof(struct swap_options, drop_before),
        .help = "Drop what an earlier swap has left in schema " SCHEMA_BEFORE "."},
    {.name = "wait",
        .kind = OPTION_DURATION,
        .offset = offsetof(struct swap_options, wait_ms),
        .initial = "60s",
        .min = 0,
        .max = 86400000,
        .help = "How long to try to find each of the two moments in which both stand at the same place."},
    {.name = "locked-max",
        .kind = OPTION_DURATION,
        .offset = offsetof(struct swap_options, locked_max_ms),
        .initial = "40ms",
        .min = 5,
        .max = 10000,
        .help = "A try that has kept the writer waiting for so long is given up, before the names change."},
};
static const struct option_program program = {
    .name = "orgcode-replay swap",
    .summary = "put a rebuilt registry into the place of the live one",
    .arguments = "",
    .description =
        "Brings the rebuilt schema to the place of the live one in the journal, and compares both there row by row. "
        "Then "
        "the writer is locked out for a moment, which is measured: both stand at the same place, the heads of the hash "
        "chains are compared once more, and the schemas change their names. orgcode-apply, orgcode-notify and all "
        "readers go on with the new one; sequence numbers, ids and bytes are the same, so nobody is told anything "
        "twice. A rebuild that followed the journal into the schema ends.",
    .examples = "orgcode-replay swap --schema rebuilt --dry-run\norgcode-replay swap --schema rebuilt\n"
                "orgcode-replay swap --back\n",
    .exits = COMMAND_EXITS,
    .row = rows,
    .rows = sizeof rows / sizeof *rows,
};
const struct command command_swap = {
    "swap", "put a rebuilt registry into the place of the live one", &program, sizeof(struct swap_options), run_swap};
