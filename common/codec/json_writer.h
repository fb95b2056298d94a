#ifndef ORGCODE_CODEC_JSON_WRITER_H
#define ORGCODE_CODEC_JSON_WRITER_H

#include "base/arena.h"
#include "base/str.h"
#include "base/time.h"
#include "base/uuid.h"

/* Writes RFC 8785 canonical JSON into a buffer that grows in an arena. The caller gives the members of an object in
 * sorted order (a debug build asserts it) and only valid UTF-8; numbers are integers within +-2^53. One thread. */

#define WRITER_DEPTH_MAX 16

struct writer {
    struct arena *arena;
    char *data;
    size_t len, room;
    int depth;
    bool first;                       /* nothing stands yet in the object or array in work */
    struct str key[WRITER_DEPTH_MAX]; /* last key at each depth (debug builds) */
};

/* `room` is a guess of the text's size. */
void writer_open(struct writer *writer, struct arena *arena, size_t room);
/* The text so far; valid while the arena is, and until the next write. */
static inline struct str writer_text(const struct writer *writer)
{
    return (struct str){writer->data, writer->len};
}

void writer_object(struct writer *writer);
void writer_object_end(struct writer *writer);
void writer_array(struct writer *writer);
void writer_array_end(struct writer *writer);
/* `key` needs no escaping and lives as long as the object is open. */
void writer_key(struct writer *writer, struct str key);

void writer_str(struct writer *writer, struct str value);
void writer_int(struct writer *writer, int64_t value);
void writer_bool(struct writer *writer, bool value);
void writer_null(struct writer *writer);
void writer_uuid(struct writer *writer, struct uuid value);
void writer_date(struct writer *writer, date_day value);
void writer_time(struct writer *writer, time_ms value);
/* JSON text as it is, as one value. */
void writer_raw(struct writer *writer, struct str json);
/* The value that stands at from..to of the text, once more. */
void writer_repeat(struct writer *writer, size_t from, size_t to);

#endif
