#ifndef ORGCODE_SHELL_SENDER_H
#define ORGCODE_SHELL_SENDER_H

#include <stdatomic.h>

#include "base/arena.h"
#include "base/map.h"
#include "base/status.h"
#include "base/time.h"
#include "shell/kafka.h"

/* The one transactional producer. A batch is: sender_begin, any number of sender_put, sender_commit. After a failure
 * the transaction is aborted, and nothing of the batch was told to anybody.
 *
 * RETRY with code "reopen": the producer is of no more use, close and open it. RETRY "fenced": another producer with
 * the same transactional id has come, or the broker gave up our transaction while this process stood still; which of
 * the two, the place tells. */

#define SENDER_TRANSACTION_MS 10000

struct sender {
    struct kafka_client client;
    struct log *log;
    bool open;
    bool in_transaction;
    /* of the batch in work, by the delivery callback */
    int failed;
    rd_kafka_resp_err_t first_error;
    char first_topic[256];
    struct arena *arena; /* of the open producer */
    struct map topics;   /* name -> rd_kafka_topic_t * */
};

/* Opens the producer, fences older ones and waits until their transactions are ended. */
struct status sender_open(struct sender *sender, const struct kafka_config *config, const char *transactional_id,
    struct fault *fault) MUST_USE;
void sender_close(struct sender *sender);

/* Behind sender_open, when no transaction of its id is open: settles records that one left without markers, in partition 0
 * of these topics and of all whose name begins with `prefix` (NULL: none). A broker that is killed between the decision
 * of a transaction and its markers can come back and take it for complete (seen with Kafka 4.3.1). Its records stay
 * undecided, and the next marker of this producer would settle them: a commit would tell them twice. So the next one is
 * an abort. topic[0] is one that every transaction writes, and decides: where it has its marker, the transaction was
 * settled, and what hangs elsewhere is settled by the next commit. Takes 1.5 s when something hangs. */
struct status sender_mend(struct sender *sender, const struct kafka_config *config, const char *const *topic,
    size_t topics, const char *prefix, struct fault *fault) MUST_USE;

/* Makes the topic known beforehand: the first record of a topic that is not may wait for a second. */
void sender_know(struct sender *sender, const char *topic);

struct status sender_begin(struct sender *sender, struct fault *fault) MUST_USE;
struct sender_record {
    const char *topic;
    int partition;
    struct str key, value;       /* each may be absent */
    rd_kafka_headers_t *headers; /* taken in any case; may be NULL */
    time_ms time;                /* for a topic of writers' times; 0: now */
    int64_t *offset;             /* where it stands, known behind sender_flush; may be NULL */
};
/* Copies all. */
struct status sender_send(struct sender *sender, const struct sender_record *record, struct fault *fault) MUST_USE;
/* The same to partition 0, of now. */
struct status sender_put(struct sender *sender, const char *topic, struct str key, struct str value,
    rd_kafka_headers_t *headers, struct fault *fault) MUST_USE;
/* Waits until the broker has all that was sent in the transaction. RETRY "abort" when it has not. */
struct status sender_flush(struct sender *sender, struct fault *fault) MUST_USE;
struct status sender_commit(struct sender *sender, struct fault *fault) MUST_USE;
/* A commit is acknowledged a moment before its records can be read: waits until a reader of what is committed comes to
 * offset `end` of the partition. */
struct status sender_wait_seen(
    const struct kafka_config *config, const char *topic, int partition, int64_t end, struct fault *fault) MUST_USE;
/* Ends a transaction that shall not be. RETRY "reopen" when even that fails. */
struct status sender_abort(struct sender *sender, struct fault *fault) MUST_USE;
/* Serves callbacks; to be called while idle. RETRY "reopen" or "fenced" when the producer has died meanwhile. */
struct status sender_poll(struct sender *sender, struct fault *fault) MUST_USE;
#endif
