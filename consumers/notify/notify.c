#include "notify.h"

#include "shell/backoff.h"
#include "shell/hook.h"
#include "shell/process.h"

/* Quiet: nothing came for so long; then PostgreSQL is asked less often, a notification wakes us anyway. */
enum { QUIET_MS = 10000, QUIET_POLL_MS = 1000, BEHIND_MS = 1000, FENCED_WAIT_MS = 1000, TOPICS_MS = 10000, SETTLE_MS = 5 };

static void set_place(struct notifier *n, struct notify_place place)
{
    n->place = place;
    metric_set(n->metric.sequence, place.sequence);
    metric_set(n->metric.receipt, place.receipt);
}

/* Reads what the topic holds. A writer that is neither this program nor the one before its start: another notify has
 * taken over. One that has come and not written yet is not seen here; it finds itself fenced in its turn. */
static struct status read_mark(struct notifier *n, struct notify_mark *mark, struct fault *fault)
{
    struct status s = place_recover(&n->kafka, &n->sender.client, n->topics.place.data, mark, fault);
    if (status_failed(s) || !n->recovered || uuid_equal(mark->writer, n->writer) ||
        uuid_equal(mark->writer, n->last_writer))
        return s;
    return status_fail(fault, STATUS_STOP, "fenced", "another orgcode-notify has taken over at change %lld",
        (long long)mark->place.sequence);
}

/* After the producer was opened: nobody else writes now, so what the topic holds is the place. */
static struct status recover_place(struct notifier *n, struct fault *fault)
{
    struct notify_mark mark;
    struct status s = read_mark(n, &mark, fault);
    if (status_failed(s))
        return s;
    if (!mark.found) {
        bool told;
        s = topic_has_record(&n->kafka, &n->sender.client, n->topics.changes.data, &told, fault);
        if (status_failed(s))
            return s;
        if (told)
            return status_fail(fault, STATUS_STOP, "no-place", "%s holds changes but %s no place: would send all again",
                n->topics.changes.data, n->topics.place.data);
    }
    set_place(n, mark.place);
    n->last_writer = mark.writer;
    n->recovered = true;
    log_info(n->log, "place recovered", LOG_INT("sequence", mark.place.sequence),
        LOG_INT("receipt", mark.place.receipt));
    return status_ok();
}

static struct status open_sender(struct notifier *n, struct fault *fault)
{
    const struct kafka_topic topics[] = {
        {.name = n->topics.changes.data}, {.name = n->topics.state.data, .compacted = true},
        {.name = n->topics.place.data, .compacted = true}};
    struct status s = sender_open(&n->sender, &n->kafka, n->transactional_id, fault);
    if (status_failed(s))
        return s;
    if (!n->recovered)
        s = kafka_topics_check(&n->sender.client, topics, sizeof topics / sizeof *topics, TOPICS_MS, fault);
    if (!status_failed(s))
        s = recover_place(n, fault);
    for (size_t i = 0; !status_failed(s) && i < sizeof topics / sizeof *topics; i++)
        sender_know(&n->sender, topics[i].name);
    if (status_failed(s))
        sender_close(&n->sender);
    return s;
}

/* One transaction with what the last fetch found. */
static struct status send_batch(struct notifier *n, struct fault *fault)
{
    struct notify_place next;
    struct batch_counts counts;
    time_ms start = time_monotonic();
    struct status s = batch_topics(n, fault);
    if (status_failed(s))
        return s;
    s = sender_begin(&n->sender, fault);
    if (!status_failed(s))
        s = batch_send(n, &next, &counts, fault);
    if (status_failed(s))
        return s;
    hook_point("before-kafka-commit");
    s = sender_commit(&n->sender, fault);
    if (status_failed(s))
        return s;
    hook_point("after-kafka-commit");
    n->committed_at = time_monotonic();
    set_place(n, next);
    metric_add(n->metric.transactions, 1);
    metric_add(n->metric.changes, counts.changes);
    metric_add(n->metric.states, counts.states);
    metric_add(n->metric.receipts, counts.receipts);
    metric_add(n->metric.skipped, counts.skipped);
    metric_observe_us(n->metric.duration, (time_monotonic() - start) * 1000);
    log_debug(n->log, "batch sent", LOG_INT("sequence", next.sequence), LOG_INT("receipt", next.receipt),
        LOG_INT("changes", counts.changes), LOG_INT("receipts", counts.receipts), LOG_INT("skipped", counts.skipped),
        LOG_INT("ms", time_monotonic() - start));
    return s;
}

/* Kafka failed in the middle of a batch: undo it. What cannot be undone takes the producer with it. */
static struct status give_up_batch(struct notifier *n, struct status s, struct fault *fault)
{
    struct fault second;
    bool died = strcmp(s.code, "fenced") == 0 || strcmp(s.code, "reopen") == 0;
    if (!died && n->sender.in_transaction) {
        struct status aborted = sender_abort(&n->sender, &second);
        metric_add(n->metric.aborts, 1);
        if (status_failed(aborted)) {
            s = aborted;
            *fault = second;
        }
    }
    batch_forget_topics(n);
    return s.class == STATUS_REJECT ? (struct status){STATUS_STOP, s.code} : s;
}

static bool is_other_registry(const struct notifier *n, const struct feed_standing *now)
{
    return !uuid_is_nil(n->standing.registry_id) && !uuid_equal(n->standing.registry_id, now->registry_id);
}

/* After a commit the coordinator still writes markers. A transaction that begins before it is done is turned away, and
 * librdkafka comes back after 20 ms only: a few spent here, before the rows are fetched, are the cheaper ones. */
static void let_settle(const struct notifier *n)
{
    time_ms left = n->committed_at + SETTLE_MS - time_monotonic();
    if (left > 0 && left <= SETTLE_MS)
        process_wait(-1, (int)left);
}

/* Fetch, and send what there is. *more: there was something. */
static struct status run_round(struct notifier *n, bool *more, bool *of_pg, struct fault *fault)
{
    struct feed_standing standing;
    *more = false;
    *of_pg = true;
    let_settle(n);
    arena_reset(n->arena);
    struct status s = feed_fetch(&n->feed, n->arena, n->place, &standing, fault);
    if (status_failed(s))
        return s;
    if (is_other_registry(n, &standing))
        return status_fail(fault, STATUS_STOP, "other-registry", "the database holds another registry now");
    n->standing = standing;
    metric_set(n->metric.lag, standing.head.sequence - n->place.sequence);
    bool behind = standing.head.sequence < n->place.sequence || standing.head.receipt < n->place.receipt;
    if (behind && !n->behind)
        log_warn(n->log, "the registry is behind what was told already: waiting until it has come there",
            LOG_INT("sequence", standing.head.sequence), LOG_INT("told", n->place.sequence));
    n->behind = behind;
    *more = !behind && ((n->feed.changes && PQntuples(n->feed.changes) > 0) ||
                           (n->feed.receipts && PQntuples(n->feed.receipts) > 0));
    *of_pg = false;
    if (!*more)
        return sender_poll(&n->sender, fault);
    s = send_batch(n, fault);
    return status_failed(s) ? give_up_batch(n, s, fault) : s;
}

static struct status wait_for_more(struct notifier *n, time_ms last_work, struct fault *fault)
{
    bool notified;
    int timeout_ms = (int)n->options->poll_ms;
    if (time_monotonic() - last_work > QUIET_MS && timeout_ms < QUIET_POLL_MS)
        timeout_ms = QUIET_POLL_MS;
    if (n->behind) {
        process_wait(-1, BEHIND_MS);
        timeout_ms = 0;
    }
    return feed_wait(&n->feed, timeout_ms, &notified, fault);
}

/* Until something fails: OK means that it is time to stop. */
static struct status work(struct notifier *n, struct backoff *backoff, bool *of_pg, struct fault *fault)
{
    time_ms last_work = time_monotonic();
    while (!process_stopping()) {
        bool more;
        struct status s = run_round(n, &more, of_pg, fault);
        metrics_beat(n->metrics);
        process_alive();
        if (status_failed(s))
            return s;
        backoff_reset(backoff);
        metrics_ready(n->metrics, true);
        if (more) {
            last_work = time_monotonic();
            continue;
        }
        *of_pg = true;
        s = wait_for_more(n, last_work, fault);
        if (status_failed(s))
            return s;
    }
    return status_ok();
}

/* Fenced: by a newer notify, which writes soon, or by the broker because this process stood still for too long. */
static bool is_taken_over(struct notifier *n, struct status s, struct fault *fault)
{
    struct notify_mark mark;
    if (strcmp(s.code, "fenced") != 0)
        return false;
    process_wait(-1, FENCED_WAIT_MS);
    return read_mark(n, &mark, fault).class == STATUS_STOP;
}

struct status notify_run(struct notifier *n, struct fault *fault)
{
    struct backoff backoff = {.min_ms = 100, .max_ms = 2000};
    while (!process_stopping()) {
        bool of_pg = true;
        struct status s = status_ok();
        if (!n->feed.pg.conn)
            s = feed_open(&n->feed, fault);
        if (!status_failed(s) && !n->sender.open) {
            of_pg = false;
            s = open_sender(n, fault);
        }
        if (!status_failed(s))
            s = work(n, &backoff, &of_pg, fault);
        if (!status_failed(s))
            break;
        metrics_ready(n->metrics, false);
        metrics_beat(n->metrics);
        process_alive();
        if (s.class == STATUS_STOP)
            return s;
        log_warn(n->log, of_pg ? "PostgreSQL failed" : "Kafka failed", LOG_TEXT("code", s.code),
            LOG_TEXT("text", fault->text));
        if (of_pg) {
            feed_close(&n->feed);
        } else if (strcmp(s.code, "fenced") == 0 || strcmp(s.code, "reopen") == 0) {
            if (n->sender.open && is_taken_over(n, s, fault))
                return (struct status){STATUS_STOP, "fenced"};
            sender_close(&n->sender);
            metric_add(n->metric.reopened, 1);
        }
        backoff_wait(&backoff);
    }
    return status_ok();
}
