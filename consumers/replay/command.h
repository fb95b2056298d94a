#ifndef ORGCODE_REPLAY_COMMAND_H
#define ORGCODE_REPLAY_COMMAND_H

#include "shell/kafka.h"
#include "shell/option.h"
#include "shell/pg.h"

/* A sub-command of orgcode-replay: a table of options of its own, and what it does. Its options struct begins with a
 * struct command_common. */

struct command_common {
    struct option_common common;
    struct option_kafka kafka;
    struct option_pg pg;
    bool json;
    bool dry_run;   /* commands that change something */
    const char *at; /* the same; NULL: wherever things stand */
};
#define COMMAND_ROWS                                                                                                   \
    OPTION_ROWS_COMMON(struct command_common, common), OPTION_ROWS_KAFKA(struct command_common, kafka),                \
        OPTION_ROWS_PG(struct command_common, pg),                                                                     \
    {                                                                                                                  \
        .name = "json", .kind = OPTION_FLAG, .offset = offsetof(struct command_common, json),                          \
        .help = "Print JSON: one object a line."                                                                       \
    }
/* Beside them, for what changes something (see plan.h). */
#define COMMAND_ROWS_PLAN                                                                                              \
    {.name = "dry-run",                                                                                                \
        .kind = OPTION_FLAG,                                                                                           \
        .offset = offsetof(struct command_common, dry_run),                                                            \
        .help = "Print the plan, change nothing."},                                                                    \
    {                                                                                                                  \
        .name = "at", .kind = OPTION_TEXT, .offset = offsetof(struct command_common, at), .value = "HEAD",             \
        .help = "Carry out the plan only if it is still the one that was printed with this head."                      \
    }

/* One run of a command. All of it is the command's to use and main's to give back. */
struct command_run {
    const void *options; /* the command's own struct */
    const struct command_common *common;
    struct option_rest rest; /* arguments */
    struct arena *arena;     /* for the whole run */
    struct log *log;
    struct kafka_config kafka;
    int exit; /* with status OK: the exit code; PROCESS_REFUSED says that something differs or was refused */
};

struct command {
    const char *name, *summary; /* summary: for the list of commands */
    const struct option_program *program;
    size_t options_size;
    struct status (*run)(struct command_run *run, struct fault *fault);
};

#define COMMAND_EXITS                                                                                                  \
    "0  done\n1  done, and something differs or was refused\n2  wrong option or argument\n"                            \
    "3  broker or database not reachable\n4  must not go on (the message says why)\n"

/* Name of one of the registry's topics ("journal", "acts.H26"), in the run's arena. */
const char *command_topic(struct command_run *run, const char *name);
/* A connection to the database of --pg, awaited for 10 s. */
struct status command_pg(struct command_run *run, struct pg *out, struct fault *fault) MUST_USE;
/* REJECT "usage": the command's own word on its arguments; exit code 2. */
struct status command_usage(struct fault *fault, const char *format, ...) FORMAT_LIKE(2, 3) MUST_USE;
/* Settings for reading a long topic: the library looks at a full queue again only after a second, so it holds what is
 * read in one. */
struct kafka_config command_bulk(const struct command_run *run);
/* The present end of a topic's partition 0. */
struct status command_end(struct command_run *run, const char *topic, int64_t *out, struct fault *fault) MUST_USE;

extern const struct command command_inspect, command_reset, command_status;
extern const struct command command_authority, command_control;
extern const struct command command_rebuild, command_swap, command_verify;
extern const struct command command_export, command_import, command_redrive;

#endif
