#ifndef ORGCODE_NOTIFY_HOOK_H
#define ORGCODE_NOTIFY_HOOK_H

/* Points at which tests end the program, as in orgcode-apply: ORGCODE_CRASH_AT=before-kafka-commit | after-kafka-commit,
 * with ORGCODE_CRASH_FILE only while that file exists, which it removes. Nothing at all without ORGCODE_TEST_HOOKS. */
#ifdef ORGCODE_TEST_HOOKS
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void hook_point(const char *name)
{
    const char *wanted = getenv("ORGCODE_CRASH_AT"), *file = getenv("ORGCODE_CRASH_FILE");
    if (wanted && strcmp(wanted, name) == 0 && (!file || unlink(file) == 0))
        kill(getpid(), SIGKILL);
}
#else
static inline void hook_point(const char *name)
{
    (void)name;
}
#endif

#endif
