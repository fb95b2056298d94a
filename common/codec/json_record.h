#ifndef ORGCODE_CODEC_JSON_RECORD_H
#define ORGCODE_CODEC_JSON_RECORD_H

#include "codec/json_writer.h"
#include "core/registry.h"

/* What differs between two records. Inside the codec only. */
struct record_difference {
    unsigned part;   /* of record_part */
    field_mask info; /* INFO_TYPE is a part of the record, not of its info, but stands here too */
};
enum record_part {
    PART_CLOSED_ON = 1,
    PART_ISSUED_ON = 2,
    PART_DECISION = 4,
    PART_ORGANIZATION = 8,
    PART_PREDECESSORS = 16,
    PART_STATUS = 32,
    PART_SUCCESSORS = 64,
};

/* Either may be NULL: then all that the other gives differs. */
struct record_difference record_compare(const struct record *a, const struct record *b);
/* An object with those fields of `record`, null for what it has not; null when there is no record. */
void record_write_part(struct writer *writer, const struct record *record, struct record_difference difference);

#endif
