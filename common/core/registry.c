#include "core/registry.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/decide.h"
#include "core/machine.h"
#include "core/seek.h"

/* The machine around the decisions: journal time, what is due, origin marks, then the record itself. */

struct registry *registry_open(struct arena *arena, const struct place *place)
{
    struct registry *registry = calloc(1, sizeof *registry);
    struct machine *machine = calloc(1, sizeof *machine);
    if (!registry || !machine)
        abort();
    registry->arena = arena;
    registry->place = *place;
    registry->law = law_of(place->rules_version ? place->rules_version : 1);
    registry->machine = machine;
    registry->next_due = INT64_MAX;
    registry_reset(registry);
    return registry;
}

void registry_close(struct registry *registry)
{
    if (!registry)
        return;
    free(registry->machine);
    free(registry);
}

void registry_reset(struct registry *registry)
{
    arena_reset(registry->arena);
    registry_move(registry, registry->arena);
}

void registry_move(struct registry *registry, struct arena *arena)
{
    registry->arena = arena;
    registry->out = (struct outcome){0};
    registry->scene = scene_open(registry->arena);
    registry->needs.item = NULL;
    registry->needs.count = registry->needs.room = 0;
    registry->machine->due_next = 0;
    registry->machine->refreshed = true;
}

/* ---- steps -------------------------------------------------------------------------------------------------------- */

static enum step_result stop(struct registry *registry, const char *why)
{
    snprintf(registry->stop, sizeof registry->stop, "%s", why);
    return STEP_STOP;
}

static enum step_result stop_unknown(struct registry *registry, const char *what, int version)
{
    snprintf(registry->stop, sizeof registry->stop,
             "%s version %d of the rules, and this program knows them up to version %d: a newer program goes on from here",
             what, version, law_newest()->version);
    return STEP_STOP;
}

/* What nobody may take: said before the record leaves any trace. */
static enum step_result refuse(struct registry *registry, const struct journal_record *record)
{
    if (!registry->law)
        return stop_unknown(registry, "the registry stands under", registry->place.rules_version);
    if (!registry->place.born && record->kind != RECORD_GENESIS)
        return stop(registry, "the journal does not begin with a genesis record");
    if (registry->place.born && record->kind == RECORD_GENESIS)
        return stop(registry, "a second genesis record");
    if (record->kind == RECORD_CONTROL && record->control.version > law_newest()->version)
        return stop_unknown(registry, "a control record asks for", record->control.version);
    return STEP_DONE;
}

static enum step_result flush(struct registry *registry)
{
    registry->place.step++;
    return STEP_FLUSH;
}

static enum step_result finish(struct registry *registry, enum step_result result)
{
    registry->place.step = 0;
    registry->place.decided = false;
    registry->machine->begun = false;
    registry->machine->refreshed = false;
    return result;
}

/* Journal time: the highest so far of min(broker's stamp, own stamp + 5 min), so that neither clock alone pushes it ahead. */
static void move_time(struct place *place, const struct law *law, const struct journal_record *record)
{
    time_ms at = record->broker_ms;
    if (record->stamp_ms && record->stamp_ms + law->stamp_ahead_ms < at)
        at = record->stamp_ms + law->stamp_ahead_ms;
    if (at > place->time)
        place->time = at;
}

/* ---- what is due -------------------------------------------------------------------------------------------------- */

static enum decided decide_due(struct registry *registry, struct pending *pending)
{
    const struct act_entry *entry = act_entry_find(registry, pending->authority, pending->id);
    if (registry->needs.count)
        return DECIDED_NEEDS;
    if (!entry || (entry->verdict != VERDICT_ANNOUNCED && entry->verdict != VERDICT_HELD))
        return DECIDED; /* withdrawn by an act that was due just before */
    if (pending->kind == PENDING_HELD && !pending->released)
        return decide_expiry(registry, pending);
    return decide_item(registry, &(struct item){.source = pending->kind == PENDING_HELD ? ITEM_RELEASED : ITEM_DUE,
                                                .act = pending->act,
                                                .bytes = pending->bytes,
                                                .number = pending->number,
                                                .recorded = pending->recorded,
                                                .pending = pending});
}

/* One chunk of what is due, from the store: what was decided before must be in it. */
static enum step_result step_due(struct registry *registry)
{
    struct machine *machine = registry->machine;
    if (!machine->refreshed)
        return flush(registry);
    if (!registry->scene->due_loaded) {
        *vec_push(registry->arena, &registry->needs) = (struct need){
            .kind = NEED_DUE, .time = registry->place.time, .limit = DUE_LIMIT, .bytes = DUE_BYTES};
        return STEP_NEEDS;
    }
    if (registry->scene->due.count == 0)
        return stop(registry, "the store says that something is due and has nothing that is");
    if (!registry->scene->due_sought) {
        registry->scene->due_sought = true;
        seek_due(registry);
        if (registry->needs.count)
            return STEP_NEEDS;
    }
    while (machine->due_next < registry->scene->due.count && registry->out.released.count == 0) {
        enum decided decided = decide_due(registry, &registry->scene->due.item[machine->due_next]);
        if (decided == DECIDED_NEEDS)
            return STEP_NEEDS;
        if (decided == DECIDED_FLUSH)
            break;
        machine->due_next++;
    }
    return flush(registry);
}

/* ---- origin marks ------------------------------------------------------------------------------------------------- */

enum arrival { ARRIVAL_TAKEN, ARRIVAL_RECREATED, ARRIVAL_REPEAT, ARRIVAL_GAP };

static enum arrival arrival_of(const struct origin_mark *mark, const struct origin *origin)
{
    if (!mark)
        return origin->from == 0 ? ARRIVAL_TAKEN : ARRIVAL_GAP;
    if (origin->from <= mark->offset + 1 && mark->offset + 1 <= origin->offset)
        return ARRIVAL_TAKEN;
    if (origin->time < mark->since || (origin->offset <= mark->offset && origin->time <= mark->time_max))
        return ARRIVAL_REPEAT;
    return origin->offset <= mark->offset ? ARRIVAL_RECREATED : ARRIVAL_GAP;
}

static void move_mark(struct registry *registry, const struct origin *origin, enum arrival arrival)
{
    struct str key = origin_key(registry->arena, origin);
    struct origin_mark *mark = seek_mark(registry, key);
    if (!mark) {
        mark = arena_new(registry->arena, struct origin_mark);
        mark->key = key;
        mark->time_max = mark->since = INT64_MIN;
        *map_put(registry->arena, &registry->scene->marks, key) = mark;
    }
    mark->offset = origin->offset;
    mark->dirty = true;
    if (arrival == ARRIVAL_RECREATED)
        mark->time_max = mark->since = origin->time;
    else if (origin->time > mark->time_max)
        mark->time_max = origin->time;
}

/* ---- records ------------------------------------------------------------------------------------------------------ */

static enum decided refuse_unread(struct registry *registry, const struct journal_record *record)
{
    struct findings faults = {0};
    findings_add(&faults, (struct finding){record->refusal.reason, record->refusal.code, STR_NONE,
                                           record->refusal.expected, 0});
    emit_receipt(registry, record->origin.authority, record->refusal.has_id ? &record->refusal.id : NULL,
                 VERDICT_REJECTED, &faults, NULL, &record->origin);
    return DECIDED;
}

static enum step_result step_published(struct registry *registry, const struct journal_record *record)
{
    const struct origin_mark *mark = seek_mark(registry, origin_key(registry->arena, &record->origin));
    if (registry->needs.count)
        return STEP_NEEDS;
    enum arrival arrival = arrival_of(mark, &record->origin);
    if (arrival == ARRIVAL_REPEAT) {
        registry->out.repeats++;
        return finish(registry, STEP_DONE);
    }
    if (arrival == ARRIVAL_GAP) {
        registry->out.gaps++;
        return finish(registry, STEP_GAP);
    }
    enum decided decided =
        record->kind == RECORD_REFUSAL
            ? refuse_unread(registry, record)
            : decide_item(registry, &(struct item){.source = ITEM_RECORD,
                                                   .act = record->act,
                                                   .bytes = record->bytes,
                                                   .number = registry->place.record,
                                                   .recorded = registry->place.time,
                                                   .origin = &record->origin,
                                                   .recreated = arrival == ARRIVAL_RECREATED});
    if (decided == DECIDED_NEEDS)
        return STEP_NEEDS;
    if (decided == DECIDED_FLUSH)
        return flush(registry);
    move_mark(registry, &record->origin, arrival);
    if (registry->out.released.count == 0)
        return finish(registry, STEP_DONE);
    registry->place.decided = true;
    registry->machine->refreshed = false;
    return flush(registry);
}

static enum step_result step_genesis(struct registry *registry, const struct journal_record *record)
{
    struct place *place = &registry->place;
    place->born = true;
    place->registry_id = record->genesis.registry_id;
    place->epoch = record->genesis.epoch;
    place->mode = record->genesis.mode;
    place->rules_version = 1;
    return finish(registry, STEP_DONE);
}

static enum step_result step_control(struct registry *registry, const struct journal_record *record)
{
    struct place *place = &registry->place;
    if (record->control.version > place->rules_version) {
        place->rules_version = record->control.version;
        registry->law = law_of(place->rules_version);
        *vec_push(registry->arena, &registry->out.laws) = (struct law_start){
            place->rules_version, place->record, place->sequence + 1, place->receipt + 1};
    }
    if (record->control.live)
        place->mode = MODE_LIVE;
    return finish(registry, STEP_DONE);
}

enum step_result registry_step(struct registry *registry, const struct journal_record *record)
{
    struct place *place = &registry->place;
    registry->needs.count = 0;
    if (record->kind == RECORD_FOREIGN) {
        registry->out.foreign++;
        return STEP_DONE;
    }
    if (refuse(registry, record) != STEP_DONE)
        return STEP_STOP;
    if (!registry->machine->begun) {
        if (place->step == 0) {
            place->record++;
            move_time(place, registry->law, record);
        }
        registry->machine->begun = true;
    }
    if (registry->next_due <= place->time)
        return step_due(registry);
    if (place->decided)
        return finish(registry, STEP_DONE);
    switch (record->kind) {
    case RECORD_ACT:
    case RECORD_REFUSAL:
        return step_published(registry, record);
    case RECORD_GENESIS:
        return step_genesis(registry, record);
    case RECORD_CONTROL:
        return step_control(registry, record);
    case RECORD_TICK:
    case RECORD_FOREIGN:
        break;
    }
    return finish(registry, STEP_DONE);
}
