#ifndef ORGCODE_SERVE_ASKED_H
#define ORGCODE_SERVE_ASKED_H

#include "base/arena.h"
#include "base/time.h"
#include "uri.h"

/* What a request asks for, taken out of its texts. Pure; false is "not of that form". */

/* Which changes one wants: all members that are given must fit. */
struct filter {
    struct str subject, prefix, authority; /* absent: any */
    int type;                              /* enum change_type; -1: any */
};
static inline struct filter filter_all(void)
{
    return (struct filter){.type = -1};
}
/* Parameters subject, type, authority. False: *wrong is not what was *expected. */
bool asked_filter(const struct uri *uri, struct filter *out, struct str *wrong, struct str *expected);
/* "25" or "25s", up to a minute, in ms. */
bool asked_wait(struct str text, time_ms *out);
/* A cursor of a history: behind which version to go on. */
bool asked_version(struct str text, int64_t *sequence, date_day *day);

/* {"codes": [...], "direction": "forward"} */
enum { ASKED_CODES_MAX = 10000, ASKED_CODE_MAX = 64 };
struct asked_codes {
    struct str *code;
    size_t count;         /* 1 to 10,000 */
    struct str direction; /* absent: none is named */
};
bool asked_codes(struct arena *arena, struct str body, struct asked_codes *out);

#endif
