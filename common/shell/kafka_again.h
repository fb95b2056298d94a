#ifndef ORGCODE_SHELL_KAFKA_AGAIN_H
#define ORGCODE_SHELL_KAFKA_AGAIN_H

#include "base/time.h"
#include "shell/backoff.h"
#include "shell/kafka.h"

/* Brokers that have just been started, that elect a leader, whose connection broke, do not know yet what they will know
 * in a moment. A question, or a request that does no more when it is made twice, is put again as long as its time lasts.
 *
 *   struct kafka_again again = kafka_again_begin(timeout_ms);
 *   do
 *       err = rd_kafka_...(..., kafka_again_left(&again));
 *   while (kafka_again(&again, err));
 *   return kafka_again_fail(&again, fault, err, what);
 */

/* Of how long a topic that is not known is asked for: a broker hears of a new one a moment after it was made. */
#define KAFKA_UNKNOWN_MS 2000

/* Does it pass by itself: no leader yet, or no longer the leader, a coordinator that loads, an epoch that is over, a
 * connection that broke? The one place that says so. */
bool kafka_is_transient(rd_kafka_resp_err_t err);
/* No such topic or partition, by whoever says so. */
bool kafka_is_unknown(rd_kafka_resp_err_t err);

struct kafka_again {
    time_ms begun, end, unknown_end; /* monotonic */
    unsigned tries;
    rd_kafka_resp_err_t heard; /* the last error that said something: not that the time is over */
    struct backoff backoff;
};

struct kafka_again kafka_again_begin(int timeout_ms);
/* Milliseconds for the next try, at least one. */
int kafka_again_left(const struct kafka_again *again);
/* True, after a short wait, when it is to be tried once more. */
bool kafka_again(struct kafka_again *again, rd_kafka_resp_err_t err);
/* kafka_fail, and for how long it was tried. */
struct status kafka_again_fail(
    const struct kafka_again *again, struct fault *fault, rd_kafka_resp_err_t err, const char *what) MUST_USE;

#endif
