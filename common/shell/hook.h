#ifndef ORGCODE_SHELL_HOOK_H
#define ORGCODE_SHELL_HOOK_H

/* A point at which a test may end the program: ORGCODE_CRASH_AT=<name> kills it there. With ORGCODE_CRASH_FILE only while
 * that file exists, which it removes; ORGCODE_CRASH_SIGNAL=STOP stops it there instead. Nothing at all in a release build
 * without tests. */
void hook_point(const char *name);

#endif
