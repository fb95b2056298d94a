#ifndef ORGCODE_BASE_UUID_H
#define ORGCODE_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

struct uuid {
    uint8_t byte[16];
};
#define UUID_TEXT_SIZE 37 /* 36 and NUL */

/* 8-4-4-4-12 hexadecimal, either case. */
bool uuid_parse(struct str text, struct uuid *out);
/* Lower case, with NUL; returns `out`. */
char *uuid_format(struct uuid id, char out[UUID_TEXT_SIZE]);
/* Name-based, SHA-1 (RFC 9562, version 5). */
struct uuid uuid_v5(struct uuid space, struct str name);
/* Random, version 4: for shells alone. */
struct uuid uuid_random(void);
static inline bool uuid_equal(struct uuid a, struct uuid b) { return memcmp(a.byte, b.byte, 16) == 0; }
static inline bool uuid_is_nil(struct uuid a) { static const struct uuid nil; return uuid_equal(a, nil); }

#endif
