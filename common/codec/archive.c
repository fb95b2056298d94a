#include "codec/archive.h"

/* What reader and writer share: a record's bytes, the digest of a section. */

#define ABSENT UINT32_MAX
#define FLAG_LOG_APPEND 1u

struct sha256 archive_chain(struct hasher *hasher, struct sha256 before, char letter, struct str bytes)
{
    hasher_begin(hasher);
    hasher_add(hasher, before.byte, sizeof before.byte);
    hasher_add(hasher, &letter, 1);
    if (bytes.len)
        hasher_add(hasher, bytes.data, bytes.len);
    return hasher_end(hasher);
}

/* ---- out ----------------------------------------------------------------------------------------------------------
 */

static char *put_number(char *at, uint64_t value, int size)
{
    for (int i = size - 1; i >= 0; i--)
        *at++ = (char)(value >> (8 * i));
    return at;
}

static char *put_text(char *at, struct str text)
{
    at = put_number(at, str_given(text) ? text.len : ABSENT, 4);
    if (text.len)
        memcpy(at, text.data, text.len);
    return at + text.len;
}

void archive_record_encode(struct arena *arena, const struct archive_record *record, struct str *out)
{
    size_t size = 8 + 8 + 1 + 4 + record->key.len + 4 + record->value.len + 4;
    for (size_t i = 0; i < record->headers; i++)
        size += 8 + record->header[i].name.len + record->header[i].value.len;
    char *begin = arena_alloc(arena, size), *at = begin;
    at = put_number(at, (uint64_t)record->offset, 8);
    at = put_number(at, (uint64_t)record->time, 8);
    at = put_number(at, record->log_append ? FLAG_LOG_APPEND : 0, 1);
    at = put_text(at, record->key);
    at = put_text(at, record->value);
    at = put_number(at, record->headers, 4);
    for (size_t i = 0; i < record->headers; i++) {
        at = put_text(at, record->header[i].name);
        at = put_text(at, record->header[i].value);
    }
    *out = (struct str){begin, size};
}

/* ---- in -----------------------------------------------------------------------------------------------------------
 */

static bool take_number(struct str bytes, size_t *at, int size, uint64_t *out)
{
    if (bytes.len - *at < (size_t)size)
        return false;
    *out = 0;
    for (int i = 0; i < size; i++)
        *out = *out << 8 | (uint8_t)bytes.data[(*at)++];
    return true;
}

/* Borrowed. */
static bool take_text(struct str bytes, size_t *at, struct str *out)
{
    uint64_t size;
    *out = STR_NONE;
    if (!take_number(bytes, at, 4, &size))
        return false;
    if (size == ABSENT)
        return true;
    if (size > bytes.len - *at)
        return false;
    *out = (struct str){bytes.data + *at, (size_t)size};
    *at += (size_t)size;
    return true;
}

static bool take_record(struct arena *arena, struct str bytes, size_t *at, struct archive_record *out)
{
    uint64_t offset, time, flags, headers;
    if (!take_number(bytes, at, 8, &offset) || !take_number(bytes, at, 8, &time) ||
        !take_number(bytes, at, 1, &flags) || flags > FLAG_LOG_APPEND || !take_text(bytes, at, &out->key) ||
        !take_text(bytes, at, &out->value) || !take_number(bytes, at, 4, &headers))
        return false;
    /* 8 bytes of each header must still be there: nothing is taken on the word of a number alone */
    if (offset > INT64_MAX || headers > (bytes.len - *at) / 8)
        return false;
    out->offset = (int64_t)offset;
    out->time = (time_ms)time;
    out->log_append = flags & FLAG_LOG_APPEND;
    out->headers = (size_t)headers;
    out->header = arena_array(arena, struct journal_header, headers);
    for (size_t i = 0; i < out->headers; i++)
        if (!take_text(bytes, at, &out->header[i].name) || !str_given(out->header[i].name) ||
            !take_text(bytes, at, &out->header[i].value))
            return false;
    return true;
}

struct status archive_record_decode(
    struct arena *arena, struct str bytes, size_t *at, struct archive_record *out, struct fault *fault)
{
    size_t begin = *at;
    *out = (struct archive_record){0};
    if (take_record(arena, bytes, at, out))
        return status_ok();
    return status_fail(
        fault, STATUS_REJECT, "archive-record", "the record at byte %zu of its section is not well formed", begin);
}
