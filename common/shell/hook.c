#include "shell/hook.h"

#ifdef ORGCODE_TEST_HOOKS
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void hook_point(const char *name)
{
    const char *wanted = getenv("ORGCODE_CRASH_AT"), *file = getenv("ORGCODE_CRASH_FILE");
    if (!wanted || strcmp(wanted, name) != 0 || (file && unlink(file) != 0))
        return;
    const char *stop = getenv("ORGCODE_CRASH_SIGNAL");
    kill(getpid(), stop && strcmp(stop, "STOP") == 0 ? SIGSTOP : SIGKILL);
}
#else
void hook_point(const char *name)
{
    (void)name;
}
#endif
