#include "notify.h"

#include "shell/backoff.h"
#include "shell/process.h"

/* Takes both places. The receipts' is claimed first, as it may still stand in the record that the changes' claim ends,
 * and after both producers are open, as only then no older program writes that record. */
static struct status take_places(struct notifier *n, struct fault *fault)
{
    struct status s = feed_open(&n->changes.feed, fault);
    if (!status_failed(s))
        s = feed_open(&n->receipts.feed, fault);
    if (!status_failed(s))
        s = lane_fence(&n->changes, fault);
    if (!status_failed(s))
        s = lane_fence(&n->receipts, fault);
    if (!status_failed(s))
        s = lane_claim(&n->receipts, fault);
    if (!status_failed(s))
        s = lane_claim(&n->changes, fault);
    return s;
}

static struct status begin(struct notifier *n, struct fault *fault)
{
    struct backoff backoff = {.min_ms = 100, .max_ms = 2000};
    for (;;) {
        struct status s = take_places(n, fault);
        if (!status_failed(s) || s.class == STATUS_STOP || process_stopping())
            return s;
        log_warn(n->log, "cannot begin yet", LOG_TEXT("code", s.code), LOG_TEXT("text", fault->text));
        for (struct lane *lane = &n->changes; lane; lane = lane == &n->changes ? &n->receipts : NULL) {
            sender_close(&lane->sender);
            feed_close(&lane->feed);
        }
        metrics_beat(n->metrics);
        process_alive();
        backoff_wait(&backoff);
    }
}

/* One that must not go on takes the other with it. */
static void *run(void *argument)
{
    struct fault fault = {""};
    struct lane *lane = argument;
    struct notifier *n = lane->notifier;
    struct status s = lane_run(lane, &fault);
    if (!status_failed(s))
        return NULL;
    pthread_mutex_lock(&n->lock);
    if (!status_failed(n->end)) {
        n->end = s;
        n->fault = fault;
    }
    pthread_mutex_unlock(&n->lock);
    process_stop();
    return NULL;
}

struct status notify_run(struct notifier *n, struct fault *fault)
{
    pthread_t thread;
    struct status s = begin(n, fault);
    if (process_stopping())
        return s.class == STATUS_STOP ? s : status_ok();
    if (status_failed(s))
        return s;
    if (pthread_create(&thread, NULL, run, &n->receipts) != 0)
        return status_fail(fault, STATUS_RETRY, "thread", "cannot start a thread");
    run(&n->changes);
    pthread_join(thread, NULL);
    *fault = n->fault;
    return n->end;
}
