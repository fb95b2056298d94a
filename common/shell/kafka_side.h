#ifndef ORGCODE_SHELL_KAFKA_SIDE_H
#define ORGCODE_SHELL_KAFKA_SIDE_H

#include <pthread.h>

#include "shell/kafka.h"

/* What librdkafka's threads, and threads that ask it something, see of a client: the opaque of its callbacks. It lives
 * until the last of them is gone, however early the program's own struct goes. */
struct kafka_side {
    rd_kafka_t *rk;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct kafka_client *client; /* NULL: being closed */
    struct log *log;             /* NULL: left behind */
    atomic_int asking;           /* threads that use rk and are not waited for */
    bool closed, left;
    void (*on_delivery)(rd_kafka_t *rk, const rd_kafka_message_t *message, void *client);
    void (*on_rebalance)(
        rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list, void *client);
};

/* With the callbacks that every client has set in `conf`, and the program's own as they stand in the struct. */
struct kafka_side *kafka_side_open(rd_kafka_conf_t *conf, struct kafka_client *client);
void kafka_side_set_delivery(rd_kafka_conf_t *conf, struct kafka_side *side,
                             void (*on_delivery)(rd_kafka_t *rk, const rd_kafka_message_t *message, void *client));
void kafka_side_set_rebalance(rd_kafka_conf_t *conf, struct kafka_side *side,
                              void (*on_rebalance)(rd_kafka_t *rk, rd_kafka_resp_err_t err,
                                                   rd_kafka_topic_partition_list_t *list, void *client));
/* Of a client that was never made. */
void kafka_side_free(struct kafka_side *side);

#endif
