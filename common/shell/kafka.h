#ifndef ORGCODE_SHELL_KAFKA_H
#define ORGCODE_SHELL_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"
#include "shell/log.h"
#include "shell/option.h"

/* Thin over librdkafka: every setting that matters is set here and printed at start, -X comes last and wins.
 * A program's callbacks get its struct kafka_client, whose `user` is the program's own pointer. */

#define KAFKA_MESSAGE_MAX 2097152              /* acts, changes, state, receipts */
#define KAFKA_MESSAGE_MAX_JOURNAL (2097152 + 65536) /* journal and rejected: own headers on top */
#define KAFKA_DEADLINE_MS 10000

struct kafka_client {
    rd_kafka_t *rk;
    struct log *log;
    void *user;
    char name[64];
    struct kafka_side *side;
    atomic_bool down; /* all brokers down since the last success, by the error callback */
};

struct kafka_setting {
    const char *key, *value;
};

struct kafka_config {
    struct log *log;
    const struct option_kafka *options; /* bootstrap and -X */
    const char *client_id;              /* the program's name */
    void *user;
    const struct kafka_setting *extra;  /* over the ones below, under -X; NULL for none */
    size_t extras;
};

struct kafka_producer_config {
    const char *transactional_id; /* NULL: idempotent without transactions */
    int linger_ms;
    long message_max;             /* 0: KAFKA_MESSAGE_MAX_JOURNAL */
    int queue_max_kib;            /* 0: 16 MiB */
    int message_timeout_ms;       /* 0: never gives up; with transactions at most transaction_timeout_ms */
    int transaction_timeout_ms;   /* 0: 10000 */
    void (*on_delivery)(rd_kafka_t *rk, const rd_kafka_message_t *message, void *client);
};
/* STOP: a setting is unknown or refused (SASL/SCRAM before librdkafka 2.6.1, with a word on why). No broker is
 * contacted. `client` must not move until kafka_close. */
struct status kafka_producer_open(const struct kafka_config *config, const struct kafka_producer_config *producer,
                                  struct kafka_client *client, struct fault *fault) MUST_USE;

struct kafka_consumer_config {
    const char *group;           /* NULL: a private one that is never joined (for kafka_assign) */
    const char *assignor;        /* NULL: roundrobin */
    const char *reset;           /* "earliest", "error"; NULL: error */
    int session_timeout_ms;      /* 0: 10000 */
    int poll_interval_max_ms;    /* 0: 300000 */
    int metadata_refresh_ms;     /* 0: 5000 */
    int queue_max_kib;           /* 0: 8192, of the consumer's own prefetch over all partitions */
    bool partition_eof;          /* RD_KAFKA_RESP_ERR__PARTITION_EOF events */
    bool uncommitted;            /* isolation read_uncommitted; else read_committed */
    void (*on_rebalance)(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list, void *client);
};
/* No automatic commits or offset stores: the program commits. As for errors: kafka_producer_open. */
struct status kafka_consumer_open(const struct kafka_config *config, const struct kafka_consumer_config *consumer,
                                  struct kafka_client *client, struct fault *fault) MUST_USE;
/* For a consumer, leaves the group; of a producer's queue nothing is sent any more. No callback of the program runs from
 * here on: what shall be done before the partitions are given up is done before. Within 6 s, as the library itself may
 * wait for brokers for ever: then false, what it holds (payloads too that were not copied) must stay, and the program
 * should end; its exit is at once then. A zeroed or closed client is fine. */
bool kafka_close(struct kafka_client *client);

/* What to do about an error: OK, REJECT (message too large), RETRY (the world) or STOP (not authorized, fatal,
 * fenced, unknown setting). `code` is librdkafka's name of the error. */
struct status kafka_status(rd_kafka_resp_err_t err) MUST_USE;
struct status kafka_fail(struct fault *fault, rd_kafka_resp_err_t err, const char *what) MUST_USE;
/* Takes and destroys `error` (NULL is OK). *abortable tells that the transaction must be aborted; may be NULL. */
struct status kafka_error(struct fault *fault, rd_kafka_error_t *error, const char *what, bool *abortable) MUST_USE;

/* Own headers: the last of that name; absent when there is none. The text lives as long as the message. */
struct str kafka_header(const rd_kafka_message_t *message, const char *name);
bool kafka_header_int(const rd_kafka_message_t *message, const char *name, long long *out);
void kafka_header_add(rd_kafka_headers_t *headers, const char *name, struct str value);
void kafka_header_add_int(rd_kafka_headers_t *headers, const char *name, long long value);
static inline struct str kafka_key(const rd_kafka_message_t *m) { return m->key ? (struct str){m->key, m->key_len} : STR_NONE; }
/* Absent for a null value. An empty value is empty. */
static inline struct str kafka_value(const rd_kafka_message_t *m)
{
    return m->payload ? (struct str){m->payload, m->len} : STR_NONE;
}

/* What brokers that are not ready answer is no answer: all questions and requests below are put again as long as their
 * timeout_ms lasts (kafka_again.h). */

/* [low, high) of a partition as the broker has it, within timeout_ms whatever librdkafka does (side thread).
 * high counts transaction markers too. RETRY with code "unknown-topic" when there has been no such topic for 2 s. */
struct status kafka_watermarks(struct kafka_client *client, const char *topic, int partition, int timeout_ms, int64_t *low,
                               int64_t *high, struct fault *fault) MUST_USE;
/* Does the topic exist, with how many partitions (0: it does not). */
struct status kafka_partitions(struct kafka_client *client, const char *topic, int timeout_ms, int *out,
                               struct fault *fault) MUST_USE;
/* The brokers, and with `topics` all topics; the caller destroys it. NULL when it fails; `what` stands before the reason. */
struct status kafka_metadata(struct kafka_client *client, bool topics, int timeout_ms, const struct rd_kafka_metadata **out,
                             const char *what, struct fault *fault) MUST_USE;
/* Assigns the one partition at the offset (or RD_KAFKA_OFFSET_BEGINNING). */
struct status kafka_assign(struct kafka_client *consumer, const char *topic, int partition, int64_t offset,
                           struct fault *fault) MUST_USE;

/* Reads a partition from `offset` (or RD_KAFKA_OFFSET_BEGINNING) to its present end (read_committed) with a
 * consumer of its own. The message is the caller's only inside `visit`; false from it ends the reading. OK at the
 * end; RETRY when nothing came for timeout_ms; STOP "out-of-range" when the offset is not there. */
struct status kafka_scan(const struct kafka_config *config, const char *topic, int partition, int64_t offset, int timeout_ms,
                         bool (*visit)(const rd_kafka_message_t *message, void *user), void *user,
                         struct fault *fault) MUST_USE;

/* Sends one record and waits for its acknowledgement (control records, tests). headers may be NULL; taken in any
 * case. offset_out may be NULL. */
struct status kafka_send(const struct kafka_config *config, const char *topic, int partition, struct str key, struct str value,
                         rd_kafka_headers_t *headers, int64_t timestamp_ms, int timeout_ms, int64_t *offset_out,
                         struct fault *fault) MUST_USE;

/* Topics. */
struct kafka_topic {
    const char *name;
    int partitions;     /* 0: 1 */
    int replicas;       /* 0: 1 */
    bool compacted;     /* cleanup.policy=compact; else delete with retention.ms=-1 */
    bool create_time;   /* message.timestamp.type=CreateTime, with the widest limits; else LogAppendTime */
    bool flush_each;    /* flush.messages=1 */
    long message_max;   /* 0: KAFKA_MESSAGE_MAX */
};
/* All in one request; one that exists already is fine and left as it is. Waits until the brokers know them. */
struct status kafka_topics_create(struct kafka_client *client, const struct kafka_topic *topic, size_t count, int timeout_ms,
                                  struct fault *fault) MUST_USE;
/* STOP "retention" when a topic would forget records (delete policy with a bound), or its max.message.bytes is
 * less than wanted; the fault names the topic and the command that mends it. RETRY when the broker does not answer. */
struct status kafka_topics_check(struct kafka_client *client, const struct kafka_topic *topic, size_t count, int timeout_ms,
                                 struct fault *fault) MUST_USE;
struct status kafka_topic_delete(struct kafka_client *client, const char *name, int timeout_ms, struct fault *fault) MUST_USE;
/* One configuration entry; the others are kept. */
struct status kafka_topic_set(struct kafka_client *client, const char *name, const char *key, const char *value,
                              int timeout_ms, struct fault *fault) MUST_USE;
struct status kafka_topic_get(struct kafka_client *client, const char *name, const char *key, char *out, size_t size,
                              int timeout_ms, struct fault *fault) MUST_USE;

#endif
