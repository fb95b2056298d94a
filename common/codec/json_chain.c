#include "codec/json_chain.h"

#define HEX (SHA256_TEXT_SIZE - 1)

/* `,"NAME":"<64 digits>"`: quotes inside texts are escaped, and no member within bears the name, so the first is it. */
static bool find(struct str data, struct str member, size_t *from, size_t *to, struct sha256 *out)
{
    const char *at = memmem(data.data, data.len, member.data, member.len);
    if (!at)
        return false;
    *from = (size_t)(at - data.data);
    *to = *from + member.len + HEX + 1;
    return *to <= data.len && data.data[*to - 1] == '"' && sha256_parse((struct str){at + member.len, HEX}, out);
}

bool chain_read(struct str data, struct chain_link *out)
{
    return str_given(data) && find(data, STR(",\"hash\":\""), &out->hash_at, &out->hash_end, &out->hash) &&
           find(data, STR(",\"previousHash\":\""), &out->previous_at, &out->previous_end, &out->previous) &&
           out->previous_at >= out->hash_end;
}

static void add_previous(struct hasher *hasher, const struct chain_link *link)
{
    char hex[SHA256_TEXT_SIZE];
    sha256_format(link->previous, hex);
    hasher_begin(hasher);
    hasher_add(hasher, hex, HEX);
}

static void add_data(struct hasher *hasher, struct str data, const struct chain_link *link)
{
    hasher_add(hasher, data.data, link->hash_at);
    hasher_add(hasher, data.data + link->hash_end, link->previous_at - link->hash_end);
    hasher_add(hasher, data.data + link->previous_end, data.len - link->previous_end);
}

struct sha256 chain_receipt(struct hasher *hasher, struct str data, const struct chain_link *link)
{
    add_previous(hasher, link);
    add_data(hasher, data, link);
    return hasher_end(hasher);
}

struct sha256 chain_change(struct arena *arena, struct hasher *hasher, const struct change_attributes *attributes,
    struct str data, const struct chain_link *link)
{
    struct arena_mark mark = arena_mark(arena);
    struct writer event;
    size_t data_at;
    writer_open(&event, arena, 768);
    change_event_write(&event, attributes, STR(""), &data_at);
    add_previous(hasher, link);
    hasher_add(hasher, event.data, data_at);
    add_data(hasher, data, link);
    hasher_add(hasher, event.data + data_at, event.len - data_at);
    arena_rewind(arena, mark);
    return hasher_end(hasher);
}
