#include "shell/kafka_call.h"

static void set_timeout(struct kafka_call *call)
{
    char error[128];
    rd_kafka_AdminOptions_set_request_timeout(call->options, kafka_again_left(&call->again), error, sizeof error);
}

void kafka_call_open(struct kafka_call *call, struct kafka_client *client, rd_kafka_admin_op_t op, int timeout_ms)
{
    *call = (struct kafka_call){.options = rd_kafka_AdminOptions_new(client->rk, op),
        .queue = rd_kafka_queue_new(client->rk),
        .again = kafka_again_begin(timeout_ms)};
    set_timeout(call);
}

struct status kafka_call_result(
    struct kafka_call *call, rd_kafka_resp_err_t err, const char *text, const char *what, struct fault *fault)
{
    struct status status = kafka_status(err);
    if (!status_failed(status))
        return status;
    if (call->err == RD_KAFKA_RESP_ERR_NO_ERROR)
        call->err = err;
    return status_fail(fault, status.class, status.code, "%s: %s", what, text ? text : rd_kafka_err2str(err));
}

struct status kafka_call_wait(struct kafka_call *call, const char *what, struct fault *fault)
{
    call->event = rd_kafka_queue_poll(call->queue, kafka_again_left(&call->again) + 500);
    if (call->event == NULL)
        return kafka_call_result(call, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, what, fault);
    return kafka_call_result(
        call, rd_kafka_event_error(call->event), rd_kafka_event_error_string(call->event), what, fault);
}

bool kafka_call_again(struct kafka_call *call)
{
    if (call->err == RD_KAFKA_RESP_ERR_NO_ERROR || !kafka_again(&call->again, call->err))
        return false;
    if (call->event != NULL)
        rd_kafka_event_destroy(call->event);
    call->event = NULL;
    call->err = RD_KAFKA_RESP_ERR_NO_ERROR;
    set_timeout(call);
    return true;
}

void kafka_call_close(struct kafka_call *call)
{
    if (call->event != NULL)
        rd_kafka_event_destroy(call->event);
    rd_kafka_queue_destroy(call->queue);
    rd_kafka_AdminOptions_destroy(call->options);
}
