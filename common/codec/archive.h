#ifndef ORGCODE_CODEC_ARCHIVE_H
#define ORGCODE_CODEC_ARCHIVE_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/status.h"
#include "base/time.h"
#include "base/uuid.h"
#include "codec/journal.h"

/* A journal as a file: gzip around sections, one after the other. A section is a letter, its length (4 bytes,
 * big-endian as all numbers here), its bytes, and the SHA-256 of these together with the digest of the section before
 * it: so a digest stands for all that came up to it, and no section can be lost, changed, moved or added unseen.
 *
 *     'H'  head: JSON, once, first
 *     'R'  records, as many as wanted
 *     'T'  tail: JSON, once, last; nothing comes behind it
 *
 * A record is its offset (8 bytes), time (8), flags (1; bit 0: the broker's own time), key, value, the number of
 * headers (4), and name and value of each. A text is its length (4; all bits set: absent) and its bytes. */

struct archive_record {
    int64_t offset; /* where it stood */
    time_ms time;
    bool log_append; /* the time is that broker's own */
    struct str key, value;
    struct journal_header *header;
    size_t headers;
};

struct archive_head {
    struct uuid registry_id;
    int epoch;
    struct str prefix, program; /* of the topics; what wrote the file */
    int64_t first, end;         /* offsets that were read: first..end-1 */
    time_ms exported;
};

/* Where a database stood, to compare with. */
struct archive_place {
    int64_t record, sequence, receipt;
    struct sha256 change_head, receipt_head;
};
struct archive_tail {
    int64_t records;                  /* in the file */
    int64_t kind[RECORD_CONTROL + 1]; /* by enum record_kind */
    time_ms last;                     /* the last record's time */
    bool placed;
    struct archive_place place;
};

/* ---- writing ---------------------------------------------------------------------------------------------------- */

/* All or nothing; false ends the writing. */
typedef bool archive_sink(void *user, const void *bytes, size_t size);

struct archive_writer;
struct archive_writer *archive_writer_open(archive_sink *sink, void *user);
/* The first failure of the sink is kept; the others of these do nothing then. */
void archive_write_head(struct archive_writer *writer, const struct archive_head *head);
void archive_write_record(struct archive_writer *writer, const struct archive_record *record);
/* What stands for the whole file, in *digest; RETRY "write" when the sink has failed. */
struct status archive_write_tail(struct archive_writer *writer, const struct archive_tail *tail, struct sha256 *digest,
    struct fault *fault) MUST_USE;
void archive_writer_close(struct archive_writer *writer);

/* ---- reading ---------------------------------------------------------------------------------------------------- */

/* Bytes read, 0 at the end, -1 when it failed (errno). */
typedef long archive_source(void *user, void *buffer, size_t size);

struct archive_reader;
/* `plain`: the sections stand bare, without gzip (tests). */
struct archive_reader *archive_reader_open(archive_source *source, void *user, bool plain);
void archive_reader_close(struct archive_reader *reader);

/* All of these: REJECT "archive-..." when the bytes are not a whole, undamaged file of this form; RETRY "read". */

/* Texts live as long as the reader. */
struct status archive_read_head(struct archive_reader *reader, struct archive_head *out, struct fault *fault) MUST_USE;
/* The next record, NULL behind the last; then the tail has been read, and the file is whole. A record is given only
 * when the digest of its section was found right. It lives until the next call. */
struct status archive_read_record(
    struct archive_reader *reader, const struct archive_record **out, struct fault *fault) MUST_USE;
/* Behind the last record. */
const struct archive_tail *archive_tail_of(const struct archive_reader *reader);
struct sha256 archive_digest_of(const struct archive_reader *reader);

/* One record out of the bytes of a section, from *at on. */
struct status archive_record_decode(
    struct arena *arena, struct str bytes, size_t *at, struct archive_record *out, struct fault *fault) MUST_USE;
void archive_record_encode(struct arena *arena, const struct archive_record *record, struct str *out);

/* ---- of both ---------------------------------------------------------------------------------------------------- */

enum archive_section { ARCHIVE_HEAD = 'H', ARCHIVE_RECORDS = 'R', ARCHIVE_TAIL = 'T' };
#define ARCHIVE_FRAME 5                       /* letter and length */
#define ARCHIVE_SECTION ((size_t)1 << 20)     /* a section of records is closed when it has become as long */
#define ARCHIVE_SECTION_MAX ((size_t)8 << 20) /* no section is longer */
struct sha256 archive_chain(struct hasher *hasher, struct sha256 before, char letter, struct str bytes);

#endif
