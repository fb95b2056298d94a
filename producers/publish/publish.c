#include "publish.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "progress.h"
#include "sender.h"
#include "shell/process.h"
#include "verdicts.h"

/* What a sending pass works with; NULL while only judging. */
struct sending {
    struct progress progress;
    struct sender *sender;
    struct verdicts *verdicts; /* NULL: nobody waits */
    struct hasher *hasher;
    struct sha256 chain; /* over the good acts so far */
    int64_t number;      /* of them */
    int64_t resume_acts; /* those that a run before this one has seen into their topics */
    struct sha256 resume_chain;
    time_ms moved; /* monotonic: last verdict or acknowledgement */
    long long delivered;
};

static struct status stopped(struct fault *fault)
{
    return status_fail(fault, STATUS_RETRY, "stopping", "stopped by a signal");
}

static void on_verdict(void *user, struct verdict_line line, struct str authority, struct uuid id, enum verdict verdict,
    const json_t *receipt)
{
    report_verdict(user, (struct report_place){line.file, line.line}, authority, id, verdict, receipt);
}

/* Serves whatever has come; waits up to timeout_ms for acknowledgements or, with none to come, verdicts. */
static struct status serve(struct publish *publish, struct sending *sending, int timeout_ms, struct fault *fault)
{
    bool acknowledgements = sender_waiting(sending->sender) > 0, came = false;
    struct status status = sender_poll(sending->sender, acknowledgements ? timeout_ms : 0, fault);
    if (!status_failed(status) && sending->verdicts)
        status = verdicts_poll(sending->verdicts, acknowledgements ? 0 : timeout_ms, &came, fault);
    if (came || sender_delivered(sending->sender) > sending->delivered) {
        sending->delivered = sender_delivered(sending->sender);
        sending->moved = time_monotonic();
    }
    gauges_show(publish->gauges, publish->report, sender_delivered(sending->sender));
    report_progress(publish->report, sender_delivered(sending->sender),
        sending->verdicts ? (long long)verdicts_waiting(sending->verdicts) : -1);
    return status;
}

struct idle {
    struct publish *publish;
    struct sending *sending;
};

static struct status serve_idle(void *user, struct fault *fault)
{
    struct idle *idle = user;
    return serve(idle->publish, idle->sending, 0, fault);
}

static struct status no_verdicts(const struct publish *publish, const struct sending *sending, struct fault *fault)
{
    return status_fail(fault, STATUS_RETRY, "verdicts", "%zu acts are published but had no verdict within %lld s",
        verdicts_waiting(sending->verdicts), publish->options->wait_ms / 1000);
}

/* Room among the acts that wait for a verdict, and this one among them. */
static struct status expect(struct publish *publish, struct sending *sending, const struct act *act,
    const struct progress_route *route, struct verdict_line line, struct fault *fault)
{
    struct status status = verdicts_follow(sending->verdicts, act->authority, route->first, route->receipts, fault);
    while (!status_failed(status) && verdicts_waiting(sending->verdicts) >= VERDICTS_WAITING_MAX) {
        status = serve(publish, sending, 100, fault);
        if (!status_failed(status) && process_stopping())
            status = stopped(fault);
        if (!status_failed(status) && time_monotonic() - sending->moved > publish->options->wait_ms)
            status = no_verdicts(publish, sending, fault);
    }
    if (!status_failed(status) && !verdicts_expect(sending->verdicts, act->authority, act->id, line))
        status = status_fail(fault, STATUS_STOP, "memory", "no memory");
    return status;
}

static struct status changed(struct fault *fault)
{
    return status_fail(fault, STATUS_REJECT, "changed",
        "the input is not the one of the interrupted run; --restart publishes it from its beginning (acts that were "
        "sent "
        "already are then answered as duplicates)");
}

/* A good act goes to its topic, unless it stands there already. */
static struct status send_one(struct publish *publish, struct sending *sending, const struct judged *judged,
    struct verdict_line line, struct fault *fault)
{
    sending->number++;
    sending->chain = progress_chain(sending->hasher, sending->chain, judged->digest);
    bool before = sending->number <= sending->resume_acts;
    if (sending->number == sending->resume_acts &&
        memcmp(&sending->chain, &sending->resume_chain, sizeof sending->chain) != 0)
        return changed(fault);
    bool present = before || sender_found(sending->sender, judged->digest);
    const struct progress_route *route;
    struct status status =
        sender_begin(sending->sender, judged->act->authority, sending->verdicts != NULL, &route, fault);
    if (!status_failed(status) && sending->verdicts &&
        !(present && route->late)) /* else sent by a run that did not wait */
        status = expect(publish, sending, judged->act, route, line, fault);
    if (status_failed(status))
        return status;
    publish->report->count.present += present;
    if (present)
        return before ? status_ok() : sender_pass(sending->sender, sending->chain, fault);
    status = sender_send(sending->sender, judged->act, judged->frame, sending->chain, fault);
    if (!status_failed(status)) {
        publish->report->count.sent++;
        status = serve(publish, sending, 0, fault);
    }
    return status;
}

/* ---- one pass over the input ------------------------------------------------------------------------------------ */

struct pass {
    bool report;             /* faults and warnings are shown and counted */
    struct sending *sending; /* NULL: only judging */
};

static struct status open_file(struct publish *publish, int file, struct input **out, struct fault *fault)
{
    enum input_format format = (enum input_format)publish->options->format;
    if (publish->spool[file] < 0)
        return input_open(publish->file[file], format, out, fault);
    int fd = dup(publish->spool[file]);
    if (fd < 0 || lseek(fd, 0, SEEK_SET) != 0) {
        if (fd >= 0)
            close(fd);
        return status_fail(fault, STATUS_RETRY, "spool", "the copy of the input cannot be read: %s", strerror(errno));
    }
    return input_open_fd(fd, publish->file[file], format, out, fault);
}

static void unreadable_item(struct publish *publish, struct judged *judged, struct report_place place, const char *why)
{
    judged->act = NULL;
    judged->warnings.count = judged->warnings.total = 0;
    judged->faults.count = judged->faults.total = 0;
    findings_add(&judged->faults,
        (struct finding){.reason = REASON_FORM_UNREADABLE, .expected = str_copy(publish->arena, str_of(why))});
    report_judged(publish->report, place, NULL, &judged->faults, &judged->warnings);
}

static struct status read_file(struct publish *publish, const struct pass *pass, int file, struct input *input,
    struct judged *judged, struct fault *fault)
{
    judge_file(publish->judge);
    for (;;) {
        arena_reset(publish->arena);
        if (process_stopping())
            return stopped(fault);
        struct input_item item;
        struct fault why = {""};
        struct status status = input_next(input, &item, &why);
        struct report_place place = {file, item.line};
        if (status.class == STATUS_REJECT) {
            if (pass->report)
                unreadable_item(publish, judged, place, why.text);
            continue;
        }
        if (status_failed(status)) {
            *fault = why;
            return status;
        }
        if (item.end)
            return status_ok();
        enum judge_result result =
            judge_item(publish->judge, publish->arena, input_format_of(input), &item, time_now(), judged);
        if (result == JUDGE_HEADER)
            continue;
        if (pass->report)
            report_judged(publish->report, place, judged->act, &judged->faults, &judged->warnings);
        if (result == JUDGE_HEADER_BAD)
            return status_ok();
        if (result == JUDGE_GOOD && pass->sending)
            status = send_one(publish, pass->sending, judged, (struct verdict_line){file, item.line}, fault);
        else {
            gauges_show(publish->gauges, publish->report, 0);
            report_progress(publish->report, 0, -1);
        }
        if (status_failed(status))
            return status;
    }
}

static struct status run_pass(struct publish *publish, const struct pass *pass, struct fault *fault)
{
    struct judged *judged = malloc(sizeof *judged);
    if (!judged)
        return status_fail(fault, STATUS_STOP, "memory", "no memory");
    struct status status = status_ok();
    judge_pass(publish->judge);
    for (int file = 0; file < publish->files && !status_failed(status); file++) {
        struct input *input;
        status = open_file(publish, file, &input, fault);
        if (status_failed(status))
            break;
        struct idle idle = {publish, pass->sending};
        if (pass->sending)
            input_on_idle(input, serve_idle, &idle);
        status = read_file(publish, pass, file, input, judged, fault);
        input_close(input);
    }
    free(judged);
    return status;
}

/* ---- the run ---------------------------------------------------------------------------------------------------- */

/* stdin cannot be read twice: a nameless copy in $TMPDIR. */
static struct status spool_stdin(struct publish *publish, int file, struct fault *fault)
{
    const char *folder = getenv("TMPDIR");
    char name[512];
    if ((size_t)snprintf(name, sizeof name, "%s/orgcode-publish.XXXXXX", folder && folder[0] ? folder : "/tmp") >=
        sizeof name)
        return status_fail(fault, STATUS_RETRY, "spool", "TMPDIR is too long");
    int fd = mkstemp(name);
    if (fd < 0)
        return status_fail(fault, STATUS_RETRY, "spool", "%s: %s", name, strerror(errno));
    unlink(name);
    publish->spool[file] = fd;
    static char chunk[65536];
    for (;;) {
        ssize_t got = read(STDIN_FILENO, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR && !process_stopping())
            continue;
        if (got == 0)
            return status_ok();
        for (ssize_t at = 0, put; got > 0 && at < got; at += put) {
            put = write(fd, chunk + at, (size_t)(got - at));
            if (put < 0) {
                got = -1;
                break;
            }
        }
        if (got < 0)
            return status_fail(fault, STATUS_RETRY, "spool", "stdin cannot be copied to %s: %s", name, strerror(errno));
    }
}

/* The state file, or none: a run without one works, it only cannot go on after it was killed. */
static struct status open_progress(struct publish *publish, struct progress *out, struct fault *fault)
{
    const struct publish_options *options = publish->options;
    if (options->state && options->state[0])
        return progress_open(options->state, out, fault);
    char *path = progress_default_path(publish->file, publish->files, options->kafka.bootstrap, options->kafka.prefix);
    struct status status = progress_open(path, out, fault);
    free(path);
    if (status_failed(status)) {
        log_warn(publish->log, "no state is kept: if this run is killed, the next one cannot go on with it",
            LOG_TEXT("why", fault->text));
        progress_close(out);
        status = progress_open(NULL, out, fault);
    }
    return status;
}

static struct status open_sending(
    struct publish *publish, struct sending *sending, const struct sender_config *config, struct fault *fault)
{
    struct status status = open_progress(publish, &sending->progress, fault);
    if (status_failed(status))
        return status;
    if (publish->options->restart)
        progress_forget(&sending->progress);
    status = sender_open(config, &sending->sender, fault);
    if (!status_failed(status))
        status = sender_resume(sending->sender, fault);
    if (!status_failed(status) && publish->options->wait) {
        struct kafka_config kafka = {
            .log = publish->log, .options = &publish->options->kafka, .client_id = "orgcode-publish"};
        status = verdicts_open(
            &kafka, publish->options->kafka.prefix, on_verdict, publish->report, &sending->verdicts, fault);
    }
    if (status_failed(status))
        return status;
    sending->resume_acts = sending->progress.acts;
    sending->resume_chain = sending->progress.chain;
    if (sending->progress.found)
        log_info(publish->log, "going on with an interrupted run", LOG_INT("acts", sending->resume_acts),
            LOG_TEXT("state", sending->progress.path));
    return status;
}

static struct status await_verdicts(struct publish *publish, struct sending *sending, struct fault *fault)
{
    sending->moved = time_monotonic();
    while (verdicts_waiting(sending->verdicts) > 0) {
        struct status status = serve(publish, sending, 100, fault);
        if (status_failed(status))
            return status;
        if (process_stopping())
            return stopped(fault);
        if (time_monotonic() - sending->moved > publish->options->wait_ms)
            return no_verdicts(publish, sending, fault);
    }
    return status_ok();
}

static struct status send_all(struct publish *publish, bool report, struct fault *fault)
{
    struct sending sending = {.progress = {.lock = -1}, .moved = time_monotonic(), .hasher = hasher_open()};
    struct sender_config config = {.log = publish->log,
        .kafka = &publish->options->kafka,
        .progress = &sending.progress,
        .give_up_ms = (int)publish->options->give_up_ms};
    struct pass pass = {.report = report, .sending = &sending};
    struct status status = open_sending(publish, &sending, &config, fault);
    if (!status_failed(status))
        status = run_pass(publish, &pass, fault);
    if (!status_failed(status) && sending.number < sending.resume_acts)
        status = changed(fault);
    if (!status_failed(status))
        status = sender_flush(sending.sender, fault);
    if (!status_failed(status) && sending.verdicts)
        status = await_verdicts(publish, &sending, fault);
    if (!status_failed(status)) {
        progress_done(&sending.progress);
    } else if (sending.sender && status.class != STATUS_REJECT) {
        /* what is acknowledged by now need not be sent again */
        struct fault ignored;
        (void)!status_failed(progress_save(&sending.progress, &ignored));
    }
    sender_close(sending.sender);
    verdicts_close(sending.verdicts);
    hasher_close(sending.hasher);
    progress_close(&sending.progress);
    return status;
}

static int exit_code(const struct report *report, struct status status)
{
    if (status.class == STATUS_REJECT)
        return PROCESS_USAGE;
    if (status_failed(status))
        return strcmp(status.code, "locked") == 0 ? PROCESS_USAGE : PROCESS_WORLD;
    bool refused = report->count.refused > 0 || report->count.verdict[VERDICT_REJECTED] > 0 ||
                   report->count.verdict[VERDICT_CONFLICT] > 0;
    return refused ? PROCESS_REFUSED : PROCESS_DONE;
}

/* Nothing is sent when a later file is not there. */
static struct status look_at_files(const struct publish *publish, struct fault *fault)
{
    for (int i = 0; i < publish->files; i++)
        if (strcmp(publish->file[i], "-") != 0 && access(publish->file[i], R_OK) != 0)
            return status_fail(fault, STATUS_RETRY, "open", "%s: %s", publish->file[i], strerror(errno));
    return status_ok();
}

int publish_run(struct publish *publish)
{
    const struct publish_options *options = publish->options;
    struct fault fault = {""};
    struct status status = look_at_files(publish, &fault);
    bool judged_before = options->check || options->all_or_nothing, sent = false;
    for (int i = 0; i < publish->files && options->all_or_nothing && !status_failed(status); i++)
        if (strcmp(publish->file[i], "-") == 0)
            status = spool_stdin(publish, i, &fault);
    if (!status_failed(status) && judged_before)
        status = run_pass(publish, &(struct pass){.report = true}, &fault);
    if (!status_failed(status) && !options->check && !(options->all_or_nothing && publish->report->count.refused > 0)) {
        sent = true;
        status = send_all(publish, !judged_before, &fault);
    }
    report_summary(publish->report, sent, status_failed(status) ? fault.text : NULL);
    return exit_code(publish->report, status);
}
