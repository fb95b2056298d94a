#define OPENSSL_SUPPRESS_DEPRECATED /* see hash.c */
#include "uuid.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <sys/random.h>

static bool is_dash_place(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

bool uuid_parse(struct str text, struct uuid *out)
{
    struct uuid id = {0};
    if (text.len != 36)
        return false;
    size_t nibble = 0;
    for (size_t i = 0; i < 36; i++) {
        char c = text.data[i];
        if (is_dash_place(i)) {
            if (c != '-')
                return false;
            continue;
        }
        int value = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (value < 0)
            return false;
        id.byte[nibble / 2] = (uint8_t)(id.byte[nibble / 2] << 4 | value);
        nibble++;
    }
    *out = id;
    return true;
}

char *uuid_format(struct uuid id, char out[UUID_TEXT_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    size_t nibble = 0;
    for (size_t i = 0; i < 36; i++) {
        if (is_dash_place(i)) {
            out[i] = '-';
            continue;
        }
        uint8_t byte = id.byte[nibble / 2];
        out[i] = hex[nibble % 2 ? byte & 15 : byte >> 4];
        nibble++;
    }
    out[36] = 0;
    return out;
}

static void set_version(struct uuid *id, unsigned version)
{
    id->byte[6] = (uint8_t)((id->byte[6] & 0x0f) | version << 4);
    id->byte[8] = (uint8_t)((id->byte[8] & 0x3f) | 0x80);
}

struct uuid uuid_v5(struct uuid space, struct str name)
{
    SHA_CTX state;
    uint8_t digest[SHA_DIGEST_LENGTH];
    SHA1_Init(&state);
    SHA1_Update(&state, space.byte, sizeof space.byte);
    if (name.len)
        SHA1_Update(&state, name.data, name.len);
    SHA1_Final(digest, &state);
    struct uuid id;
    memcpy(id.byte, digest, sizeof id.byte);
    set_version(&id, 5);
    return id;
}

struct uuid uuid_random(void)
{
    struct uuid id;
    if (getrandom(id.byte, sizeof id.byte, 0) != (ssize_t)sizeof id.byte)
        abort();
    set_version(&id, 4);
    return id;
}
