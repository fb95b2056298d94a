#ifndef ORGCODE_SERVE_PEER_H
#define ORGCODE_SERVE_PEER_H

#include <netinet/in.h>
#include <stdbool.h>

#include "base/str.h"

/* Who asks. Pure. */

/* An IPv4 or IPv6 address; false, and family 0: it is none. */
bool peer_parse(struct str text, struct sockaddr_storage *out);
/* When the peer is the trusted proxy (family 0: there is none), the asker is whom the proxy names last in
 * X-Forwarded-For: what stands before that, the asker may have written itself. */
void peer_settle(struct sockaddr_storage *peer, const struct sockaddr_storage *proxy, struct str forwarded);
/* "?" when it is not known. */
void peer_format(const struct sockaddr_storage *peer, char out[INET6_ADDRSTRLEN]);

#endif
