#include <stdint.h>
#include <stdlib.h>

#include "codec/archive.h"

/* A journal as a file. The first byte says what the rest is: the file, its sections without gzip, the records of one
 * section. What is read comes back the same when it is written. */

struct bytes {
    const char *data;
    size_t size, at;
};

static long read_some(void *user, void *buffer, size_t size)
{
    struct bytes *bytes = user;
    size_t left = bytes->size - bytes->at, count = size < left ? size : left;
    if (count > 0)
        memcpy(buffer, bytes->data + bytes->at, count);
    bytes->at += count;
    return (long)count;
}

static bool write_nothing(void *user, const void *data, size_t size)
{
    (void)data;
    *(size_t *)user += size;
    return true;
}

static void read_file(struct bytes bytes, bool plain)
{
    struct archive_reader *reader = archive_reader_open(read_some, &bytes, plain);
    size_t written = 0;
    struct archive_writer *writer = archive_writer_open(write_nothing, &written);
    struct archive_head head;
    const struct archive_record *record;
    struct fault fault;
    struct sha256 digest;
    if (!status_failed(archive_read_head(reader, &head, &fault))) {
        struct status status;
        archive_write_head(writer, &head);
        while (!status_failed(status = archive_read_record(reader, &record, &fault)) && record)
            archive_write_record(writer, record);
        /* A whole file can be written anew; its sections may be cut elsewhere. */
        if (!status_failed(status) &&
            (status_failed(archive_write_tail(writer, archive_tail_of(reader), &digest, &fault)) || written == 0))
            abort();
    }
    archive_writer_close(writer);
    archive_reader_close(reader);
}

static void read_records(struct arena *arena, struct str bytes)
{
    struct fault fault;
    struct archive_record record;
    struct str again;
    for (size_t at = 0, from = 0; at < bytes.len; from = at) {
        if (status_failed(archive_record_decode(arena, bytes, &at, &record, &fault)))
            return;
        archive_record_encode(arena, &record, &again);
        if (again.len != at - from || memcmp(again.data, bytes.data + from, again.len) != 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct bytes bytes = {(const char *)data + 1, size - 1, 0};
    if (data[0] % 3 == 2) {
        struct arena *arena = arena_open(0);
        read_records(arena, (struct str){bytes.data, bytes.size});
        arena_close(arena);
        return 0;
    }
    read_file(bytes, data[0] % 3 == 1);
    return 0;
}
