#include <stdlib.h>

#include "core/code.h"
#include "core_registry.h"

/* Much at once: held and announced acts by the thousand, acts that affect ten thousand codes, limits. */

static struct world *begin(const char *time)
{
    struct world *world = world_open(time);
    world->play->loose = true;
    world->batch = true;
    return world;
}

/* Enters, and stores a batch every 1,000 records. */
static void pour(struct world *world, const struct act *act)
{
    assert_int_equal(world_enter(world, act), STEP_DONE);
    if (world->ids % 1000 == 0)
        world_store(world);
}

static size_t count_told(struct world *world, enum verdict verdict)
{
    size_t count = 0;
    for (; world->told < world->play->told.count; world->told++)
        count += world->play->told.item[world->told].verdict == verdict;
    return count;
}

static const char *code_text(struct world *world, const char *format, int n)
{
    return str_format(world->arena, format, n).data;
}

static void end(struct world *world)
{
    world_store(world);
    check_store(world->play->check);
    world_close(world);
}

static void test_three_thousand_held(void **state)
{
    (void)state;
    struct world *world = begin("2025-06-12T09:00:00+07:00");
    for (int i = 0; i < 3000; i++)
        pour(world, world_established(world, "H57", code_text(world, "H57.%d", i)));
    world_store(world);
    assert_int_equal(count_told(world, VERDICT_HELD), 3000);
    int64_t flushes = world->play->memory->flushes;
    pour(world, world_established(world, "ROOT", "H57"));
    world_store(world);
    /* stored when they are released, three chunks, and the rest of the record */
    assert_true(world->play->memory->flushes - flushes <= 6);
    assert_int_equal(count_told(world, VERDICT_ACCEPTED), 3001);
    for (int i = 0; i < 3000; i++) { /* in the order in which they came */
        const struct told *told = &world->play->told.item[3000 + 1 + i];
        assert_false(told->origin);
        assert_str(world->play->shown.item[told->first - 1].subject, code_text(world, "H57.%d", i));
    }
    assert_int_equal(world->play->memory->pendings.count, 0);
    print_message("%zu bytes at most in a batch\n", world->play->arena_most);
    assert_true(world->play->arena_most < (size_t)64 << 20);
    end(world);
}

static void test_ten_thousand_announced(void **state)
{
    (void)state;
    struct world *world = begin("2025-06-12T09:00:00+07:00");
    pour(world, world_established(world, "ROOT", "H26"));
    for (int i = 0; i < 10000; i++) {
        struct act *act = world_established(world, "H26", code_text(world, "H26.%d", i));
        act->effective_on = act->happened_on = day_of("2025-07-01");
        pour(world, act);
    }
    world_store(world);
    assert_int_equal(count_told(world, VERDICT_ANNOUNCED), 10000);
    int64_t flushes = world->play->memory->flushes;
    world->play->arena_most = 0;
    assert_int_equal(world_tick(world, "2025-07-01T00:00:00+07:00"), STEP_DONE);
    world_store(world);
    flushes = world->play->memory->flushes - flushes;
    assert_true(flushes >= 10 && flushes <= 12);
    assert_int_equal(count_told(world, VERDICT_ACCEPTED), 10000);
    print_message("%zu bytes at most in a batch\n", world->play->arena_most);
    assert_true(world->play->arena_most < (size_t)64 << 20);
    assert_int_equal(world->play->memory->pendings.count, 0);
    end(world);
}

static void establish_many(struct world *world, const char *format, int count)
{
    for (int i = 0; i < count; i++)
        pour(world, world_established(world, "H26", code_text(world, format, i)));
    world_store(world);
    world->told = world->play->told.count;
}

static struct act *recoded(struct world *world, int count)
{
    struct act *act = world_act(world, ACT_RECODED, "H26");
    act->body.recoded.count = (size_t)count;
    act->body.recoded.pair = arena_array(world->arena, struct code_pair, count);
    for (int i = 0; i < count; i++)
        act->body.recoded.pair[i] = (struct code_pair){str_of(code_text(world, "H26.%d", i)),
                                                       str_of(code_text(world, "H26.N%d", i))};
    return act;
}

static void test_ten_thousand_codes(void **state)
{
    (void)state;
    struct world *world = begin("2025-06-12T09:00:00+07:00");
    pour(world, world_established(world, "ROOT", "H26"));
    establish_many(world, "H26.%d", 5001);
    struct act *act = recoded(world, 5001);
    pour(world, act);
    world_store(world);
    world_expect(world, act, VERDICT_REJECTED, REASON_FULL_CODES);
    act = recoded(world, 5000);
    pour(world, act);
    world_store(world);
    const struct told *told = world_told(world);
    assert_int_equal(told->verdict, VERDICT_ACCEPTED);
    assert_int_equal(told->last - told->first + 1, 10000);
    print_message("%zu bytes at most in a batch\n", world->play->arena_most);
    struct act *undo = world_act(world, ACT_ANNULLED, "H26");
    undo->body.annulled.annuls = act->id;
    pour(world, undo);
    world_store(world);
    world_expect(world, undo, VERDICT_ACCEPTED, REASON_NONE);
    world_expect(world, act, VERDICT_ANNULLED, REASON_NONE);
    end(world);
}

/* A tree as deep as a code is long, and one as wide as an act may be. */
static void test_with_units(void **state)
{
    (void)state;
    struct world *world = begin("2025-06-12T09:00:00+07:00");
    pour(world, world_established(world, "ROOT", "H26"));
    char code[CODE_MAX + 1] = "H26";
    for (int level = 2; level <= 17; level++) {
        strcat(code, ".1");
        pour(world, world_established(world, "H26", code));
    }
    pour(world, world_established(world, "H26", "H26.1.0"));
    world_store(world);
    assert_int_equal(world_code(world, code)->level, 17);
    world->told = world->play->told.count;
    struct act *act = world_act(world, ACT_CLOSED, "H26");
    act->body.closed.code = STR("H26.1");
    pour(world, act);
    world_store(world);
    world_expect(world, act, VERDICT_REJECTED, REASON_CHILDREN_OPEN);
    struct act *all = world_act(world, ACT_CLOSED, "H26");
    all->body.closed.code = STR("H26.1");
    all->body.closed.with_units = true;
    pour(world, all);
    world_store(world);
    const struct told *told = world_told(world);
    assert_int_equal(told->verdict, VERDICT_ACCEPTED);
    assert_int_equal(told->last - told->first + 1, 17);
    assert_str(world->play->shown.item[told->first - 1].subject, "H26.1"); /* then units in byte order */
    assert_str(world->play->shown.item[told->first].subject, "H26.1.0");
    assert_str(world->play->shown.item[told->last - 1].subject, code);
    check_store(world->play->check);

    pour(world, world_established(world, "H26", "H26.2"));
    establish_many(world, "H26.2.%d", 10000);
    struct act *wide = world_act(world, ACT_CLOSED, "H26");
    wide->body.closed.code = STR("H26.2");
    wide->body.closed.with_units = true;
    pour(world, wide);
    world_store(world);
    world_expect(world, wide, VERDICT_REJECTED, REASON_FULL_CODES);
    struct act *one = world_act(world, ACT_CLOSED, "H26");
    one->body.closed.code = STR("H26.2.77");
    pour(world, one);
    struct act *fits = world_act(world, ACT_CLOSED, "H26");
    *fits = *wide;
    fits->id.byte[9] = 9;
    pour(world, fits);
    world_store(world);
    world_expect(world, one, VERDICT_ACCEPTED, REASON_NONE);
    world_expect(world, fits, VERDICT_ACCEPTED, REASON_NONE);
    end(world);
}

static void test_hold_is_full(void **state)
{
    (void)state;
    struct world *world = begin("2025-06-12T09:00:00+07:00");
    for (int i = 0; i < HELD_ACTS_MAX; i++)
        pour(world, world_established(world, "H57", code_text(world, "H57.%d", i)));
    world_store(world);
    assert_int_equal(count_told(world, VERDICT_HELD), HELD_ACTS_MAX);
    struct act *more = world_established(world, "H57", "H57.X");
    pour(world, more);
    world_store(world);
    world_expect(world, more, VERDICT_REJECTED, REASON_FULL_HELD);
    assert_int_equal(world_tick(world, "2025-06-19T09:00:00+07:00"), STEP_DONE);
    world_store(world);
    assert_int_equal(count_told(world, VERDICT_REJECTED), HELD_ACTS_MAX);
    pour(world, more);
    world_store(world);
    world_expect(world, more, VERDICT_HELD, REASON_NONE);
    end(world);
}

static void test_hold_is_full_of_bytes(void **state)
{
    (void)state;
    struct world *world = begin("2025-06-12T09:00:00+07:00");
    struct str large = {arena_alloc(world->arena, 1 << 20), 1 << 20};
    for (int i = 0; i < 65; i++) {
        struct journal_record record = world_record(world, world_established(world, "H57", code_text(world, "H57.%d", i)));
        record.bytes = large;
        assert_int_equal(world_take(world, record), STEP_DONE);
    }
    world_store(world);
    assert_int_equal(world->play->told.item[63].verdict, VERDICT_HELD);
    assert_int_equal(world->play->told.item[64].reason, REASON_FULL_HELD);
    world->told = 65;
    int64_t flushes = world->play->memory->flushes; /* released 4 MiB at a time */
    pour(world, world_established(world, "ROOT", "H57"));
    world_store(world);
    assert_true(world->play->memory->flushes - flushes >= 16);
    assert_int_equal(count_told(world, VERDICT_ACCEPTED), 65);
    end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_thousand_held), cmocka_unit_test(test_ten_thousand_announced),
        cmocka_unit_test(test_ten_thousand_codes),  cmocka_unit_test(test_with_units),
        cmocka_unit_test(test_hold_is_full),        cmocka_unit_test(test_hold_is_full_of_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
