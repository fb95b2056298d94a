#include "assets.h"
#include "dmdc.h"
#include "documents.h"
#include "feed.h"
#include "health.h"
#include "lookup.h"
#include "page.h"
#include "search.h"
#include "server.h"
#include "snapshots.h"

/* Every address. */
static const struct route routes[] = {
    {METHOD_GET, "", page_home, false, "q cursor"},
    {METHOD_GET, "o/{}", page_organization, false, "validAt knownAt"},
    {METHOD_GET, "mergers", page_tool, true, "type on"},
    {METHOD_GET, "lookup", page_tool, true, "codes"},
    {METHOD_GET, "changes", page_tool, true, "authority type"},
    {METHOD_GET, "reports", page_tool, true, "from to"},
    {METHOD_GET, "download", page_tool, true, ""},
    {METHOD_GET, "assets/{}/{}", assets_serve, true, ""},
    {METHOD_GET, "openapi.json", serve_openapi, true, ""},
    {METHOD_GET, "asyncapi.json", serve_asyncapi, true, ""},
    {METHOD_GET, "docs", page_docs, true, ""},
    {METHOD_GET, "healthz", serve_healthz, true, ""},
    {METHOD_GET, "readyz", serve_readyz, true, ""},
    {METHOD_GET, "metrics", serve_metrics, true, ""},
    {METHOD_GET, "v1/changes", feed_poll, false, "after limit wait subject type authority since"},
    {METHOD_GET, "v1/changes/stream", feed_stream, false, "after subject type authority since"},
    {METHOD_GET, "v1/organizations", lookup_search, false, "q authority parent level status scheme limit cursor"},
    {METHOD_GET, "v1/organizations/{}", lookup_organization, false, "scheme validAt knownAt"},
    {METHOD_GET, "v1/organizations/{}/history", lookup_history, false, "scheme limit cursor"},
    {METHOD_GET, "v1/organizations/{}/children", lookup_children, false, "scheme status limit cursor"},
    {METHOD_GET, "v1/organizations/{}/tree", lookup_tree, false, "scheme status depth"},
    {METHOD_GET, "v1/acts/{}/{}", lookup_act, false, ""},
    {METHOD_GET, "v1/schemes", lookup_schemes, false, ""},
    {METHOD_GET, "v1/schemes/{}", lookup_scheme, false, ""},
    {METHOD_GET, "v1/snapshots", serve_snapshots, true, ""},
    {METHOD_GET, "v1/snapshots/{}", serve_snapshot, true, "format"},
    {METHOD_GET, "v1/compliance", report_compliance, false, "authority from to"},
    {METHOD_GET, "v1/consolidation", report_consolidation, false, "authority"},
    {METHOD_GET, "v1/coverage", report_coverage, false, "authority"},
    {METHOD_GET, "dmdc/Metadata/{}", dmdc_metadata, true, ""},
    {METHOD_GET, "dmdc/Category/{}", dmdc_category, false, "cursor limit"},
    {METHOD_GET, "v1/resolve/{}", lookup_resolve, false, "scheme direction"},
    {METHOD_POST, "v1/resolve", lookup_resolve_many, false, ""},
};

static bool fits(const char *pattern, const struct uri *uri, struct str argument[2])
{
    struct str rest = str_of(pattern);
    int holes = 0;
    argument[0] = argument[1] = STR_NONE;
    for (int i = 0; i < uri->segments; i++) {
        if (rest.len == 0)
            return false;
        const char *slash = memchr(rest.data, '/', rest.len);
        size_t len = slash ? (size_t)(slash - rest.data) : rest.len;
        struct str part = {rest.data, len};
        if (str_equal(part, STR("{}")))
            argument[holes++] = uri->segment[i];
        else if (!str_equal(part, uri->segment[i]))
            return false;
        rest = (struct str){rest.data + len + (slash ? 1 : 0), rest.len - len - (slash ? 1 : 0)};
    }
    return rest.len == 0;
}

const struct route *route_find(enum method method, const struct uri *uri, struct str argument[2], bool *elsewhere)
{
    *elsewhere = false;
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        if (!fits(routes[i].pattern, uri, argument))
            continue;
        if (routes[i].method == method)
            return &routes[i];
        *elsewhere = true;
    }
    return NULL;
}

bool route_knows(const struct route *route, struct str parameter)
{
    struct str rest = str_of(route->parameters);
    bool known = str_equal(parameter, STR("lang"));
    while (!known && rest.len) {
        const char *blank = memchr(rest.data, ' ', rest.len);
        size_t len = blank ? (size_t)(blank - rest.data) : rest.len;
        known = str_equal((struct str){rest.data, len}, parameter);
        rest = (struct str){rest.data + len + (blank ? 1 : 0), rest.len - len - (blank ? 1 : 0)};
    }
    return known;
}
