#include "shell/kafka_again.h"

bool kafka_is_unknown(rd_kafka_resp_err_t err)
{
    return err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || err == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
           err == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION;
}

bool kafka_is_transient(rd_kafka_resp_err_t err)
{
    switch (err) {
    /* of the library: the way to the broker */
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__NODE_UPDATE:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR__WAIT_CACHE:
    case RD_KAFKA_RESP_ERR__RETRY:
    case RD_KAFKA_RESP_ERR__PARTIAL:
    case RD_KAFKA_RESP_ERR__BAD_MSG: /* an answer without what was asked for */
    /* of the brokers: who leads, and whether it can do it now */
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
    case RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_UNKNOWN_LEADER_EPOCH:
    case RD_KAFKA_RESP_ERR_STALE_CTRL_EPOCH:
    case RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_LISTENER_NOT_FOUND:
    case RD_KAFKA_RESP_ERR_NOT_CONTROLLER:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
    case RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_CONCURRENT_TRANSACTIONS:
    case RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT:
        return true;
    default:
        return false;
    }
}

struct kafka_again kafka_again_begin(int timeout_ms)
{
    time_ms now = time_monotonic();
    int unknown_ms = timeout_ms < KAFKA_UNKNOWN_MS ? timeout_ms : KAFKA_UNKNOWN_MS;
    return (struct kafka_again){.begun = now,
        .end = now + timeout_ms,
        .unknown_end = now + unknown_ms,
        .backoff = {.min_ms = 20, .max_ms = 500}};
}

int kafka_again_left(const struct kafka_again *again)
{
    time_ms left = again->end - time_monotonic();
    return left > 1 ? (int)left : 1;
}

bool kafka_again(struct kafka_again *again, rd_kafka_resp_err_t err)
{
    time_ms end = kafka_is_transient(err) ? again->end : kafka_is_unknown(err) ? again->unknown_end : 0;
    again->tries++;
    if (err != RD_KAFKA_RESP_ERR__TIMED_OUT)
        again->heard = err;
    return time_monotonic() < end && !backoff_wait(&again->backoff);
}

struct status kafka_again_fail(
    const struct kafka_again *again, struct fault *fault, rd_kafka_resp_err_t err, const char *what)
{
    err = err == RD_KAFKA_RESP_ERR__TIMED_OUT && again->heard ? again->heard : err;
    struct status status = kafka_status(err);
    if (again->tries < 2 || !status_failed(status))
        return kafka_fail(fault, err, what);
    return status_fail(fault, status.class, status.code, "%s: %s (asked %u times in %.1f s)", what,
        rd_kafka_err2str(err), again->tries, (double)(time_monotonic() - again->begun) / 1000);
}
