#include "codec/archive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

/* A journal as a file, in memory. */

struct memory {
    char *data;
    size_t size, at, step; /* step: bytes given at a time, 0: as many as asked for */
};

static bool sink(void *user, const void *bytes, size_t size)
{
    struct memory *memory = user;
    memory->data = realloc(memory->data, memory->size + size);
    memcpy(memory->data + memory->size, bytes, size);
    memory->size += size;
    return true;
}

static bool full(void *user, const void *bytes, size_t size)
{
    (void)user;
    (void)bytes;
    (void)size;
    return false;
}

static long source(void *user, void *buffer, size_t size)
{
    struct memory *memory = user;
    size_t left = memory->size - memory->at;
    size = size < left ? size : left;
    if (memory->step && size > memory->step)
        size = memory->step;
    memcpy(buffer, memory->data + memory->at, size);
    memory->at += size;
    return (long)size;
}

static const struct archive_head head = {.registry_id = {{1, 2, 3}},
    .epoch = 2,
    .prefix = STR("orgcode"),
    .program = STR("test \"1\""),
    .first = 0,
    .end = 12,
    .exported = 1751302800000};
static struct journal_header headers[] = {{STR("oc-kind"), STR("act")}, {STR(""), {0}}, {STR("x"), STR("")}};

static struct archive_record record_of(int i)
{
    static char large[30000];
    return (struct archive_record){.offset = i * 3,
        .time = 1751302800000 + i,
        .log_append = i % 2,
        .key = i % 3 ? STR("H26") : STR_NONE,
        .value = i % 5 == 4   ? STR_NONE
                 : i % 5 == 3 ? STR("")
                              : (struct str){large, sizeof large - (size_t)i},
        .header = headers,
        .headers = (size_t)(i % 4)};
}

enum { RECORDS = 60 };

static struct memory written(struct sha256 *digest)
{
    struct memory memory = {0};
    struct archive_writer *writer = archive_writer_open(sink, &memory);
    struct archive_tail tail = {
        .records = RECORDS, .last = 1751302800000 + RECORDS - 1, .placed = true, .place = {.record = 9, .sequence = 8}};
    struct fault fault;
    archive_write_head(writer, &head);
    for (int i = 0; i < RECORDS; i++) {
        struct archive_record record = record_of(i);
        archive_write_record(writer, &record);
    }
    tail.kind[RECORD_ACT] = RECORDS;
    tail.place.change_head.byte[5] = 77;
    assert_false(status_failed(archive_write_tail(writer, &tail, digest, &fault)));
    archive_writer_close(writer);
    return memory;
}

/* Reads as far as it goes; returns how many records came. */
static int read_all(struct memory memory, struct status *status, struct archive_tail *tail, struct sha256 *digest)
{
    struct archive_reader *reader = archive_reader_open(source, &memory, false);
    const struct archive_record *record = NULL;
    struct archive_head seen;
    struct fault fault = {0};
    int count = 0;
    *status = archive_read_head(reader, &seen, &fault);
    while (!status_failed(*status)) {
        *status = archive_read_record(reader, &record, &fault);
        if (status_failed(*status) || !record)
            break;
        struct archive_record expected = record_of(count++);
        assert_int_equal(record->offset, expected.offset);
        assert_int_equal(record->time, expected.time);
        assert_int_equal(record->log_append, expected.log_append);
        assert_true(str_equal(record->key, expected.key));
        assert_true(str_equal(record->value, expected.value));
        assert_int_equal(record->headers, expected.headers);
        for (size_t i = 0; i < record->headers; i++) {
            assert_true(str_equal(record->header[i].name, headers[i].name));
            assert_true(str_equal(record->header[i].value, headers[i].value));
        }
    }
    assert_true(status_failed(*status) == (fault.text[0] != '\0'));
    if (tail)
        *tail = *archive_tail_of(reader);
    if (digest)
        *digest = archive_digest_of(reader);
    archive_reader_close(reader);
    return count;
}

static void test_round_trip(void **state)
{
    (void)state;
    struct sha256 wrote, read;
    struct archive_tail tail;
    struct status status;
    struct memory memory = written(&wrote);
    for (size_t step = 0; step < 4097; step = step * 64 + 1) {
        memory.step = step;
        assert_int_equal(read_all(memory, &status, &tail, &read), RECORDS);
        assert_false(status_failed(status));
        assert_memory_equal(&wrote, &read, sizeof wrote);
        assert_int_equal(tail.records, RECORDS);
        assert_int_equal(tail.kind[RECORD_ACT], RECORDS);
        assert_int_equal(tail.last, 1751302800000 + RECORDS - 1);
        assert_true(tail.placed);
        assert_int_equal(tail.place.record, 9);
        assert_int_equal(tail.place.change_head.byte[5], 77);
    }
    free(memory.data);
}

/* However it is cut, a part is never taken for the whole, and no record comes that is not right. */
static void test_cut(void **state)
{
    (void)state;
    struct sha256 digest;
    struct status status;
    struct memory memory = written(&digest);
    size_t whole = memory.size;
    for (memory.size = 0; memory.size < whole; memory.size += 1 + memory.size / 40) {
        read_all(memory, &status, NULL, NULL);
        assert_string_equal(status.code, "archive-truncated");
    }
    memory.size = whole - 1;
    assert_int_equal(read_all(memory, &status, NULL, NULL), RECORDS);
    assert_string_equal(status.code, "archive-truncated");
    memory.size = whole;
    sink(&memory, "x", 1);
    read_all(memory, &status, NULL, NULL);
    assert_string_equal(status.code, "archive-damaged");
    free(memory.data);
}

static void test_damage(void **state)
{
    (void)state;
    struct sha256 digest;
    struct status status;
    struct memory memory = written(&digest);
    for (size_t i = 10; i < memory.size; i += 1 + i / 60) { /* behind the fixed head of gzip */
        memory.data[i] ^= 0x10;
        read_all(memory, &status, NULL, NULL);
        assert_true(status.class == STATUS_REJECT);
        memory.data[i] ^= 0x10;
    }
    read_all(memory, &status, NULL, NULL);
    assert_false(status_failed(status));
    free(memory.data);
}

static void test_full_disk(void **state)
{
    (void)state;
    struct archive_writer *writer = archive_writer_open(full, NULL);
    struct archive_tail tail = {0};
    struct sha256 digest;
    struct fault fault;
    archive_write_head(writer, &head);
    struct status status = archive_write_tail(writer, &tail, &digest, &fault);
    assert_string_equal(status.code, "write");
    archive_writer_close(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_damage), cmocka_unit_test(test_full_disk)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
