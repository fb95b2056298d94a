#include "codec/avro_walk.h"

bool walk_fail(struct walk *walk, const char *code)
{
    walk->code = code;
    return false;
}

static size_t left(const struct walk *walk)
{
    return (size_t)(walk->end - walk->at);
}

bool walk_long(struct walk *walk, int64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (walk->at == walk->end)
            return walk_fail(walk, "truncated");
        uint8_t byte = *walk->at++;
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            *out = (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
            return true;
        }
    }
    return walk_fail(walk, "varint");
}

bool walk_index(struct walk *walk, size_t count, size_t *out)
{
    int64_t value;
    if (!walk_long(walk, &value))
        return false;
    if (value < 0 || (uint64_t)value >= count)
        return walk_fail(walk, "range");
    *out = (size_t)value;
    return true;
}

bool walk_boolean(struct walk *walk, bool *out)
{
    if (walk->at == walk->end)
        return walk_fail(walk, "truncated");
    if (*walk->at > 1)
        return walk_fail(walk, "range");
    *out = *walk->at++ == 1;
    return true;
}

bool walk_fixed(struct walk *walk, size_t size, const uint8_t **out)
{
    if (size > left(walk))
        return walk_fail(walk, "truncated");
    *out = walk->at;
    walk->at += size;
    return true;
}

bool walk_bytes(struct walk *walk, struct str *out)
{
    int64_t size;
    const uint8_t *data;
    if (!walk_long(walk, &size))
        return false;
    if (size < 0)
        return walk_fail(walk, "range");
    if ((uint64_t)size > left(walk))
        return walk_fail(walk, "truncated");
    if (!walk_fixed(walk, (size_t)size, &data))
        return false;
    *out = (struct str){(const char *)data, (size_t)size};
    return true;
}

/* Bytes of the sequence that begins with a byte over 0x7f, 0: not UTF-8 (too long a form and surrogates are not). */
static size_t sequence(const uint8_t *at, const uint8_t *end)
{
    uint8_t lead = at[0], low = 0x80, high = 0xbf;
    size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || (size_t)(end - at) < size)
        return 0;
    if (lead == 0xe0)
        low = 0xa0;
    else if (lead == 0xed)
        high = 0x9f;
    else if (lead == 0xf0)
        low = 0x90;
    else if (lead == 0xf4)
        high = 0x8f;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

static bool is_text(struct str s)
{
    const uint8_t *at = (const uint8_t *)s.data, *end = at + s.len;
    while (at < end) {
        if (*at < 0x80) {
            if (*at++ == 0)
                return false;
            continue;
        }
        size_t size = sequence(at, end);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

bool walk_text(struct walk *walk, struct str *out)
{
    struct str text;
    if (!walk_bytes(walk, &text))
        return false;
    if (!is_text(text))
        return walk_fail(walk, "text");
    *out = text;
    return true;
}

bool walk_block(struct walk *walk, size_t min, size_t *count, const uint8_t **block_end)
{
    int64_t items, size;
    *block_end = NULL;
    if (!walk_long(walk, &items))
        return false;
    if (items < 0) {
        if (items == INT64_MIN)
            return walk_fail(walk, "count");
        items = -items;
        if (!walk_long(walk, &size))
            return false;
        if (size < 0 || (uint64_t)size > left(walk))
            return walk_fail(walk, "count");
        *block_end = walk->at + size;
    }
    /* Items without bytes cost nothing to pass over, but nothing of ours is made of them either. */
    if (min > 0 && (uint64_t)items > left(walk) / min)
        return walk_fail(walk, "count");
    *count = (size_t)items;
    return true;
}

bool walk_block_end(struct walk *walk, const uint8_t *block_end)
{
    if (block_end && walk->at != block_end)
        return walk_fail(walk, "count");
    return true;
}

static bool skip_blocks(struct walk *walk, const struct node *node)
{
    const struct node *item = node->child[0];
    size_t key = node->type == NODE_MAP ? 1 : 0;
    size_t count;
    const uint8_t *block_end;
    do {
        if (!walk_block(walk, item->min + key, &count, &block_end))
            return false;
        for (size_t i = 0; i < count && item->min + key > 0; i++) {
            struct str name;
            if ((key && !walk_bytes(walk, &name)) || !walk_skip(walk, item))
                return false;
        }
        if (!walk_block_end(walk, block_end))
            return false;
    } while (count > 0);
    return true;
}

static bool skip_value(struct walk *walk, const struct node *node)
{
    int64_t number;
    size_t index;
    bool truth;
    struct str text;
    const uint8_t *bytes;
    switch (node->type) {
    case NODE_NULL:
        return true;
    case NODE_BOOLEAN:
        return walk_boolean(walk, &truth);
    case NODE_INT:
        if (!walk_long(walk, &number))
            return false;
        return (number >= INT32_MIN && number <= INT32_MAX) || walk_fail(walk, "range");
    case NODE_LONG:
        return walk_long(walk, &number);
    case NODE_FLOAT:
        return walk_fixed(walk, 4, &bytes);
    case NODE_DOUBLE:
        return walk_fixed(walk, 8, &bytes);
    case NODE_BYTES:
        return walk_bytes(walk, &text);
    case NODE_STRING:
        return walk_text(walk, &text);
    case NODE_FIXED:
        return walk_fixed(walk, node->size, &bytes);
    case NODE_ENUM:
        return walk_index(walk, node->count, &index);
    case NODE_ARRAY:
    case NODE_MAP:
        return skip_blocks(walk, node);
    case NODE_UNION:
        return walk_index(walk, node->count, &index) && walk_skip(walk, node->child[index]);
    case NODE_RECORD:
        for (size_t i = 0; i < node->count; i++)
            if (!walk_skip(walk, node->child[i]))
                return false;
        return true;
    }
    return walk_fail(walk, "depth");
}

bool walk_skip(struct walk *walk, const struct node *node)
{
    if (walk->depth == WALK_DEPTH_MAX)
        return walk_fail(walk, "depth");
    walk->depth++;
    bool done = skip_value(walk, node);
    walk->depth--;
    return done;
}

bool walk_count(struct walk *walk, const struct node *array, size_t *out)
{
    struct walk ahead = *walk;
    size_t total = 0, count;
    const uint8_t *block_end;
    const struct node *item = array->child[0];
    do {
        if (!walk_block(&ahead, item->min, &count, &block_end))
            return walk_fail(walk, ahead.code);
        for (size_t i = 0; i < count; i++)
            if (!walk_skip(&ahead, item))
                return walk_fail(walk, ahead.code);
        if (!walk_block_end(&ahead, block_end))
            return walk_fail(walk, ahead.code);
        total += count;
    } while (count > 0);
    *out = total;
    return true;
}
