#include "peer.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* An IPv4 address that a socket for both gives as ::ffff:a.b.c.d is that address: it has its own bucket and its own
 * name. */
static void unmap(struct sockaddr_storage *peer)
{
    const struct in6_addr *six = &((const struct sockaddr_in6 *)peer)->sin6_addr;
    if (peer->ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(six))
        return;
    struct sockaddr_in four = {.sin_family = AF_INET};
    memcpy(&four.sin_addr, six->s6_addr + 12, 4);
    *peer = (struct sockaddr_storage){0};
    memcpy(peer, &four, sizeof four);
}

bool peer_parse(struct str text, struct sockaddr_storage *out)
{
    char copy[INET6_ADDRSTRLEN];
    struct sockaddr_in *four = (struct sockaddr_in *)out;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
    *out = (struct sockaddr_storage){0};
    if (text.len == 0 || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, &four->sin_addr) == 1)
        out->ss_family = AF_INET;
    else if (inet_pton(AF_INET6, copy, &six->sin6_addr) == 1)
        out->ss_family = AF_INET6;
    unmap(out);
    return out->ss_family != 0;
}

static bool same(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET)
        return ((const struct sockaddr_in *)a)->sin_addr.s_addr == ((const struct sockaddr_in *)b)->sin_addr.s_addr;
    return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr, &((const struct sockaddr_in6 *)b)->sin6_addr, 16) == 0;
}

void peer_settle(struct sockaddr_storage *peer, const struct sockaddr_storage *proxy, struct str forwarded)
{
    struct sockaddr_storage named;
    unmap(peer);
    if (!proxy->ss_family || !same(peer, proxy) || !str_given(forwarded))
        return;
    size_t from = forwarded.len;
    while (from && forwarded.data[from - 1] != ',')
        from--;
    struct str last = {forwarded.data + from, forwarded.len - from};
    while (last.len && (last.data[0] == ' ' || last.data[0] == '\t'))
        last = (struct str){last.data + 1, last.len - 1};
    while (last.len && (last.data[last.len - 1] == ' ' || last.data[last.len - 1] == '\t'))
        last.len--;
    if (peer_parse(last, &named))
        *peer = named;
}

void peer_format(const struct sockaddr_storage *peer, char out[INET6_ADDRSTRLEN])
{
    const void *raw = peer->ss_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)peer)->sin6_addr
                                                  : (const void *)&((const struct sockaddr_in *)peer)->sin_addr;
    if (!peer->ss_family || !inet_ntop(peer->ss_family, raw, out, INET6_ADDRSTRLEN))
        snprintf(out, INET6_ADDRSTRLEN, "?");
}
