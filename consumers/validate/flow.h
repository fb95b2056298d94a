#ifndef ORGCODE_VALIDATE_FLOW_H
#define ORGCODE_VALIDATE_FLOW_H

#include "base/str.h"
#include "base/time.h"
#include "codec/reset.h"
#include "core/rule.h"
#include "shell/kafka.h"

/* The records of one partition of an acts topic, from reading to the journal's acknowledgement, in their order. */

enum entry_state {
    ENTRY_WAITING, /* refused: its bytes are on their way to orgcode.rejected */
    ENTRY_READY,   /* may go to the journal once those before it went */
    ENTRY_SENT,    /* on its way to the journal */
    ENTRY_DONE,    /* acknowledged */
};

struct flow;
struct entry {
    struct entry *next;
    struct flow *flow;
    rd_kafka_message_t *message; /* the consumed one: its bytes are what is sent */
    int64_t from, offset;        /* what the journal record covers */
    time_ms time_ms;             /* the origin's stamp */
    uint64_t check;              /* CRC of the value */
    size_t size;                 /* counted in the window */
    enum entry_state state;
    enum reason reason; /* REASON_NONE: an act */
    char *refusal;      /* value of the refusal record */
    size_t refusal_size;
    char detail[256]; /* for the header of orgcode.rejected */
    bool bare;        /* sent there without its value: too large */
};

/* What a commit remembers of the last record before the place: a topic that was deleted and made anew has another. */
struct witness {
    bool given;
    int64_t offset;
    time_ms time_ms;
    uint64_t check;
};
#define WITNESS_TEXT_SIZE 128

struct flow {
    char topic[256];
    struct str authority; /* the topic's last part */
    int partition;
    int64_t place;     /* next offset whose record is not in the journal: what is committed */
    int64_t next_from; /* next offset that no entry covers */
    int64_t committed;
    struct witness last;       /* of the record at place - 1 */
    bool verify;               /* the first record read must be `last` */
    struct reset_note reset;   /* the order obeyed last; see orders.c */
    bool tell;                 /* which was not committed yet */
    struct entry *head, *tail; /* oldest first */
    struct entry *unsent;      /* the first that has not gone to the journal */
};

#define FLOWS_MAX 4096
struct flows {
    struct flow *item[FLOWS_MAX];
    size_t count;
    size_t entries, bytes; /* in all flows */
};

struct flow *flows_add(struct flows *flows, const char *topic, int partition);
/* NULL when it is not ours. */
struct flow *flows_find(const struct flows *flows, const char *topic, int partition);
/* Appends an entry that takes `message`. */
struct entry *flow_push(struct flows *flows, struct flow *flow, rd_kafka_message_t *message);
/* Takes the acknowledged entries off the front and moves the place. */
void flow_settle(struct flows *flows, struct flow *flow);
/* Forgets what is under way: back to the place. Only when the producer that sent it is gone. */
void flow_rewind(struct flows *flows, struct flow *flow);
/* Forgets all flows. As above. */
void flows_drop(struct flows *flows);

/* The witness as a commit's metadata. */
void witness_format(const struct witness *witness, char out[WITNESS_TEXT_SIZE]);
bool witness_parse(const char *text, size_t size, int64_t place, struct witness *out);

#endif
