#ifndef ORGCODE_CODEC_JSON_CHAIN_H
#define ORGCODE_CODEC_JSON_CHAIN_H

#include "codec/json_change.h"

/* The two hash chains, from what is stored: the canonical texts of changes and receipts, with hash and previousHash in
 * them. */
struct chain_link {
    struct sha256 hash, previous; /* as the text says */
    size_t hash_at, hash_end;     /* the member with a comma beside it: what is cut out before hashing */
    size_t previous_at, previous_end;
};
/* False: `data` does not bear the two members as they are written. */
bool chain_read(struct str data, struct chain_link *out);
/* The hash that a stored receipt should have. */
struct sha256 chain_receipt(struct hasher *hasher, struct str data, const struct chain_link *link);
/* The same of a change, whose attributes are hashed too. */
struct sha256 chain_change(struct arena *arena, struct hasher *hasher, const struct change_attributes *attributes,
    struct str data, const struct chain_link *link);

#endif
