#ifndef ORGCODE_REPLAY_PARTITIONS_H
#define ORGCODE_REPLAY_PARTITIONS_H

#include "codec/reset.h"
#include "command.h"

/* Many partitions of the registry's topics, asked about at once. */

struct partition {
    const char *topic;
    int partition;
    int64_t low, high; /* what a read_committed reader finds: [low, high) */
    int64_t place;     /* of the group; -1: none */
    struct reset_note note;
    bool found;       /* partitions_first, partitions_at: there is such a record */
    int64_t offset;   /* its offset; else `high` */
    time_ms found_ms; /* partitions_first: its time */
};
struct partitions {
    struct partition *item;
    size_t count, room;
};

/* A client of no group, silent unless --log-level debug. */
struct status partitions_client(struct command_run *run, struct kafka_client *out, struct fault *fault) MUST_USE;

/* All partitions of the topics whose names begin so, in the order of names. */
struct status partitions_find(struct command_run *run, struct kafka_client *client, const char *begin,
    struct partitions *out, struct fault *fault) MUST_USE;
/* Sets low and high. */
struct status partitions_ends(struct kafka_client *client, struct partitions *all, struct fault *fault) MUST_USE;
/* Sets offset: the first record of that time or later. */
struct status partitions_at(
    struct kafka_client *client, struct partitions *all, time_ms time, struct fault *fault) MUST_USE;
/* Sets place and note. */
struct status partitions_places(
    struct command_run *run, const char *group, struct partitions *all, struct fault *fault) MUST_USE;
/* Sets found, offset and found_ms: the first record at `place` or behind it. Markers of transactions are none. */
struct status partitions_first(struct command_run *run, struct partitions *all, struct fault *fault) MUST_USE;

struct group {
    bool known; /* the broker answered */
    char state[32];
    int members;
};
struct status group_look(
    struct kafka_client *client, const char *name, struct group *out, struct fault *fault) MUST_USE;

#endif
