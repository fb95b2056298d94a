#ifndef ORGCODE_REPLAY_STANDING_H
#define ORGCODE_REPLAY_STANDING_H

#include "base/hash.h"
#include "core/registry.h"
#include "shell/pg.h"

/* Where the live registry stands, as its database says. */
struct standing {
    bool born;
    struct uuid registry_id;
    int epoch, rules_version;
    enum journal_mode mode;
    int64_t record, next_offset, sequence, receipt;
    int step;
    time_ms time;
    struct sha256 change_head, receipt_head;
};
/* STOP "no-place" when the database holds no registry. */
struct status standing_read(struct pg *pg, struct standing *out, struct fault *fault) MUST_USE;

#endif
