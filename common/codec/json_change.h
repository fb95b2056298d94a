#ifndef ORGCODE_CODEC_JSON_CHANGE_H
#define ORGCODE_CODEC_JSON_CHANGE_H

#include "base/arena.h"
#include "base/hash.h"
#include "codec/json_writer.h"
#include "core/registry.h"

/* Changes as CloudEvents (schemas/contract.md): the attributes, `data`, and the hash chain over both. */

#define CHANGE_SCHEMA_OF "urn:orgcode:schema:change:" /* and the number of the form */
#define CHANGE_CONTENT_TYPE "application/json"
#define CHANGE_SPEC_VERSION "1.0"

/* What the attributes are made from: all of it stands in the row of table `change`. */
struct change_attributes {
    int form; /* that of the law under which it was written */
    int epoch;
    int64_t sequence;
    enum change_type type;
    struct str subject;
    int64_t subject_version;
    struct uuid act_id;
    int act_index, act_count;
    date_day effective_on;
    time_ms recorded;
};
struct change_attributes change_attributes_of(const struct change *change, int epoch);

#define CHANGE_ID_SIZE 32       /* 01-00000000000000012345 and NUL */
#define CHANGE_SEQUENCE_SIZE 21 /* 20 digits and NUL */

/* Their texts, all terminated; `subject` and `type` are those of change_attributes. */
struct change_texts {
    char id[CHANGE_ID_SIZE];
    char sequence[CHANGE_SEQUENCE_SIZE];
    char subject_version[CHANGE_SEQUENCE_SIZE];
    char correlation_id[UUID_TEXT_SIZE];
    char act_index[12], act_count[12];
    char schema[sizeof CHANGE_SCHEMA_OF + 12];
    char time[TIME_TEXT_SIZE]; /* start of the effective date */
    char recorded_time[TIME_TEXT_SIZE];
    struct str type, subject; /* subject is the partition key too */
};
void change_texts_format(const struct change_attributes *attributes, struct change_texts *out);
/* "01-00000000000000012345"; returns `out`. */
char *change_id_format(int epoch, int64_t sequence, char out[CHANGE_ID_SIZE]);
bool change_id_parse(struct str id, int *epoch, int64_t *sequence);

/* The event with its data, which stands at *data_at; data may be empty, for its text to be put there. */
void change_event_write(
    struct writer *writer, const struct change_attributes *attributes, struct str data, size_t *data_at);

/* What precedes the first change and the first receipt. */
extern const struct sha256 chain_start; /* 32 zero bytes, 64 zeros as text */

struct change_encoded {
    struct str data;   /* canonical JSON with hash and previousHash */
    struct str record; /* the part of `data` that is `record`, "null" when there is none: value of orgcode.state */
    struct sha256 hash;
};
/* `data` and the change's place in the chain. Everything is in the arena. */
void change_encode(struct arena *arena, struct hasher *hasher, const struct change *change, int epoch,
    const struct sha256 *previous, struct change_encoded *out);

/* `record` of a code as it stands (code->now, code->version); "null" while it was never granted. */
void record_encode(struct arena *arena, const struct code *code, struct str *out);
/* The same of a scheme: {description, grammar, issuer, scheme, version}. */
void scheme_encode(struct arena *arena, const struct scheme *scheme, struct str *out);
/* As one value into a writer; `record` need not be code->now. */
void record_write(struct writer *writer, const struct code *code, const struct record *record, int64_t version);

#endif
