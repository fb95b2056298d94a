/* Any bytes as a journal (tests/sim/draw.c): the registry keeps the invariants of schemas/law.md after every record, and what
 * comes out does not depend on where batches end. */
#include "play.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *arena;
    if (!arena)
        arena = arena_open(0);
    arena_reset(arena);
    struct drawn drawn = draw_journal(arena, data, size, DRAW_SHORT);
    play_both(&drawn);
    return 0;
}
