#ifndef ORGCODE_TESTS_CORE_JUDGE_H
#define ORGCODE_TESTS_CORE_JUDGE_H

#include <stdio.h>

#include "core_sample.h"
#include "unit.h"

/* Judges an act by check_act and check_lists, for one test program. */

static struct arena *arena;
static struct findings faults, warnings;
static const struct grammar_item *grammar;
static size_t grammar_count;

static inline void judge(const struct act *act)
{
    faults = (struct findings){0};
    warnings = (struct findings){0};
    check_act(law_newest(), arena, act, grammar, grammar_count, &faults, &warnings);
    if (faults.total == 0)
        check_lists(law_newest(), arena, act, &faults);
}

static inline const struct finding *find(const struct findings *findings, enum reason reason, const char *field)
{
    for (int i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->item[i];
        if (finding->reason == reason && (!field || str_equal(finding->field, str_of(field))))
            return finding;
    }
    return NULL;
}

static inline void show(const char *what)
{
    print_message("%s; found:\n", what);
    for (int i = 0; i < faults.count; i++)
        print_message("  %.*s: %.*s\n", STR_ARG(reason_slug(faults.item[i].reason)),
            STR_ARG(finding_message(arena, &faults.item[i], LANGUAGE_EN)));
}

static inline void good(struct act act)
{
    judge(&act);
    if (faults.total)
        show("a good act is refused");
    assert_int_equal(faults.total, 0);
}

/* Exactly this fault, nothing else. */
static inline const struct finding *bad(struct act act, enum reason reason, const char *field)
{
    judge(&act);
    const struct finding *found = find(&faults, reason, field);
    if (!found || faults.total != 1)
        show(field ? field : "(no field)");
    assert_non_null(found);
    assert_int_equal(faults.total, 1);
    assert_int_equal(faults.first, reason_rule(reason));
    return found;
}

#define BAD(make, change, reason, field)                                                                               \
    do {                                                                                                               \
        struct act act = make;                                                                                         \
        change;                                                                                                        \
        bad(act, reason, field);                                                                                       \
    } while (0)
#define GOOD(make, change)                                                                                             \
    do {                                                                                                               \
        struct act act = make;                                                                                         \
        change;                                                                                                        \
        good(act);                                                                                                     \
    } while (0)

static int set_up(void **state)
{
    (void)state;
    arena = arena_open(0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

#endif
