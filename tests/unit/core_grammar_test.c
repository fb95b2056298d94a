#include <stdio.h>
#include <stdlib.h>

#include "core/code.h"
#include "unit.h"

/* code_grammar_match against a matcher that simply tries everything, on random grammars and codes. */

struct random {
    uint64_t state;
};

static unsigned pick(struct random *random, unsigned below)
{
    random->state = random->state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random->state >> 33) % below;
}

/* The classes in use, spelled out beside. */
static const struct {
    struct str class, members;
} classes[] = {
    {STR("A"), STR("A")},
    {STR("A-B"), STR("AB")},
    {STR("A-C0-1"), STR("ABC01")},
    {STR("0-1"), STR("01")},
    {STR("-A"), STR("-A")},
    {STR("A-"), STR("A-")},
    {STR("0-1-"), STR("01-")},
    {STR("AB01"), STR("AB01")},
};
#define CLASSES (sizeof classes / sizeof *classes)
static const char alphabet[] = "AB01-";

static bool member(struct str class, char c)
{
    for (size_t i = 0; i < CLASSES; i++) {
        if (str_equal(classes[i].class, class))
            return memchr(classes[i].members.data, c, classes[i].members.len) != NULL;
    }
    abort();
}

static bool brute(const struct grammar_item *item, size_t count, struct str code)
{
    if (count == 0)
        return code.len == 0;
    if (str_given(item->literal)) {
        size_t len = item->literal.len;
        return str_starts(code, item->literal) &&
               brute(item + 1, count - 1, (struct str){code.data + len, code.len - len});
    }
    for (size_t n = 0; n <= code.len && n <= (size_t)item->max; n++) {
        if (n >= (size_t)item->min && brute(item + 1, count - 1, (struct str){code.data + n, code.len - n}))
            return true;
        if (n < code.len && !member(item->class, code.data[n]))
            break;
    }
    return false;
}

static size_t make_grammar(struct random *random, struct grammar_item item[5])
{
    static const struct str literals[] = {STR("A"), STR("-"), STR("01"), STR("AB")};
    size_t count = 1 + pick(random, 5);
    for (size_t i = 0; i < count; i++) {
        item[i] = (struct grammar_item){0};
        if (pick(random, 3) == 0) {
            item[i].literal = literals[pick(random, 4)];
            continue;
        }
        item[i].class = classes[pick(random, CLASSES)].class;
        item[i].min = (int)pick(random, 3);
        item[i].max = item[i].min + (int)pick(random, 4);
        item[i].max += item[i].max == 0;
    }
    return count;
}

/* A code that fits as a rule: walked along the grammar, sometimes with one character changed. */
static size_t make_code(struct random *random, const struct grammar_item *item, size_t count, char code[64])
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        if (str_given(item[i].literal)) {
            memcpy(code + len, item[i].literal.data, item[i].literal.len);
            len += item[i].literal.len;
            continue;
        }
        unsigned n = (unsigned)item[i].min + pick(random, (unsigned)(item[i].max - item[i].min) + 1);
        struct str members = STR("");
        for (size_t c = 0; c < CLASSES; c++) {
            if (str_equal(classes[c].class, item[i].class))
                members = classes[c].members;
        }
        while (n--)
            code[len++] = members.data[pick(random, (unsigned)members.len)];
    }
    if (len && pick(random, 2))
        code[pick(random, (unsigned)len)] = alphabet[pick(random, sizeof alphabet - 1)];
    return len;
}

static void against_brute_force(void **state)
{
    (void)state;
    struct random random = {20250701};
    int matched = 0, refused = 0;
    for (int round = 0; round < 200000; round++) {
        struct grammar_item item[5];
        size_t count = make_grammar(&random, item);
        for (size_t i = 0; i < count; i++)
            assert_true(str_given(item[i].literal) || code_class_valid(item[i].class));
        char code[64];
        struct str text = {code, make_code(&random, item, count, code)};
        bool want = text.len > 0 && text.len <= CODE_MAX && brute(item, count, text);
        bool got = code_grammar_match(item, count, text);
        if (got != want)
            print_message("round %d: %.*s\n", round, STR_ARG(text));
        assert_int_equal(got, want);
        matched += want;
        refused += !want;
    }
    /* Both answers were asked for. */
    assert_true(matched > 10000 && refused > 10000);
}

/* The government grammar is a law of its own; what it takes has the parts that it says. */
static void gov_parts(void **state)
{
    (void)state;
    struct random random = {7};
    static const char letters[] = "AZH09.a-";
    int valid = 0;
    for (int round = 0; round < 200000; round++) {
        char code[40] = "H26";
        size_t len = 3 + pick(&random, 9);
        for (size_t i = pick(&random, 20) ? 3 : 0; i < len; i++)
            code[i] = letters[pick(&random, sizeof letters - 1)];
        struct str text = {code, len};
        if (!code_gov_valid(text))
            continue;
        valid++;
        int level = code_gov_level(text), steps = 1;
        assert_true(code_is_level1(code_gov_level1(text)));
        struct str up = text;
        for (struct str parent; str_given(parent = code_gov_parent(up)); up = parent, steps++) {
            assert_true(code_gov_valid(parent));
            assert_true(code_key_below(text, parent));
            assert_int_equal(code_gov_level(parent), level - steps);
        }
        assert_int_equal(steps, level);
        assert_true(str_equal(up, code_gov_level1(text)));
    }
    assert_true(valid > 1000);
}

/* Of nine digits one tenth at most fits, and changing any one digit breaks the number (all weights are prime to 11). */
static void enterprise_digits(void **state)
{
    (void)state;
    struct random random = {11};
    int without = 0;
    for (int round = 0; round < 20000; round++) {
        char number[11] = {0};
        for (int i = 0; i < 9; i++)
            number[i] = (char)('0' + pick(&random, 10));
        if (memcmp(number + 2, "0000000", 7) == 0)
            continue;
        int digit = code_enterprise_digit(number);
        without += digit < 0;
        for (int last = 0; last <= 9; last++) {
            number[9] = (char)('0' + last);
            bool ok = code_enterprise_check(str_of(number)) == ENTERPRISE_OK;
            assert_int_equal(ok, last == digit);
        }
        if (digit < 0)
            continue;
        number[9] = (char)('0' + digit);
        unsigned at = pick(&random, 9);
        number[at] = (char)('0' + (number[at] - '0' + 1 + (int)pick(&random, 9)) % 10);
        assert_int_not_equal(code_enterprise_check(str_of(number)), ENTERPRISE_OK);
    }
    assert_true(without > 1000 && without < 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_brute_force),
        cmocka_unit_test(gov_parts),
        cmocka_unit_test(enterprise_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
