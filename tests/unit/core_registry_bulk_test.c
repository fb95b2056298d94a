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

/* What an act of ten thousand codes may take: with all else that it has, a program stays within 64 MiB. */
static void assert_bounded(struct world *world, const char *what)
{
    print_message("%s: %zu bytes at most in a batch\n", what, world->play->arena_most);
    assert_true(world->play->arena_most < (size_t)40 << 20);
    world->play->arena_most = 0;
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
    assert_bounded(world, __func__);
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
    assert_bounded(world, __func__);
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
    assert_bounded(world, "recoded");
    struct act *undo = world_act(world, ACT_ANNULLED, "H26");
    undo->body.annulled.annuls = act->id;
    pour(world, undo);
    world_store(world);
    world_expect(world, undo, VERDICT_ACCEPTED, REASON_NONE);
    world_expect(world, act, VERDICT_ANNULLED, REASON_NONE);
    assert_bounded(world, "annulled");
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
        memcpy(code + strlen(code), ".1", 3);
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
    assert_bounded(world, "closed with its units");
    end(world);
}

/* More edges than a record shows: they count all the same, in one batch or in several. */
static void test_many_edges(void **state)
{
    (void)state;
    struct sha256 heads[2];
    for (int batch = 0; batch < 2; batch++) {
        struct world *world = world_open("2025-06-12T09:00:00+07:00");
        world_establish(world, "ROOT", "H26");
        world_establish(world, "H26", "H26.1");
        world->batch = batch;
        struct act *split = world_act(world, ACT_SPLIT, "H26");
        split->body.split.source = STR("H26.1");
        split->body.split.continues = true;
        split->body.split.count = 150;
        split->body.split.result = arena_array(world->arena, struct code_info, 150);
        for (int i = 0; i < 150; i++)
            split->body.split.result[i] = (struct code_info){
                str_of(code_text(world, "H26.N%03d", i)), world_established(world, "H26", "H26")->body.established.info};
        world_enter(world, split);
        struct act *back = world_act(world, ACT_DISSOLVED, "H26"); /* the last one, which the record does not show */
        back->body.dissolved.code = STR("H26.N149");
        back->body.dissolved.count = 1;
        back->body.dissolved.successor = arena_new(world->arena, struct str);
        back->body.dissolved.successor[0] = STR("H26.1");
        world_enter(world, back);
        struct act *other = arena_copy(world->arena, back, sizeof *back);
        other->id.byte[9] = 1;
        other->body.dissolved.code = STR("H26.N003");
        world_enter(world, other);
        struct act *contact = world_act(world, ACT_CONTACT_UPDATED, "H26"); /* before it */
        contact->effective_on = date_of(world->now);
        contact->body.contact_updated.code = STR("H26.1");
        contact->body.contact_updated.set.field[INFO_PHONE] = STR("1");
        world_enter(world, contact);
        world_set(world, "2025-06-13T09:00:00+07:00");
        struct act *next = arena_copy(world->arena, back, sizeof *back);
        next->id.byte[9] = 2;
        next->effective_on = date_of(world->now);
        world_enter(world, next); /* another day */
        struct act *late = arena_copy(world->arena, contact, sizeof *contact);
        late->id.byte[9] = 3;
        late->body.contact_updated.set.field[INFO_PHONE] = STR("2");
        world_enter(world, late); /* with the edges of the day after behind it */
        struct act *undo = world_act(world, ACT_ANNULLED, "H26");
        undo->body.annulled.annuls = next->id;
        world_enter(world, undo);
        world_store(world);
        world_expect(world, split, VERDICT_ACCEPTED, REASON_NONE);
        world_expect(world, back, VERDICT_REJECTED, REASON_ACYCLIC_CYCLE);
        world_expect(world, other, VERDICT_REJECTED, REASON_ACYCLIC_CYCLE);
        world_expect(world, contact, VERDICT_ACCEPTED, REASON_NONE);
        world_expect(world, next, VERDICT_ACCEPTED, REASON_NONE);
        world_expect(world, late, VERDICT_ACCEPTED, REASON_NONE);
        world_expect(world, undo, VERDICT_ACCEPTED, REASON_NONE);
        world_expect(world, next, VERDICT_ANNULLED, REASON_NONE);
        const struct edge_list *list = &world_code(world, "H26.1")->now.successors;
        assert_int_equal(list->count, EDGES_SHOWN);
        assert_int_equal(list->total, 150);
        assert_str(list->item[EDGES_SHOWN - 1].code, "H26.N099");
        check_history(world->play->check);
        heads[batch] = world->play->changes;
        world_close(world);
    }
    assert_memory_equal(&heads[0], &heads[1], sizeof heads[0]);
}

/* A code with a long history: what comes late is placed in it without folding all of it again for every day. */
static void test_long_history(void **state)
{
    (void)state;
    struct world *world = begin("2000-01-01T09:00:00+07:00");
    pour(world, world_established(world, "ROOT", "H26"));
    pour(world, world_established(world, "H26", "H26.1"));
    struct act *update = NULL;
    for (int i = 0; i < 9000; i++) {
        world->now += DAY_MS;
        update = world_act(world, ACT_CONTACT_UPDATED, "H26");
        update->body.contact_updated.code = STR("H26.1");
        update->body.contact_updated.set.field[INFO_PHONE] = str_of(code_text(world, "%d", i));
        pour(world, update);
    }
    world_store(world);
    assert_int_equal(count_told(world, VERDICT_ACCEPTED), 9002);
    world->play->arena_most = 0;
    for (int i = 0; i < 100; i++) {
        struct act *late = arena_copy(world->arena, update, sizeof *update);
        late->id.byte[9] = (uint8_t)(i + 1);
        late->effective_on = date_of(world->now) - 10;
        late->body.contact_updated.set.field[INFO_EMAIL] = str_of(code_text(world, "%d@example.vn", i));
        pour(world, late);
    }
    world_store(world);
    assert_int_equal(count_told(world, VERDICT_ACCEPTED), 100);
    assert_bounded(world, __func__);
    world_close(world);
}

static void test_hold_is_full(void **state)
{
    (void)state;
    struct world *world = begin("2025-06-12T09:00:00+07:00");
    const int most = law_newest()->held_acts_max;
    for (int i = 0; i < most; i++)
        pour(world, world_established(world, "H57", code_text(world, "H57.%d", i)));
    world_store(world);
    assert_int_equal(count_told(world, VERDICT_HELD), most);
    struct act *more = world_established(world, "H57", "H57.X");
    pour(world, more);
    world_store(world);
    world_expect(world, more, VERDICT_REJECTED, REASON_FULL_HELD);
    assert_int_equal(world_tick(world, "2025-06-19T09:00:00+07:00"), STEP_DONE);
    world_store(world);
    assert_int_equal(count_told(world, VERDICT_REJECTED), most);
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
        cmocka_unit_test(test_many_edges),          cmocka_unit_test(test_long_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
