#ifndef ORGCODE_BASE_HASH_H
#define ORGCODE_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "str.h"

/* SHA-256 over several pieces, without a copy. libcrypto underneath. */
struct sha256 {
    uint8_t byte[32];
};
#define SHA256_TEXT_SIZE 65

struct hasher; /* reused between digests; one thread */
struct hasher *hasher_open(void);
void hasher_close(struct hasher *hasher);
void hasher_begin(struct hasher *hasher);
void hasher_add(struct hasher *hasher, const void *data, size_t size);
struct sha256 hasher_end(struct hasher *hasher);

struct sha256 sha256_of(const void *data, size_t size);
/* Lower-case hex and NUL; returns `out`. */
char *sha256_format(struct sha256 digest, char out[SHA256_TEXT_SIZE]);
bool sha256_parse(struct str text, struct sha256 *out);
/* CRC-64-AVRO (Rabin) fingerprint. */
uint64_t crc64_avro(const void *data, size_t size);

#endif
