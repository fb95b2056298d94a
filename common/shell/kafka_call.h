#ifndef ORGCODE_SHELL_KAFKA_CALL_H
#define ORGCODE_SHELL_KAFKA_CALL_H

#include "shell/kafka.h"

/* One administrative call: options, its own queue, the event that answers. Shared by the files of this layer that make
 * such calls. */
struct kafka_call {
    rd_kafka_AdminOptions_t *options;
    rd_kafka_queue_t *queue;
    rd_kafka_event_t *event;
    int timeout_ms;
};

void kafka_call_open(struct kafka_call *call, struct kafka_client *client, rd_kafka_admin_op_t op, int timeout_ms);
/* Waits for the answer; `what` stands before the reason of a failure. */
struct status kafka_call_wait(struct kafka_call *call, const char *what, struct fault *fault) MUST_USE;
/* After a failure too. What the event holds ends here. */
void kafka_call_close(struct kafka_call *call);

#endif
