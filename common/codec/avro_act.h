#ifndef ORGCODE_CODEC_AVRO_ACT_H
#define ORGCODE_CODEC_AVRO_ACT_H

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"
#include "core/act.h"

/* Acts as Avro single objects: C3 01, the CRC-64-AVRO fingerprint of the writer's schema (little-endian), the Avro
 * binary.
 *
 * The reader walks the bytes along the writer's schema and maps what it finds by name onto struct act: fields renamed
 * since are known by their aliases, missing ones get their default, further ones are skipped. Bytes are hostile:
 * nothing is allocated before the rest of the input could hold it, and no more than 4 x input + 64 KiB in all. */

/* The schemas that the program was built with, compiled once, known by fingerprint. Read only after it was opened and
 * added to, so threads may share it. */
struct avro_reader;

/* NULL with `fault` filled when an embedded schema is broken (a fault of the build). */
struct avro_reader *avro_reader_open(struct fault *fault);
void avro_reader_close(struct avro_reader *reader);
/* One more writer's schema, as JSON text (tests, older versions). STOP when it cannot be mapped onto an act. */
struct status avro_reader_add(struct avro_reader *reader, struct str schema_json, struct fault *fault) MUST_USE;

/* Largest act. */
#define AVRO_ACT_MAX ((size_t)1 << 20)

/* OK: `*out` is in the arena, normalized (act_normalize); its texts point into `bytes`, which must live as long.
 * REJECT: `*out` is NULL, the arena as before. Codes: size, frame, fingerprint, truncated, varint, range, text, count,
 * depth, limit, trailing; `fault` says where ("body.codes: ..."), in English. */
struct status avro_act_decode(const struct avro_reader *reader, struct arena *arena, struct str bytes, struct act **out,
    struct fault *fault) MUST_USE;

/* The frame of `act` in the newest schema, in the arena. Cannot fail: any struct act can be written. */
void avro_act_encode(struct arena *arena, const struct act *act, struct str *out);

#endif
