#include "core/law.h"

/* Versions of the law as a later release might have them: in the place of common/core/law.c in the programs that this
 * folder builds. Version 2 takes names of 16 characters at most, and has forms of its own (form.c). */

#define SAME                                                                                                           \
    .affected_max = 10000, .links_max = 20000, .held_acts_max = 10000, .held_days = 7,                                 \
    .held_bytes_max = (int64_t)64 << 20, .decision_days = 30, .entry_days = 7, .annul_days = 30,                       \
    .stamp_ahead_ms = 5 * 60 * 1000

const struct law laws[] = {
    {.version = 1,
        .change_form = 1,
        .receipt_form = 1,
        .info_max = {500, 500, 500, 500, 500, 254, 50, 50, 2000, 500},
        SAME},
    {.version = 2,
        .change_form = 2,
        .receipt_form = 2,
        .info_max = {16, 500, 500, 500, 500, 254, 50, 50, 2000, 500},
        SAME},
};
const int laws_count = sizeof laws / sizeof *laws;
