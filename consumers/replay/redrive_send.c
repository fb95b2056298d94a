/* Acts and ledger in one transaction: both are there, or neither. */

#include <stdlib.h>
#include <string.h>

#include "patience.h"
#include "progress.h"
#include "redrive.h"

#include "shell/hook.h"
#include "shell/process.h"
#include "shell/sender.h"

#define BATCH_MAX 100
#define BATCHES_A_SECOND 5 /* with --rate */

struct item {
    struct redrive_act *act;
    rd_kafka_message_t *message; /* NULL: gone */
    int64_t offset;              /* where it was put */
};

struct work {
    struct command_run *run;
    const struct redrive_options *options;
    struct ledger *ledger;
    const char *topic; /* the ledger's */
    struct sender sender;
    struct redrive_reader *reader;
    struct item item[BATCH_MAX];
    size_t count;
    struct arena *arena; /* of one batch */
    int64_t planned;     /* acts that this run sends; -1: not known yet */
    int64_t noted;       /* offset of the ledger's last record; -1: none */
    struct redrive_sent *sent;
};

/* ---- one batch
 * ------------------------------------------------------------------------------------------------------- */

static int by_bytes(const void *left, const void *right)
{
    const struct redrive_act *a = (*(struct item *const *)left)->act, *b = (*(struct item *const *)right)->act;
    int order = str_compare(a->bytes.topic, b->bytes.topic);
    if (order || a->bytes.partition != b->bytes.partition)
        return order ? order : a->bytes.partition < b->bytes.partition ? -1 : 1;
    return (a->bytes.offset > b->bytes.offset) - (a->bytes.offset < b->bytes.offset);
}

/* Topic by topic, in the order of their offsets: one way through each. */
static struct status load(struct work *work, struct fault *fault)
{
    struct item *order[BATCH_MAX];
    struct status status = status_ok();
    for (size_t i = 0; i < work->count; i++)
        order[i] = &work->item[i];
    qsort(order, work->count, sizeof *order, by_bytes);
    for (size_t i = 0; i < work->count && !status_failed(status); i++)
        status = redrive_read(work->reader, order[i]->act, &order[i]->message, fault);
    return status;
}

static struct status send_acts(struct work *work, struct fault *fault)
{
    struct status status = sender_begin(&work->sender, fault);
    for (size_t i = 0; i < work->count && !status_failed(status); i++) {
        struct item *item = &work->item[i];
        if (item->message)
            status = sender_send(&work->sender,
                &(struct sender_record){.topic = item->act->topic.data,
                    .partition = item->act->partition,
                    .key = kafka_key(item->message),
                    .value = kafka_value(item->message),
                    .headers = redrive_headers(item->act, item->message),
                    .offset = &item->offset},
                fault);
    }
    return status_failed(status) ? status : sender_flush(&work->sender, fault);
}

/* Now that it is known where they stand. */
static struct status send_ledger(struct work *work, struct fault *fault)
{
    struct status status = status_ok();
    for (size_t i = 0; i < work->count && !status_failed(status); i++) {
        struct item *item = &work->item[i];
        struct str value;
        if (!item->message)
            continue;
        ledger_note(work->ledger, work->arena, item->act,
            redrive_origin(work->arena, item->act->topic, item->act->partition, item->offset), &value);
        status = sender_send(&work->sender,
            &(struct sender_record){
                .topic = work->topic, .key = item->act->first, .value = value, .offset = &work->noted},
            fault);
    }
    return status;
}

static struct status send_batch(struct work *work, struct fault *fault)
{
    int64_t here = 0;
    struct status status = load(work, fault);
    for (size_t i = 0; i < work->count; i++)
        here += work->item[i].message != NULL;
    if (!status_failed(status) && here > 0) {
        status = send_acts(work, fault);
        hook_point("redrive-sent");
        if (!status_failed(status))
            status = send_ledger(work, fault);
        hook_point("redrive-noted");
        if (!status_failed(status))
            status = sender_commit(&work->sender, fault);
        hook_point("redrive-committed");
    }
    for (size_t i = 0; i < work->count; i++)
        if (work->item[i].message)
            rd_kafka_message_destroy(work->item[i].message);
    if (status_failed(status))
        return status;
    work->sent->sent += here;
    work->sent->gone += (int64_t)work->count - here;
    return status;
}

/* ---- all of them
 * ------------------------------------------------------------------------------------------------------ */

static size_t batch_size(const struct redrive_options *options)
{
    long long size = options->rate / BATCHES_A_SECOND;
    return options->rate == 0 || size > BATCH_MAX ? BATCH_MAX : size < 1 ? 1 : (size_t)size;
}

/* Until so many may have been sent since `begun`. True: time to stop. */
static bool wait_turn(const struct work *work, time_ms begun, int64_t sent)
{
    if (work->options->rate == 0)
        return process_stopping();
    time_ms left = begun + sent * 1000 / work->options->rate - time_monotonic();
    return process_wait(-1, left > 0 ? (int)left : 0);
}

static struct status send_all(struct work *work, const redrive_acts *acts, struct fault *fault)
{
    struct progress progress;
    struct status status = status_ok();
    time_ms begun = time_monotonic();
    size_t size = batch_size(work->options);
    int64_t before = work->sent->sent;
    progress_begin(&progress, work->run->log, "acts redriven", 0, (int64_t)acts->count);
    for (size_t at = 0; at < acts->count && !status_failed(status); at += work->count) {
        work->sent->stopped = wait_turn(work, begun, work->sent->sent - before);
        if (work->sent->stopped)
            break;
        arena_reset(work->arena);
        memset(work->item, 0, sizeof work->item);
        work->count = acts->count - at < size ? acts->count - at : size;
        for (size_t i = 0; i < work->count; i++)
            work->item[i].act = acts->item[at + i];
        status = send_batch(work, fault);
        progress_at(&progress, work->sent->sent + work->sent->gone, (int64_t)acts->count);
    }
    progress_end(&progress);
    return status;
}

/* ---- what a broker left undecided -------------------------------------------------------------------------------- */

struct memory {
    struct command_run *run;
    struct ledger committed, all;
};

static struct status recall(void *user, struct fault *fault)
{
    struct memory *memory = user;
    struct status status = ledger_read(memory->run, &memory->committed, fault);
    return status_failed(status) ? status : ledger_read_undecided(memory->run, &memory->all, fault);
}

/* An act is known by where it stands. An authority's own may bear any header: it never hangs. */
static enum sender_word said(void *user, const rd_kafka_message_t *message, bool hangs)
{
    struct memory *memory = user;
    struct str place = redrive_origin(
        memory->run->arena, str_of(rd_kafka_topic_name(message->rkt)), message->partition, message->offset);
    if (map_get(&memory->committed.places, place))
        return SENDER_SAID;
    if (map_get(&memory->all.places, place) || (hangs && str_given(kafka_header(message, REDRIVE_ORIGIN))))
        return SENDER_UNSAID;
    return SENDER_UNKNOWN;
}

static struct status mend(struct work *work, struct fault *fault)
{
    struct memory memory = {.run = work->run};
    const struct sender_mending how = {.topic = &work->topic,
        .topics = 1,
        .prefix = command_topic(work->run, "acts."),
        .recall = recall,
        .said = said,
        .user = &memory};
    return sender_mend(&work->sender, &work->run->kafka, &how, fault);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

/* A transaction that was open for too long, as this program stood still or the broker was slow, the broker ends, and
 * says the same as when another redrive has begun. It is begun anew; if there is another one, that is now the earlier.
 */
static struct status judge(const struct work *work, struct status status, struct fault *fault)
{
    if (!work->sender.open || !work->sender.in_transaction || strcmp(status.code, "fenced") != 0 ||
        !sender_overran(&work->sender))
        return status;
    struct fault inner = *fault;
    return status_fail(fault, STATUS_RETRY, "given-up",
        "the broker has given the transaction up, which was open for more than %d s: %.300s",
        SENDER_TRANSACTION_MS / 1000, inner.text);
}

/* Whatever happened: what the ledger says is what was sent. */
static struct status explain(struct work *work, struct status status, struct fault *fault)
{
    struct fault inner = *fault, ignored;
    bool fenced = strcmp(status.code, "fenced") == 0;
    if (work->sender.open && status_failed(sender_abort(&work->sender, &ignored)))
        log_debug(work->run->log, "the transaction was left to its time-out", LOG_TEXT("text", ignored.text));
    return status_fail(fault, fenced ? STATUS_STOP : status.class, status.code,
        "%.300s; %lld were sent before. %sRun it again: what was sent is not sent twice", inner.text,
        (long long)work->sent->sent, fenced ? "Another redrive has begun. " : "");
}

/* Everything that is left, with a producer of its own. */
static struct status attempt(
    struct work *work, const char *id, const struct redrive_choice *choice, struct fault *fault)
{
    struct command_run *run = work->run;
    struct redrive_sent *sent = work->sent;
    redrive_acts acts = {0};
    /* Fences a redrive that is still running and ends its transaction: behind this the ledger says all. */
    struct status status = sender_open(&work->sender, &run->kafka, id, fault);
    if (!status_failed(status))
        status = mend(work, fault);
    if (!status_failed(status))
        status = choice->choose(choice->user, &acts, fault);
    if (!status_failed(status)) {
        work->planned = work->planned < 0 ? (int64_t)acts.count : work->planned;
        *sent = (struct redrive_sent){.sent = work->planned - (int64_t)acts.count};
        status = redrive_reader_open(run, &work->reader, fault);
    }
    if (!status_failed(status))
        status = send_all(work, &acts, fault);
    if (!status_failed(status) && work->noted >= 0)
        status = sender_wait_seen(&run->kafka, work->topic, 0, work->noted + 1, fault);
    return judge(work, status, fault);
}

static void leave(struct work *work)
{
    redrive_reader_close(work->reader);
    work->reader = NULL;
    sender_close(&work->sender);
}

struct status redrive_send(struct command_run *run, struct ledger *ledger, const struct redrive_choice *choice,
    struct redrive_sent *out, struct fault *fault)
{
    const struct redrive_options *options = run->options;
    const char *id = options->transactional_id ? options->transactional_id
                                               : str_format(run->arena, "%s-redrive", run->common->kafka.prefix).data;
    struct patience patience;
    struct status status;
    int64_t most = 0;
    struct work *work = calloc(1, sizeof *work);
    if (!work)
        abort();
    *work = (struct work){.run = run,
        .options = options,
        .ledger = ledger,
        .sent = out,
        .arena = arena_open(0),
        .noted = -1,
        .planned = -1};
    *out = (struct redrive_sent){0};
    work->topic = command_topic(run, "redrive");
    work->sender.log = run->log;
    patience_begin(&patience);
    for (;;) {
        status = attempt(work, id, choice, fault);
        if (out->sent > most) {
            most = out->sent;
            patience_good(&patience);
        }
        if (!status_failed(status) || !patience_again(&patience, run, status, fault))
            break;
        leave(work);
    }
    if (status_failed(status))
        status = explain(work, status, fault);
    leave(work);
    arena_close(work->arena);
    free(work);
    return status;
}
