#include "shell/option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "orgcode_version.h"
#include "shell/option_value.h"

struct parse {
    const struct option_program *program;
    void *options;
    struct arena *arena;
    bool *given; /* by row */
    FILE *err;
};

/* What the option takes, for the error: "a duration such as 5s, from 0 to 60000 ms". */
static void expected(const struct option_row *row, char *out, size_t size)
{
    static const char *const what[] = {
        [OPTION_TEXT] = "text",
        [OPTION_FLAG] = "true or false",
        [OPTION_INT] = "a number",
        [OPTION_DURATION] = "a duration such as 250ms, 5s, 2m, 1h or 7d",
        [OPTION_SIZE] = "a size such as 512, 64KiB or 2MiB",
        [OPTION_LIST] = "KEY=VALUE",
    };
    if (row->kind == OPTION_CHOICE) {
        snprintf(out, size, "one of %s", row->choices);
    } else if (row->min != 0 || row->max != 0) {
        static const char *const unit[] = {[OPTION_INT] = "", [OPTION_DURATION] = " ms", [OPTION_SIZE] = " bytes"};
        snprintf(out, size, "%s, from %lld to %lld%s", what[row->kind], row->min, row->max, unit[row->kind]);
    } else {
        snprintf(out, size, "%s", what[row->kind]);
    }
}

static void list_add(struct parse *parse, struct option_list *list, const char *text)
{
    const char **item = arena_array(parse->arena, const char *, list->count + 1);
    if (list->count > 0) {
        memcpy(item, list->item, sizeof *item * list->count);
    }
    item[list->count] = text;
    list->item = item;
    list->count++;
}

static bool set_value(struct parse *parse, const struct option_row *row, const char *text)
{
    void *at = (char *)parse->options + row->offset;
    long long number;
    const char *end;
    switch (row->kind) {
    case OPTION_TEXT:
        *(const char **)at = text;
        return true;
    case OPTION_FLAG:
        return option_flag(text, at);
    case OPTION_CHOICE:
        return option_choice(row->choices, text, at);
    case OPTION_LIST:
        if (row->choices != NULL && (strchr(text, '=') == NULL || text[0] == '=')) {
            return false;
        }
        list_add(parse, at, text);
        return true;
    case OPTION_INT:
        if (!option_number(text, &number, &end) || *end != '\0') {
            return false;
        }
        break;
    case OPTION_DURATION:
        if (!option_duration(text, &number)) {
            return false;
        }
        break;
    case OPTION_SIZE:
        if (!option_size(text, &number)) {
            return false;
        }
        break;
    }
    if ((row->min != 0 || row->max != 0) && (number < row->min || number > row->max)) {
        return false;
    }
    *(long long *)at = number;
    return true;
}

/* `source` names where the value stood: "--batch", "ORGCODE_BATCH", "orgcode.conf:12: batch". */
static bool take(struct parse *parse, size_t index, const char *text, const char *source)
{
    const struct option_row *row = &parse->program->row[index];
    if (set_value(parse, row, text)) {
        parse->given[index] = true;
        return true;
    }
    char wanted[256];
    expected(row, wanted, sizeof wanted);
    fprintf(parse->err, "%s: %s: expected %s, not \"%s\"\n", parse->program->name, source, wanted,
        row->flags & (OPTION_SECRET | OPTION_CONNINFO) ? "***" : text);
    return false;
}

static int row_of(const struct option_program *program, const char *name, size_t length)
{
    for (size_t i = 0; i < program->rows; i++) {
        if (strlen(program->row[i].name) == length && strncmp(program->row[i].name, name, length) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static int letter_of(const struct option_program *program, char letter)
{
    for (size_t i = 0; i < program->rows; i++) {
        if (letter != 0 && program->row[i].letter == letter) {
            return (int)i;
        }
    }
    return -1;
}

static char *trim(char *text)
{
    text += strspn(text, " \t\r\n");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\r\n", text[length - 1]) != NULL) {
        text[--length] = '\0';
    }
    return text;
}

static bool take_file(struct parse *parse, const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        fprintf(parse->err, "%s: --config: cannot read \"%s\": %s\n", parse->program->name, path, strerror(errno));
        return false;
    }
    char *buffer = NULL;
    size_t room = 0;
    bool good = true;
    for (int number = 1; good && getline(&buffer, &room, file) >= 0; number++) {
        char *line = trim(buffer);
        if (line[0] == '\0' || line[0] == '#') {
            continue;
        }
        char source[512];
        char *equals = strchr(line, '=');
        char *name = line;
        if (equals != NULL) {
            *equals = '\0';
        }
        name = trim(name);
        int index = row_of(parse->program, name, strlen(name));
        snprintf(source, sizeof source, "%s:%d: %s", path, number, name);
        if (equals == NULL || index < 0 || strcmp(name, "config") == 0) {
            fprintf(parse->err, "%s: %s: expected `name = value` with the name of an option (see --help)\n",
                parse->program->name, source);
            good = false;
        } else {
            char *value = trim(equals + 1);
            good = take(parse, (size_t)index, arena_copy(parse->arena, value, strlen(value)), source);
        }
    }
    free(buffer);
    fclose(file);
    return good;
}

static bool take_environment(struct parse *parse)
{
    for (size_t i = 0; i < parse->program->rows; i++) {
        const struct option_row *row = &parse->program->row[i];
        const char *value = row->env ? getenv(row->env) : NULL;
        if (value == NULL || value[0] == '\0') {
            continue;
        }
        if (row->kind != OPTION_LIST) {
            if (!take(parse, i, value, row->env)) {
                return false;
            }
            continue;
        }
        char *copy = arena_copy(parse->arena, value, strlen(value));
        for (char *saved, *word = strtok_r(copy, " \t\n", &saved); word != NULL;
             word = strtok_r(NULL, " \t\n", &saved)) {
            if (!take(parse, i, word, row->env)) {
                return false;
            }
        }
    }
    return true;
}

/* One step through the arguments: which row, which value. */
struct argument {
    int row;           /* -1: not an option */
    const char *value; /* NULL: none given */
    char shown[128];
};

static bool next_argument(struct parse *parse, int argc, char **argv, int *at, struct argument *out)
{
    const char *text = argv[*at];
    bool is_long = text[1] == '-';
    size_t length = is_long ? strcspn(text + 2, "=") : 1;
    out->row = is_long ? row_of(parse->program, text + 2, length) : letter_of(parse->program, text[1]);
    snprintf(out->shown, sizeof out->shown, "%.*s", (int)(is_long ? length + 2 : 2), text);
    if (out->row < 0) {
        fprintf(parse->err, "%s: %s: no such option (see --help)\n", parse->program->name, out->shown);
        return false;
    }
    const char *attached = is_long ? (text[2 + length] == '=' ? text + 3 + length : NULL) : (text[2] ? text + 2 : NULL);
    out->value = attached;
    if (parse->program->row[out->row].kind == OPTION_FLAG) {
        out->value = attached ? attached : "true";
    } else if (attached == NULL) {
        if (*at + 1 >= argc) {
            fprintf(parse->err, "%s: %s: expected a value behind it\n", parse->program->name, out->shown);
            return false;
        }
        out->value = argv[++*at];
    }
    return true;
}

enum request { REQUEST_NONE, REQUEST_HELP, REQUEST_VERSION, REQUEST_PRINT };

static enum request request_of(const char *text)
{
    return strcmp(text, "--help") == 0 || strcmp(text, "-h") == 0 ? REQUEST_HELP
           : strcmp(text, "--version") == 0                       ? REQUEST_VERSION
           : strcmp(text, "--print-config") == 0                  ? REQUEST_PRINT
                                                                  : REQUEST_NONE;
}

/* Walks the arguments. only_config: the value of --config alone is taken, nothing is reported twice. */
static bool take_arguments(
    struct parse *parse, int argc, char **argv, bool only_config, struct option_rest *rest, enum request *request)
{
    bool options_end = false;
    rest->count = 0;
    for (int i = 1; i < argc; i++) {
        if (options_end || argv[i][0] != '-' || argv[i][1] == '\0') {
            rest->item[rest->count++] = argv[i];
            continue;
        }
        if (strcmp(argv[i], "--") == 0) {
            options_end = true;
            continue;
        }
        enum request asked = request_of(argv[i]);
        if (asked != REQUEST_NONE) {
            *request = *request == REQUEST_NONE || asked < *request ? asked : *request;
            continue;
        }
        struct argument argument;
        if (!next_argument(parse, argc, argv, &i, &argument)) {
            return false;
        }
        bool is_config = strcmp(parse->program->row[argument.row].name, "config") == 0;
        if (is_config == only_config && !take(parse, (size_t)argument.row, argument.value, argument.shown)) {
            return false;
        }
    }
    return true;
}

static bool take_defaults(struct parse *parse)
{
    static const size_t size_of[] = {
        [OPTION_TEXT] = sizeof(const char *),
        [OPTION_FLAG] = sizeof(bool),
        [OPTION_INT] = sizeof(long long),
        [OPTION_DURATION] = sizeof(long long),
        [OPTION_SIZE] = sizeof(long long),
        [OPTION_CHOICE] = sizeof(int),
        [OPTION_LIST] = sizeof(struct option_list),
    };
    for (size_t i = 0; i < parse->program->rows; i++) {
        const struct option_row *row = &parse->program->row[i];
        memset((char *)parse->options + row->offset, 0, size_of[row->kind]);
        if (row->initial != NULL && !take(parse, i, row->initial, row->name)) {
            return false;
        }
        parse->given[i] = row->initial != NULL;
    }
    return true;
}

static bool check_required(const struct parse *parse)
{
    for (size_t i = 0; i < parse->program->rows; i++) {
        const struct option_row *row = &parse->program->row[i];
        if ((row->flags & OPTION_REQUIRED) && !parse->given[i]) {
            fprintf(parse->err, "%s: --%s is required%s%s: %s\n", parse->program->name, row->name,
                row->env ? ", or " : "", row->env ? row->env : "", row->help);
            return false;
        }
    }
    return true;
}

/* In order: defaults, file, environment, arguments. False after an error was printed. */
static bool take_all(struct parse *parse, int argc, char **argv, struct option_rest *rest, enum request *request)
{
    if (!take_defaults(parse) || !take_arguments(parse, argc, argv, true, rest, request)) {
        return false;
    }
    if (*request == REQUEST_HELP || *request == REQUEST_VERSION) {
        return true;
    }
    int config = row_of(parse->program, "config", 6);
    const char *path = NULL;
    if (config >= 0) {
        const struct option_row *row = &parse->program->row[config];
        path = *(const char **)((char *)parse->options + row->offset);
        path = path ? path : row->env ? getenv(row->env) : NULL;
    }
    if (path != NULL && path[0] != '\0' && !take_file(parse, path)) {
        return false;
    }
    if (!take_environment(parse) || !take_arguments(parse, argc, argv, false, rest, request)) {
        return false;
    }
    if (config >= 0) {
        *(const char **)((char *)parse->options + parse->program->row[config].offset) = path;
    }
    if (rest->count > 0 && parse->program->arguments[0] == '\0') {
        fprintf(parse->err, "%s: \"%s\": it takes no arguments but options (see --help)\n", parse->program->name,
            rest->item[0]);
        return false;
    }
    return *request == REQUEST_PRINT || check_required(parse);
}

int option_parse(const struct option_program *program, int argc, char **argv, void *options, struct option_rest *rest,
    struct arena *arena, FILE *out, FILE *err)
{
    struct option_rest spare;
    struct parse parse = {.program = program, .options = options, .arena = arena, .err = err};
    enum request request = REQUEST_NONE;
    rest = rest ? rest : &spare;
    rest->item = arena_array(arena, char *, argc + 1);
    parse.given = arena_array(arena, bool, program->rows + 1);
    if (!take_all(&parse, argc, argv, rest, &request)) {
        return 2;
    }
    switch (request) {
    case REQUEST_HELP:
        option_help(program, out);
        return 0;
    case REQUEST_VERSION:
        fprintf(out, "%s %s (%s)\n", program->name, ORGCODE_VERSION, ORGCODE_GIT);
        return 0;
    case REQUEST_PRINT:
        option_print(program, options, out);
        return 0;
    default:
        return -1;
    }
}
