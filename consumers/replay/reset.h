#ifndef ORGCODE_REPLAY_RESET_H
#define ORGCODE_REPLAY_RESET_H

#include "command.h"

struct reset_options {
    struct command_common command;
    /* validate */
    const char *to, *group;
    struct option_list topics;
    bool skip;
    long long wait_ms;
    /* notify */
    const char *into, *transactional_id;
    long long from, from_receipt;
};

struct status reset_validate(
    struct command_run *run, const struct reset_options *options, struct fault *fault) MUST_USE;
struct status reset_notify(struct command_run *run, const struct reset_options *options, struct fault *fault) MUST_USE;

#endif
