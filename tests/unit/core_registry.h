#ifndef ORGCODE_TESTS_CORE_REGISTRY_H
#define ORGCODE_TESTS_CORE_REGISTRY_H

#include "play.h"
#include "replay.h"
#include "unit.h"

/* A registry to enter acts in, for one test. */

struct world {
    struct play *play;
    struct arena *arena;
    time_ms now;
    int64_t offset[100];
    unsigned ids;
    size_t told; /* receipts looked at */
    bool batch;  /* nothing is stored until world_store */
};

static inline void world_set(struct world *world, const char *time)
{
    assert_true(time_parse(str_of(time), &world->now));
}
static inline date_day day_of(const char *date)
{
    date_day day = 0;
    assert_true(date_parse(str_of(date), &day));
    return day;
}

static inline void world_store(struct world *world) { play_flush(world->play); }

static inline enum step_result world_take(struct world *world, struct journal_record record)
{
    struct journal_record *kept = arena_copy(world->arena, &record, sizeof record);
    enum step_result result = play_record(world->play, kept);
    if (!world->batch && result != STEP_STOP)
        world_store(world);
    return result;
}

static inline enum step_result world_tick(struct world *world, const char *time)
{
    if (time)
        world_set(world, time);
    return world_take(world, (struct journal_record){.kind = RECORD_TICK, .broker_ms = world->now});
}

static inline struct world *world_open(const char *time)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->play = play_open();
    world->arena = arena_open(0);
    if (time) {
        world_set(world, time);
        struct journal_record genesis = {.kind = RECORD_GENESIS, .broker_ms = world->now};
        genesis.genesis.epoch = 1;
        genesis.genesis.mode = MODE_SCRIPTED;
        assert_int_equal(world_take(world, genesis), STEP_DONE);
    }
    return world;
}

static inline void world_close(struct world *world)
{
    play_close(world->play);
    arena_close(world->arena);
    free(world);
}

/* An act of today; the id counts up. */
static inline struct act *world_act(struct world *world, enum act_kind kind, const char *authority)
{
    struct act *act = arena_new(world->arena, struct act);
    act->kind = kind;
    act->authority = str_copy(world->arena, str_of(authority));
    act->scheme = STR("gov");
    act->effective_on = act->happened_on = date_of(world->now);
    if (kind != ACT_CONTACT_UPDATED)
        act->decision = (struct decision_doc){
            .given = true, .number = STR("1/QĐ"), .issued_by = STR("UBND"), .issued_on = date_of(world->now)};
    world->ids++;
    memcpy(act->id.byte, &world->ids, sizeof world->ids);
    return act;
}

static inline struct journal_record world_record(struct world *world, const struct act *act)
{
    struct str whose = act->authority;
    size_t which = str_equal(whose, STR("ROOT")) ? 0 : (size_t)(whose.data[1] - '0') * 10 + (size_t)(whose.data[2] - '0');
    int64_t offset = world->offset[which]++;
    return (struct journal_record){.kind = RECORD_ACT,
                                   .broker_ms = world->now,
                                   .act = act,
                                   .bytes = STR("{}"),
                                   .origin = {.topic = str_format(world->arena, "orgcode.acts.%.*s", STR_ARG(whose)),
                                              .authority = whose,
                                              .from = offset,
                                              .offset = offset,
                                              .time = world->now}};
}

static inline enum step_result world_enter(struct world *world, const struct act *act)
{
    return world_take(world, world_record(world, act));
}

/* The next receipt that was not looked at yet. */
static inline const struct told *world_told(struct world *world)
{
    assert_true(world->told < world->play->told.count);
    return &world->play->told.item[world->told++];
}
static inline void world_silent(struct world *world) { assert_int_equal(world->told, world->play->told.count); }

/* The receipt of an act entered last: this verdict, this first fault, and nothing more was told. */
static inline void world_expect(struct world *world, const struct act *act, enum verdict verdict, enum reason reason)
{
    const struct told *told = world_told(world);
    if (told->verdict != verdict || told->reason != reason)
        print_message("%.*s %.*s\n", STR_ARG(verdict_name(told->verdict)), STR_ARG(reason_slug(told->reason)));
    assert_int_equal(told->verdict, verdict);
    assert_int_equal(told->reason, reason);
    assert_true(uuid_equal(told->id, act->id));
}

static inline struct act *world_established(struct world *world, const char *authority, const char *code)
{
    struct act *act = world_act(world, ACT_ESTABLISHED, authority);
    act->body.established.code = str_copy(world->arena, str_of(code));
    act->body.established.info.field[INFO_NAME] = STR("Sở Xây dựng");
    act->body.established.info.field[INFO_ADDRESS] = STR("Hà Nội");
    return act;
}

/* Enters it and expects it to be accepted. */
static inline void world_establish(struct world *world, const char *authority, const char *code)
{
    struct act *act = world_established(world, authority, code);
    assert_int_equal(world_enter(world, act), STEP_DONE);
    if (world->batch)
        return;
    world_expect(world, act, VERDICT_ACCEPTED, REASON_NONE);
    world_silent(world);
}

static inline const struct code *world_code(struct world *world, const char *key)
{
    return map_get(&world->play->memory->codes, str_of(key));
}

#endif
