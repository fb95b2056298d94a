#include "certify.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct status certify(const char *program, const char *verb, const char *name, struct fault *fault)
{
    char *const arguments[] = {(char *)program, (char *)verb, (char *)name, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int end = 0;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO); /* stdout is for the plan */
    int error = posix_spawnp(&pid, program, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        return status_fail(fault, STATUS_STOP, "certify", "%s: %s", program, strerror(error));
    while (waitpid(pid, &end, 0) < 0)
        if (errno != EINTR)
            return status_fail(fault, STATUS_STOP, "certify", "%s: %s", program, strerror(errno));
    if (!WIFEXITED(end) || WEXITSTATUS(end) != 0)
        return status_fail(fault, STATUS_STOP, "certify", "%s %s %s ended with %d", program, verb, name,
            WIFEXITED(end) ? WEXITSTATUS(end) : 128 + WTERMSIG(end));
    return status_ok();
}
