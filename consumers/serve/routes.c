#include "feed.h"
#include "lookup.h"
#include "server.h"

/* Every address. */
const struct route routes[] = {
    {METHOD_GET, "v1/changes", feed_poll, false, "after limit wait subject type authority since"},
    {METHOD_GET, "v1/changes/stream", feed_stream, false, "after subject type authority since"},
    {METHOD_GET, "v1/organizations/{}", lookup_organization, false, "scheme validAt knownAt"},
};
const size_t routes_count = sizeof routes / sizeof *routes;
