#ifndef ORGCODE_BASE_TIME_H
#define ORGCODE_BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "str.h"

/* Instants are milliseconds since 1970-01-01T00:00:00Z. Dates are days since 1970-01-01, of Asia/Ho_Chi_Minh,
 * which is UTC+7 without summer time for every instant the registry handles. */
typedef int64_t time_ms;
typedef int32_t date_day;

#define DATE_NONE INT32_MIN
#define DAY_MS ((time_ms)86400000)
#define DATE_TEXT_SIZE 11 /* 2025-07-01 and NUL */
#define TIME_TEXT_SIZE 30 /* 2025-07-01T00:00:00.000+07:00 and NUL */

/* Exactly YYYY-MM-DD, a real day, years 1900 to 9999. */
bool date_parse(struct str text, date_day *out);
/* Writes YYYY-MM-DD and NUL; returns `out`. */
char *date_format(date_day date, char out[DATE_TEXT_SIZE]);
date_day date_of(time_ms instant);
/* The instant at which the day begins at +07:00. */
time_ms date_start(date_day date);

/* RFC 3339 at +07:00 with milliseconds; returns `out`. */
char *time_format(time_ms instant, char out[TIME_TEXT_SIZE]);
/* RFC 3339 with any offset, 0 to 9 fraction digits (cut to milliseconds). */
bool time_parse(struct str text, time_ms *out);
/* The machine's clocks: for shells alone, the core never calls them. */
time_ms time_now(void);
time_ms time_monotonic(void);

#endif
