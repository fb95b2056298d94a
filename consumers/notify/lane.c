#include "lane.h"

#include "notify.h"
#include "shell/backoff.h"
#include "shell/hook.h"
#include "shell/process.h"

/* Quiet: nothing came for so long; then PostgreSQL is asked less often, a notification wakes us anyway. */
enum {
    QUIET_MS = 10000,
    QUIET_POLL_MS = 1000,
    BEHIND_MS = 1000,
    FENCED_WAIT_MS = 1000,
    TOPICS_MS = 10000,
    SETTLE_MS = 5,
    STUCK_MS = 60000
};

void lane_open(struct lane *lane, const struct lane_kind *kind, struct notifier *notifier, struct lane *other)
{
    lane->kind = kind;
    lane->notifier = notifier;
    lane->other = other;
    lane->arena = arena_open(0);
    lane->kept = arena_open(0);
    lane->feed = (struct feed){.conninfo = notifier->options->pg.conninfo, .log = notifier->log, .table = kind->table};
    lane->sender.log = notifier->log;
    lane->beat_ms = time_monotonic();
}

void lane_close(struct lane *lane)
{
    sender_close(&lane->sender);
    feed_close(&lane->feed);
    arena_close(lane->arena);
    arena_close(lane->kept);
}

static const char *place_topic(const struct lane *lane)
{
    return lane->topic[0].name;
}

static struct status read_mark(struct lane *lane, const char *topic, struct notify_mark *out, struct fault *fault)
{
    return place_recover(&lane->notifier->kafka, &lane->sender.client, topic, out, fault);
}

/* Until receipts have a place of their own, the changes' record bears it. */
static struct status read_place(struct lane *lane, struct notify_mark *mark, bool *elsewhere, struct fault *fault)
{
    struct status s = read_mark(lane, place_topic(lane), mark, fault);
    *elsewhere = !status_failed(s) && !mark->found && lane->kind->table == FEED_RECEIPTS;
    return *elsewhere ? read_mark(lane, place_topic(lane->other), mark, fault) : s;
}

static struct status recall(void *user, struct fault *fault)
{
    struct lane *lane = user;
    struct notify_mark mark;
    bool elsewhere;
    struct status s = read_place(lane, &mark, &elsewhere, fault);
    lane->said = !mark.found ? 0 : lane->kind->table == FEED_CHANGES ? mark.place.sequence : mark.place.receipt;
    return s;
}

static enum sender_word said(void *user, const rd_kafka_message_t *message, bool hangs)
{
    struct lane *lane = user;
    long long number;
    (void)hangs;
    if (!kafka_header_int(message, lane->kind->number, &number))
        return SENDER_UNKNOWN;
    return number <= lane->said ? SENDER_SAID : SENDER_UNSAID;
}

/* A transaction that the broker forgot must not be told with the next one. */
static struct status settle(struct lane *lane, struct fault *fault)
{
    const char *topic[sizeof lane->topic / sizeof *lane->topic];
    const char *prefix = lane->kind->table == FEED_RECEIPTS ? lane->notifier->topics.receipts.data : NULL;
    for (size_t i = 0; i < lane->topics; i++)
        topic[i] = lane->topic[i].name;
    const struct sender_mending how = {
        .topic = topic, .topics = lane->topics, .prefix = prefix, .recall = recall, .said = said, .user = lane};
    return sender_mend(&lane->sender, &lane->notifier->kafka, &how, fault);
}

struct status lane_fence(struct lane *lane, struct fault *fault)
{
    struct status s = sender_open(&lane->sender, &lane->notifier->kafka, lane->transactional_id, fault);
    if (!status_failed(s) && !lane->claimed)
        s = kafka_topics_check(&lane->sender.client, lane->topic, lane->topics, TOPICS_MS, fault);
    for (size_t i = 0; !status_failed(s) && i < lane->topics; i++)
        sender_know(&lane->sender, lane->topic[i].name);
    return status_failed(s) ? s : settle(lane, fault);
}

static void set_told(struct lane *lane, int64_t told)
{
    struct notify_metrics *m = &lane->notifier->metric;
    lane->told = told;
    metric_set(lane->kind->table == FEED_CHANGES ? m->sequence : m->receipt, told);
}

static struct status put_place(struct lane *lane, int64_t told, struct fault *fault)
{
    char writer[UUID_TEXT_SIZE];
    bool of_changes = lane->kind->table == FEED_CHANGES;
    struct notify_place place = {
        .sequence = of_changes ? told : PLACE_UNSAID, .receipt = of_changes ? lane->other->told : told};
    rd_kafka_headers_t *headers = rd_kafka_headers_new(2);
    kafka_header_add(headers, PLACE_WRITER, str_of(uuid_format(lane->notifier->writer, writer)));
    if (of_changes)
        kafka_header_add(headers, PLACE_APART, STR("1"));
    return sender_put(
        &lane->sender, place_topic(lane), STR(PLACE_KEY), place_format(lane->arena, place), headers, fault);
}

/* The changes' place tells who tells: the last that claimed it. */
static struct status check_writer(const struct lane *lane, const struct notify_mark *mark, struct fault *fault)
{
    if (uuid_equal(mark->writer, lane->notifier->writer))
        return status_ok();
    return status_fail(fault, STATUS_STOP, "fenced", "another orgcode-notify has taken over at change %lld",
        (long long)mark->place.sequence);
}

static struct status no_place(const char *topic, const char *why, struct fault *fault)
{
    return status_fail(fault, STATUS_STOP, "no-place", "%s holds no place, but %s: would send all again", topic, why);
}

static struct status recover_changes(struct lane *lane, int64_t *out, struct fault *fault)
{
    bool told;
    struct notify_mark mark;
    const char *topic = lane->notifier->topics.changes.data;
    struct status s = read_mark(lane, place_topic(lane), &mark, fault);
    if (!status_failed(s) && lane->claimed)
        s = check_writer(lane, &mark, fault);
    *out = mark.found ? mark.place.sequence : 0;
    if (status_failed(s) || *out > 0)
        return s;
    *out = 0;
    s = topic_has_record(&lane->notifier->kafka, &lane->sender.client, topic, &told, fault);
    if (!status_failed(s) && told)
        s = no_place(place_topic(lane), "the changes have been told", fault);
    return s;
}

static struct status recover_receipts(struct lane *lane, int64_t *out, struct fault *fault)
{
    struct notify_mark mark;
    bool elsewhere;
    struct status s = read_place(lane, &mark, &elsewhere, fault);
    if (!status_failed(s) && elsewhere && mark.apart)
        s = no_place(place_topic(lane), "receipts have been told", fault);
    *out = mark.found && mark.place.receipt > 0 ? mark.place.receipt : 0;
    return s;
}

struct status lane_claim(struct lane *lane, struct fault *fault)
{
    int64_t told = 0;
    bool of_changes = lane->kind->table == FEED_CHANGES;
    arena_reset(lane->arena);
    struct status s = (of_changes ? recover_changes : recover_receipts)(lane, &told, fault);
    if (!status_failed(s))
        s = sender_begin(&lane->sender, fault);
    if (!status_failed(s))
        s = put_place(lane, told, fault);
    if (!status_failed(s))
        s = sender_commit(&lane->sender, fault);
    if (status_failed(s))
        return s;
    lane->claimed = true;
    lane->committed_at = time_monotonic();
    set_told(lane, told);
    log_info(lane->notifier->log, "place recovered", LOG_TEXT("lane", lane->kind->name), LOG_INT("told", told));
    return s;
}

/* The numbers of the rows follow the place without a hole; `*told` is the last. */
static struct status follow(const struct lane *lane, int64_t *told, struct fault *fault)
{
    *told = lane->told;
    for (int row = 0; row < lane->feed.count; row++) {
        int64_t number = pg_int8(lane->feed.rows, row, FEED_NUMBER);
        if (number != *told + 1)
            return status_fail(fault, STATUS_STOP, "hole", "number %lld of the %s follows %lld", (long long)number,
                lane->kind->name, (long long)*told);
        *told = number;
    }
    return status_ok();
}

static void count(struct lane *lane, const struct lane_counts *counts, time_ms took)
{
    struct notify_metrics *m = &lane->notifier->metric;
    metric_add(m->transactions, 1);
    metric_add(m->changes, counts->changes);
    metric_add(m->states, counts->states);
    metric_add(m->receipts, counts->receipts);
    metric_add(m->skipped, counts->skipped);
    metric_observe_us(m->duration, took * 1000);
    log_debug(lane->notifier->log, "batch sent", LOG_TEXT("lane", lane->kind->name), LOG_INT("told", lane->told),
        LOG_INT("changes", counts->changes), LOG_INT("receipts", counts->receipts), LOG_INT("skipped", counts->skipped),
        LOG_INT("ms", took));
    for (int row = 0; row < lane->feed.count && log_takes(lane->notifier->log, LOG_LEVEL_DEBUG); row++)
        lane->kind->log(lane, row);
}

/* One transaction with what the last fetch found. The place counts only with it, so it may go first. */
static struct status send_batch(struct lane *lane, struct fault *fault)
{
    int64_t told = lane->told;
    struct lane_counts counts = {0};
    time_ms start = time_monotonic();
    struct status s = lane->kind->prepare ? lane->kind->prepare(lane, fault) : status_ok(); /* may shorten the batch */
    if (!status_failed(s))
        s = follow(lane, &told, fault);
    if (!status_failed(s))
        s = sender_begin(&lane->sender, fault);
    lane->begun_at = start;
    if (!status_failed(s))
        s = put_place(lane, told, fault);
    memset(lane->offset, 0xff, sizeof *lane->offset * (size_t)lane->feed.count);
    for (int row = 0; row < lane->feed.count && !status_failed(s); row++)
        s = lane->kind->send(lane, row, &counts, fault);
    if (status_failed(s))
        return s;
    hook_point(lane->kind->before_commit);
    s = sender_commit(&lane->sender, fault);
    if (status_failed(s))
        return s;
    hook_point(lane->kind->after_commit);
    lane->committed_at = time_monotonic();
    set_told(lane, told);
    count(lane, &counts, lane->committed_at - start);
    return s;
}

/* Kafka failed in the middle of a batch: undo it. What cannot be undone takes the producer with it. */
static struct status give_up_batch(struct lane *lane, struct status s, struct fault *fault)
{
    struct fault second;
    bool died = strcmp(s.code, "fenced") == 0 || strcmp(s.code, "reopen") == 0;
    if (!died && lane->sender.in_transaction) {
        struct status aborted = sender_abort(&lane->sender, &second);
        metric_add(lane->notifier->metric.aborts, 1);
        if (status_failed(aborted)) {
            s = aborted;
            *fault = second;
        }
    }
    if (lane->kind->failed)
        lane->kind->failed(lane);
    return s.class == STATUS_REJECT ? (struct status){STATUS_STOP, s.code} : s;
}

/* After a commit the coordinator still writes markers. A transaction that begins before it is done is turned away, and
 * librdkafka comes back after 20 ms only: a few spent here, before the rows are fetched, are the cheaper ones. Under
 * load the lane's pace lets rows gather: a transaction costs the broker as much for one as for a hundred. */
static void let_settle(const struct lane *lane)
{
    time_ms now = time_monotonic(), settled = lane->committed_at + SETTLE_MS,
            paced = lane->begun_at + lane->kind->pace_ms;
    time_ms until = settled > paced ? settled : paced;
    if (until > now)
        process_wait(-1, (int)(until - now));
}

static struct status look(struct lane *lane, struct fault *fault)
{
    struct feed_standing standing;
    struct notifier *n = lane->notifier;
    arena_reset(lane->arena);
    struct status s = feed_fetch(&lane->feed, lane->arena, lane->told, &standing, fault);
    if (status_failed(s))
        return s;
    if (!uuid_is_nil(lane->standing.registry_id) && !uuid_equal(lane->standing.registry_id, standing.registry_id))
        return status_fail(fault, STATUS_STOP, "other-registry", "the database holds another registry now");
    lane->standing = standing;
    if (lane->kind->table == FEED_CHANGES)
        metric_set(n->metric.lag, standing.head - lane->told);
    bool behind = standing.head < lane->told;
    if (behind && !lane->behind)
        log_warn(n->log, "the registry is behind what was told already: waiting until it has come there",
            LOG_TEXT("lane", lane->kind->name), LOG_INT("head", standing.head), LOG_INT("told", lane->told));
    lane->behind = behind;
    return s;
}

/* Fetch, and send what there is. *more: there was something. */
static struct status run_round(struct lane *lane, bool *more, bool *of_pg, struct fault *fault)
{
    let_settle(lane);
    *more = false;
    *of_pg = true;
    struct status s = look(lane, fault);
    if (status_failed(s))
        return s;
    *of_pg = false;
    *more = lane->feed.count > 0;
    if (!*more)
        return sender_poll(&lane->sender, fault);
    s = send_batch(lane, fault);
    return status_failed(s) ? give_up_batch(lane, s, fault) : s;
}

static struct status wait_for_more(struct lane *lane, time_ms last_work, struct fault *fault)
{
    bool notified;
    int timeout_ms = (int)lane->notifier->options->poll_ms;
    if (time_monotonic() - last_work > QUIET_MS && timeout_ms < QUIET_POLL_MS)
        timeout_ms = QUIET_POLL_MS;
    if (lane->behind) {
        process_wait(-1, BEHIND_MS);
        timeout_ms = 0;
    }
    return feed_wait(&lane->feed, timeout_ms, &notified, fault);
}

/* The program lives, and is ready, as long as both lanes are. */
static void beat(struct lane *lane, bool ready)
{
    struct metrics *metrics = lane->notifier->metrics;
    lane->beat_ms = time_monotonic();
    lane->ready = ready;
    metrics_ready(metrics, ready && lane->other->ready);
    if (lane->beat_ms - lane->other->beat_ms < STUCK_MS) {
        metrics_beat(metrics);
        process_alive();
    }
}

/* Until something fails: OK means that it is time to stop. */
static struct status work(struct lane *lane, struct backoff *backoff, bool *of_pg, struct fault *fault)
{
    time_ms last_work = time_monotonic();
    while (!process_stopping()) {
        bool more;
        struct status s = run_round(lane, &more, of_pg, fault);
        beat(lane, !status_failed(s));
        if (status_failed(s))
            return s;
        backoff_reset(backoff);
        if (more) {
            last_work = time_monotonic();
            continue;
        }
        *of_pg = true;
        s = wait_for_more(lane, last_work, fault);
        if (status_failed(s))
            return s;
    }
    return status_ok();
}

/* Fenced: by a newer notify, which claims the changes' place soon, or by the broker because this process stood still
 * for too long. */
static bool is_taken_over(struct lane *lane, struct fault *fault)
{
    struct notify_mark mark;
    process_wait(-1, FENCED_WAIT_MS);
    struct status s = read_mark(lane, place_topic(&lane->notifier->changes), &mark, fault);
    return !status_failed(s) && check_writer(lane, &mark, fault).class == STATUS_STOP;
}

/* Gets over a failure: STOP when there is nothing to get over. */
static struct status recover(struct lane *lane, struct status s, bool of_pg, struct fault *fault)
{
    struct notifier *n = lane->notifier;
    bool fenced = strcmp(s.code, "fenced") == 0;
    beat(lane, false);
    if (s.class == STATUS_STOP)
        return s;
    log_warn(n->log, of_pg ? "PostgreSQL failed" : "Kafka failed", LOG_TEXT("lane", lane->kind->name),
        LOG_TEXT("code", s.code), LOG_TEXT("text", fault->text));
    if (of_pg) {
        feed_close(&lane->feed);
    } else if (fenced || strcmp(s.code, "reopen") == 0) {
        if (fenced && lane->sender.open && is_taken_over(lane, fault))
            return (struct status){STATUS_STOP, "fenced"};
        sender_close(&lane->sender);
        metric_add(n->metric.reopened, 1);
    }
    return status_ok();
}

struct status lane_run(struct lane *lane, struct fault *fault)
{
    struct backoff backoff = {.min_ms = 100, .max_ms = 2000};
    while (!process_stopping()) {
        bool of_pg = true;
        struct status s = status_ok();
        if (!lane->feed.pg.conn)
            s = feed_open(&lane->feed, fault);
        if (!status_failed(s) && !lane->sender.open) {
            of_pg = false;
            s = lane_fence(lane, fault);
            if (!status_failed(s))
                s = lane_claim(lane, fault);
            if (status_failed(s))
                sender_close(&lane->sender);
        }
        if (!status_failed(s))
            s = work(lane, &backoff, &of_pg, fault);
        if (!status_failed(s))
            break;
        s = recover(lane, s, of_pg, fault);
        if (status_failed(s))
            return s;
        backoff_wait(&backoff);
    }
    return status_ok();
}
