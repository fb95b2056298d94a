#include <stdlib.h>

#include "core_registry.h"

/* The valid-time axis: late entries, corrections and annulments write exactly the rows that they change. */

/* The rows of a code from sequence `from` on: "day op name/phone" each, "restated" where there is no fact. */
static const char *rows(struct world *world, const char *key, int64_t from)
{
    const struct memory *memory = world->play->memory;
    const struct places *places = memory_places(&memory->versions_of, str_of(key));
    struct str text = STR("");
    for (size_t i = 0; places && i < places->at.count; i++) {
        const struct memory_version *row = &memory->versions.item[places->at.item[i]];
        if (row->sequence < from)
            continue;
        char day[DATE_TEXT_SIZE];
        const char *op = !row->has_fact                ? "restated"
                         : row->fact.op & FACT_ISSUE   ? "issue"
                         : row->fact.op & FACT_CARRY   ? "carry"
                         : row->fact.op & FACT_CLOSE   ? "close"
                         : row->fact.op & FACT_VOID    ? "void"
                         : row->fact.op & FACT_UNDO    ? "undo"
                         : row->fact.op & FACT_SET     ? "set"
                                                       : "link";
        text = str_format(world->arena, "%.*s%s%s %s %.*s/%.*s%s", STR_ARG(text), text.len ? "; " : "",
                          date_format(row->valid_from, day), op,
                          STR_ARG(row->record.values.info.field[INFO_NAME]),
                          STR_ARG(row->record.values.info.field[INFO_PHONE]),
                          row->record.status == CODE_CLOSED ? " closed" : "");
    }
    return text.len ? text.data : "";
}

static struct act *renamed(struct world *world, const char *name, const char *day)
{
    struct act *act = world_act(world, ACT_RENAMED, "H26");
    act->body.renamed.code = STR("H26.1");
    act->body.renamed.set.field[INFO_NAME] = str_of(name);
    act->effective_on = act->happened_on = day_of(day);
    return act;
}
static struct act *phoned(struct world *world, const char *phone, const char *day)
{
    struct act *act = world_act(world, ACT_CONTACT_UPDATED, "H26");
    act->body.contact_updated.code = STR("H26.1");
    act->body.contact_updated.set.field[INFO_PHONE] = str_of(phone);
    act->effective_on = act->happened_on = day_of(day);
    return act;
}
static struct act *annulled(struct world *world, const struct act *target)
{
    struct act *act = world_act(world, ACT_ANNULLED, "H26");
    act->body.annulled.annuls = target->id;
    return act;
}
static struct act *corrected(struct world *world, const struct act *target, enum info_field field, const char *text)
{
    struct act *act = world_act(world, ACT_CORRECTED, "H26");
    act->body.corrected.corrects = target->id;
    act->body.corrected.code = STR("H26.1");
    act->body.corrected.set.field[field] = str_of(text);
    return act;
}

/* Accepted; returns its first sequence (0: no change). */
static int64_t accept(struct world *world, const struct act *act)
{
    assert_int_equal(world_enter(world, act), STEP_DONE);
    const struct told *told = &world->play->told.item[world->told];
    world_expect(world, act, VERDICT_ACCEPTED, REASON_NONE);
    return told->first;
}

static int periods_of(struct world *world, int64_t sequence) { return world->play->shown.item[sequence - 1].periods; }

/* H26 and H26.1 ("Sở Xây dựng") since 1 June; today is 30 June. */
static struct world *begin(struct act **issue)
{
    struct world *world = world_open("2025-06-30T09:00:00+07:00");
    struct act *level1 = world_established(world, "ROOT", "H26");
    level1->effective_on = day_of("2025-01-01");
    accept(world, level1);
    *issue = world_established(world, "H26", "H26.1");
    (*issue)->effective_on = day_of("2025-06-01");
    accept(world, *issue);
    return world;
}

static void test_late_entry(void **state)
{
    (void)state;
    struct act *issue;
    struct world *world = begin(&issue);
    assert_string_equal(rows(world, "H26.1", 0), "2025-06-01 issue Sở Xây dựng/");
    int64_t sequence = accept(world, renamed(world, "Sở Nhà đất", "2025-06-20"));
    assert_string_equal(rows(world, "H26.1", sequence), "2025-06-20 set Sở Nhà đất/");
    /* a phone number of the 10th holds on the 20th too: that day is restated */
    sequence = accept(world, phoned(world, "1", "2025-06-10"));
    assert_string_equal(rows(world, "H26.1", sequence), "2025-06-10 set Sở Xây dựng/1; 2025-06-20 restated Sở Nhà đất/1");
    assert_int_equal(periods_of(world, sequence), 2);
    /* a name of the 5th: until the 20th, which stays as it is but for nothing */
    sequence = accept(world, renamed(world, "Sở Quy hoạch", "2025-06-05"));
    assert_string_equal(rows(world, "H26.1", sequence),
                        "2025-06-05 set Sở Quy hoạch/; 2025-06-10 restated Sở Quy hoạch/1");
    assert_int_equal(periods_of(world, sequence), 2);
    /* what stands already on its day changes nothing */
    assert_int_equal(accept(world, phoned(world, "1", "2025-06-12")), 0);
    /* on a day that has a fact: behind it */
    sequence = accept(world, phoned(world, "2", "2025-06-10"));
    assert_string_equal(rows(world, "H26.1", sequence),
                        "2025-06-10 set Sở Quy hoạch/2; 2025-06-20 restated Sở Nhà đất/2");
    world_close(world);
}

static void test_correction(void **state)
{
    (void)state;
    struct act *issue;
    struct world *world = begin(&issue);
    struct act *rename = renamed(world, "Sở Nhà đất", "2025-06-20");
    accept(world, rename);
    accept(world, phoned(world, "1", "2025-06-10"));
    /* the name of the beginning was wrong: until the 20th */
    int64_t sequence = accept(world, corrected(world, issue, INFO_NAME, "Sở Cây xanh"));
    assert_string_equal(rows(world, "H26.1", sequence), "2025-06-01 set Sở Cây xanh/; 2025-06-10 restated Sở Cây xanh/1");
    /* a phone number from the beginning: until the 10th */
    sequence = accept(world, corrected(world, issue, INFO_PHONE, "9"));
    assert_string_equal(rows(world, "H26.1", sequence), "2025-06-01 set Sở Cây xanh/9");
    assert_int_equal(periods_of(world, sequence), 1);
    /* a correction of an act stands behind that act, before what came later on the same day */
    struct act *again = renamed(world, "Sở Kiến trúc", "2025-06-20");
    accept(world, again);
    sequence = accept(world, corrected(world, rename, INFO_NAME, "Sở Khác"));
    assert_string_equal(rows(world, "H26.1", sequence), "2025-06-20 set Sở Kiến trúc/1");
    assert_int_equal(periods_of(world, sequence), 0);
    world_close(world);
}

static void test_annulled_set(void **state)
{
    (void)state;
    struct act *issue;
    struct world *world = begin(&issue);
    struct act *middle = renamed(world, "Sở Quy hoạch", "2025-06-05");
    accept(world, middle);
    accept(world, corrected(world, middle, INFO_NAME, "Sở Quy hoạch đô thị"));
    accept(world, phoned(world, "1", "2025-06-10"));
    accept(world, renamed(world, "Sở Nhà đất", "2025-06-20"));
    struct act *undo = annulled(world, middle);
    int64_t sequence = accept(world, undo);
    assert_string_equal(rows(world, "H26.1", sequence), "2025-06-05 undo Sở Xây dựng/; 2025-06-10 restated Sở Xây dựng/1");
    world_expect(world, middle, VERDICT_ANNULLED, REASON_NONE);
    world_silent(world);
    struct act *twice = annulled(world, middle);
    world_enter(world, twice);
    world_expect(world, twice, VERDICT_REJECTED, REASON_ACTREF_STATE);
    world_close(world);
}

static void test_annulled_issue_is_void(void **state)
{
    (void)state;
    struct act *issue;
    struct world *world = begin(&issue);
    int64_t sequence = accept(world, annulled(world, issue));
    assert_string_equal(rows(world, "H26.1", sequence), "2025-06-01 void Sở Xây dựng/ closed");
    const struct code *code = world_code(world, "H26.1");
    assert_int_equal(code->now.closed_on, code->now.issued_on);
    world_expect(world, issue, VERDICT_ANNULLED, REASON_NONE);
    struct act *anew = world_established(world, "H26", "H26.1");
    world_enter(world, anew);
    world_expect(world, anew, VERDICT_REJECTED, REASON_CLOSED_REGRANT);
    world_close(world);
}

/* Only while nothing but its own act ever named the code. */
static void test_issue_that_was_built_on(void **state)
{
    (void)state;
    struct act *issue;
    struct world *world = begin(&issue);
    struct act *update = phoned(world, "1", "2025-06-10"), *undo = annulled(world, issue);
    accept(world, update);
    world_enter(world, undo);
    world_expect(world, undo, VERDICT_REJECTED, REASON_CLOSED_BUILT_ON);
    accept(world, annulled(world, update));
    world_expect(world, update, VERDICT_ANNULLED, REASON_NONE);
    world_enter(world, undo);
    world_expect(world, undo, VERDICT_REJECTED, REASON_CLOSED_BUILT_ON);
    world_close(world);
}

static void test_annulled_closing_reopens(void **state)
{
    (void)state;
    struct act *issue;
    struct world *world = begin(&issue);
    struct uuid body = world_code(world, "H26.1")->now.organization_id;
    struct act *closed = world_act(world, ACT_CLOSED, "H26");
    closed->body.closed.code = STR("H26.1");
    closed->effective_on = day_of("2025-06-15");
    accept(world, closed);
    accept(world, phoned(world, "1", "2025-06-10")); /* before its end */
    struct act *after = phoned(world, "2", "2025-06-16");
    world_enter(world, after);
    world_expect(world, after, VERDICT_REJECTED, REASON_CLOSED_CODE);
    world_set(world, "2025-07-30T09:00:00+07:00"); /* the 30th day */
    struct act *reason = annulled(world, closed);
    reason->body.annulled.reason = ANNUL_DECISION_ANNULLED;
    world_enter(world, reason);
    world_expect(world, reason, VERDICT_REJECTED, REASON_CLOSED_REASON);
    int64_t sequence = accept(world, annulled(world, closed));
    assert_string_equal(rows(world, "H26.1", sequence), "2025-06-15 undo Sở Xây dựng/1");
    world_expect(world, closed, VERDICT_ANNULLED, REASON_NONE);
    assert_int_equal(world_code(world, "H26.1")->now.status, CODE_OPEN);
    assert_true(uuid_equal(world_code(world, "H26.1")->now.organization_id, body));
    world_close(world);
}

static void test_closing_too_old_to_annul(void **state)
{
    (void)state;
    struct act *issue;
    struct world *world = begin(&issue);
    struct act *closed = world_act(world, ACT_CLOSED, "H26");
    closed->body.closed.code = STR("H26.1");
    accept(world, closed);
    world_set(world, "2025-07-31T00:00:00+07:00"); /* the 31st day */
    struct act *undo = annulled(world, closed);
    world_enter(world, undo);
    world_expect(world, undo, VERDICT_REJECTED, REASON_CLOSED_TOO_LATE);
    world_close(world);
}

/* As the registry answered on the day before a correction, and after it. */
static void test_as_of(void **state)
{
    (void)state;
    struct act *issue;
    struct world *world = begin(&issue);
    accept(world, renamed(world, "Sở Nhà đất", "2025-06-20"));
    int64_t before = world->play->memory->place.sequence;
    accept(world, corrected(world, issue, INFO_NAME, "Sở Cây xanh"));
    int64_t after = world->play->memory->place.sequence;
    const struct memory *memory = world->play->memory;
    struct str name[4] = {
        replay_row(memory, STR("H26.1"), day_of("2025-06-19"), before)->values.info.field[INFO_NAME],
        replay_row(memory, STR("H26.1"), day_of("2025-06-19"), after)->values.info.field[INFO_NAME],
        replay_row(memory, STR("H26.1"), day_of("2025-06-20"), before)->values.info.field[INFO_NAME],
        replay_row(memory, STR("H26.1"), day_of("2025-06-20"), after)->values.info.field[INFO_NAME]};
    assert_str(name[0], "Sở Xây dựng");
    assert_str(name[1], "Sở Cây xanh");
    assert_str(name[2], "Sở Nhà đất");
    assert_str(name[3], "Sở Nhà đất");
    assert_null(replay_row(memory, STR("H26.1"), day_of("2025-05-31"), after));
    check_history(world->play->check);
    world_close(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_late_entry),               cmocka_unit_test(test_correction),
        cmocka_unit_test(test_annulled_set),             cmocka_unit_test(test_annulled_issue_is_void),
        cmocka_unit_test(test_annulled_closing_reopens), cmocka_unit_test(test_closing_too_old_to_annul),
        cmocka_unit_test(test_as_of),                    cmocka_unit_test(test_issue_that_was_built_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
