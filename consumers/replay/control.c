/* control: a control record into the journal, so that it stands in the order of things what rules are in force. */

#include <stdlib.h>
#include <string.h>

#include "codec/journal.h"
#include "command.h"
#include "plan.h"
#include "shell/kafka_journal.h"
#include "shell/process.h"
#include "standing.h"

struct control {
    bool live;
    int version; /* 0: live */
};

static struct status read_arguments(const struct command_run *run, struct control *out, struct fault *fault)
{
    char *const *word = run->rest.item;
    *out = (struct control){0};
    if (run->rest.count == 1 && strcmp(word[0], "live") == 0) {
        out->live = true;
        return status_ok();
    }
    if (run->rest.count == 2 && strcmp(word[0], "version") == 0) {
        char *end;
        long version = strtol(word[1], &end, 10);
        if (*end == '\0' && end != word[1] && version >= 1 && version <= law_newest()->version) {
            out->version = (int)version;
            return status_ok();
        }
        return command_usage(
            fault, "version %s: this program knows the versions 1 to %d", word[1], law_newest()->version);
    }
    return command_usage(fault, "expected `version N` or `live`");
}

static struct status read_standing(struct command_run *run, struct standing *out, struct fault *fault)
{
    struct pg pg;
    struct status status = command_pg(run, &pg, fault);
    if (status_failed(status))
        return status;
    status = standing_read(&pg, out, fault);
    pg_close(&pg);
    return status;
}

/* A record that would change nothing, or that apply would stop at, is not written. */
static struct status check(const struct control *control, const struct standing *now, struct fault *fault)
{
    if (!now->born)
        return status_fail(fault, STATUS_REJECT, "not-born", "the registry has not read its genesis record yet");
    if (control->live && now->mode == MODE_LIVE)
        return status_fail(fault, STATUS_REJECT, "is-live", "the registry is live already");
    if (!control->live && control->version <= now->rules_version)
        return status_fail(fault, STATUS_REJECT, "version-old", "version %d is in force, which is not before %d",
            now->rules_version, control->version);
    return status_ok();
}

/* From the record on the broker's clock counts, so the topic must give it before the record is written. */
static struct status take_broker_time(struct command_run *run, const char *journal, struct fault *fault)
{
    struct kafka_client client = {0};
    struct status status = kafka_producer_open(&run->kafka, &(struct kafka_producer_config){0}, &client, fault);
    if (!status_failed(status))
        status = kafka_topic_set(&client, journal, "message.timestamp.type", "LogAppendTime", KAFKA_DEADLINE_MS, fault);
    kafka_close(&client);
    return status;
}

static struct status send_record(
    struct command_run *run, const struct control *control, const char *journal, int64_t *offset, struct fault *fault)
{
    struct str value;
    journal_control_encode(run->arena, control->live, control->version, &value);
    return kafka_send(&run->kafka, journal, 0, STR_NONE, value, kafka_journal_headers(run->arena, RECORD_CONTROL, NULL),
        0, KAFKA_DEADLINE_MS, offset, fault);
}

static bool see_stamp(const rd_kafka_message_t *message, void *user)
{
    rd_kafka_timestamp_type_t type;
    rd_kafka_message_timestamp(message, &type);
    *(bool *)user = type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
    return false;
}

/* Only a record that bears the broker's time makes the registry live, and the broker takes the new setting up a moment
 * after it has said so: a record that came too early is without effect, and written again. */
static struct status send_live(
    struct command_run *run, const struct control *control, const char *journal, int64_t *offset, struct fault *fault)
{
    enum { TRIES = 50, WAIT_MS = 100 };
    bool stamped = false;
    struct status status = take_broker_time(run, journal, fault);
    for (int i = 0; i < TRIES && !stamped && !status_failed(status); i++) {
        if (i > 0 && process_wait(-1, WAIT_MS))
            break;
        status = send_record(run, control, journal, offset, fault);
        if (!status_failed(status))
            status = kafka_scan(&run->kafka, journal, 0, *offset, KAFKA_DEADLINE_MS, see_stamp, &stamped, fault);
    }
    if (status_failed(status) || stamped)
        return status;
    return status_fail(fault, STATUS_RETRY, "journal-time",
        "%s still takes the times of its writers: the registry is not live, run the command again", journal);
}

static struct status append(
    struct command_run *run, const struct control *control, const char *journal, struct fault *fault)
{
    int64_t offset;
    struct status status = control->live ? send_live(run, control, journal, &offset, fault)
                                         : send_record(run, control, journal, &offset, fault);
    if (!status_failed(status))
        plan_done(run, json_pack("{s:I}", "offset", (json_int_t)offset), "written to %s, offset %lld", journal,
            (long long)offset);
    return status;
}

static struct status run_control(struct command_run *run, struct fault *fault)
{
    struct control control;
    struct standing now;
    struct plan plan;
    int64_t end;
    bool go;
    const char *journal = command_topic(run, "journal");
    struct status status = read_arguments(run, &control, fault);
    if (!status_failed(status))
        status = command_end(run, journal, &end, fault);
    if (!status_failed(status))
        status = read_standing(run, &now, fault);
    if (!status_failed(status))
        status = check(&control, &now, fault);
    if (status_failed(status))
        return status;
    plan_open(&plan, run,
        control.live ? str_format(run->arena, "live-%lld", (long long)end).data
                     : str_format(run->arena, "version-%d-%lld", control.version, (long long)end).data);
    plan_set(&plan, "journal", json_string(journal));
    if (control.live) {
        plan_line(&plan, "%s takes the broker's clock (message.timestamp.type=LogAppendTime)", journal);
        plan_line(&plan, "a control record ends the scripted part of the journal: the registry is live behind it");
        plan_set(&plan, "live", json_true());
    } else {
        plan_line(&plan, "a control record puts version %d of the rules in force behind it; now %d", control.version,
            now.rules_version);
        plan_line(&plan, "a program that does not know that version stops there");
        plan_set(&plan, "version", json_integer(control.version));
    }
    status = plan_show(&plan, &go, fault);
    return status_failed(status) || !go ? status : append(run, &control, journal, fault);
}

static const struct option_row rows[] = {COMMAND_ROWS, COMMAND_ROWS_PLAN};
static const struct option_program program = {
    .name = "orgcode-replay control",
    .summary = "append a control record to the journal",
    .arguments = "version N|live",
    .description =
        "`version N` puts version N of the rules, and of the forms of changes and receipts, in force from the "
        "record's place on: what stands before it keeps its verdicts and its bytes for ever. `live` ends the "
        "scripted part of an imported journal: from there on the broker's clock counts.",
    .examples = "orgcode-replay control version 2 --dry-run\norgcode-replay control live\n",
    .exits = COMMAND_EXITS,
    .row = rows,
    .rows = sizeof rows / sizeof *rows,
};
const struct command command_control = {
    "control", "append a control record: version N, live", &program, sizeof(struct command_common), run_control};
