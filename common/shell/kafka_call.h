#ifndef ORGCODE_SHELL_KAFKA_CALL_H
#define ORGCODE_SHELL_KAFKA_CALL_H

#include "shell/kafka_again.h"

/* One administrative call: options, its own queue, the event that answers. Shared by the files of this layer that make
 * such calls. Each of them may be made twice, and is while its error passes by itself:
 *
 *   kafka_call_open(&call, client, RD_KAFKA_ADMIN_OP_X, timeout_ms);
 *   do {
 *       rd_kafka_X(client->rk, ..., call.options, call.queue);
 *       status = kafka_call_wait(&call, what, fault);
 *       ... kafka_call_result(&call, error of a result, NULL, what, fault) ...
 *   } while (kafka_call_again(&call));
 *   kafka_call_close(&call);
 */
struct kafka_call {
    rd_kafka_AdminOptions_t *options;
    rd_kafka_queue_t *queue;
    rd_kafka_event_t *event;
    rd_kafka_resp_err_t err; /* the first of this try */
    struct kafka_again again;
};

void kafka_call_open(struct kafka_call *call, struct kafka_client *client, rd_kafka_admin_op_t op, int timeout_ms);
/* Waits for the answer; `what` stands before the reason of a failure. */
struct status kafka_call_wait(struct kafka_call *call, const char *what, struct fault *fault) MUST_USE;
/* Of one result in the answer; text: the broker's own, may be NULL. */
struct status kafka_call_result(
    struct kafka_call *call, rd_kafka_resp_err_t err, const char *text, const char *what, struct fault *fault) MUST_USE;
/* True when the call is to be made once more; what the event holds ends then. */
bool kafka_call_again(struct kafka_call *call);
/* Opens the call and asks for a broker's settings: *out is good until the call is closed, which is due after a failure
 * too. */
struct status kafka_call_settings(struct kafka_call *call, struct kafka_client *client, const char *broker,
    int timeout_ms, const rd_kafka_ConfigResource_t **out, struct fault *fault) MUST_USE;
/* After a failure too. What the event holds ends here. */
void kafka_call_close(struct kafka_call *call);

#endif
