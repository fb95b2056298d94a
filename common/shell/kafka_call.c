#include "shell/kafka_call.h"

void kafka_call_open(struct kafka_call *call, struct kafka_client *client, rd_kafka_admin_op_t op, int timeout_ms)
{
    char error[128];
    call->options = rd_kafka_AdminOptions_new(client->rk, op);
    call->queue = rd_kafka_queue_new(client->rk);
    call->event = NULL;
    call->timeout_ms = timeout_ms;
    rd_kafka_AdminOptions_set_request_timeout(call->options, timeout_ms, error, sizeof error);
}

struct status kafka_call_wait(struct kafka_call *call, const char *what, struct fault *fault)
{
    call->event = rd_kafka_queue_poll(call->queue, call->timeout_ms + 500);
    if (call->event == NULL) {
        return kafka_fail(fault, RD_KAFKA_RESP_ERR__TIMED_OUT, what);
    }
    rd_kafka_resp_err_t err = rd_kafka_event_error(call->event);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        struct status status = kafka_status(err);
        return status_fail(fault, status.class, status.code, "%s: %s", what, rd_kafka_event_error_string(call->event));
    }
    return status_ok();
}

void kafka_call_close(struct kafka_call *call)
{
    if (call->event != NULL) {
        rd_kafka_event_destroy(call->event);
    }
    rd_kafka_queue_destroy(call->queue);
    rd_kafka_AdminOptions_destroy(call->options);
}
