#ifndef ORGCODE_PUBLISH_JUDGE_H
#define ORGCODE_PUBLISH_JUDGE_H

#include "base/hash.h"
#include "csv.h"
#include "input.h"

/* Says of each item of an input what can be said without a registry: is it an act, does it keep the rules that need no
 * registry, does it repeat one of the same run. */

struct judge_config {
    struct csv_defaults csv;
    struct str authority_only; /* absent: any */
    bool unchecked;            /* only what cannot be sent at all is refused */
};

struct judged {
    struct act *act; /* NULL: it could not be read */
    struct str frame;
    struct sha256 digest;
    struct findings faults, warnings; /* texts in the arena of the item */
};

struct judge;
/* NULL only when the system has no memory. The config's texts are borrowed. */
struct judge *judge_open(const struct judge_config *config);
void judge_close(struct judge *judge);
/* A new file begins: its own CSV header. */
void judge_file(struct judge *judge);
/* A new pass begins: nothing has been seen. */
void judge_pass(struct judge *judge);

/* Reads and judges one item; published_at is set to `now` where it was not given. JUDGE_HEADER is a CSV file's good
 * header record, JUDGE_HEADER_BAD a bad one: the rest of the file cannot be read. `out` and everything in it lives as
 * long as the arena and until the next call. */
enum judge_result { JUDGE_GOOD, JUDGE_BAD, JUDGE_HEADER, JUDGE_HEADER_BAD };
enum judge_result judge_item(struct judge *judge, struct arena *arena, enum input_format format,
    const struct input_item *item, time_ms now, struct judged *out);

/* Repeats are found among about so many acts; older ones are forgotten, so that memory does not grow with the input. */
#define JUDGE_REPEATS 262144

#endif
