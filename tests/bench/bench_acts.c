#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json_act.h"
#include "national.h"

/* orgcode-bench-acts established|mixed ACTS [SKIP]
 *
 * Acts of the made-up national registry as JSON lines, ready to be published: first ROOT's, which grant the provinces' codes.
 * SKIP leaves out as many at the beginning, so that one stream can be published in parts. */
int main(int argc, char **argv)
{
    if (argc < 3 || (strcmp(argv[1], "mixed") != 0 && strcmp(argv[1], "established") != 0)) {
        fprintf(stderr, "usage: %s established|mixed ACTS [SKIP]\n", argv[0]);
        return 2;
    }
    long acts = atol(argv[2]), skip = argc > 3 ? atol(argv[3]) : 0;
    struct national *national = national_open(strcmp(argv[1], "mixed") == 0, 1);
    struct arena *arena = arena_open(0);
    for (long i = 0; i < skip + acts; i++) {
        struct str line;
        arena_reset(arena);
        struct act *act = national_next(national, arena);
        if (i < skip)
            continue;
        json_act_encode(arena, act, &line);
        fwrite(line.data, 1, line.len, stdout);
        putchar('\n');
    }
    arena_close(arena);
    national_close(national);
    return fflush(stdout) == 0 ? 0 : 3;
}
