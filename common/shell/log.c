#include "shell/log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"

#define LOG_LINE_MAX 8192

struct log {
    const char *program;
    enum log_level level;
    enum log_format format;
    bool colour;
    int fd;
};

static const char *const level_name[] = {"debug", "info", "warn", "error"};
static const char *const level_colour[] = {"\033[2m", "\033[32m", "\033[33m", "\033[31m"};

struct log *log_open(const char *program, enum log_level level, enum log_format format, int fd)
{
    struct log *log = calloc(1, sizeof *log);
    if (log == NULL) {
        return NULL;
    }
    bool terminal = isatty(fd);
    log->program = program;
    log->level = level;
    log->fd = fd;
    log->format = format != LOG_FORMAT_AUTO ? format : terminal ? LOG_FORMAT_TEXT : LOG_FORMAT_JSON;
    const char *no_colour = getenv("NO_COLOR");
    log->colour = terminal && log->format == LOG_FORMAT_TEXT && (no_colour == NULL || no_colour[0] == '\0');
    return log;
}

void log_close(struct log *log)
{
    free(log);
}

bool log_takes(const struct log *log, enum log_level level)
{
    return log != NULL && level >= log->level;
}

/* A line under construction: what does not fit is cut, never overrun. */
struct line {
    char *data;
    size_t size, room;
};

static void line_bytes(struct line *line, const char *data, size_t size)
{
    size_t left = line->room - 1 - line->size;
    if (size > left) {
        size = left;
    }
    memcpy(line->data + line->size, data, size);
    line->size += size;
    line->data[line->size] = '\0';
}

static void line_text(struct line *line, const char *text)
{
    line_bytes(line, text, strlen(text));
}

static void line_number(struct line *line, long long number)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", number);
    line_text(line, digits);
}

/* The length of the UTF-8 sequence at s[0..len), 0 when it is none. */
static size_t utf8_sequence(const unsigned char *s, size_t len)
{
    size_t need = s[0] < 0x80                     ? 1
                  : (s[0] >= 0xC2 && s[0] < 0xE0) ? 2
                  : (s[0] & 0xF0) == 0xE0         ? 3
                  : (s[0] >= 0xF0 && s[0] < 0xF5) ? 4
                                                  : 0;
    if (need == 0 || need > len) {
        return 0;
    }
    for (size_t i = 1; i < need; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) || (s[0] == 0xF0 && s[1] < 0x90) ||
        (s[0] == 0xF4 && s[1] > 0x8F)) {
        return 0;
    }
    return need;
}

/* Text inside double quotes, for both forms: control characters and broken bytes cannot forge a line. */
static void line_quoted(struct line *line, struct str text)
{
    static const char hex[] = "0123456789abcdef";
    size_t reserve = 64; /* so that the closing of the line fits */
    line_text(line, "\"");
    for (size_t i = 0; i < text.len && line->size + reserve < line->room;) {
        unsigned char c = (unsigned char)text.data[i];
        size_t sequence = utf8_sequence((const unsigned char *)text.data + i, text.len - i);
        if (c == '"' || c == '\\') {
            char two[2] = {'\\', (char)c};
            line_bytes(line, two, 2);
        } else if (c == '\n' || c == '\r' || c == '\t') {
            line_text(line, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
        } else if (c < 0x20 || c == 0x7F || sequence == 0) {
            char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
            line_bytes(line, escape, 6);
        } else {
            line_bytes(line, text.data + i, sequence);
            i += sequence;
            continue;
        }
        i++;
    }
    line_text(line, "\"");
}

static void line_value(struct line *line, const struct log_field *field, bool json)
{
    char text[512];
    switch (field->kind) {
    case LOG_KIND_INT:
        line_number(line, field->number);
        return;
    case LOG_KIND_BOOL:
        line_text(line, field->number ? "true" : "false");
        return;
    case LOG_KIND_UUID:
        uuid_format(*field->id, text);
        break;
    case LOG_KIND_PLACE:
        snprintf(text, sizeof text, "%.*s-%d-%lld", STR_ARG(field->text), field->partition, field->number);
        break;
    default:
        if (!str_given(field->text)) {
            line_text(line, json ? "null" : "-");
            return;
        }
        if (json || strcspn(field->text.data, " \"=\\") < field->text.len || field->text.len == 0) {
            line_quoted(line, field->text);
            return;
        }
        for (size_t i = 0; i < field->text.len; i++) {
            if ((unsigned char)field->text.data[i] <= 0x20 || (unsigned char)field->text.data[i] >= 0x7F) {
                line_quoted(line, field->text);
                return;
            }
        }
        line_bytes(line, field->text.data, field->text.len);
        return;
    }
    if (json) {
        line_quoted(line, str_of(text));
    } else {
        line_text(line, text);
    }
}

static const char *field_name(const struct log_field *field)
{
    return field->kind == LOG_KIND_UUID ? "act" : field->kind == LOG_KIND_PLACE ? "place" : field->name;
}

static void render_json(struct line *line, const char *program, enum log_level level, long long now_ms,
    const char *message, const struct log_field *field, size_t count)
{
    char when[TIME_TEXT_SIZE];
    line_text(line, "{\"time\":\"");
    line_text(line, time_format(now_ms, when));
    line_text(line, "\",\"level\":\"");
    line_text(line, level_name[level]);
    line_text(line, "\",\"program\":");
    line_quoted(line, str_of(program));
    line_text(line, ",\"message\":");
    line_quoted(line, str_of(message));
    for (size_t i = 0; i < count && line->size + 512 < line->room; i++) {
        if (field[i].kind == LOG_KIND_NONE) {
            continue;
        }
        line_text(line, ",");
        line_quoted(line, str_of(field_name(&field[i])));
        line_text(line, ":");
        line_value(line, &field[i], true);
    }
    line_text(line, "}\n");
}

static void render_text(struct line *line, enum log_level level, long long now_ms, const char *message,
    const struct log_field *field, size_t count, bool colour)
{
    char when[TIME_TEXT_SIZE];
    time_format(now_ms, when);
    line_bytes(line, when, 23);
    line_text(line, " ");
    line_text(line, colour ? level_colour[level] : "");
    line_text(line, level_name[level]);
    line_text(line, colour ? "\033[0m" : "");
    line_bytes(line, "  ", strlen(level_name[level]) == 4 ? 2 : 1);
    line_text(line, message);
    for (size_t i = 0; i < count && line->size + 512 < line->room; i++) {
        if (field[i].kind == LOG_KIND_NONE) {
            continue;
        }
        line_text(line, " ");
        line_text(line, field_name(&field[i]));
        line_text(line, "=");
        line_value(line, &field[i], false);
    }
    line_text(line, "\n");
}

size_t log_render(const char *program, enum log_format format, enum log_level level, long long now_ms,
    const char *message, const struct log_field *field, size_t count, char *out, size_t size)
{
    struct line line = {.data = out, .room = size};
    out[0] = '\0';
    if (format == LOG_FORMAT_JSON) {
        render_json(&line, program, level, now_ms, message, field, count);
    } else {
        render_text(&line, level, now_ms, message, field, count, false);
    }
    return line.size;
}

void log_write(struct log *log, enum log_level level, const char *message, const struct log_field *field, size_t count)
{
    if (!log_takes(log, level)) {
        return;
    }
    char data[LOG_LINE_MAX];
    struct line line = {.data = data, .room = sizeof data};
    if (log->format == LOG_FORMAT_JSON) {
        render_json(&line, log->program, level, time_now(), message, field, count);
    } else {
        render_text(&line, level, time_now(), message, field, count, log->colour);
    }
    /* One write keeps lines whole; what a full or closed pipe does not take is lost on purpose. */
    ssize_t written = write(log->fd, data, line.size);
    (void)written;
}

static bool name_has(const char *name, const char *part)
{
    return strcasestr(name, part) != NULL;
}

bool log_is_secret(const char *name)
{
    static const char *const shown[] = {"sasl.mechanism", "sasl.mechanisms", "sasl.username", "sasl.oauthbearer.method",
        "sasl.oauthbearer.token.endpoint.url", "sasl.kerberos.service.name", "ssl.key.location", "ssl.certificate.pem",
        "ssl.ca.pem"};
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        if (strcasecmp(name, shown[i]) == 0) {
            return false;
        }
    }
    return name_has(name, "password") || name_has(name, "secret") || name_has(name, "token") ||
           name_has(name, "ssl.key") || strncasecmp(name, "sasl.", 5) == 0 || name_has(name, "passphrase");
}

void log_mask_conninfo(const char *conninfo, char *out, size_t size)
{
    struct line line = {.data = out, .room = size};
    out[0] = '\0';
    const char *scheme = strstr(conninfo, "://");
    const char *at = conninfo;
    if (scheme != NULL) {
        const char *authority = scheme + 3;
        const char *user_end = authority + strcspn(authority, "/?");
        const char *host = NULL;
        for (const char *p = authority; p < user_end; p++) {
            host = *p == '@' ? p : host; /* a password may hold an unescaped @ */
        }
        const char *colon = host ? memchr(authority, ':', (size_t)(host - authority)) : NULL;
        if (colon != NULL) {
            line_bytes(&line, conninfo, (size_t)(colon + 1 - conninfo));
            line_text(&line, "***");
            at = host;
        }
    }
    while (*at != '\0') {
        const char *word = strcasestr(at, "password");
        if (word == NULL) {
            break;
        }
        const char *value = word + strlen("password");
        value += strspn(value, " ");
        if (*value != '=') {
            line_bytes(&line, at, (size_t)(value - at));
            at = value;
            continue;
        }
        value++;
        value += scheme ? 0 : strspn(value, " ");
        line_bytes(&line, at, (size_t)(value - at));
        line_text(&line, "***");
        if (*value == '\'' && scheme == NULL) {
            value++;
            while (*value != '\0' && *value != '\'') {
                value += *value == '\\' && value[1] != '\0' ? 2 : 1;
            }
            at = *value == '\'' ? value + 1 : value;
        } else {
            at = value + strcspn(value, scheme ? "&" : " ");
        }
    }
    line_text(&line, at);
}
