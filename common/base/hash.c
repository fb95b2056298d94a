/* The one-shot functions of OpenSSL 3 fetch an algorithm and allocate at every call; the older ones do neither. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "hash.h"

#include <openssl/sha.h>
#include <stdlib.h>

struct hasher {
    SHA256_CTX state;
};

struct hasher *hasher_open(void)
{
    struct hasher *hasher = calloc(1, sizeof *hasher);
    if (!hasher)
        abort();
    hasher_begin(hasher);
    return hasher;
}

void hasher_close(struct hasher *hasher)
{
    free(hasher);
}

void hasher_begin(struct hasher *hasher)
{
    SHA256_Init(&hasher->state);
}

void hasher_add(struct hasher *hasher, const void *data, size_t size)
{
    if (size)
        SHA256_Update(&hasher->state, data, size);
}

struct sha256 hasher_end(struct hasher *hasher)
{
    struct sha256 out;
    SHA256_Final(out.byte, &hasher->state);
    return out;
}

struct sha256 sha256_of(const void *data, size_t size)
{
    struct hasher hasher;
    hasher_begin(&hasher);
    hasher_add(&hasher, data, size);
    return hasher_end(&hasher);
}

char *sha256_format(struct sha256 digest, char out[SHA256_TEXT_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        out[2 * i] = hex[digest.byte[i] >> 4];
        out[2 * i + 1] = hex[digest.byte[i] & 15];
    }
    out[64] = 0;
    return out;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool sha256_parse(struct str text, struct sha256 *out)
{
    struct sha256 digest;
    if (text.len != 64)
        return false;
    for (size_t i = 0; i < 32; i++) {
        int high = hex_value(text.data[2 * i]), low = hex_value(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        digest.byte[i] = (uint8_t)(high << 4 | low);
    }
    *out = digest;
    return true;
}

uint64_t crc64_avro(const void *data, size_t size)
{
    const uint64_t empty = 0xc15d213aa4d7a795u;
    const uint8_t *byte = data;
    uint64_t crc = empty;
    for (size_t i = 0; i < size; i++) {
        crc ^= byte[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (empty & -(crc & 1));
    }
    return crc;
}
