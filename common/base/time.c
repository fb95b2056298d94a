#include "time.h"

#include <time.h>

/* A day of Asia/Ho_Chi_Minh begins 7 hours before that of UTC. */
#define ZONE_MS ((time_ms)7 * 3600 * 1000)
/* Years 1 to 9999: what the formatters write; anything else is moved to the nearest end. */
#define DAY_MIN (-719162)
#define DAY_MAX 2932896

struct civil {
    int year, month, day;
};

/* Days since 1970-01-01 of the proleptic Gregorian calendar, and back (years counted from March). */
static date_day day_of_civil(int year, int month, int day)
{
    year -= month <= 2;
    int era = (year >= 0 ? year : year - 399) / 400;
    int year_of_era = year - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

static struct civil civil_of_day(date_day date)
{
    if (date < DAY_MIN)
        date = DAY_MIN;
    if (date > DAY_MAX)
        date = DAY_MAX;
    int shifted = date + 719468;
    int era = shifted / 146097;
    int day_of_era = shifted - era * 146097;
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (5 * day_of_year + 2) / 153;
    int month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    return (struct civil){year_of_era + era * 400 + (month <= 2), month,
        day_of_year - (153 * month_from_march + 2) / 5 + 1};
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

/* `count` digits at `at`, -1 when one is none. */
static int digits(const char *at, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        value = value * 10 + (at[i] - '0');
    }
    return value;
}

static void put_digits(char *at, int count, int value)
{
    while (count-- > 0) {
        at[count] = (char)('0' + value % 10);
        value /= 10;
    }
}

bool date_parse(struct str text, date_day *out)
{
    if (text.len != 10 || text.data[4] != '-' || text.data[7] != '-')
        return false;
    int year = digits(text.data, 4);
    int month = digits(text.data + 5, 2);
    int day = digits(text.data + 8, 2);
    if (year < 1900 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month))
        return false;
    *out = day_of_civil(year, month, day);
    return true;
}

char *date_format(date_day date, char out[DATE_TEXT_SIZE])
{
    struct civil civil = civil_of_day(date);
    put_digits(out, 4, civil.year);
    put_digits(out + 5, 2, civil.month);
    put_digits(out + 8, 2, civil.day);
    out[4] = out[7] = '-';
    out[10] = 0;
    return out;
}

static time_ms clamp(time_ms instant)
{
    const time_ms low = DAY_MIN * DAY_MS, high = (DAY_MAX + 1) * DAY_MS - 1 - ZONE_MS;
    return instant < low ? low : instant > high ? high : instant;
}

date_day date_of(time_ms instant)
{
    time_ms local = clamp(instant) + ZONE_MS;
    return (date_day)(local >= 0 ? local / DAY_MS : -((-local + DAY_MS - 1) / DAY_MS));
}

time_ms date_start(date_day date)
{
    return (time_ms)date * DAY_MS - ZONE_MS;
}

char *time_format(time_ms instant, char out[TIME_TEXT_SIZE])
{
    static const char form[TIME_TEXT_SIZE] = "0000-00-00T00:00:00.000+07:00";
    instant = clamp(instant);
    date_day date = date_of(instant);
    int rest = (int)(instant - date_start(date));
    memcpy(out, form, sizeof form);
    date_format(date, out);
    out[10] = 'T';
    put_digits(out + 11, 2, rest / 3600000);
    put_digits(out + 14, 2, rest / 60000 % 60);
    put_digits(out + 17, 2, rest / 1000 % 60);
    put_digits(out + 20, 3, rest % 1000);
    return out;
}

/* "Z" or "+hh:mm" in minutes. */
static bool offset_parse(struct str text, int *out)
{
    if (text.len == 1 && (text.data[0] == 'Z' || text.data[0] == 'z')) {
        *out = 0;
        return true;
    }
    if (text.len != 6 || (text.data[0] != '+' && text.data[0] != '-') || text.data[3] != ':')
        return false;
    int hours = digits(text.data + 1, 2), minutes = digits(text.data + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *out = (text.data[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

bool time_parse(struct str text, time_ms *out)
{
    date_day date;
    if (text.len < 20 || !date_parse((struct str){text.data, 10}, &date))
        return false;
    const char *at = text.data;
    if ((at[10] != 'T' && at[10] != 't') || at[13] != ':' || at[16] != ':')
        return false;
    int hour = digits(at + 11, 2), minute = digits(at + 14, 2), second = digits(at + 17, 2);
    if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return false;
    size_t next = 19;
    int ms = 0;
    if (at[next] == '.') {
        size_t first = ++next;
        int scale = 100;
        while (next < text.len && at[next] >= '0' && at[next] <= '9') {
            ms += (at[next++] - '0') * scale;
            scale /= 10;
        }
        if (next == first || next - first > 9)
            return false;
    }
    int offset;
    if (!offset_parse((struct str){at + next, text.len - next}, &offset))
        return false;
    *out = (time_ms)date * DAY_MS + ((hour * 60 + minute - offset) * 60 + second) * (time_ms)1000 + ms;
    return true;
}

static time_ms read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (time_ms)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

time_ms time_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

time_ms time_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}
