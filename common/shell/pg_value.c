#include <stdlib.h>

#include "shell/pg_wire.h"

static void param(struct pg_params *params, const void *data, size_t size)
{
    if (params->count == PG_PARAM_MAX) {
        abort(); /* a statement of ours with more than PG_PARAM_MAX parameters */
    }
    params->value[params->count] = data;
    params->length[params->count] = (int)size;
    params->format[params->count] = 1;
    params->count++;
}

void pg_param_bool(struct pg_params *params, bool value)
{
    uint8_t *at = arena_alloc(params->arena, 1);
    *at = value;
    param(params, at, 1);
}

void pg_param_int4(struct pg_params *params, int32_t value)
{
    uint8_t *at = arena_alloc(params->arena, 4);
    pg_put4(at, value);
    param(params, at, 4);
}

void pg_param_int8(struct pg_params *params, int64_t value)
{
    uint8_t *at = arena_alloc(params->arena, 8);
    pg_put8(at, value);
    param(params, at, 8);
}

void pg_param_text(struct pg_params *params, struct str value)
{
    param(params, value.data, value.len);
}

void pg_param_bytes(struct pg_params *params, const void *data, size_t size)
{
    param(params, data ? data : "", size);
}

void pg_param_uuid(struct pg_params *params, struct uuid value)
{
    param(params, arena_copy(params->arena, value.byte, 16), 16);
}

void pg_param_date(struct pg_params *params, date_day value)
{
    if (value == DATE_NONE) {
        pg_param_null(params);
    } else {
        pg_param_int4(params, value - PG_EPOCH_DAY);
    }
}

void pg_param_time(struct pg_params *params, time_ms value)
{
    pg_param_int8(params, pg_micros(value));
}

void pg_param_null(struct pg_params *params)
{
    param(params, NULL, 0);
}

/* Arrays: 20 bytes of header are kept free at the front and filled in at the end. */
#define ARRAY_HEADER 20

static uint8_t *array_room(struct pg_bytes *bytes, size_t size)
{
    if (bytes->size + size > bytes->room) {
        size_t room = bytes->room * 2 > bytes->size + size ? bytes->room * 2 : bytes->size + size + 64;
        uint8_t *data = arena_alloc(bytes->arena, room);
        if (bytes->size > 0) {
            memcpy(data, bytes->data, bytes->size);
        }
        bytes->data = data;
        bytes->room = room;
    }
    uint8_t *at = bytes->data + bytes->size;
    bytes->size += size;
    return at;
}

struct pg_array pg_array_open(struct arena *arena, enum pg_type type)
{
    struct pg_array array = {.bytes = {.arena = arena}, .type = type};
    array_room(&array.bytes, ARRAY_HEADER);
    return array;
}

static uint8_t *element(struct pg_array *array, size_t size)
{
    uint8_t *at = array_room(&array->bytes, 4 + size);
    pg_put4(at, (int32_t)size);
    array->count++;
    return at + 4;
}

void pg_array_int2(struct pg_array *array, int16_t value)
{
    pg_put2(element(array, 2), value);
}

void pg_array_int4(struct pg_array *array, int32_t value)
{
    pg_put4(element(array, 4), value);
}

void pg_array_int8(struct pg_array *array, int64_t value)
{
    pg_put8(element(array, 8), value);
}

void pg_array_bool(struct pg_array *array, bool value)
{
    *element(array, 1) = value;
}

void pg_array_null(struct pg_array *array)
{
    pg_put4(array_room(&array->bytes, 4), -1);
    array->count++;
    array->has_null = true;
}

void pg_array_text(struct pg_array *array, struct str value)
{
    if (!str_given(value)) {
        pg_array_null(array);
        return;
    }
    uint8_t *at = element(array, value.len);
    memcpy(at, value.data, value.len);
}

void pg_array_uuid(struct pg_array *array, struct uuid value)
{
    memcpy(element(array, 16), value.byte, 16);
}

void pg_array_date(struct pg_array *array, date_day value)
{
    if (value == DATE_NONE) {
        pg_array_null(array);
    } else {
        pg_array_int4(array, value - PG_EPOCH_DAY);
    }
}

void pg_array_time(struct pg_array *array, time_ms value)
{
    pg_array_int8(array, pg_micros(value));
}

struct str pg_array_finish(struct pg_array *array)
{
    uint8_t *at = array->bytes.data;
    pg_put4(at, array->count > 0 ? 1 : 0);
    pg_put4(at + 4, array->has_null);
    pg_put4(at + 8, (int32_t)array->type);
    pg_put4(at + 12, (int32_t)array->count);
    pg_put4(at + 16, 1);
    return (struct str){(const char *)at, array->count > 0 ? array->bytes.size : 12};
}

void pg_param_array(struct pg_params *params, struct pg_array *array)
{
    struct str bytes = pg_array_finish(array);
    param(params, bytes.data, bytes.len);
}

bool pg_is_null(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column);
}

static const char *field(const PGresult *result, int row, int column, int size)
{
    return PQgetisnull(result, row, column) || PQgetlength(result, row, column) != size
               ? NULL
               : PQgetvalue(result, row, column);
}

static int32_t get4(const char *at)
{
    uint32_t wire;
    memcpy(&wire, at, 4);
    return (int32_t)be32toh(wire);
}

bool pg_bool(const PGresult *result, int row, int column)
{
    const char *at = field(result, row, column, 1);
    return at != NULL && at[0] != 0;
}

int16_t pg_int2(const PGresult *result, int row, int column)
{
    const char *at = field(result, row, column, 2);
    uint16_t wire = 0;
    if (at != NULL) {
        memcpy(&wire, at, 2);
    }
    return (int16_t)be16toh(wire);
}

int32_t pg_int4(const PGresult *result, int row, int column)
{
    const char *at = field(result, row, column, 4);
    return at ? get4(at) : 0;
}

int64_t pg_int8(const PGresult *result, int row, int column)
{
    const char *at = field(result, row, column, 8);
    uint64_t wire = 0;
    if (at != NULL) {
        memcpy(&wire, at, 8);
    }
    return (int64_t)be64toh(wire);
}

struct str pg_text(const PGresult *result, int row, int column)
{
    if (PQgetisnull(result, row, column)) {
        return STR_NONE;
    }
    return (struct str){PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column)};
}

struct sha256 pg_sha256(const PGresult *result, int row, int column)
{
    struct sha256 digest = {0};
    struct str bytes = pg_text(result, row, column);
    if (bytes.len == sizeof digest.byte)
        memcpy(digest.byte, bytes.data, bytes.len);
    return digest;
}

struct uuid pg_uuid(const PGresult *result, int row, int column)
{
    struct uuid id = {0};
    const char *at = field(result, row, column, 16);
    if (at != NULL) {
        memcpy(id.byte, at, 16);
    }
    return id;
}

date_day pg_date(const PGresult *result, int row, int column)
{
    const char *at = field(result, row, column, 4);
    return at ? get4(at) + PG_EPOCH_DAY : DATE_NONE;
}

time_ms pg_time(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) ? 0 : pg_int8(result, row, column) / 1000 + PG_EPOCH_MS;
}

struct str *pg_text_array(const PGresult *result, int row, int column, struct arena *arena, size_t *count)
{
    struct str bytes = pg_text(result, row, column);
    *count = 0;
    if (bytes.len < ARRAY_HEADER || get4(bytes.data) != 1) {
        return NULL;
    }
    size_t items = (size_t)get4(bytes.data + 12);
    struct str *out = arena_array(arena, struct str, items);
    size_t at = ARRAY_HEADER;
    for (size_t i = 0; i < items && at + 4 <= bytes.len; i++) {
        int32_t length = get4(bytes.data + at);
        at += 4;
        if (length >= 0 && at + (size_t)length <= bytes.len) {
            out[i] = (struct str){bytes.data + at, (size_t)length};
            at += (size_t)length;
        }
        *count = i + 1;
    }
    return out;
}
