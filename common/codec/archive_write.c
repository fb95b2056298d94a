#include <jansson.h>
#include <stdlib.h>
#include <zlib.h>

#include "codec/archive.h"

#define GZIP_BITS (15 + 16)
#define GZIP_LEVEL 4 /* twice as fast as the usual 6, and nearly as small */

struct archive_writer {
    archive_sink *sink;
    void *user;
    bool failed;
    z_stream zip;
    struct hasher *hasher;
    struct sha256 digest;
    struct arena *arena; /* of one record */
    char *section;       /* records that are gathered */
    size_t size, room;
    unsigned char out[1 << 16];
};

struct archive_writer *archive_writer_open(archive_sink *sink, void *user)
{
    struct archive_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        abort();
    *writer = (struct archive_writer){.sink = sink, .user = user, .hasher = hasher_open(), .arena = arena_open(0)};
    if (deflateInit2(&writer->zip, GZIP_LEVEL, Z_DEFLATED, GZIP_BITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    return writer;
}

void archive_writer_close(struct archive_writer *writer)
{
    if (!writer)
        return;
    deflateEnd(&writer->zip);
    hasher_close(writer->hasher);
    arena_close(writer->arena);
    free(writer->section);
    free(writer);
}

static void put(struct archive_writer *writer, const void *bytes, size_t size, int flush)
{
    writer->zip.next_in = (z_const Bytef *)bytes;
    writer->zip.avail_in = (uInt)size;
    do {
        writer->zip.next_out = writer->out;
        writer->zip.avail_out = sizeof writer->out;
        deflate(&writer->zip, flush);
        size_t made = sizeof writer->out - writer->zip.avail_out;
        if (made && !writer->failed)
            writer->failed = !writer->sink(writer->user, writer->out, made);
    } while (writer->zip.avail_out == 0);
}

static void put_section(struct archive_writer *writer, char letter, struct str bytes)
{
    const char frame[ARCHIVE_FRAME] = {
        letter, (char)(bytes.len >> 24), (char)(bytes.len >> 16), (char)(bytes.len >> 8), (char)bytes.len};
    writer->digest = archive_chain(writer->hasher, writer->digest, letter, bytes);
    put(writer, frame, sizeof frame, Z_NO_FLUSH);
    put(writer, bytes.data, bytes.len, Z_NO_FLUSH);
    put(writer, writer->digest.byte, sizeof writer->digest.byte, letter == ARCHIVE_TAIL ? Z_FINISH : Z_NO_FLUSH);
}

static void put_json(struct archive_writer *writer, char letter, json_t *json)
{
    char *text = json ? json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (!text)
        abort();
    put_section(writer, letter, str_of(text));
    free(text);
    json_decref(json);
}

void archive_write_head(struct archive_writer *writer, const struct archive_head *head)
{
    char id[UUID_TEXT_SIZE], exported[TIME_TEXT_SIZE];
    put_json(writer, ARCHIVE_HEAD,
        json_pack("{s:s s:i s:s s:i s:s% s:s% s:I s:I s:s}", "form", "orgcode-journal", "formVersion", 1, "registryId",
            uuid_format(head->registry_id, id), "epoch", head->epoch, "prefix", head->prefix.data, head->prefix.len,
            "program", head->program.data, head->program.len, "firstOffset", (json_int_t)head->first, "endOffset",
            (json_int_t)head->end, "exportedAt", time_format(head->exported, exported)));
}

static void close_section(struct archive_writer *writer)
{
    if (writer->size)
        put_section(writer, ARCHIVE_RECORDS, (struct str){writer->section, writer->size});
    writer->size = 0;
}

void archive_write_record(struct archive_writer *writer, const struct archive_record *record)
{
    struct str bytes;
    arena_reset(writer->arena);
    archive_record_encode(writer->arena, record, &bytes);
    if (bytes.len > ARCHIVE_SECTION_MAX) { /* four times the longest that a journal takes */
        writer->failed = true;
        return;
    }
    if (writer->size + bytes.len > ARCHIVE_SECTION_MAX)
        close_section(writer);
    if (writer->size + bytes.len > writer->room) {
        writer->room = writer->size + bytes.len + ARCHIVE_SECTION;
        writer->section = realloc(writer->section, writer->room);
        if (!writer->section)
            abort();
    }
    memcpy(writer->section + writer->size, bytes.data, bytes.len);
    writer->size += bytes.len;
    if (writer->size >= ARCHIVE_SECTION)
        close_section(writer);
}

struct status archive_write_tail(
    struct archive_writer *writer, const struct archive_tail *tail, struct sha256 *digest, struct fault *fault)
{
    json_t *json = json_pack("{s:I s:I s:I s:I s:I s:I s:I s:I}", "records", (json_int_t)tail->records, "genesis",
        (json_int_t)tail->kind[RECORD_GENESIS], "acts", (json_int_t)tail->kind[RECORD_ACT], "refusals",
        (json_int_t)tail->kind[RECORD_REFUSAL], "ticks", (json_int_t)tail->kind[RECORD_TICK], "controls",
        (json_int_t)tail->kind[RECORD_CONTROL], "foreign", (json_int_t)tail->kind[RECORD_FOREIGN], "lastTime",
        (json_int_t)tail->last);
    if (tail->placed) {
        char changes[SHA256_TEXT_SIZE], receipts[SHA256_TEXT_SIZE];
        json_object_set_new(json, "place",
            json_pack("{s:I s:I s:I s:s s:s}", "record", (json_int_t)tail->place.record, "sequence",
                (json_int_t)tail->place.sequence, "receipt", (json_int_t)tail->place.receipt, "changeHead",
                sha256_format(tail->place.change_head, changes), "receiptHead",
                sha256_format(tail->place.receipt_head, receipts)));
    }
    close_section(writer);
    put_json(writer, ARCHIVE_TAIL, json);
    *digest = writer->digest;
    return writer->failed ? status_fail(fault, STATUS_RETRY, "write", "the file could not be written") : status_ok();
}
