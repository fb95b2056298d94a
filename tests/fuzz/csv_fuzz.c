#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "codec/avro_act.h"
#include "core/check.h"
#include "csv.h"
#include "input.h"

/* A CSV file as orgcode-publish reads it: records, header, acts, the offline rules, and the frame that would be sent,
 * which must be read back as the same act. */

static void one_act(struct arena *arena, const struct avro_reader *reader, const struct act *act)
{
    static struct findings faults, warnings;
    faults.count = faults.total = warnings.count = warnings.total = 0;
    faults.first = warnings.first = RULE_NONE;
    check_act(law_newest(), arena, act, NULL, 0, &faults, &warnings);
    for (int i = 0; i < faults.count; i++)
        if (str_empty(finding_message(arena, &faults.item[i], LANGUAGE_EN)))
            abort();
    struct str frame;
    struct act *back;
    struct fault fault;
    avro_act_encode(arena, act, &frame);
    if (frame.len > AVRO_ACT_MAX)
        return;
    if (status_failed(avro_act_decode(reader, arena, frame, &back, &fault))) {
        /* texts that no act may hold are refused by the reader, and by check_act before anything is sent */
        if (faults.total == 0)
            abort();
        return;
    }
    struct sha256 mine = act_digest(act), other = act_digest(back);
    if (memcmp(&mine, &other, sizeof mine) != 0)
        abort();
}

static void read_all(struct input *input, struct arena *arena, const struct avro_reader *reader)
{
    static struct csv_header header;
    static struct csv_record record;
    static struct findings faults;
    struct csv_defaults defaults = {.authority = STR("H26"), .kind = STR("established")};
    bool headed = false;
    for (;;) {
        struct input_item item;
        struct fault fault;
        struct status status = input_next(input, &item, &fault);
        if (status.class == STATUS_REJECT)
            continue;
        if (status_failed(status) || item.end)
            return;
        if (status_failed(csv_split(arena, item.text, &record, &fault)))
            continue;
        if (!headed) {
            if (status_failed(csv_header_read(&record, &header, &fault)))
                return;
            headed = true;
            continue;
        }
        struct act *act;
        bool id_given;
        faults.count = faults.total = 0;
        faults.first = RULE_NONE;
        bool good = csv_act_decode(arena, &header, &defaults, &record, &act, &id_given, &faults);
        if (good != (act != NULL) || good != (faults.total == 0))
            abort();
        if (good)
            one_act(arena, reader, act);
        arena_reset(arena);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct arena *arena;
    static struct avro_reader *reader;
    static int fd = -1;
    struct fault fault;
    if (fd < 0) {
        arena = arena_open(0);
        reader = avro_reader_open(&fault);
        fd = memfd_create("csv", MFD_CLOEXEC);
        if (!arena || !reader || fd < 0)
            abort();
    }
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
        abort();
    struct input *input;
    int copy = dup(fd);
    if (copy < 0 || status_failed(input_open_fd(copy, "fuzz", INPUT_CSV, &input, &fault)))
        abort();
    arena_reset(arena);
    read_all(input, arena, reader);
    input_close(input);
    return 0;
}
