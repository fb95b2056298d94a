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
    time_ms begun; /* the last transaction, monotonic */
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

/* Does what is committed to the first topic say of a record in another that it was sent? UNKNOWN: nothing can be said of
 * it. */
enum sender_word { SENDER_UNKNOWN, SENDER_SAID, SENDER_UNSAID };

struct sender_mending {
    const char *const *topic; /* topic[0] is one that every transaction writes: what it says was sent, was sent */
    size_t topics;
    const char *prefix; /* all topics whose name begins so, too; NULL: none */
    /* Reads what is committed to topic[0]; called before `said`, and only when something hangs. Both NULL where there
     * is one topic. */
    struct status (*recall)(void *user, struct fault *fault);
    enum sender_word (*said)(void *user, const rd_kafka_message_t *message, bool hangs);
    void *user;
};

/* Behind sender_open, when no transaction of its id is open: settles records that one left without markers, in partition
 * 0 of these topics. A broker that is killed between the decision of a transaction and its markers can come back and
 * take it for complete (seen with Kafka 4.3.1), in all of its topics or in some. Its records stay undecided, and the
 * next marker of this producer settles them. So:
 *  - where topic[0] hangs, a committed record elsewhere that topic[0] does not speak of shows that the transaction was
 *    committed: topic[0] is committed, too. Without one nobody was told: topic[0] is aborted.
 *  - elsewhere, what topic[0] says was sent is left to the next commit there; what it does not is aborted, as it will
 *    be sent again. What nothing can be said of goes with the others.
 * Takes 1.5 s when something hangs. */
struct status sender_mend(struct sender *sender, const struct kafka_config *config,
                          const struct sender_mending *mending, struct fault *fault) MUST_USE;

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
/* Was the last transaction open for longer than the broker lets it be? Then what came to it as "fenced" may be that the
 * broker has given it up. */
bool sender_overran(const struct sender *sender);
/* Ends a transaction that shall not be. RETRY "reopen" when even that fails. */
struct status sender_abort(struct sender *sender, struct fault *fault) MUST_USE;
/* Serves callbacks; to be called while idle. RETRY "reopen" or "fenced" when the producer has died meanwhile. */
struct status sender_poll(struct sender *sender, struct fault *fault) MUST_USE;
#endif
