#ifndef ORGCODE_SHELL_OPTION_H
#define ORGCODE_SHELL_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/status.h"

/* One table of options a program: parser, defaults, --help, --print-config and the documentation come from it.
 * Order, the later wins: defaults, --config file ("name = value" lines), environment, arguments.
 * Values land in the program's own struct, at the row's offset. */

enum option_kind {
    OPTION_TEXT,     /* const char * */
    OPTION_FLAG,     /* bool; in file and environment: true/false, yes/no, on/off, 1/0 */
    OPTION_INT,      /* long long, min..max */
    OPTION_DURATION, /* long long, milliseconds; written 250ms, 5s, 2m, 1h, 7d; min..max in ms */
    OPTION_SIZE,     /* long long, bytes; written 512, 64KiB, 2MiB, 1GiB; min..max in bytes */
    OPTION_CHOICE,   /* int, index into choices */
    OPTION_LIST,     /* struct option_list; may be repeated; with `choices` "k=v" each must read key=value */
};

#define OPTION_REQUIRED 1u /* no default: must be given */
#define OPTION_SECRET 2u   /* masked by --print-config */
#define OPTION_CONNINFO 4u /* its password is masked */

struct option_row {
    const char *name;    /* without dashes: "bootstrap" */
    char letter;         /* 'X', 0 for none */
    enum option_kind kind;
    unsigned flags;
    size_t offset;
    const char *env;     /* NULL for none */
    const char *initial; /* the default as one would write it; NULL for none (zeroes) */
    const char *value;   /* what --help shows for the value: "HOST:PORT" */
    const char *choices; /* "auto|text|json" */
    long long min, max;  /* both 0: no bounds */
    const char *help;    /* a sentence or two */
};

struct option_list {
    const char **item;
    size_t count;
};

struct option_program {
    const char *name;        /* "orgcode-validate" */
    const char *summary;     /* one line */
    const char *arguments;   /* "[FILE...]" or "" when it takes none */
    const char *description; /* paragraphs */
    const char *examples;    /* lines */
    const char *exits;       /* lines "0  done"; NULL for the usual ones */
    const struct option_row *row;
    size_t rows;
};

/* What is left after the options. */
struct option_rest {
    char **item;
    int count;
};

/* -1: go on. Else the exit code: help, version and print-config were printed to `out` (0), or the error to
 * `err`, naming the option and what was expected (2). The rows' members are zeroed first. Texts point into argv, the
 * environment or `arena`, which must live as long. */
int option_parse(const struct option_program *program, int argc, char **argv, void *options, struct option_rest *rest,
                 struct arena *arena, FILE *out, FILE *err);
/* Markdown table rows of the options: the documentation is generated from it. */
void option_document(const struct option_program *program, FILE *out);

/* Rows that most programs share, with the struct that takes their values. */
struct option_common {
    const char *config;
    int log_level;              /* enum log_level */
    int log_format;             /* enum log_format */
    const char *metrics_listen; /* NULL: no server */
};
#define OPTION_ROWS_COMMON(type, member)                                                                               \
    {.name = "config", .kind = OPTION_TEXT, .offset = offsetof(type, member.config), .env = "ORGCODE_CONFIG",           \
     .value = "FILE", .help = "Read options from FILE, one `name = value` a line; # begins a comment."},               \
        {.name = "log-level", .kind = OPTION_CHOICE, .offset = offsetof(type, member.log_level),                       \
         .env = "ORGCODE_LOG_LEVEL", .initial = "info", .choices = "debug|info|warn|error",                            \
         .help = "The least level that is logged."},                                                                   \
        {.name = "log-format", .kind = OPTION_CHOICE, .offset = offsetof(type, member.log_format),                     \
         .env = "ORGCODE_LOG_FORMAT", .initial = "auto", .choices = "auto|text|json",                                  \
         .help = "Form of the log on stderr; auto is text on a terminal and JSON lines else."}

#define OPTION_ROW_METRICS(type, member)                                                                               \
    {.name = "metrics-listen", .kind = OPTION_TEXT, .offset = offsetof(type, member.metrics_listen),                   \
     .env = "ORGCODE_METRICS_LISTEN", .value = "HOST:PORT",                                                            \
     .help = "Serve /metrics, /healthz and /readyz there; port 0 takes a free one and logs it."}

struct option_kafka {
    const char *bootstrap;
    const char *prefix;
    struct option_list property; /* key=value */
};
#define OPTION_ROWS_KAFKA(type, member)                                                                                \
    {.name = "bootstrap", .kind = OPTION_TEXT, .offset = offsetof(type, member.bootstrap), .env = "ORGCODE_BOOTSTRAP", \
     .initial = "localhost:9092", .value = "HOST:PORT,...", .help = "Kafka brokers to begin with."},                   \
        {.name = "prefix", .kind = OPTION_TEXT, .offset = offsetof(type, member.prefix), .env = "ORGCODE_PREFIX",      \
         .initial = "orgcode", .value = "NAME", .help = "Prefix of the registry's topics and groups."},                \
        {.name = "property", .letter = 'X', .kind = OPTION_LIST, .offset = offsetof(type, member.property),            \
         .env = "ORGCODE_KAFKA_PROPERTIES", .value = "KEY=VALUE", .choices = "k=v",                                    \
         .help = "A property for librdkafka, security ones too; may be repeated. In the environment: "                 \
                 "separated by spaces."}

struct option_pg {
    const char *conninfo;
};
#define OPTION_ROWS_PG(type, member)                                                                                   \
    {.name = "pg", .kind = OPTION_TEXT, .flags = OPTION_CONNINFO, .offset = offsetof(type, member.conninfo),             \
     .env = "ORGCODE_PG", .initial = "", .value = "CONNINFO",                                                          \
     .help = "PostgreSQL as a URI or `key=value` words; what it leaves out comes from the PG* variables."}

#endif
