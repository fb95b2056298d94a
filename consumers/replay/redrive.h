#ifndef ORGCODE_REPLAY_REDRIVE_H
#define ORGCODE_REPLAY_REDRIVE_H

#include "base/map.h"
#include "base/time.h"
#include "base/uuid.h"
#include "command.h"
#include "core/rule.h"

/* Origins are written "TOPIC-PARTITION-OFFSET". The first origin of an act is where its sender put it; each redrive
 * gives it a further place, at which it may be refused again. */

#define REDRIVE_ORIGIN                                                                                                 \
    "oc-redrive-origin" /* header of a redriven act: its first origin. For people: nobody goes by it */

struct redrive_options {
    struct command_common common;
    const char *rule, *authority, *from, *to, *transactional_id;
    long long limit, rate; /* 0: none */
    bool again;
};

/* A refused act. */
struct redrive_act {
    struct str origin, topic, authority;
    int32_t partition;
    int64_t offset;
    time_ms time;    /* when it was refused: the order in which they are sent */
    time_ms arrived; /* the broker's time at the origin; -1: not known yet */
    bool has_id;
    struct uuid id;
    struct str rule;
    struct { /* where its bytes are read */
        struct str topic;
        int32_t partition;
        int64_t offset;
        bool rejected; /* with validate's headers behind the sender's */
    } bytes;
    struct ledger_entry *former; /* what a former redrive has sent; NULL: nothing */
    struct str first;            /* first origin */
    struct str last;             /* where a former redrive has put it last, when this one began; absent: nowhere */
};
typedef VEC(struct redrive_act *) redrive_acts;

/* ---- redrive_ledger.c: what was sent, the topic PREFIX.redrive
 * ------------------------------------------------------- */

struct ledger_entry {
    struct str origin;
    VEC(struct str) places; /* where it was put, the latest last */
    bool has_id;
    struct uuid id;
    time_ms arrived;
};
struct ledger {
    struct arena *arena;
    struct map origins, places; /* to entries */
};
struct status ledger_read(struct command_run *run, struct ledger *ledger, struct fault *fault) MUST_USE;
/* With what transactions wrote that were not committed. */
struct status ledger_read_undecided(struct command_run *run, struct ledger *ledger, struct fault *fault) MUST_USE;
/* Fills `former` and `first`, through any number of redrives. An act that now stands where another stood (the topic was
 * made anew) has none. */
void ledger_trace(const struct ledger *ledger, struct redrive_act *act);
/* Notes a sending and gives the record that says so: key act->first, this value. */
void ledger_note(
    struct ledger *ledger, struct arena *arena, struct redrive_act *act, struct str place, struct str *value);

/* ---- redrive_find.c: what was refused
 * --------------------------------------------------------------------------------- */

/* How far the sources are read: receipts by number, orgcode.rejected by offsets. */
#define REDRIVE_PARTITIONS_MAX 64
struct redrive_head {
    int64_t receipt, end[REDRIVE_PARTITIONS_MAX];
    int partitions;
};
struct status redrive_look(struct command_run *run, struct redrive_head *out, struct fault *fault) MUST_USE;
/* Acts that the options ask for, in the order of sending. */
struct status redrive_find(
    struct command_run *run, const struct redrive_head *head, redrive_acts *out, struct fault *fault) MUST_USE;
/* "TOPIC-PARTITION-OFFSET" */
struct str redrive_origin(struct arena *arena, struct str topic, int32_t partition, int64_t offset);

/* ---- redrive_read.c: their bytes
 * --------------------------------------------------------------------------------------- */

struct redrive_reader;
struct status redrive_reader_open(struct command_run *run, struct redrive_reader **out, struct fault *fault) MUST_USE;
void redrive_reader_close(struct redrive_reader *reader);
/* The act as it was received; the caller destroys it. NULL: it stands there no longer. Fills `arrived` and `id`. */
struct status redrive_read(
    struct redrive_reader *reader, struct redrive_act *act, rd_kafka_message_t **out, struct fault *fault) MUST_USE;
/* The sender's headers, and the first origin behind them. */
rd_kafka_headers_t *redrive_headers(const struct redrive_act *act, const rd_kafka_message_t *message);

/* ---- redrive_send.c
 * ------------------------------------------------------------------------------------------------------ */

struct redrive_sent {
    int64_t sent, gone;
    bool stopped;
};
/* Sends them to their topics, and says so in the ledger, in transactions. `choose` is called when no other redrive can
 * send any more: it reads the ledger and says what is to be sent; after an outage once more, for what is left. */
struct redrive_choice {
    struct status (*choose)(void *user, redrive_acts *out, struct fault *fault);
    void *user;
};
struct status redrive_send(struct command_run *run, struct ledger *ledger, const struct redrive_choice *choice,
    struct redrive_sent *out, struct fault *fault) MUST_USE;

#endif
