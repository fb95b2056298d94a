#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "shell/process.h"

#define CHUNK ((size_t)65536)
#define IDLE_MS 100

struct input {
    int fd;
    const char *name;
    enum input_format format;
    char *data;
    size_t room;
    size_t start; /* the item in work begins here */
    size_t scan;  /* looked at so far */
    size_t end;   /* bytes read */
    bool eof, begun;
    long long line; /* of data[scan] */
    /* what the scanner remembers inside an item */
    bool quoted, escaped, oversize;
    int depth;
    input_idle *idle;
    void *idle_user;
    /* arrays */
    enum { ARRAY_BEFORE, ARRAY_FIRST, ARRAY_ITEM, ARRAY_AFTER, ARRAY_BROKEN } array;
};

struct status input_open_fd(int fd, const char *name, enum input_format format, struct input **out, struct fault *fault)
{
    struct input *input = calloc(1, sizeof *input);
    char *data = malloc(CHUNK);
    if (!input || !data) {
        free(input);
        free(data);
        close(fd);
        return status_fail(fault, STATUS_STOP, "memory", "no memory");
    }
    *input = (struct input){.fd = fd, .name = name, .format = format, .data = data, .room = CHUNK, .line = 1};
    *out = input;
    return status_ok();
}

struct status input_open(const char *path, enum input_format format, struct input **out, struct fault *fault)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return status_fail(fault, STATUS_RETRY, "open", "%s: %s", path, strerror(errno));
    return input_open_fd(fd, standard ? "<stdin>" : path, format, out, fault);
}

void input_close(struct input *input)
{
    if (!input)
        return;
    close(input->fd);
    free(input->data);
    free(input);
}

void input_on_idle(struct input *input, input_idle *idle, void *user)
{
    input->idle = idle;
    input->idle_user = user;
}

enum input_format input_format_of(const struct input *input)
{
    return input->begun ? input->format : INPUT_AUTO;
}

const char *input_name(const struct input *input)
{
    return input->name;
}

/* Until there is something to read, or the end. */
static struct status await(struct input *input, struct fault *fault)
{
    for (;;) {
        struct pollfd wait[] = {{.fd = input->fd, .events = POLLIN}, {.fd = process_fd(), .events = POLLIN}};
        int ready = poll(wait, 2, input->idle ? IDLE_MS : -1);
        if (process_stopping())
            return status_fail(fault, STATUS_RETRY, "stopping", "stopped by a signal");
        if (wait[0].revents)
            return status_ok();
        if (ready < 0 && errno != EINTR)
            return status_fail(fault, STATUS_RETRY, "read", "%s: %s", input->name, strerror(errno));
        struct status status = ready == 0 && input->idle ? input->idle(input->idle_user, fault) : status_ok();
        if (status_failed(status))
            return status;
    }
}

/* Makes room and reads more; what lies before `start` is given up. Sets eof at the end. */
static struct status fill(struct input *input, struct fault *fault)
{
    if (input->start > 0) {
        memmove(input->data, input->data + input->start, input->end - input->start);
        input->end -= input->start;
        input->scan -= input->start;
        input->start = 0;
    }
    if (input->room - input->end < CHUNK) {
        char *data = realloc(input->data, input->room * 2);
        if (!data)
            return status_fail(fault, STATUS_STOP, "memory", "no memory");
        input->data = data;
        input->room *= 2;
    }
    struct status status = await(input, fault);
    if (status_failed(status))
        return status;
    ssize_t got;
    do
        got = read(input->fd, input->data + input->end, CHUNK);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return status_fail(fault, STATUS_RETRY, "read", "%s: %s", input->name, strerror(errno));
    if (got == 0)
        input->eof = true;
    input->end += (size_t)got;
    return status_ok();
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Skips the byte order mark and finds the format by the first character that is no white space. */
static struct status begin(struct input *input, struct fault *fault)
{
    while (!input->eof && input->end < 3) {
        struct status status = fill(input, fault);
        if (status_failed(status))
            return status;
    }
    if (input->end >= 3 && memcmp(input->data, "\xEF\xBB\xBF", 3) == 0)
        input->start = input->scan = 3;
    input->begun = true;
    if (input->format != INPUT_AUTO)
        return status_ok();
    for (size_t at = input->scan;;) {
        while (at < input->end && is_space(input->data[at]))
            at++;
        if (at < input->end || input->eof) {
            char c = at < input->end ? input->data[at] : '{';
            input->format = c == '[' ? INPUT_ARRAY : c == '{' ? INPUT_LINES : INPUT_CSV;
            return status_ok();
        }
        if (at > INPUT_ITEM_MAX) {
            input->format = INPUT_LINES;
            return status_ok();
        }
        size_t moved = input->start;
        struct status status = fill(input, fault);
        if (status_failed(status))
            return status;
        at -= moved;
    }
}

/* One step over data[scan]; true when the item ends before it. Lines and CSV alone. */
static bool ends_here(struct input *input, char c)
{
    if (input->format == INPUT_CSV && c == '"')
        input->quoted = !input->quoted;
    return c == '\n' && !input->quoted;
}

/* The same for an element of an array: it ends before the comma or bracket at depth 0. */
static bool element_ends_here(struct input *input, char c)
{
    if (input->quoted) {
        if (input->escaped)
            input->escaped = false;
        else if (c == '\\')
            input->escaped = true;
        else if (c == '"')
            input->quoted = false;
        return false;
    }
    switch (c) {
    case '"':
        input->quoted = true;
        return false;
    case '{':
    case '[':
        input->depth++;
        return false;
    case '}':
    case ']':
        if (input->depth == 0)
            return true;
        input->depth--;
        return false;
    default:
        return c == ',' && input->depth == 0;
    }
}

static struct status too_large(struct fault *fault)
{
    return status_fail(fault, STATUS_REJECT, "size", "larger than 1 MiB");
}

/* Moves `scan` to the end of the item that begins at `start`; *ended is false at the end of the input. */
static struct status find_end(struct input *input, bool *ended, struct fault *fault)
{
    input->quoted = input->escaped = input->oversize = false;
    input->depth = 0;
    for (;;) {
        for (; input->scan < input->end; input->scan++) {
            char c = input->data[input->scan];
            if (input->format == INPUT_ARRAY ? element_ends_here(input, c) : ends_here(input, c)) {
                *ended = true;
                return status_ok();
            }
            if (c == '\n')
                input->line++;
        }
        if (input->scan - input->start > INPUT_ITEM_MAX) {
            input->oversize = true;
            input->start = input->scan;
        }
        if (input->eof) {
            *ended = false;
            return status_ok();
        }
        struct status status = fill(input, fault);
        if (status_failed(status))
            return status;
    }
}

/* Skips white space, counting lines. False at the end of the input. */
static struct status skip_space(struct input *input, bool *more, struct fault *fault)
{
    for (;;) {
        for (; input->scan < input->end; input->scan++) {
            char c = input->data[input->scan];
            if (!is_space(c)) {
                input->start = input->scan;
                *more = true;
                return status_ok();
            }
            if (c == '\n')
                input->line++;
        }
        input->start = input->scan;
        if (input->eof) {
            *more = false;
            return status_ok();
        }
        struct status status = fill(input, fault);
        if (status_failed(status))
            return status;
    }
}

static struct str trimmed(const struct input *input)
{
    struct str text = {input->data + input->start, input->scan - input->start};
    while (text.len > 0 && is_space(text.data[text.len - 1]))
        text.len--;
    return text;
}

static struct status next_line(struct input *input, struct input_item *out, struct fault *fault)
{
    for (;;) {
        if (input->scan == input->end && input->eof) {
            *out = (struct input_item){.line = input->line, .end = true};
            return status_ok();
        }
        bool ended;
        *out = (struct input_item){.line = input->line};
        struct status status = find_end(input, &ended, fault);
        if (status_failed(status))
            return status;
        struct str text = {input->data + input->start, input->scan - input->start};
        if (text.len > 0 && text.data[text.len - 1] == '\r')
            text.len--;
        bool blank = true;
        for (size_t i = 0; blank && i < text.len; i++)
            blank = is_space(text.data[i]);
        bool large = input->oversize || text.len > INPUT_ITEM_MAX;
        if (ended) {
            input->scan++;
            input->line++;
        }
        input->start = input->scan;
        if (large)
            return too_large(fault);
        if (!blank) {
            out->text = text;
            return status_ok();
        }
    }
}

static struct status broken(struct input *input, struct input_item *out, const char *what, struct fault *fault)
{
    *out = (struct input_item){.line = input->line};
    input->array = ARRAY_BROKEN;
    return status_fail(fault, STATUS_REJECT, "syntax", "the JSON array %s", what);
}

static struct status next_element(struct input *input, struct input_item *out, struct fault *fault)
{
    bool more = false;
    struct status status = status_ok();
    if (input->array != ARRAY_BROKEN)
        status = skip_space(input, &more, fault);
    if (status_failed(status))
        return status;
    if (input->array == ARRAY_BROKEN || (input->array == ARRAY_AFTER && !more)) {
        *out = (struct input_item){.line = input->line, .end = true};
        return status_ok();
    }
    if (!more)
        return broken(input, out, "has no end", fault);
    if (input->array == ARRAY_AFTER)
        return broken(input, out, "is followed by something else", fault);
    if (input->array == ARRAY_BEFORE) {
        if (input->data[input->scan] != '[')
            return broken(input, out, "does not begin with [", fault);
        input->start = ++input->scan;
        input->array = ARRAY_FIRST;
        return next_element(input, out, fault);
    }
    if (input->array == ARRAY_FIRST && input->data[input->scan] == ']') {
        input->start = ++input->scan;
        input->array = ARRAY_AFTER;
        return next_element(input, out, fault);
    }
    input->array = ARRAY_ITEM;
    *out = (struct input_item){.line = input->line};
    bool ended;
    status = find_end(input, &ended, fault);
    if (status_failed(status))
        return status;
    if (!ended)
        return broken(input, out, "has no end", fault);
    out->text = trimmed(input);
    bool large = input->oversize || out->text.len > INPUT_ITEM_MAX;
    char c = input->data[input->scan];
    if (c == '}' || (out->text.len == 0 && !large))
        return broken(input, out, "has an empty element or a } too many", fault);
    input->array = c == ']' ? ARRAY_AFTER : ARRAY_ITEM;
    input->start = ++input->scan;
    return large ? too_large(fault) : status_ok();
}

struct status input_next(struct input *input, struct input_item *out, struct fault *fault)
{
    *out = (struct input_item){.line = input->line};
    if (!input->begun) {
        struct status status = begin(input, fault);
        if (status_failed(status))
            return status;
    }
    return input->format == INPUT_ARRAY ? next_element(input, out, fault) : next_line(input, out, fault);
}
