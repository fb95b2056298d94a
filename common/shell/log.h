#ifndef ORGCODE_SHELL_LOG_H
#define ORGCODE_SHELL_LOG_H

#include "base/str.h"
#include "base/uuid.h"

/* Structured logs to stderr: text on a terminal (colour only there, and not when NO_COLOR is set), one JSON
 * object a line else. A message is a fixed sentence; what varies stands in fields:
 *
 *     log_info(log, "record refused", LOG_PLACE(topic, partition, offset), LOG_TEXT("reason", slug));
 *
 * Fields are borrowed for the call. Any thread may log: a line is written in one write. */

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format { LOG_FORMAT_AUTO, LOG_FORMAT_TEXT, LOG_FORMAT_JSON };
#define LOG_LEVEL_CHOICES "debug|info|warn|error" /* in the order of enum log_level */
#define LOG_FORMAT_CHOICES "auto|text|json"       /* in the order of enum log_format */

enum log_kind { LOG_KIND_NONE, LOG_KIND_STR, LOG_KIND_INT, LOG_KIND_BOOL, LOG_KIND_UUID, LOG_KIND_PLACE };

struct log_field {
    const char *name;
    enum log_kind kind;
    int partition;
    struct str text; /* STR; the topic of PLACE */
    long long number; /* INT, BOOL; the offset of PLACE */
    const struct uuid *id;
};

#define LOG_STR(field, value) ((struct log_field){.name = (field), .kind = LOG_KIND_STR, .text = (value)})
#define LOG_TEXT(field, value) ((struct log_field){.name = (field), .kind = LOG_KIND_STR, .text = str_of(value)})
#define LOG_INT(field, value) ((struct log_field){.name = (field), .kind = LOG_KIND_INT, .number = (long long)(value)})
#define LOG_BOOL(field, value) ((struct log_field){.name = (field), .kind = LOG_KIND_BOOL, .number = (value) ? 1 : 0})
/* The standard fields: "act" from a struct uuid (an lvalue), "place" as topic-partition-offset, "code". */
#define LOG_ACT(value) ((struct log_field){.name = "act", .kind = LOG_KIND_UUID, .id = &(value)})
#define LOG_PLACE(topic, part, offset)                                                                                 \
    ((struct log_field){.name = "place", .kind = LOG_KIND_PLACE, .text = str_of(topic), .partition = (part),           \
                        .number = (long long)(offset)})

struct log;
/* `program` is borrowed for the log's life. NULL only when the system has no memory. fd 2 is usual. */
struct log *log_open(const char *program, enum log_level level, enum log_format format, int fd);
void log_close(struct log *log);
/* A NULL log takes nothing. */
bool log_takes(const struct log *log, enum log_level level);
void log_write(struct log *log, enum log_level level, const char *message, const struct log_field *field, size_t count);

#define LOG_AT(log, level, message, ...)                                                                               \
    log_write((log), (level), (message), (const struct log_field[]){{.kind = LOG_KIND_NONE}, __VA_ARGS__},             \
              sizeof((const struct log_field[]){{.kind = LOG_KIND_NONE}, __VA_ARGS__}) / sizeof(struct log_field))
#define log_debug(log, ...) LOG_AT(log, LOG_LEVEL_DEBUG, __VA_ARGS__, {.kind = LOG_KIND_NONE})
#define log_info(log, ...) LOG_AT(log, LOG_LEVEL_INFO, __VA_ARGS__, {.kind = LOG_KIND_NONE})
#define log_warn(log, ...) LOG_AT(log, LOG_LEVEL_WARN, __VA_ARGS__, {.kind = LOG_KIND_NONE})
#define log_error(log, ...) LOG_AT(log, LOG_LEVEL_ERROR, __VA_ARGS__, {.kind = LOG_KIND_NONE})

/* True for the names of Kafka properties and options whose values must not be shown (*password*, sasl.*
 * but the mechanism, ssl.key*, ssl.*.pem, ...). */
bool log_is_secret(const char *name);
/* A connection string (URI or key=value) with its password replaced by `***`; written to `out`. */
void log_mask_conninfo(const char *conninfo, char *out, size_t size);

/* For tests: renders the line that log_write would write, without colour. Returns its length (cut to size - 1). */
size_t log_render(const char *program, enum log_format format, enum log_level level, long long now_ms, const char *message,
                  const struct log_field *field, size_t count, char *out, size_t size);

#endif
