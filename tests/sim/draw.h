#ifndef ORGCODE_TESTS_SIM_DRAW_H
#define ORGCODE_TESTS_SIM_DRAW_H

#include "core/registry.h"

/* Journals from bytes: any bytes make a journal, near bytes near journals. Few codes, dates around today, so that acts meet. */

struct draw_item {
    struct journal_record record;
    bool flush; /* the second pattern stores behind this record */
};
struct drawn { VEC(struct draw_item) items; };

/* At most `limit` records, the first the genesis. All in the arena. Longer journals than DRAW_SHORT have more codes. */
#define DRAW_SHORT 400
struct drawn draw_journal(struct arena *arena, const uint8_t *data, size_t size, size_t limit);

#endif
