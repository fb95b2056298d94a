#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <zlib.h>

#include "codec/archive.h"

#define GZIP_BITS (15 + 16)

struct archive_reader {
    archive_source *source;
    void *user;
    bool plain;
    z_stream zip;
    bool zip_end; /* the gzip stream has come to its own end */
    unsigned char in[1 << 16];
    struct hasher *hasher;
    struct sha256 digest;
    struct arena *kept;  /* texts of the head */
    struct arena *arena; /* headers of the section's records */
    char *section;       /* grows to ARCHIVE_SECTION_MAX */
    size_t room;
    struct str records; /* of the section in work */
    size_t at;
    int64_t offset, count; /* of the last record; how many so far */
    struct archive_record record;
    struct archive_tail tail;
    bool ended;
};

struct archive_reader *archive_reader_open(archive_source *source, void *user, bool plain)
{
    struct archive_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        abort();
    *reader = (struct archive_reader){.source = source,
        .user = user,
        .plain = plain,
        .hasher = hasher_open(),
        .kept = arena_open(0),
        .arena = arena_open(0),
        .offset = -1};
    if (inflateInit2(&reader->zip, GZIP_BITS) != Z_OK)
        abort();
    return reader;
}

void archive_reader_close(struct archive_reader *reader)
{
    if (!reader)
        return;
    inflateEnd(&reader->zip);
    hasher_close(reader->hasher);
    arena_close(reader->kept);
    arena_close(reader->arena);
    free(reader->section);
    free(reader);
}

/* ---- bytes --------------------------------------------------------------------------------------------------------
 */

static struct status bad_read(struct fault *fault)
{
    return status_fail(fault, STATUS_RETRY, "read", "the file could not be read: %s", strerror(errno));
}

static struct status refill(struct archive_reader *reader, struct fault *fault)
{
    long count = reader->source(reader->user, reader->in, sizeof reader->in);
    if (count < 0)
        return bad_read(fault);
    reader->zip.next_in = reader->in;
    reader->zip.avail_in = (uInt)count;
    return status_ok();
}

static struct status inflate_some(
    struct archive_reader *reader, char *out, size_t size, size_t *got, struct fault *fault)
{
    reader->zip.next_out = (Bytef *)out;
    reader->zip.avail_out = (uInt)size;
    while (reader->zip.avail_out == size && !reader->zip_end) {
        struct status status = reader->zip.avail_in ? status_ok() : refill(reader, fault);
        if (status_failed(status))
            return status;
        if (reader->zip.avail_in == 0)
            break; /* the file ends before the stream does */
        int result = inflate(&reader->zip, Z_NO_FLUSH);
        reader->zip_end = result == Z_STREAM_END;
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return status_fail(fault, STATUS_REJECT, reader->count == 0 ? "archive-form" : "archive-damaged",
                "this is no gzip file, or it is damaged (%s)", reader->zip.msg ? reader->zip.msg : zError(result));
    }
    *got = size - reader->zip.avail_out;
    return status_ok();
}

/* Up to `size` bytes; fewer at the end alone. */
static struct status read_bytes(struct archive_reader *reader, char *out, size_t size, size_t *got, struct fault *fault)
{
    *got = 0;
    while (*got < size) {
        size_t more = 0;
        if (reader->plain) {
            long count = reader->source(reader->user, out + *got, size - *got);
            if (count < 0)
                return bad_read(fault);
            more = (size_t)count;
        } else {
            struct status status = inflate_some(reader, out + *got, size - *got, &more, fault);
            if (status_failed(status))
                return status;
        }
        if (more == 0)
            break;
        *got += more;
    }
    return status_ok();
}

static struct status truncated(struct archive_reader *reader, struct fault *fault)
{
    return status_fail(fault, STATUS_REJECT, "archive-truncated",
        "the file ends too early: its tail is missing, behind %lld whole records", (long long)reader->count);
}

static struct status read_exactly(struct archive_reader *reader, char *out, size_t size, struct fault *fault)
{
    size_t got;
    struct status status = read_bytes(reader, out, size, &got, fault);
    return status_failed(status) || got == size ? status : truncated(reader, fault);
}

/* ---- sections ------------------------------------------------------------------------------------------------------
 */

/* Room for a section: of hostile bytes no more than ARCHIVE_SECTION_MAX. */
static void make_room(struct archive_reader *reader, size_t size)
{
    if (size <= reader->room)
        return;
    reader->room = size;
    free(reader->section);
    reader->section = malloc(size);
    if (!reader->section)
        abort();
}

static struct status read_section(struct archive_reader *reader, char *letter, struct str *out, struct fault *fault)
{
    char frame[ARCHIVE_FRAME];
    struct sha256 digest;
    struct status status = read_exactly(reader, frame, sizeof frame, fault);
    if (status_failed(status))
        return status;
    size_t size = 0;
    for (int i = 1; i < ARCHIVE_FRAME; i++)
        size = size << 8 | (uint8_t)frame[i];
    *letter = frame[0];
    if (size > ARCHIVE_SECTION_MAX ||
        (*letter != ARCHIVE_HEAD && *letter != ARCHIVE_RECORDS && *letter != ARCHIVE_TAIL))
        return status_fail(fault, STATUS_REJECT, "archive-form",
            "this is not a journal exported by orgcode-replay, or it is damaged behind record %lld",
            (long long)reader->count);
    make_room(reader, size);
    status = read_exactly(reader, reader->section, size, fault);
    if (!status_failed(status))
        status = read_exactly(reader, (char *)digest.byte, sizeof digest.byte, fault);
    if (status_failed(status))
        return status;
    *out = (struct str){reader->section ? reader->section : "", size};
    reader->digest = archive_chain(reader->hasher, reader->digest, *letter, *out);
    if (memcmp(digest.byte, reader->digest.byte, sizeof digest.byte) != 0)
        return status_fail(fault, STATUS_REJECT, "archive-damaged",
            "the file is damaged: the checksum behind record %lld is not right", (long long)reader->count);
    return status_ok();
}

static struct status bad_json(struct fault *fault, const char *what)
{
    return status_fail(fault, STATUS_REJECT, "archive-form", "the %s of the file is not well formed", what);
}

static bool number_of(const json_t *object, const char *name, int64_t *out)
{
    const json_t *value = json_object_get(object, name);
    *out = json_integer_value(value);
    return json_is_integer(value) && *out >= 0;
}

static struct str text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_string(value) ? (struct str){json_string_value(value), json_string_length(value)} : STR_NONE;
}

static bool head_of(struct arena *arena, const json_t *json, struct archive_head *out)
{
    int64_t epoch;
    out->prefix = str_copy(arena, text_of(json, "prefix"));
    out->program = str_copy(arena, text_of(json, "program"));
    bool good = uuid_parse(text_of(json, "registryId"), &out->registry_id) && number_of(json, "epoch", &epoch) &&
                epoch >= 1 && epoch <= INT32_MAX && number_of(json, "firstOffset", &out->first) &&
                number_of(json, "endOffset", &out->end) && time_parse(text_of(json, "exportedAt"), &out->exported) &&
                str_given(out->prefix) && str_given(out->program);
    out->epoch = good ? (int)epoch : 0;
    return good;
}

struct status archive_read_head(struct archive_reader *reader, struct archive_head *out, struct fault *fault)
{
    char letter;
    struct str text;
    struct status status = read_section(reader, &letter, &text, fault);
    if (status_failed(status))
        return status;
    json_t *json = letter == ARCHIVE_HEAD ? json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL) : NULL;
    int64_t version;
    if (!str_equal(text_of(json, "form"), STR("orgcode-journal")) || !number_of(json, "formVersion", &version))
        status = status_fail(fault, STATUS_REJECT, "archive-form", "this is not a journal exported by orgcode-replay");
    else if (version != 1)
        status = status_fail(fault, STATUS_REJECT, "archive-version",
            "the file is of version %lld of its form, this program knows version 1", (long long)version);
    else if (!head_of(reader->kept, json, out))
        status = bad_json(fault, "head");
    json_decref(json);
    return status;
}

static bool place_of(const json_t *json, struct archive_place *out)
{
    return number_of(json, "record", &out->record) && number_of(json, "sequence", &out->sequence) &&
           number_of(json, "receipt", &out->receipt) && sha256_parse(text_of(json, "changeHead"), &out->change_head) &&
           sha256_parse(text_of(json, "receiptHead"), &out->receipt_head);
}

static struct status read_tail(struct archive_reader *reader, struct str text, struct fault *fault)
{
    struct archive_tail *tail = &reader->tail;
    json_t *json = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *place = json_object_get(json, "place");
    const json_t *last = json_object_get(json, "lastTime");
    bool good = number_of(json, "records", &tail->records) && number_of(json, "genesis", &tail->kind[RECORD_GENESIS]) &&
                number_of(json, "acts", &tail->kind[RECORD_ACT]) &&
                number_of(json, "refusals", &tail->kind[RECORD_REFUSAL]) &&
                number_of(json, "ticks", &tail->kind[RECORD_TICK]) &&
                number_of(json, "controls", &tail->kind[RECORD_CONTROL]) &&
                number_of(json, "foreign", &tail->kind[RECORD_FOREIGN]) && json_is_integer(last) &&
                (!place || place_of(place, &tail->place));
    tail->last = json_integer_value(last);
    tail->placed = place != NULL;
    json_decref(json);
    if (!good)
        return bad_json(fault, "tail");
    if (tail->records != reader->count)
        return status_fail(fault, STATUS_REJECT, "archive-damaged", "the file holds %lld records, its tail says %lld",
            (long long)reader->count, (long long)tail->records);
    char rest;
    size_t got;
    struct status status = read_bytes(reader, &rest, 1, &got, fault);
    if (!status_failed(status) && got == 0 && !reader->plain && !reader->zip_end)
        status = truncated(reader, fault);
    if (!status_failed(status) && got == 0 && !reader->plain && reader->zip.avail_in == 0)
        status = refill(reader, fault);
    if (!status_failed(status) && (got > 0 || reader->zip.avail_in > 0))
        status = status_fail(fault, STATUS_REJECT, "archive-damaged", "something stands behind the end of the file");
    reader->ended = !status_failed(status);
    return status;
}

struct status archive_read_record(struct archive_reader *reader, const struct archive_record **out, struct fault *fault)
{
    *out = NULL;
    while (reader->at == reader->records.len && !reader->ended) {
        char letter;
        struct str bytes;
        arena_reset(reader->arena);
        struct status status = read_section(reader, &letter, &bytes, fault);
        if (!status_failed(status) && letter == ARCHIVE_HEAD)
            status = bad_json(fault, "order");
        if (!status_failed(status) && letter == ARCHIVE_TAIL)
            status = read_tail(reader, bytes, fault);
        if (status_failed(status))
            return status;
        reader->records = letter == ARCHIVE_RECORDS ? bytes : STR_NONE;
        reader->at = 0;
    }
    if (reader->ended)
        return status_ok();
    struct status status = archive_record_decode(reader->arena, reader->records, &reader->at, &reader->record, fault);
    if (status_failed(status))
        return status;
    if (reader->record.offset <= reader->offset)
        return status_fail(fault, STATUS_REJECT, "archive-record", "record %lld of the file is out of order",
            (long long)reader->count + 1);
    reader->offset = reader->record.offset;
    reader->count++;
    *out = &reader->record;
    return status;
}

const struct archive_tail *archive_tail_of(const struct archive_reader *reader)
{
    return &reader->tail;
}

struct sha256 archive_digest_of(const struct archive_reader *reader)
{
    return reader->digest;
}
