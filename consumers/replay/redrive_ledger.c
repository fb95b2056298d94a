/* What was redriven: one record an act, under its first origin, written with the act in one transaction. */

#include <jansson.h>
#include <stdlib.h>

#include "redrive.h"

static struct str text_of(struct arena *arena, const json_t *value)
{
    return json_is_string(value) ? str_copy(arena, (struct str){json_string_value(value), json_string_length(value)})
                                 : STR_NONE;
}

static void take(struct ledger *ledger, struct str key, const json_t *value)
{
    struct ledger_entry *entry = arena_new(ledger->arena, struct ledger_entry);
    struct str id = text_of(ledger->arena, json_object_get(value, "actId")), place;
    size_t i;
    json_t *item;
    entry->origin = str_copy(ledger->arena, key);
    entry->has_id = str_given(id) && uuid_parse(id, &entry->id);
    entry->arrived = json_integer_value(json_object_get(value, "arrivedMs"));
    json_array_foreach(json_object_get(value, "places"), i, item)
    {
        place = text_of(ledger->arena, item);
        if (!str_given(place))
            continue;
        *vec_push(ledger->arena, &entry->places) = place;
        *map_put(ledger->arena, &ledger->places, place) = entry;
    }
    *map_put(ledger->arena, &ledger->origins, entry->origin) = entry;
}

static bool visit(const rd_kafka_message_t *message, void *user)
{
    struct str key = kafka_key(message), value = kafka_value(message);
    json_t *json = value.len ? json_loadb(value.data, value.len, 0, NULL) : NULL;
    if (key.len && json_is_object(json))
        take(user, key, json);
    json_decref(json);
    return true;
}

static struct status read_with(
    struct command_run *run, const struct kafka_config *kafka, struct ledger *ledger, struct fault *fault)
{
    const char *topic = command_topic(run, "redrive");
    int64_t end;
    *ledger = (struct ledger){.arena = run->arena};
    struct status status = command_end(run, topic, &end, fault);
    if (status_failed(status) && str_equal(str_of(status.code), STR("unknown-topic")))
        return status_fail(
            fault, STATUS_REJECT, "no-ledger", "there is no topic %s: make it with orgcode-topics", topic);
    if (status_failed(status))
        return status;
    return kafka_scan(kafka, topic, 0, RD_KAFKA_OFFSET_BEGINNING, KAFKA_DEADLINE_MS, visit, ledger, fault);
}

struct status ledger_read(struct command_run *run, struct ledger *ledger, struct fault *fault)
{
    return read_with(run, &run->kafka, ledger, fault);
}

struct status ledger_read_undecided(struct command_run *run, struct ledger *ledger, struct fault *fault)
{
    const struct kafka_setting all[] = {{"isolation.level", "read_uncommitted"}};
    struct kafka_config kafka = run->kafka;
    kafka.extra = all;
    kafka.extras = 1;
    return read_with(run, &kafka, ledger, fault);
}

/* By id, or else by the time at which it arrived; what is not known on either side says nothing. */
static bool same_act(const struct ledger_entry *entry, const struct redrive_act *act, bool first)
{
    if (entry->has_id && act->has_id)
        return uuid_equal(entry->id, act->id);
    return !first || act->arrived < 0 || act->arrived == entry->arrived;
}

void ledger_trace(const struct ledger *ledger, struct redrive_act *act)
{
    struct ledger_entry *entry = map_get(&ledger->places, act->origin);
    if (!entry || !same_act(entry, act, false)) {
        entry = map_get(&ledger->origins, act->origin);
        if (entry && !same_act(entry, act, true))
            entry = NULL;
    }
    act->former = entry;
    act->first = entry ? entry->origin : act->origin;
}

void ledger_note(
    struct ledger *ledger, struct arena *arena, struct redrive_act *act, struct str place, struct str *value)
{
    char id[UUID_TEXT_SIZE], now[TIME_TEXT_SIZE];
    struct ledger_entry *entry = act->former;
    if (!entry) {
        entry = arena_new(ledger->arena, struct ledger_entry);
        *entry =
            (struct ledger_entry){.origin = act->origin, .has_id = act->has_id, .id = act->id, .arrived = act->arrived};
        *map_put(ledger->arena, &ledger->origins, entry->origin) = entry;
        act->former = entry;
    }
    place = str_copy(ledger->arena, place);
    *vec_push(ledger->arena, &entry->places) = place;
    *map_put(ledger->arena, &ledger->places, place) = entry;
    json_t *places = json_array();
    for (size_t i = 0; i < entry->places.count; i++)
        json_array_append_new(places, json_stringn(entry->places.item[i].data, entry->places.item[i].len));
    json_t *json = json_pack("{s:o, s:s%, s:s, s:I, s:o}", "actId",
        entry->has_id ? json_string(uuid_format(entry->id, id)) : json_null(), "newOrigin", place.data, place.len,
        "redrivenAt", time_format(time_now(), now), "arrivedMs", (json_int_t)entry->arrived, "places", places);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    if (!text)
        abort();
    *value = str_copy(arena, str_of(text));
    free(text);
    json_decref(json);
}
