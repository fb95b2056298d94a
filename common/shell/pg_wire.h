#ifndef ORGCODE_SHELL_PG_WIRE_H
#define ORGCODE_SHELL_PG_WIRE_H

#include <endian.h>
#include <string.h>

#include "shell/pg.h"

/* Between the pg_*.c files: PostgreSQL's binary forms. */

#define PG_EPOCH_DAY 10957               /* 2000-01-01 */
#define PG_EPOCH_MS ((time_ms)946684800000)

static inline void pg_put2(uint8_t *at, int16_t value)
{
    uint16_t wire = htobe16((uint16_t)value);
    memcpy(at, &wire, 2);
}
static inline void pg_put4(uint8_t *at, int32_t value)
{
    uint32_t wire = htobe32((uint32_t)value);
    memcpy(at, &wire, 4);
}
static inline void pg_put8(uint8_t *at, int64_t value)
{
    uint64_t wire = htobe64((uint64_t)value);
    memcpy(at, &wire, 8);
}
static inline int64_t pg_micros(time_ms value) { return (value - PG_EPOCH_MS) * 1000; }

/* Fills `fault` from the result (or the connection when NULL) and classifies. */
struct status pg_fail_result(struct pg *pg, const PGresult *result, const char *what, struct fault *fault) MUST_USE;
/* The array's bytes with its header completed. */
struct str pg_array_finish(struct pg_array *array);

#endif
