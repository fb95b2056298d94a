#include "core/code.h"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool all_digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.data[i]))
            return false;
    }
    return true;
}

static struct str str_part(struct str s, size_t from, size_t len)
{
    return (struct str){s.data + from, len};
}

/* ---- scheme gov ---- */

bool code_gov_valid(struct str code)
{
    if (code.len < 3 || code.len > CODE_MAX)
        return false;
    if (!is_upper(code.data[0]) || !is_digit(code.data[1]) || !is_digit(code.data[2]))
        return false;
    if (code.len > 3 && code.data[3] != '.')
        return false;
    for (size_t i = 3; i < code.len; i++) {
        char c = code.data[i];
        if (c == '.' ? i + 1 == code.len || code.data[i + 1] == '.' : !is_upper(c) && !is_digit(c))
            return false;
    }
    return true;
}

int code_gov_level(struct str code)
{
    int level = 1;
    for (size_t i = 0; i < code.len; i++)
        level += code.data[i] == '.';
    return level;
}

struct str code_gov_parent(struct str code)
{
    for (size_t i = code.len; i > 0; i--) {
        if (code.data[i - 1] == '.')
            return str_part(code, 0, i - 1);
    }
    return STR_NONE;
}

struct str code_gov_level1(struct str code)
{
    const char *dot = code.len ? memchr(code.data, '.', code.len) : NULL;
    return dot ? str_part(code, 0, (size_t)(dot - code.data)) : code;
}

bool code_is_level1(struct str code)
{
    return code.len == 3 && code_gov_valid(code);
}

bool code_is_authority(struct str text)
{
    return code_is_level1(text) || str_equal(text, STR("ROOT"));
}

/* ---- scheme enterprise ---- */

int code_enterprise_digit(const char nine[9])
{
    static const int weight[9] = {31, 29, 23, 19, 17, 13, 7, 5, 3};
    int sum = 0;
    for (int i = 0; i < 9; i++)
        sum += weight[i] * (nine[i] - '0');
    int digit = 10 - sum % 11;
    return digit == 10 ? -1 : digit;
}

enum enterprise_fault code_enterprise_check(struct str code)
{
    if (code.len == 12 && all_digits(code))
        return ENTERPRISE_PERSONAL;
    bool branch = code.len == 14;
    if (code.len != 10 && !branch)
        return ENTERPRISE_FORM;
    if (!all_digits(str_part(code, 0, 10)))
        return ENTERPRISE_FORM;
    if (branch && (code.data[10] != '-' || !all_digits(str_part(code, 11, 3))))
        return ENTERPRISE_FORM;
    if (memcmp(code.data + 2, "0000000", 7) == 0)
        return ENTERPRISE_SEQUENCE;
    if (code_enterprise_digit(code.data) != code.data[9] - '0')
        return ENTERPRISE_CHECK;
    if (branch && memcmp(code.data + 11, "000", 3) == 0)
        return ENTERPRISE_BRANCH;
    return ENTERPRISE_OK;
}

struct str code_enterprise_head(struct str code)
{
    return code.len == 14 ? str_part(code, 0, 10) : STR_NONE;
}

/* ---- the older code ---- */

enum legacy_form code_legacy_form(struct str legacy)
{
    struct str group[4];
    size_t groups = 0, start = 0;
    for (size_t i = 0; i <= legacy.len; i++) {
        if (i < legacy.len && legacy.data[i] != '.')
            continue;
        if (groups == 4)
            return LEGACY_IRREGULAR;
        group[groups++] = str_part(legacy, start, i - start);
        start = i + 1;
    }
    if (groups != 4 || group[0].len != 3 || !all_digits(group[0]) || !code_is_level1(group[3]))
        return LEGACY_IRREGULAR;
    enum legacy_form form = LEGACY_REGULAR;
    for (size_t i = 1; i <= 2; i++) {
        if (group[i].len < 2 || group[i].len > 3 || !all_digits(group[i]))
            return LEGACY_IRREGULAR;
        if (group[i].len == 3)
            form = LEGACY_WIDE;
    }
    return form;
}

/* ---- keys ---- */

static bool is_builtin(struct str scheme)
{
    return str_equal(scheme, STR("gov")) || str_equal(scheme, STR("enterprise"));
}

struct str code_key(struct arena *arena, struct str scheme, struct str code)
{
    if (is_builtin(scheme))
        return code;
    return str_format(arena, "%.*s:%.*s", STR_ARG(scheme), STR_ARG(code));
}

/* No code of a built-in scheme holds a colon, no scheme id does. */
static const char *key_colon(struct str key)
{
    return key.len ? memchr(key.data, ':', key.len) : NULL;
}

struct str code_key_scheme(struct str key)
{
    const char *colon = key_colon(key);
    if (colon)
        return str_part(key, 0, (size_t)(colon - key.data));
    return key.len && is_digit(key.data[0]) ? STR("enterprise") : STR("gov");
}

struct str code_key_code(struct str key)
{
    const char *colon = key_colon(key);
    if (!colon)
        return key;
    size_t skip = (size_t)(colon - key.data) + 1;
    return str_part(key, skip, key.len - skip);
}

struct str code_key_parent(struct str key)
{
    if (key.len == 0 || key_colon(key))
        return STR_NONE;
    return is_digit(key.data[0]) ? code_enterprise_head(key) : code_gov_parent(key);
}

int code_key_level(struct str key)
{
    if (key.len == 0 || key_colon(key))
        return 1;
    if (is_digit(key.data[0]))
        return str_given(code_enterprise_head(key)) ? 2 : 1;
    return code_gov_level(key);
}

bool code_key_below(struct str key, struct str above)
{
    if (above.len == 0 || key.len <= above.len + 1 || key_colon(key) || key_colon(above))
        return false;
    char joint = is_digit(above.data[0]) ? '-' : '.';
    return key.data[above.len] == joint && memcmp(key.data, above.data, above.len) == 0;
}
