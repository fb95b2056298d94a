#ifndef ORGCODE_CODEC_JSON_ACT_H
#define ORGCODE_CODEC_JSON_ACT_H

#include <jansson.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"
#include "core/act.h"
#include "core/rule.h"

/* The JSON form of acts (schemas/acts.md), strict: unknown and repeated fields, wrong types, null, missing fields are
 * refused by name. Limits of texts, grammar and the like are check_act's. */

#define JSON_ACT_MAX ((size_t)1 << 20)
#define JSON_ACT_DEPTH_MAX 8

/* Reads one act from JSON text. OK: `*out` is in the arena with copies of its texts, normalized; `*id_given` tells if
 * it had an actId, else its id is act_derive_id. REJECT: code `size`, `syntax` (not JSON, too deep, a repeated field)
 * or `form` (JSON, but no act); `faults` (may be NULL) gets one FORM finding each with field and what was expected,
 * `fault` (may be NULL) the first in English. */
struct status json_act_decode(struct arena *arena, struct str text, struct act **out, bool *id_given,
    struct findings *faults, struct fault *fault) MUST_USE;
/* The same from a parsed value (an item of an array), which is only read. */
struct status json_act_decode_value(struct arena *arena, const json_t *value, struct act **out, bool *id_given,
    struct findings *faults, struct fault *fault) MUST_USE;

/* Canonical JSON of the act; what was not given, and what equals its default, is left out. */
void json_act_encode(struct arena *arena, const struct act *act, struct str *out);

#endif
