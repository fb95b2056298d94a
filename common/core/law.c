#include "core/law.h"

/* Nothing else stands in this file, so that a test can put a table with a further version in its place. */

const struct law laws[] = {
    {
        .version = 1,
        .change_form = 1,
        .receipt_form = 1,
        .info_max =
            {
                [INFO_NAME] = 500,
                [INFO_NAME_EN] = 500,
                [INFO_SHORT_NAME] = 500,
                [INFO_TYPE] = 500,
                [INFO_ADDRESS] = 500,
                [INFO_EMAIL] = 254,
                [INFO_PHONE] = 50,
                [INFO_FAX] = 50,
                [INFO_WEBSITE] = 2000,
                [INFO_LEGACY_CODE] = 500,
            },
        .affected_max = 10000,
        .links_max = 20000,
        .held_acts_max = 10000,
        .held_days = 7,
        .held_bytes_max = (int64_t)64 << 20,
        .decision_days = 30,
        .entry_days = 7,
        .annul_days = 30,
        .stamp_ahead_ms = 5 * 60 * 1000,
    },
};
const int laws_count = sizeof laws / sizeof *laws;
