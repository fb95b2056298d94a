#ifndef ORGCODE_TESTS_CODEC_AVRO_FIXTURE_H
#define ORGCODE_TESTS_CODEC_AVRO_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#include "codec/avro_act.h"
#include "codec/json_act.h"
#include "codec_acts.h"
#include "unit.h"

/* What the tests of the Avro reader share. */

struct fixture {
    struct arena *arena;
    struct avro_reader *reader;
    struct fault fault;
};

static inline struct str read_file(struct arena *arena, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", ORGCODE_SOURCE, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *data = arena_alloc(arena, 1 << 16);
    size_t size = fread(data, 1, 1 << 16, file);
    fclose(file);
    assert_true(size > 0 && size < 1 << 16);
    return (struct str){data, size};
}

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = arena_open(0);
    f->reader = avro_reader_open(&f->fault);
    *state = f;
    return f->reader ? 0 : -1;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;
    avro_reader_close(f->reader);
    arena_close(f->arena);
    free(f);
    return 0;
}

static inline struct act *act_of(struct fixture *f, const char *json)
{
    struct act *act;
    bool given;
    struct status s = json_act_decode(f->arena, str_of(json), &act, &given, NULL, &f->fault);
    if (status_failed(s))
        fail_msg("%s: %s", json, f->fault.text);
    return act;
}

static inline struct str frame_of(struct fixture *f, const char *json)
{
    struct str frame;
    avro_act_encode(f->arena, act_of(f, json), &frame);
    return frame;
}

static inline void refused(struct fixture *f, struct str bytes, const char *code)
{
    struct act *act;
    size_t used = arena_used(f->arena);
    struct status s = avro_act_decode(f->reader, f->arena, bytes, &act, &f->fault);
    assert_int_equal(s.class, STATUS_REJECT);
    assert_string_equal(s.code, code);
    assert_null(act);
    assert_int_equal(arena_used(f->arena), used);
}

#endif
