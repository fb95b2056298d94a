#ifndef ORGCODE_REPLAY_LOOK_H
#define ORGCODE_REPLAY_LOOK_H

#include "partitions.h"
#include "standing.h"

/* One look at a registry: its topics, groups and positions, and what its database says. */

struct position {
    const char *who;   /* validate, apply, notify */
    const char *where; /* a topic, or what notify tells */
    int partition;
    int64_t place, end; /* `place`: to be read, told next */
    int64_t lag;        /* records between, without markers of transactions when there are none but those */
    time_ms since;      /* the first of them; 0: unknown */
    bool stands;        /* something waits, and it did not move between two looks */
};

struct look {
    struct command_run *run;
    struct arena *arena; /* of this look */
    struct kafka_client *client;
    struct partitions topics; /* all of the registry's */
    struct group validate, apply;
    VEC(struct position) positions;
    VEC(const char *) problems;
    /* the database; has_registry: it holds one */
    bool has_database, has_registry;
    struct standing standing;
    int64_t held, announced, next_due, bytes; /* next_due -1: none, 0: at once */
    struct {
        bool given, has_id;
        int64_t number;
        struct str authority, recorded;
        struct uuid id;
        enum verdict verdict;
    } last;
    int64_t told_change, told_receipt; /* -1: no place */
    time_ms change_waits, receipt_waits;
};

/* Fails only when Kafka cannot be asked; all else is a problem that it names. */
struct status look_at(struct look *look, struct fault *fault) MUST_USE;
/* Marks what stood still since an earlier look. True: something still waits that has not been seen to move. */
bool look_compare(struct look *look, const struct look *earlier);
/* Appends to problems what is wrong (the rules stand in the README). */
void look_judge(struct look *look);

#endif
