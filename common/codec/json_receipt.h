#ifndef ORGCODE_CODEC_JSON_RECEIPT_H
#define ORGCODE_CODEC_JSON_RECEIPT_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/status.h"
#include "core/registry.h"

/* Receipts: canonical JSON as stored, chained like changes: hash = SHA-256(previous as hex || the receipt's canonical
 * JSON without hash and previousHash). Stored receipts have no messages for people, those are added on the way out. */

/* Everything is in the arena. `previous` of the first receipt is chain_start. */
void receipt_encode(struct arena *arena, struct hasher *hasher, const struct receipt *receipt,
    const struct sha256 *previous, struct sha256 *out_hash, struct str *out_data);

/* `stored` with `message` {vi, en} in each fault and warning; `*out` may be `stored` itself when it has neither.
 * STOP (code `receipt`) when it is not a receipt as receipt_encode writes it. */
struct status receipt_with_messages(
    struct arena *arena, struct str stored, struct str *out, struct fault *fault) MUST_USE;

/* One finding as a JSON object {code?, expected?, field?, message?, number?, reason, rule}. */
void finding_encode(struct arena *arena, const struct finding *finding, bool with_message, struct str *out);

#endif
