#ifndef ORGCODE_SHELL_OPTION_VALUE_H
#define ORGCODE_SHELL_OPTION_VALUE_H

#include "shell/option.h"

/* Between the option*.c files: the values as people write them. False: not such a value. */

/* Digits at the front of text; *end is what follows them. */
bool option_number(const char *text, long long *out, const char **end);
/* The place of `text` in "auto|text|json". */
bool option_choice(const char *choices, const char *text, int *out);
/* true/false, yes/no, on/off, 1/0. */
bool option_flag(const char *text, bool *out);
/* "5s" -> 5000, "250ms", "2m", "1h", "7d"; a bare number is not a duration, 0 is. */
bool option_duration(const char *text, long long *out);
/* "64KiB" -> 65536; K, KiB, M, MiB, G, GiB or bytes. */
bool option_size(const char *text, long long *out);

void option_help(const struct option_program *program, FILE *out);
void option_print(const struct option_program *program, const void *options, FILE *out);

#endif
