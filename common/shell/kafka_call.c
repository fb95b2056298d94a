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

struct status kafka_call_settings(struct kafka_call *call, struct kafka_client *client, const char *broker,
    int timeout_ms, const rd_kafka_ConfigResource_t **out, struct fault *fault)
{
    static const char what[] = "reading a broker's settings";
    size_t results = 0;
    struct status status;
    rd_kafka_ConfigResource_t *asked = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, broker);
    kafka_call_open(call, client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_ms);
    do {
        rd_kafka_DescribeConfigs(client->rk, &asked, 1, call->options, call->queue);
        status = kafka_call_wait(call, what, fault);
        if (status_failed(status))
            continue;
        const rd_kafka_ConfigResource_t **result =
            rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(call->event), &results);
        rd_kafka_resp_err_t err = results == 1 ? rd_kafka_ConfigResource_error(result[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
        status = kafka_call_result(call, err, NULL, what, fault);
        *out = results == 1 ? result[0] : NULL;
    } while (kafka_call_again(call));
    rd_kafka_ConfigResource_destroy(asked);
    return status;
}

void kafka_call_close(struct kafka_call *call)
{
    if (call->event != NULL)
        rd_kafka_event_destroy(call->event);
    rd_kafka_queue_destroy(call->queue);
    rd_kafka_AdminOptions_destroy(call->options);
}
