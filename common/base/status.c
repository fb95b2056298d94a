#include "status.h"

#include <stdarg.h>
#include <stdio.h>

struct status status_fail(struct fault *fault, enum status_class class, const char *code, const char *format, ...)
{
    if (fault) {
        va_list args;
        va_start(args, format);
        vsnprintf(fault->text, sizeof fault->text, format, args);
        va_end(args);
    }
    return (struct status){class, code};
}
