#ifndef ORGCODE_CODEC_JOURNAL_H
#define ORGCODE_CODEC_JOURNAL_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/status.h"
#include "core/registry.h"

/* Records of orgcode.journal: their headers and the small JSON values. Which library carries them is the shell's
 * matter. */

struct journal_header {
    struct str name, value; /* value absent: a null header */
};

/* Header names. */
#define JOURNAL_KIND "oc-kind"   /* genesis | act | refusal | tick | control */
#define JOURNAL_STAMP "oc-stamp" /* own clock of the appender, ms */
#define JOURNAL_TOPIC "oc-topic" /* act, refusal: origin */
#define JOURNAL_PARTITION "oc-partition"
#define JOURNAL_FROM "oc-from"
#define JOURNAL_OFFSET "oc-offset"
#define JOURNAL_TIME "oc-time"
#define JOURNAL_REASON "oc-reason" /* orgcode.rejected alone */
#define JOURNAL_DETAIL "oc-detail"

/* Fills `out` from a record as read. Texts point into headers and value, or into the arena. An act's `act` stays NULL:
 * the caller decodes `bytes`. A record whose kind is missing or unknown, or that has not the headers or the value that
 * its kind needs, is RECORD_FOREIGN and `fault` (may be NULL) says why. Of a header given twice the last counts. */
void journal_read(struct arena *arena, const struct journal_header *header, size_t count, struct str value,
    time_ms broker_ms, struct journal_record *out, struct fault *fault);

/* The headers of a record to be written; every value is text in the arena. */
#define JOURNAL_HEADERS_MAX 7
/* kind, stamp, and for ACT and REFUSAL the origin (else it may be NULL). Returns how many. */
size_t journal_headers(struct arena *arena, enum record_kind kind, time_ms stamp_ms, const struct origin *origin,
    struct journal_header out[JOURNAL_HEADERS_MAX]);
/* The part of a topic's name behind the last dot. */
struct str journal_authority(struct str topic);

/* Values, canonical JSON. */
struct journal_refusal {
    enum reason reason;
    struct str code, expected; /* absent: none */
    bool has_id;
    struct uuid id;
    struct sha256 digest; /* of the bytes refused */
    size_t size;          /* theirs */
};
void journal_refusal_encode(struct arena *arena, const struct journal_refusal *refusal, struct str *out);
void journal_genesis_encode(
    struct arena *arena, struct uuid registry_id, int epoch, enum journal_mode mode, struct str *out);
/* version 0: not a version record. */
void journal_control_encode(struct arena *arena, bool live, int version, struct str *out);

#endif
