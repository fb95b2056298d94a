#include <stdlib.h>

#include "core_registry.h"

/* The machine around the decisions: beginnings and stops, journal time, what falls due, origin marks. */

/* ---- beginnings, stops -------------------------------------------------------------------------------------------- */

static void test_journal_begins_with_genesis(void **state)
{
    (void)state;
    struct world *world = world_open(NULL);
    assert_int_equal(world_tick(world, "2025-06-12T09:00:00+07:00"), STEP_STOP);
    assert_non_null(strstr(world->play->registry->stop, "genesis"));
    world_close(world);

    world = world_open(NULL);
    assert_int_equal(world_take(world, (struct journal_record){.kind = RECORD_FOREIGN}), STEP_DONE);
    assert_int_equal(world->play->memory->place.record, 0); /* foreign ones are not counted */
    world_close(world);
}

static void test_second_genesis_stops(void **state)
{
    (void)state;
    struct world *world = world_open("2025-06-12T09:00:00+07:00");
    assert_int_equal(world_take(world, (struct journal_record){.kind = RECORD_GENESIS, .broker_ms = world->now}), STEP_STOP);
    assert_non_null(strstr(world->play->registry->stop, "second genesis"));
    world_close(world);
}

static void test_control(void **state)
{
    (void)state;
    struct world *world = world_open("2025-06-12T09:00:00+07:00");
    assert_int_equal(world->play->memory->place.mode, MODE_SCRIPTED);
    assert_int_equal(world->play->memory->place.rules_version, 1);
    struct journal_record control = {.kind = RECORD_CONTROL, .broker_ms = world->now};
    control.control.live = true;
    assert_int_equal(world_take(world, control), STEP_DONE);
    assert_int_equal(world->play->memory->place.mode, MODE_LIVE);
    control.control.version = law_newest()->version;
    assert_int_equal(world_take(world, control), STEP_DONE);
    control.control.version = law_newest()->version + 1;
    control.broker_ms += DAY_MS;
    const struct place before = world->play->registry->place;
    assert_int_equal(world_take(world, control), STEP_STOP);
    assert_memory_equal(&world->play->registry->place, &before, sizeof before); /* it leaves no trace */
    assert_int_equal(world->play->memory->place.rules_version, law_newest()->version);
    world_silent(world);
    world_close(world);
}

/* ---- time --------------------------------------------------------------------------------------------------------- */

static void test_announced_on_its_day(void **state)
{
    (void)state;
    struct world *world = world_open("2025-06-12T09:00:00+07:00");
    world_establish(world, "ROOT", "H26");
    struct act *act = world_established(world, "H26", "H26.18");
    act->effective_on = day_of("2025-07-01");
    world_enter(world, act);
    world_expect(world, act, VERDICT_ANNOUNCED, REASON_NONE);
    assert_int_equal(world_code(world, "H26.18")->now.status, CODE_NAMED);
    world_tick(world, "2025-06-30T23:59:59.999+07:00");
    world_silent(world);
    world_tick(world, "2025-07-01T00:00:00.000+07:00");
    const struct told *told = world_told(world);
    assert_int_equal(told->verdict, VERDICT_ACCEPTED);
    assert_false(told->origin);
    assert_int_equal(told->recorded, world->now);
    assert_int_equal(world->play->shown.item[told->first - 1].type, CHANGE_ESTABLISHED);
    const struct code *code = world_code(world, "H26.18");
    assert_int_equal(code->now.status, CODE_OPEN);
    assert_int_equal(code->now.issued_on, day_of("2025-07-01"));
    assert_int_equal(code->version, 2);
    assert_int_equal(code->announced, 0);
    world_silent(world);
    world_close(world);
}

static void test_announced_that_fails(void **state)
{
    (void)state;
    struct world *world = world_open("2025-06-12T09:00:00+07:00");
    world_establish(world, "ROOT", "H26");
    world_establish(world, "H26", "H26.1");
    struct act *act = world_established(world, "H26", "H26.1.A");
    act->effective_on = day_of("2025-07-01");
    world_enter(world, act);
    world_expect(world, act, VERDICT_ANNOUNCED, REASON_NONE);
    struct act *closed = world_act(world, ACT_CLOSED, "H26");
    closed->body.closed.code = STR("H26.1");
    world_enter(world, closed);
    world_expect(world, closed, VERDICT_ACCEPTED, REASON_NONE);
    world_tick(world, "2025-07-01T00:00:00+07:00");
    const struct told *told = world_told(world);
    assert_int_equal(told->verdict, VERDICT_REJECTED);
    assert_int_equal(told->reason, REASON_PARENT_CLOSED);
    assert_int_equal(world->play->shown.item[told->first - 1].type, CHANGE_WITHDRAWN);
    world_close(world);
}

static void test_held_for_seven_days(void **state)
{
    (void)state;
    struct world *world = world_open("2025-06-12T09:00:00+07:00");
    struct act *act = world_established(world, "H57", "H57.1");
    world_enter(world, act);
    world_expect(world, act, VERDICT_HELD, REASON_NONE);
    world_tick(world, "2025-06-19T08:59:59.999+07:00");
    world_silent(world);
    world_tick(world, "2025-06-19T09:00:00.000+07:00");
    const struct told *told = world_told(world);
    assert_int_equal(told->verdict, VERDICT_REJECTED);
    assert_int_equal(told->reason, REASON_AUTHORITY_NEVER_GRANTED);
    assert_int_equal(world->play->memory->pendings.count, 0);
    world_tick(world, "2025-06-20T09:00:00+07:00");
    world_silent(world);
    world_enter(world, act); /* a rejected act has not used up its id */
    world_expect(world, act, VERDICT_HELD, REASON_NONE);
    world_close(world);
}

static void test_held_until_granted(void **state)
{
    (void)state;
    struct world *world = world_open("2025-06-12T09:00:00+07:00");
    struct act *unit = world_established(world, "H57", "H57.1");
    world_enter(world, unit);
    world_expect(world, unit, VERDICT_HELD, REASON_NONE);
    struct act *later = world_established(world, "H57", "H57.2");
    later->effective_on = day_of("2025-07-01");
    world_enter(world, later);
    world_expect(world, later, VERDICT_HELD, REASON_NONE);
    struct act *grant = world_established(world, "ROOT", "H57");
    grant->effective_on = day_of("2025-06-25"); /* after the term of both */
    world_enter(world, grant);
    world_expect(world, grant, VERDICT_ANNOUNCED, REASON_NONE);
    for (int day = 19; day < 25; day++) { /* each day another day is given */
        world_tick(world, str_format(world->arena, "2025-06-%dT09:00:01+07:00", day).data);
        world_silent(world);
        assert_int_equal(world->play->memory->pendings.count, 3);
    }
    world_tick(world, "2025-06-25T00:00:00+07:00");
    world_expect(world, grant, VERDICT_ACCEPTED, REASON_NONE);
    world_expect(world, unit, VERDICT_REJECTED, REASON_PARENT_MISSING); /* it was for 12 June */
    world_expect(world, later, VERDICT_ANNOUNCED, REASON_NONE);
    world_tick(world, "2025-07-01T00:00:00+07:00");
    world_expect(world, later, VERDICT_ACCEPTED, REASON_NONE);
    world_silent(world);
    world_close(world);
}

/* One record passes a term and two days: all in the order of their instants, before itself. */
static void test_one_record_crosses_all(void **state)
{
    (void)state;
    struct world *world = world_open("2025-06-12T09:00:00+07:00");
    world_establish(world, "ROOT", "H26");
    struct act *second = world_established(world, "H26", "H26.2");
    second->effective_on = day_of("2025-06-20");
    world_enter(world, second);
    world_expect(world, second, VERDICT_ANNOUNCED, REASON_NONE);
    struct act *first = world_established(world, "H26", "H26.1");
    first->effective_on = day_of("2025-06-13");
    world_enter(world, first);
    world_expect(world, first, VERDICT_ANNOUNCED, REASON_NONE);
    struct act *held = world_established(world, "H57", "H57.1");
    world_enter(world, held); /* until the 19th, 9 o'clock */
    world_expect(world, held, VERDICT_HELD, REASON_NONE);
    world_set(world, "2025-06-22T00:00:00+07:00");
    struct act *own = world_established(world, "H26", "H26.2.A");
    world_enter(world, own);
    world_expect(world, first, VERDICT_ACCEPTED, REASON_NONE);
    world_expect(world, held, VERDICT_REJECTED, REASON_AUTHORITY_NEVER_GRANTED);
    world_expect(world, second, VERDICT_ACCEPTED, REASON_NONE);
    world_expect(world, own, VERDICT_ACCEPTED, REASON_NONE);
    world_silent(world);
    for (size_t i = world->play->told.count - 4; i < world->play->told.count; i++)
        assert_int_equal(world->play->told.item[i].recorded, world->now);
    world_close(world);
}

static void test_time_never_falls(void **state)
{
    (void)state;
    struct world *world = world_open("2025-06-12T09:00:00+07:00");
    const struct place *place = &world->play->memory->place;
    time_ms first = world->now;
    world_tick(world, "2025-06-12T08:00:00+07:00");
    assert_int_equal(place->time, first);
    /* a broker ahead: the appender's own clock and five minutes bound it */
    world_take(world, (struct journal_record){
                          .kind = RECORD_TICK, .broker_ms = first + 10 * DAY_MS, .stamp_ms = first + 1000});
    assert_int_equal(place->time, first + 1000 + 5 * 60 * 1000);
    /* an appender ahead: the broker bounds it */
    world_take(world, (struct journal_record){
                          .kind = RECORD_TICK, .broker_ms = first + 400000, .stamp_ms = first + 10 * DAY_MS});
    assert_int_equal(place->time, first + 400000);
    world_close(world);
}

/* ---- origin marks ------------------------------------------------------------------------------------------------- */

static enum step_result arrive(struct world *world, const struct act *act, int64_t from, int64_t offset, time_ms time)
{
    struct journal_record record = world_record(world, act);
    record.origin.from = from;
    record.origin.offset = offset;
    record.origin.time = time;
    return world_take(world, record);
}

static void test_origin_marks(void **state)
{
    (void)state;
    struct world *world = world_open("2025-06-12T09:00:00+07:00");
    time_ms t = world->now;
    struct act *act = world_established(world, "ROOT", "H26");
    assert_int_equal(arrive(world, act, 3, 3, t), STEP_GAP); /* no mark: only a topic's beginning is taken */
    world_silent(world);
    assert_int_equal(arrive(world, act, 0, 3, t), STEP_DONE); /* 0 to 2 were compacted or aborted */
    world_expect(world, act, VERDICT_ACCEPTED, REASON_NONE);
    int64_t record = world->play->memory->place.record;
    assert_int_equal(arrive(world, act, 0, 3, t), STEP_DONE); /* the pipeline's own repeat leaves no trace */
    assert_int_equal(arrive(world, act, 2, 3, t - 5), STEP_DONE);
    world_silent(world);
    assert_int_equal(world->play->repeats, 2);
    assert_int_equal(world->play->memory->place.record, record + 2);
    assert_int_equal(arrive(world, act, 5, 5, t), STEP_GAP);
    world_silent(world);
    assert_int_equal(arrive(world, act, 4, 5, t + 10), STEP_DONE); /* sent again from where the gap began */
    world_expect(world, act, VERDICT_DUPLICATE, REASON_NONE);
    /* the topic is made anew: lower offsets, later times */
    struct act *other = world_established(world, "ROOT", "H57");
    assert_int_equal(arrive(world, other, 0, 0, t + 1000), STEP_DONE);
    assert_int_equal(world->play->told.item[world->told].warning, REASON_TOPIC_RECREATED);
    world_expect(world, other, VERDICT_ACCEPTED, REASON_NONE);
    /* late repeats of the old topic are older than the new one's beginning */
    assert_int_equal(arrive(world, act, 6, 6, t + 20), STEP_DONE);
    world_silent(world);
    assert_int_equal(world->play->repeats, 3);
    /* the new one goes on */
    assert_int_equal(arrive(world, other, 1, 1, t + 1001), STEP_DONE);
    world_expect(world, other, VERDICT_DUPLICATE, REASON_NONE);
    assert_int_equal(world->play->gaps, 2);
    world_close(world);
}

static void test_refusal_has_an_origin(void **state)
{
    (void)state;
    struct world *world = world_open("2025-06-12T09:00:00+07:00");
    struct act *act = world_established(world, "ROOT", "H26");
    struct journal_record record = world_record(world, act);
    record.kind = RECORD_REFUSAL;
    record.refusal.reason = REASON_FORM_UNREADABLE;
    assert_int_equal(world_take(world, record), STEP_DONE);
    const struct told *told = world_told(world);
    assert_int_equal(told->verdict, VERDICT_REJECTED);
    assert_int_equal(told->reason, REASON_FORM_UNREADABLE);
    assert_true(told->origin && uuid_is_nil(told->id));
    assert_int_equal(world_take(world, record), STEP_DONE);
    world_silent(world);
    world_enter(world, act); /* at the next offset */
    world_expect(world, act, VERDICT_ACCEPTED, REASON_NONE);
    world_close(world);
}

/* ---- batches ------------------------------------------------------------------------------------------------------ */

/* Of several bearers of a legacy code the lowest is named, whatever was stored in between. */
static void test_lowest_bearer_in_any_batch(void **state)
{
    (void)state;
    struct sha256 heads[2];
    for (int batch = 0; batch < 2; batch++) {
        struct world *world = world_open("2025-06-12T09:00:00+07:00");
        world_establish(world, "ROOT", "H57");
        static const char *const bearers[] = {"H57.9", "H57.1", "H57.5"};
        for (int i = 0; i < 3; i++) {
            struct act *act = world_established(world, "H57", bearers[i]);
            act->body.established.info.field[INFO_LEGACY_CODE] = STR("000.00.18.H57");
            world_enter(world, act);
            if (i == 0)
                world->batch = batch;
        }
        for (int i = 1; i >= 0; i--) { /* the two lowest cease */
            struct act *closed = world_act(world, ACT_CLOSED, "H57");
            closed->body.closed.code = str_of(i ? "H57.1" : "H57.5");
            world_enter(world, closed);
        }
        struct act *last = world_established(world, "H57", "H57.7");
        last->body.established.info.field[INFO_LEGACY_CODE] = STR("000.00.18.H57");
        world_enter(world, last);
        world_store(world);
        assert_int_equal(world->play->told.item[world->play->told.count - 1].warning, REASON_LEGACY_TWICE);
        heads[batch] = world->play->receipts;
        world_close(world);
    }
    assert_memory_equal(&heads[0], &heads[1], sizeof heads[0]);
}

static void test_random_journals_in_any_batch(void **state)
{
    (void)state;
    struct arena *arena = arena_open(0);
    uint64_t seed = 42;
    for (int round = 0; round < 12; round++) {
        uint8_t bytes[16000];
        for (size_t i = 0; i < sizeof bytes; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            bytes[i] = (uint8_t)(seed >> 33);
        }
        bytes[0] = round % 3 ? 18 : 4;
        struct drawn drawn = draw_journal(arena, bytes, sizeof bytes, 2000);
        play_both(&drawn);
        arena_reset(arena);
    }
    arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_journal_begins_with_genesis), cmocka_unit_test(test_second_genesis_stops),
        cmocka_unit_test(test_control),                     cmocka_unit_test(test_announced_on_its_day),
        cmocka_unit_test(test_announced_that_fails),        cmocka_unit_test(test_held_for_seven_days),
        cmocka_unit_test(test_held_until_granted),          cmocka_unit_test(test_one_record_crosses_all),
        cmocka_unit_test(test_time_never_falls),            cmocka_unit_test(test_origin_marks),
        cmocka_unit_test(test_refusal_has_an_origin),       cmocka_unit_test(test_lowest_bearer_in_any_batch),
        cmocka_unit_test(test_random_journals_in_any_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
