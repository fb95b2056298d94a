#ifndef ORGCODE_CODEC_RESET_H
#define ORGCODE_CODEC_RESET_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* An operator's order to orgcode-validate: read a partition from another place. Orders stand in a compacted topic,
 * PREFIX.validate.control, the latest of each partition for ever; every commit of validate tells which one it has
 * obeyed. So an order outlives crashes, takeovers and commits that were on their way, and is obeyed once. */
#define RESET_TOPIC "validate.control"

struct reset_order {
    struct str topic;
    int partition;
    uint64_t id;    /* random, never 0 */
    int64_t offset; /* read from here */
    bool skip;      /* also when that is ahead: what lies between is never decided */
};
/* Key "topic/partition" and value, in the arena. */
void reset_encode(struct arena *arena, const struct reset_order *order, struct str *key, struct str *value);
/* False: no order. The topic is in the arena. */
bool reset_decode(struct arena *arena, struct str key, struct str value, struct reset_order *out);

/* What a commit's metadata says of it, behind whatever else stands there. */
struct reset_note {
    uint64_t id;     /* the order obeyed last; 0: none yet */
    int64_t skip_to; /* nothing below is read, though the place is still before it; 0: nothing is skipped */
};
#define RESET_NOTE_SIZE 64
/* Empty when there is nothing to say. */
void reset_note_format(struct reset_note note, char out[RESET_NOTE_SIZE]);
struct reset_note reset_note_parse(const char *text, size_t size);

#endif
