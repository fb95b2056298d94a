/* orgcode-replay: the operator's tool. Each sub-command is a file of its own; this one finds it and gives it what all
 * of them need. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "orgcode_version.h"
#include "shell/process.h"

static const struct command *const commands[] = {
    &command_authority,
    &command_control,
    &command_export,
    &command_import,
    &command_inspect,
    &command_rebuild,
    &command_redrive,
    &command_reset,
    &command_status,
    &command_swap,
    &command_verify,
};
#define COMMANDS (sizeof commands / sizeof *commands)

static void print_help(FILE *out)
{
    fputs(
        "orgcode-replay: look into a registry's topics, and rebuild, repair, move it\n\n"
        "Usage:\n  orgcode-replay COMMAND [OPTION...] [ARGUMENT...]\n\n"
        "Description:\n"
        "  The registry is a function of its journal: read again, anywhere, it gives the same tables, the same "
        "changes\n"
        "  and the same digests. These commands use that. Each has its own --help. Those that change something print\n"
        "  their plan first; --dry-run prints it alone, and names a head; --at HEAD carries out exactly that plan.\n\n"
        "Commands:\n",
        out);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\nOptions:\n  --help     print this and exit\n  --version  print the version and exit\n\n"
          "Examples:\n  orgcode-replay status\n  orgcode-replay rebuild --into rebuilt --dry-run\n\n"
          "Exit codes:\n  0  done\n  1  done, and something differs or was refused\n  2  wrong option or argument\n"
          "  3  broker or database not reachable\n  4  must not go on (the message says why)\n",
        out);
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int exit_of(const struct command_run *run, struct status status)
{
    if (!status_failed(status))
        return run->exit;
    if (strcmp(status.code, "usage") == 0)
        return PROCESS_USAGE;
    return status.class == STATUS_REJECT ? PROCESS_REFUSED : process_exit_of(status);
}

static int run_command(const struct command *command, int argc, char **argv)
{
    struct command_run run = {.arena = arena_open(0)};
    void *options = calloc(1, command->options_size);
    if (!options)
        abort();
    run.options = options;
    run.common = options;
    int code = option_parse(command->program, argc, argv, options, &run.rest, run.arena, stdout, stderr);
    if (code < 0) {
        const struct option_common *common = &run.common->common;
        run.log = log_open("orgcode-replay", (enum log_level)common->log_level, (enum log_format)common->log_format, 2);
        run.kafka = (struct kafka_config){.log = run.log, .options = &run.common->kafka, .client_id = "orgcode-replay"};
        struct fault fault = {0};
        struct status status = process_open(&fault);
        if (!status_failed(status))
            status = command->run(&run, &fault);
        code = exit_of(&run, status);
        if (status_failed(status))
            fprintf(stderr, "%s: %s\n", command->program->name, fault.text);
        log_close(run.log);
    }
    free(options);
    arena_close(run.arena);
    return code;
}

int main(int argc, char **argv)
{
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)) {
        print_help(stdout);
        return PROCESS_DONE;
    }
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("orgcode-replay %s\n", ORGCODE_VERSION);
        return PROCESS_DONE;
    }
    const struct command *command = argc > 1 ? find(argv[1]) : NULL;
    if (command)
        return run_command(command, argc - 1, argv + 1);
    if (argc > 1)
        fprintf(stderr, "orgcode-replay: %s: no such command\n\n", argv[1]);
    print_help(stderr);
    return PROCESS_USAGE;
}
