#ifndef ORGCODE_SERVE_URI_H
#define ORGCODE_SERVE_URI_H

#include "base/arena.h"
#include "base/str.h"

/* A request target taken apart: path segments and query parameters, percent-decoded. Everything that comes out is valid
 * UTF-8 without control characters. Pure. */

#define URI_MAX 4096
#define URI_SEGMENTS 8
#define URI_PARAMETERS 32

struct parameter {
    struct str name, value; /* `?open` has an empty value */
};

struct uri {
    struct str path, query; /* as received, without the question mark */
    struct str segment[URI_SEGMENTS];
    int segments; /* "/" has none; "/v1/" has one */
    struct parameter parameter[URI_PARAMETERS];
    int parameters;
};

/* False: not an absolute path, too long, too many parts, a bad escape, not UTF-8, a control character. */
bool uri_parse(struct arena *arena, struct str target, struct uri *out);
/* The value of the only parameter of that name; absent when there is none. */
struct str uri_parameter(const struct uri *uri, struct str name);
/* Does one before the parameter of that number have its name? */
bool uri_twice(const struct uri *uri, int number);
/* A value percent-encoded for a query. */
struct str uri_encode(struct arena *arena, struct str value);

#endif
