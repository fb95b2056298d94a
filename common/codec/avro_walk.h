#ifndef ORGCODE_CODEC_AVRO_WALK_H
#define ORGCODE_CODEC_AVRO_WALK_H

#include <stdint.h>

#include "codec/avro_schema.h"

/* Bounded reading of Avro binary. Inside the codec only. Every function returns false after it has set `code`; what was
 * read before stays as it is. */
struct walk {
    const uint8_t *at, *end;
    const char *code; /* static word: why it failed */
    int depth;
};

#define WALK_DEPTH_MAX 32

bool walk_fail(struct walk *walk, const char *code);
bool walk_long(struct walk *walk, int64_t *out);
/* An index below `count`. */
bool walk_index(struct walk *walk, size_t count, size_t *out);
bool walk_boolean(struct walk *walk, bool *out);
/* A string or bytes, unchecked. */
bool walk_bytes(struct walk *walk, struct str *out);
/* A string: UTF-8 without NUL. An empty one has data. */
bool walk_text(struct walk *walk, struct str *out);
bool walk_fixed(struct walk *walk, size_t size, const uint8_t **out);
/* The head of a block of an array or map: 0 items ends it. `*block_end` is where the block must end, NULL if it does
 * not say. `min`: fewest bytes of an item. */
bool walk_block(struct walk *walk, size_t min, size_t *count, const uint8_t **block_end);
bool walk_block_end(struct walk *walk, const uint8_t *block_end);
/* Passes over a value, whatever it is. */
bool walk_skip(struct walk *walk, const struct node *node);
/* Number of items of an array whose first block's head comes next; nothing is consumed. */
bool walk_count(struct walk *walk, const struct node *array, size_t *out);

#endif
