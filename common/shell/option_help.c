#include <ctype.h>
#include <string.h>

#include "shell/log.h"
#include "shell/option_value.h"
#include "shell/process.h"

/* Lines of `text` behind `indent` spaces, wrapped at 96 columns. */
static void wrapped(FILE *out, int indent, const char *text)
{
    int column = 0;
    for (const char *at = text; *at != '\0';) {
        if (*at == '\n') {
            fputc('\n', out);
            column = 0;
            at++;
            continue;
        }
        size_t word = strcspn(at, " \n");
        if (column > 0 && column + 1 + (int)word > 96) {
            fputc('\n', out);
            column = 0;
        }
        if (column == 0) {
            fprintf(out, "%*s%.*s", indent, "", (int)word, at);
            column = indent + (int)word;
        } else {
            fprintf(out, " %.*s", (int)word, at);
            column += 1 + (int)word;
        }
        at += word;
        at += *at == ' ' ? 1 : 0;
    }
    fputc('\n', out);
}

/* Lines as they stand, each behind two spaces. */
static void verbatim(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        fprintf(out, "%s%.*s\n", length ? "  " : "", (int)length, text);
        text += length + (text[length] == '\n' ? 1 : 0);
    }
}

static void bounds(FILE *out, const struct option_row *row)
{
    static const char *const unit[] = {[OPTION_INT] = "", [OPTION_DURATION] = " ms", [OPTION_SIZE] = " bytes"};
    if ((row->min != 0 || row->max != 0) && row->kind <= OPTION_SIZE) {
        fprintf(out, "%lld to %lld%s; ", row->min, row->max, unit[row->kind] ? unit[row->kind] : "");
    }
}

static const char *value_name(const struct option_row *row)
{
    static const char *const usual[] = {
        [OPTION_TEXT] = "TEXT",
        [OPTION_FLAG] = "",
        [OPTION_INT] = "N",
        [OPTION_DURATION] = "DURATION",
        [OPTION_SIZE] = "SIZE",
        [OPTION_CHOICE] = "WORD",
        [OPTION_LIST] = "TEXT",
    };
    return row->value ? row->value : row->kind == OPTION_CHOICE ? row->choices : usual[row->kind];
}

static void option_line(FILE *out, const struct option_row *row)
{
    const char *value = value_name(row);
    if (row->letter != 0) {
        fprintf(out, "  -%c%s%s, ", row->letter, value[0] ? " " : "", value);
    } else {
        fprintf(out, "  ");
    }
    fprintf(out, "--%s%s%s\n", row->name, value[0] ? " " : "", value);
    wrapped(out, 6, row->help);
    fprintf(out, "      (");
    bounds(out, row);
    if (row->flags & OPTION_REQUIRED) {
        fprintf(out, "required");
    } else if (row->initial != NULL && row->initial[0] != '\0') {
        fprintf(out, "default %s", row->initial);
    } else {
        fprintf(out, row->kind == OPTION_FLAG ? "default off" : "default none");
    }
    if (row->env != NULL) {
        fprintf(out, "; %s", row->env);
    }
    fprintf(out, ")\n");
}

void option_help(const struct option_program *program, FILE *out)
{
    fprintf(out, "%s: %s\n\nUsage:\n  %s [OPTION...]%s%s\n\nDescription:\n", program->name, program->summary,
        program->name, program->arguments[0] ? " " : "", program->arguments);
    wrapped(out, 2, program->description);
    fprintf(out, "\nOptions:\n");
    for (size_t i = 0; i < program->rows; i++) {
        option_line(out, &program->row[i]);
    }
    fprintf(out, "  --print-config\n      Print the configuration in force, secrets masked, and end.\n"
                 "  --help, --version\n\n"
                 "Configuration:\n"
                 "  The later wins: defaults, the --config file, the environment, arguments.\n");
    if (program->examples != NULL && program->examples[0] != '\0') {
        fprintf(out, "\nExamples:\n");
        verbatim(out, program->examples);
    }
    fprintf(out, "\nExit codes:\n");
    verbatim(out, program->exits ? program->exits : PROCESS_EXITS);
}

static void print_list(const struct option_row *row, const struct option_list *list, FILE *out)
{
    for (size_t i = 0; i < list->count; i++) {
        char key[128];
        const char *equals = strchr(list->item[i], '=');
        snprintf(key, sizeof key, "%.*s", equals ? (int)(equals - list->item[i]) : 0, list->item[i]);
        if (equals != NULL && log_is_secret(key)) {
            fprintf(out, "%s = %s=***\n", row->name, key);
        } else {
            fprintf(out, "%s = %s\n", row->name, list->item[i]);
        }
    }
}

static void print_row(const struct option_row *row, const void *options, FILE *out)
{
    const void *at = (const char *)options + row->offset;
    char masked[2048];
    const char *text;
    switch (row->kind) {
    case OPTION_TEXT:
        text = *(const char *const *)at;
        if (text == NULL) {
            fprintf(out, "# %s is not set\n", row->name);
            return;
        }
        if (row->flags & OPTION_CONNINFO) {
            log_mask_conninfo(text, masked, sizeof masked);
            text = masked;
        }
        fprintf(out, "%s = %s\n", row->name, row->flags & OPTION_SECRET ? "***" : text);
        return;
    case OPTION_FLAG:
        fprintf(out, "%s = %s\n", row->name, *(const bool *)at ? "true" : "false");
        return;
    case OPTION_CHOICE:
        text = row->choices;
        for (int i = 0; i < *(const int *)at; i++) {
            text += strcspn(text, "|") + 1;
        }
        fprintf(out, "%s = %.*s\n", row->name, (int)strcspn(text, "|"), text);
        return;
    case OPTION_LIST:
        print_list(row, at, out);
        return;
    default:
        fprintf(out, "%s = %lld%s\n", row->name, *(const long long *)at, row->kind == OPTION_DURATION ? "ms" : "");
    }
}

void option_print(const struct option_program *program, const void *options, FILE *out)
{
    for (size_t i = 0; i < program->rows; i++) {
        if (strcmp(program->row[i].name, "config") != 0) {
            print_row(&program->row[i], options, out);
        }
    }
}

void option_document(const struct option_program *program, FILE *out)
{
    fprintf(out, "| option | environment | default | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < program->rows; i++) {
        const struct option_row *row = &program->row[i];
        fprintf(out, "| `");
        if (row->letter != 0) {
            fprintf(out, "-%c, ", row->letter);
        }
        fprintf(out, "--%s%s%s` | %s | %s | %s |\n", row->name, value_name(row)[0] ? " " : "", value_name(row),
            row->env ? row->env : "",
            row->flags & OPTION_REQUIRED ? "required"
            : row->initial               ? row->initial
                                         : "",
            row->help);
    }
}
