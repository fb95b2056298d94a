#ifndef ORGCODE_VALIDATE_VALIDATE_H
#define ORGCODE_VALIDATE_VALIDATE_H

#include "codec/avro_act.h"
#include "flow.h"
#include "shell/backoff.h"
#include "shell/kafka.h"
#include "shell/metrics.h"
#include "shell/option.h"

struct validate_options {
    struct option_common common;
    struct option_kafka kafka;
    const char *group;
    long long linger_ms, window_bytes, window_records, commit_ms, session_ms;
};

struct validate_metrics {
    struct metric *forwarded, *refused_form, *refused_account, *failed, *restarts, *rebalances, *recreated, *partitions,
        *waiting, *lag, *oldest_ms;
};

/* orders.c */
struct orders {
    char topic[256];
    bool there;      /* the topic is, and is read beside the acts topics */
    int64_t next;    /* offset to be read next */
    time_ms look_at; /* is it there by now? */
};

/* The program's state; one thread. */
struct validate {
    const struct validate_options *options;
    struct log *log;
    struct metrics *metrics;
    struct validate_metrics m;
    struct avro_reader *reader;
    struct arena *arena; /* for one record */
    struct flows flows;

    /* relay.c */
    struct kafka_client producer;
    rd_kafka_topic_t *journal, *rejected;
    char journal_name[256], rejected_name[256];
    bool broken; /* a delivery failed: rewind */
    bool stuck;  /* it could not be ended, and holds the entries: the program ends */
    bool unsent; /* entries may be ready to be sent */
    size_t under_way; /* records sent to the journal and not acknowledged */
    struct backoff backoff;

    /* intake.c */
    struct kafka_client consumer;
    bool paused, rejoin;
    time_ms commit_at, full_since;
    struct orders orders;
    struct status fatal; /* STOP: the loop ends */
    struct fault fault;
};

/* relay.c: to the journal and to orgcode.rejected. */
struct status relay_open(struct validate *v) MUST_USE;
/* Waits until both topics are there. */
struct status relay_wait_topics(struct validate *v) MUST_USE;
/* Takes a judged record on its way. */
void relay_take(struct validate *v, struct entry *entry);
/* Acknowledgements, and what may go on because of them. */
void relay_serve(struct validate *v, int timeout_ms);
/* Serves until nothing is under way or the time is over; true when nothing is. */
bool relay_flush(struct validate *v, int timeout_ms);
/* Ends the producer with all it holds, and starts another. Flows are back at their places. */
void relay_restart(struct validate *v);
/* Forgets all flows. Only when nothing is under way, or after the producer's end. */
void relay_forget(struct validate *v);
void relay_close(struct validate *v);

/* intake.c: from the acts topics. */
struct status intake_open(struct validate *v) MUST_USE;
/* One round: reads what is there, at most for timeout_ms. */
void intake_serve(struct validate *v, int timeout_ms);
/* Reads on from the places (after relay_restart) or from where it stood. */
void intake_assign(struct validate *v);
/* Commits the places that moved; waits for the answer when `wait`. */
void intake_commit(struct validate *v, bool wait);
/* What is under way may land, the places are committed, the producer is closed, the group is left. */
void intake_close(struct validate *v);
/* The gauges. */
void intake_measure(struct validate *v);

/* orders.c: an operator's orders to read from another place. */
/* Obeys what stands in their topic; nothing may be under way. Fails when the topic is there and cannot be read. */
struct status orders_read(struct validate *v) MUST_USE;
/* As above, if the topic has come into being since the last look. */
void orders_look(struct validate *v);
/* A record that came: true when it was one of that topic. The places may have moved then. */
bool orders_take(struct validate *v, const rd_kafka_message_t *message);

#endif
