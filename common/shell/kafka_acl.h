#ifndef ORGCODE_SHELL_KAFKA_ACL_H
#define ORGCODE_SHELL_KAFKA_ACL_H

#include "shell/kafka.h"

/* Kafka's access control lists. A right is one allowing entry, from any host; the account is the principal without
 * its "User:". This librdkafka knows topics and groups alone: rights on transactional ids are given by Kafka's own
 * kafka-acls.sh. */
struct kafka_right {
    const char *account;
    rd_kafka_ResourceType_t resource; /* RD_KAFKA_RESOURCE_TOPIC or _GROUP */
    bool prefixed;                    /* all whose name begins with `name` */
    const char *name;
    rd_kafka_AclOperation_t operation;
};
typedef VEC(struct kafka_right) kafka_rights;

/* "write topic orgcode.acts.H26", "read every topic orgcode.acts.*" */
struct str kafka_right_text(struct arena *arena, const struct kafka_right *right);
bool kafka_right_equal(const struct kafka_right *a, const struct kafka_right *b);

/* Those given already stay. All or, when it fails in the middle, some: give them again. */
struct status kafka_rights_give(struct kafka_client *client, const struct kafka_right *right, size_t count, int timeout_ms,
                                struct fault *fault) MUST_USE;
/* Exactly these; one that is not there is fine. From the answer on the broker refuses what they allowed. */
struct status kafka_rights_take(struct kafka_client *client, const struct kafka_right *right, size_t count, int timeout_ms,
                                struct fault *fault) MUST_USE;
/* All rights on topics and groups, of one account (NULL: of all), sorted. *checked: does the broker check rights at
 * all; it lists none when not. An account that may not ask is told that there are none, by this
 * librdkafka: kafka_cut_mend refuses it. */
struct status kafka_rights_list(struct kafka_client *client, const char *account, struct arena *arena, kafka_rights *out,
                                bool *checked, int timeout_ms, struct fault *fault) MUST_USE;

#endif
