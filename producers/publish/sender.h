#ifndef ORGCODE_PUBLISH_SENDER_H
#define ORGCODE_PUBLISH_SENDER_H

#include "core/act.h"
#include "progress.h"
#include "shell/kafka.h"

/* Sends frames to the authorities' topics with an idempotent producer, and keeps the progress: the delivered prefix of
 * the good acts, in the order of the input. One thread. */

#define SENDER_WINDOW 8192 /* acts sent and not yet acknowledged */

struct sender;
struct sender_config {
    struct log *log;
    const struct option_kafka *kafka;
    struct progress *progress;
    int give_up_ms; /* no acknowledgement for so long: the broker is not reachable */
};

/* No broker is contacted. `config` and what it points to live as long as the sender. */
struct status sender_open(const struct sender_config *config, struct sender **out, struct fault *fault) MUST_USE;
/* What is not acknowledged yet is given up. */
void sender_close(struct sender *sender);
/* Asks the brokers who they are. If the progress is that of another cluster or prefix, or of topics made anew, it is
 * forgotten (a warning is logged). Else reads what stands behind it: acts that a killed run had sent. */
struct status sender_resume(struct sender *sender, struct fault *fault) MUST_USE;
/* Has this act been found there? Says so once for each time that it stands there. */
bool sender_found(struct sender *sender, struct sha256 digest);

/* Where the authority's topic ended before the first act of this run (of the run that is gone on with), and, with
 * `receipts`, its receipts topic. Saves the progress when something new was learnt. STOP "unknown-topic". The route is
 * valid until the next call. */
struct status sender_begin(struct sender *sender, struct str authority, bool receipts,
    const struct progress_route **out, struct fault *fault) MUST_USE;
/* Sends; waits while the window is full. sender_begin was called for its authority. `chain` counts all acts up to this.
 */
struct status sender_send(
    struct sender *sender, const struct act *act, struct str frame, struct sha256 chain, struct fault *fault) MUST_USE;
/* The act stands there already: the prefix counts it like one that was acknowledged. */
struct status sender_pass(struct sender *sender, struct sha256 chain, struct fault *fault) MUST_USE;
/* Serves acknowledgements for up to timeout_ms, saves the progress now and then. Fails for good when a delivery failed
 * or nothing was acknowledged for give_up_ms. */
struct status sender_poll(struct sender *sender, int timeout_ms, struct fault *fault) MUST_USE;
/* Waits until all is acknowledged, and saves. */
struct status sender_flush(struct sender *sender, struct fault *fault) MUST_USE;

/* Acts acknowledged in this run; acts sent and not yet acknowledged. */
long long sender_delivered(const struct sender *sender);
long long sender_waiting(const struct sender *sender);

#endif
