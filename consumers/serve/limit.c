#include <stdlib.h>

#include "exchange.h"

/* A token bucket for each address, in a table of fixed size: an address that was not seen for long gives its place up.
 * Two addresses that fall on one place share its bucket, which can only be stricter. */
enum { PLACES = 1 << 14, BURST_SECONDS = 2 };

struct bucket {
    size_t hash;
    time_ms seen;
    int64_t milli; /* thousandths of a request */
};

struct limit {
    int per_second; /* 0: none */
    struct bucket bucket[PLACES];
};

struct limit *limit_open(int per_second)
{
    struct limit *limit = calloc(1, sizeof *limit);
    if (limit)
        limit->per_second = per_second;
    return limit;
}

void limit_close(struct limit *limit)
{
    free(limit);
}

/* An IPv6 address counts by its /64: one subscriber has that many. */
static struct str address_part(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET6)
        return (struct str){(const char *)&((const struct sockaddr_in6 *)address)->sin6_addr, 8};
    if (address->sa_family == AF_INET)
        return (struct str){(const char *)&((const struct sockaddr_in *)address)->sin_addr, 4};
    return STR("");
}

bool limit_take(struct limit *limit, const struct sockaddr *address, time_ms now)
{
    if (limit->per_second == 0)
        return true;
    size_t hash = str_hash(address_part(address));
    struct bucket *bucket = &limit->bucket[hash % PLACES];
    int64_t most = (int64_t)limit->per_second * 1000 * BURST_SECONDS;
    if (bucket->hash != hash && now - bucket->seen >= BURST_SECONDS * 1000)
        *bucket = (struct bucket){.hash = hash, .seen = now, .milli = most};
    int64_t earned = (now - bucket->seen) * limit->per_second;
    bucket->milli = bucket->milli + earned < most ? bucket->milli + earned : most;
    bucket->seen = now;
    if (bucket->milli < 1000)
        return false;
    bucket->milli -= 1000;
    return true;
}
