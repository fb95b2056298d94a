#ifndef ORGCODE_APPLY_HOOK_H
#define ORGCODE_APPLY_HOOK_H

/* Points at which tests end the program: ORGCODE_CRASH_AT=before-commit | after-commit | in-copy kills it there, with
 * ORGCODE_CRASH_FILE only once: while the file exists, which it removes; ORGCODE_CRASH_SIGNAL=STOP stops it there instead. Nothing at all without ORGCODE_TEST_HOOKS. */
#ifdef ORGCODE_TEST_HOOKS
void hook_point(const char *name);
#else
static inline void hook_point(const char *name) { (void)name; }
#endif

#endif
