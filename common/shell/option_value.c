#include "shell/option_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool option_number(const char *text, long long *out, const char **end)
{
    char *stop;
    errno = 0;
    *out = strtoll(text, &stop, 10);
    *end = stop;
    return errno == 0 && stop != text && !isspace((unsigned char)text[0]);
}

static bool scaled(const char *text, const char *const unit[], const long long factor[], size_t units, long long *out)
{
    const char *end;
    if (!option_number(text, out, &end)) {
        return false;
    }
    for (size_t i = 0; i < units; i++) {
        if (strcmp(end, unit[i]) == 0) {
            return !__builtin_mul_overflow(*out, factor[i], out);
        }
    }
    return *end == '\0' && *out == 0;
}

bool option_duration(const char *text, long long *out)
{
    static const char *const unit[] = {"ms", "s", "m", "h", "d"};
    static const long long factor[] = {1, 1000, 60000, 3600000, 86400000};
    return scaled(text, unit, factor, 5, out);
}

bool option_size(const char *text, long long *out)
{
    static const char *const unit[] = {"", "B", "K", "KiB", "M", "MiB", "G", "GiB"};
    static const long long factor[] = {1, 1, 1024, 1024, 1048576, 1048576, 1073741824, 1073741824};
    return scaled(text, unit, factor, 8, out);
}

bool option_choice(const char *choices, const char *text, int *out)
{
    size_t length = strlen(text);
    *out = 0;
    for (const char *at = choices; length > 0; (*out)++) {
        size_t size = strcspn(at, "|");
        if (size == length && strncmp(at, text, size) == 0) {
            return true;
        }
        if (at[size] == '\0') {
            break;
        }
        at += size + 1;
    }
    return false;
}

bool option_flag(const char *text, bool *out)
{
    static const char *const yes[] = {"true", "yes", "on", "1"};
    static const char *const no[] = {"false", "no", "off", "0"};
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(text, yes[i]) == 0 || strcmp(text, no[i]) == 0) {
            *out = strcmp(text, yes[i]) == 0;
            return true;
        }
    }
    return false;
}
