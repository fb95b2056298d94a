#ifndef ORGCODE_BENCH_PROBE_H
#define ORGCODE_BENCH_PROBE_H

#include <pthread.h>
#include <stdatomic.h>

#include "codec/avro_act.h"
#include "shell/kafka.h"
#include "shell/option.h"
#include "shell/pg.h"
#include "streams.h"

/* What bench_latency.c sends and what it sees come back. Each act has a number, which stands in its id; times are microseconds
 * of the monotonic clock, one slot an act. */

struct probe_options {
    struct option_common common;
    struct option_kafka kafka;
    struct option_pg pg;
    const char *serve; /* NULL: the changes topic is read */
    long long rate, warm_ms, measure_ms, authorities, streams;
    bool hops, json;
};

/* A LISTENing session was told of a commit, asked for the place, and had the answer at this time. */
struct probe_mark {
    int64_t receipt, us;
};

struct probe {
    const struct probe_options *options;
    struct log *log;
    struct avro_reader *reader;
    long acts;
    _Atomic int64_t *called, *acked, *journaled, *seen;
    int64_t *committed;
    struct probe_mark *mark;
    size_t marks, mark_room;
    atomic_long changes; /* read so far, also those of ROOT's acts */
    atomic_bool stop;
    struct pg pg;
    struct kafka_client change_reader, journal_reader;
    struct streams streams;
    /* with --serve, microseconds a change and client: from the call, and from PostgreSQL's commit, each in no order */
    int64_t *from_call, *from_commit;
    long arrived, dated;
    pthread_t change_thread, journal_thread, commit_thread;
};

int64_t probe_now(void);
/* Ends the program with the fault unless it is OK. */
void probe_must(struct status status, const struct fault *fault);

/* Starts the readers at the present ends of their topics. */
void probe_listen(struct probe *probe);
/* Ends them, and fills `committed` from the receipts of the database, and what came to streams. */
void probe_close(struct probe *probe);

/* The id of an act, and its number again; -1 for any other id. */
struct uuid probe_id(long number);
long probe_number(const struct probe *probe, struct uuid id);

#endif
