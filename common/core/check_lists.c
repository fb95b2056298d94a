#include "core/act_walk.h"
#include "core/check.h"
#include "core/check_parts.h"
#include "core/code.h"

/* ---- repeats in a list ---- */

static bool text_before(const struct text_at *a, const struct text_at *b)
{
    int order = str_compare(a->text, b->text);
    return order ? order < 0 : a->index < b->index;
}

static void sift(struct text_at *item, size_t root, size_t count)
{
    struct text_at moved = item[root];
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && text_before(&item[child], &item[child + 1]))
            child++;
        if (!text_before(&moved, &item[child]))
            break;
        item[root] = item[child];
    }
    item[root] = moved;
}

/* Heapsort: no memory, and no order of input makes it slow. */
void check_sort(struct text_at *item, size_t count)
{
    bool sorted = true;
    for (size_t i = 1; i < count && sorted; i++)
        sorted = text_before(&item[i - 1], &item[i]);
    if (sorted)
        return;
    for (size_t i = count / 2; i > 0; i--)
        sift(item, i - 1, count);
    for (size_t i = count - 1; i > 0; i--) {
        struct text_at last = item[i];
        item[i] = item[0];
        item[0] = last;
        sift(item, 0, i);
    }
}

bool check_sorted_has(const struct text_at *item, size_t count, struct str text)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = str_compare(item[middle].text, text);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

#define FEW 8

void check_repeats(
    struct check *check, const void *list, size_t count, list_text *text_of, list_spot *spot_of, enum reason reason)
{
    struct text_at few[FEW];
    struct text_at *item = count <= FEW ? few : arena_array(check->arena, struct text_at, count);
    for (size_t i = 0; i < count; i++)
        item[i] = (struct text_at){text_of(list, i), i};
    check_sort(item, count);
    for (size_t i = 1; i < count; i++) {
        /* Empty ones are at fault already. */
        if (item[i].text.len > 0 && str_compare(item[i].text, item[i - 1].text) == 0)
            check_fault_code(check, reason, spot_text(check->arena, spot_of(list, item[i].index)), item[i].text);
    }
}

/* ---- the static part of UNIQUE, CHILDREN, FULL ---- */

struct granted {
    struct str code;
    struct spot spot;
};

struct lists {
    struct check check;
    struct granted *granted;
    size_t grants;
    size_t codes;
};

static void count_code(void *context, struct str code, enum spot_role role, struct spot spot)
{
    struct lists *lists = context;
    (void)code, (void)spot;
    if (role == SPOT_GRANTED || role == SPOT_UNIT_GRANTED || role == SPOT_TARGET)
        lists->grants++;
    if (role != SPOT_UNIT_SUCCESSOR && role != SPOT_TARGET)
        lists->codes++;
}

static bool is_source(const struct act *act, struct str code)
{
    for (size_t i = 0; i < act->body.merged.count; i++) {
        if (str_equal(act->body.merged.source[i], code))
            return true;
    }
    return false;
}

static void keep_grant(void *context, struct str code, enum spot_role role, struct spot spot)
{
    struct lists *lists = context;
    if (role == SPOT_TARGET ? is_source(lists->check.act, code) : role != SPOT_GRANTED && role != SPOT_UNIT_GRANTED)
        return;
    lists->granted[lists->grants++] = (struct granted){code, spot};
}

static struct str granted_text(const void *list, size_t index)
{
    return ((const struct granted *)list)[index].code;
}

static struct spot granted_spot(const void *list, size_t index)
{
    return ((const struct granted *)list)[index].spot;
}

static void check_granted_twice(struct lists *lists)
{
    struct granted few[2];
    lists->granted = lists->grants <= 2 ? few : arena_array(lists->check.arena, struct granted, lists->grants);
    lists->grants = 0;
    act_walk(lists->check.act, keep_grant, lists);
    check_repeats(&lists->check, lists->granted, lists->grants, granted_text, granted_spot, REASON_UNIQUE_TWICE);
}

/* The codes whose units the act may deal with; `one` is room for a single one. */
static const struct str *unit_sources(const struct act *act, struct str *one, size_t *count)
{
    *count = 1;
    switch (act->kind) {
    case ACT_RENAMED:
        *one = act->body.renamed.code;
        return one;
    case ACT_SPLIT:
        *one = act->body.split.source;
        return one;
    case ACT_DISSOLVED:
        *one = act->body.dissolved.code;
        return one;
    case ACT_MERGED:
        *count = act->body.merged.count;
        return act->body.merged.source;
    default:
        *count = 0;
        return one;
    }
}

/* Walks up from the unit: a code has few levels, an act may have many sources. */
static bool below_source(const struct text_at *source, size_t count, struct str code)
{
    for (struct str up = code_key_parent(code); str_given(up); up = code_key_parent(up)) {
        if (check_sorted_has(source, count, up))
            return true;
    }
    return false;
}

static void check_units_below(struct check *check, const struct units *units)
{
    struct str one;
    size_t count;
    const struct str *code = unit_sources(check->act, &one, &count);
    struct text_at few[1];
    struct text_at *source = count <= 1 ? few : arena_array(check->arena, struct text_at, count);
    for (size_t i = 0; i < count; i++)
        source[i] = (struct text_at){code[i], i};
    check_sort(source, count);
    for (size_t i = 0; i < units->count; i++) {
        const struct unit *unit = &units->item[i];
        if (!below_source(source, count, unit->code))
            check_fault_code(check, REASON_CHILDREN_NOT_BELOW,
                spot_text(check->arena, (struct spot){"body.units", i, unit->move == UNIT_CLOSE ? ".close" : ".from"}),
                unit->code);
    }
}

/* `keep`: something closes, all that closes is of level 1, and has exactly one successor. */
static void check_keep(struct check *check)
{
    const struct act *act = check->act;
    struct str one, bad = STR_NONE;
    size_t count, closing = 0;
    const struct str *code = unit_sources(act, &one, &count);
    bool several = act->kind == ACT_SPLIT || (act->kind == ACT_DISSOLVED && act->body.dissolved.count != 1);
    for (size_t i = 0; i < count; i++) {
        bool stays = (act->kind == ACT_MERGED && str_equal(code[i], act->body.merged.into)) ||
                     (act->kind == ACT_SPLIT && act->body.split.continues);
        closing += !stays;
        bool allowed = str_equal(act->scheme, STR("gov")) && code_is_level1(code[i]) && !several;
        if (!stays && !allowed && !str_given(bad))
            bad = code[i];
    }
    if (closing == 0 && count > 0)
        bad = code[0];
    if (str_given(bad))
        check_fault_code(check, REASON_CHILDREN_KEEP, STR("body.units"), bad);
}

void check_lists(const struct law *law, struct arena *arena, const struct act *act, struct findings *faults)
{
    struct lists lists = {.check = {.law = law, .arena = arena, .act = act, .faults = faults}};
    act_walk(act, count_code, &lists);
    if (act->kind == ACT_MERGED && !is_source(act, act->body.merged.into))
        lists.codes++;
    if (lists.grants > 1)
        check_granted_twice(&lists);
    const struct units *units = act_units(act);
    if (units && units->form == UNITS_LIST)
        check_units_below(&lists.check, units);
    else if (units && units->form == UNITS_KEEP)
        check_keep(&lists.check);
    if (lists.codes > (size_t)law->affected_max)
        findings_add(faults, (struct finding){.reason = REASON_FULL_CODES, .number = law->affected_max});
}
