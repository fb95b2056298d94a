/* Writes the seeds of the two act fuzzers: every act of tests/unit/codec_acts.h in both forms.
 *     make_corpus <folder of corpora>
 * Built by hand when an act is added there; the seeds are committed. */
#include <stdio.h>

#include "../unit/codec_acts.h"
#include "codec/avro_act.h"
#include "codec/json_act.h"

static int write_seed(const char *folder, const char *name, size_t number, const char *data, size_t size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s/act-%02zu", folder, name, number);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0) {
        perror(path);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_open(0);
    int failed = argc != 2;
    for (size_t i = 0; i < CODEC_ACTS && !failed; i++) {
        struct act *act;
        struct str frame;
        bool given;
        struct status s = json_act_decode(arena, str_of(codec_acts[i]), &act, &given, NULL, NULL);
        if (status_failed(s))
            return 1;
        avro_act_encode(arena, act, &frame);
        failed = write_seed(argv[1], "json_act", i, codec_acts[i], strlen(codec_acts[i])) ||
                 write_seed(argv[1], "avro_act", i, frame.data, frame.len);
    }
    arena_close(arena);
    return failed;
}
