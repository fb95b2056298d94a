#include "look.h"

#include <jansson.h>

#include "replay_sql.h"

#define TAIL 1000 /* the last place is near the end, behind it only markers and what was aborted */
#define SCAN_MS 10000
#define OVERDUE_MS 60000

#define PROBLEM(look, ...) *vec_push((look)->arena, &(look)->problems) = str_format((look)->arena, __VA_ARGS__).data

static const char *topic(const struct look *look, const char *name)
{
    return str_format(look->arena, "%s.%s", look->run->common->kafka.prefix, name).data;
}

static struct partition *find(const struct look *look, const char *name)
{
    for (size_t i = 0; i < look->topics.count; i++)
        if (strcmp(look->topics.item[i].topic, topic(look, name)) == 0)
            return &look->topics.item[i];
    return NULL;
}

/* ---- Kafka ----------------------------------------------------------------------------------------------------- */

static void add_position(struct look *look, const char *who, const struct partition *partition)
{
    struct position position = {.who = who,
        .where = partition->topic,
        .partition = partition->partition,
        .place = partition->place >= 0 ? partition->place : partition->low,
        .end = partition->high};
    if (partition->note.skip_to > position.place)
        position.place = partition->note.skip_to;
    if (partition->found) {
        position.lag = partition->high - partition->offset;
        position.since = partition->found_ms;
    }
    *vec_push(look->arena, &look->positions) = position;
}

/* The acts topics at the group's offsets, the journal at the database's place. */
static struct status look_at_readers(struct look *look, struct fault *fault)
{
    struct partitions read = {0};
    const char *acts = topic(look, "acts.");
    for (size_t i = 0; i < look->topics.count; i++)
        if (strncmp(look->topics.item[i].topic, acts, strlen(acts)) == 0)
            *vec_push(look->arena, &read) = look->topics.item[i];
    struct status status = partitions_places(look->run, topic(look, "validate"), &read, fault);
    const struct partition *journal = find(look, "journal");
    if (!status_failed(status) && journal && look->has_registry) {
        struct partition *applied = vec_push(look->arena, &read);
        *applied = *journal;
        applied->place = look->standing.next_offset;
    }
    if (!status_failed(status))
        status = partitions_first(look->run, &read, fault);
    for (size_t i = 0; i < read.count && !status_failed(status); i++) {
        bool applies = journal && strcmp(read.item[i].topic, journal->topic) == 0;
        add_position(look, applies ? "apply" : "validate", &read.item[i]);
    }
    return status;
}

struct told {
    const char *member;
    int64_t number;
};

static bool take_told(const rd_kafka_message_t *message, void *user)
{
    struct told *told = user;
    struct str value = kafka_value(message);
    json_t *json = value.len ? json_loadb(value.data, value.len, 0, NULL) : NULL;
    const json_t *number = json_object_get(json, told->member);
    if (json_is_integer(number))
        told->number = json_integer_value(number);
    json_decref(json);
    return true;
}

static struct status read_told(
    struct look *look, const char *name, const char *member, int64_t *out, struct fault *fault)
{
    struct told told = {member, -1};
    const struct partition *partition = find(look, name);
    struct status status = status_ok();
    for (int64_t tail = TAIL; partition && partition->high > partition->low && told.number < 0; tail = INT64_MAX) {
        int64_t from = partition->high - partition->low > tail ? partition->high - tail : partition->low;
        status = kafka_scan(&look->run->kafka, partition->topic, 0, from, SCAN_MS, take_told, &told, fault);
        if (status_failed(status) || from == partition->low)
            break;
    }
    *out = told.number;
    return status;
}

static struct status look_at_notify(struct look *look, struct fault *fault)
{
    struct status status = read_told(look, "notify.place", "sequence", &look->told_change, fault);
    if (!status_failed(status))
        status = read_told(look, "notify.receipts", "receipt", &look->told_receipt, fault);
    if (!status_failed(status) && look->told_receipt < 0) /* an earlier version has one place for both */
        status = read_told(look, "notify.place", "receipt", &look->told_receipt, fault);
    return status;
}

/* ---- PostgreSQL ------------------------------------------------------------------------------------------------ */

static const struct pg_statement statements[] = {
    {"status_more", sql_status_more}, {"status_waiting", sql_status_waiting}};

static void take_more(struct look *look, const PGresult *r)
{
    look->held = pg_int8(r, 0, 0);
    look->announced = pg_int8(r, 0, 1);
    look->next_due = pg_is_null(r, 0, 2) ? -1 : pg_int8(r, 0, 2);
    look->bytes = pg_int8(r, 0, 3);
    look->last.given = !pg_is_null(r, 0, 4);
    look->last.number = pg_int8(r, 0, 4);
    look->last.authority = str_copy(look->arena, pg_text(r, 0, 5));
    look->last.has_id = !pg_is_null(r, 0, 6);
    look->last.id = pg_uuid(r, 0, 6);
    look->last.verdict = (enum verdict)pg_int2(r, 0, 7);
    look->last.recorded = str_copy(look->arena, pg_text(r, 0, 8));
}

static struct status ask_database(struct look *look, struct pg *pg, struct fault *fault)
{
    PGresult *result = NULL;
    struct status status = standing_read(pg, &look->standing, fault);
    if (!status_failed(status))
        status = pg_prepare(pg, statements, 2, fault);
    if (!status_failed(status))
        status = pg_run(pg, "status_more", NULL, &result, fault);
    if (status_failed(status))
        return status;
    take_more(look, result);
    PQclear(result);
    struct pg_params params = PG_PARAMS(look->arena);
    pg_param_int8(&params, look->told_change > 0 ? look->told_change : 0);
    pg_param_int8(&params, look->told_receipt > 0 ? look->told_receipt : 0);
    status = pg_run(pg, "status_waiting", &params, &result, fault);
    if (!status_failed(status)) {
        look->change_waits = pg_int8(result, 0, 0);
        look->receipt_waits = pg_int8(result, 0, 1);
        PQclear(result);
    }
    return status;
}

static void look_at_database(struct look *look)
{
    struct pg pg;
    struct fault fault = {0};
    struct status status = pg_open(look->run->common->pg.conninfo, "orgcode-replay", NULL, &pg, &fault);
    look->has_database = !status_failed(status);
    if (look->has_database) {
        status = ask_database(look, &pg, &fault);
        look->has_registry = !status_failed(status);
        pg_close(&pg);
    }
    if (status_failed(status))
        PROBLEM(look, "the database: %s", fault.text);
}

static void add_telling(struct look *look, const char *what, int64_t told, int64_t end, time_ms since)
{
    int64_t place = told > 0 ? told : 0;
    *vec_push(look->arena, &look->positions) = (struct position){.who = "notify",
        .where = what,
        .place = place,
        .end = end,
        .lag = end > place ? end - place : 0,
        .since = end > place ? since : 0};
}

struct status look_at(struct look *look, struct fault *fault)
{
    struct status status = partitions_find(look->run, look->client, topic(look, ""), &look->topics, fault);
    if (!status_failed(status))
        status = partitions_ends(look->client, &look->topics, fault);
    if (!status_failed(status))
        status = group_look(look->client, topic(look, "validate"), &look->validate, fault);
    if (!status_failed(status))
        status = group_look(look->client, topic(look, "apply"), &look->apply, fault);
    if (!status_failed(status))
        status = look_at_notify(look, fault);
    if (status_failed(status))
        return status;
    look_at_database(look);
    status = look_at_readers(look, fault);
    if (!status_failed(status) && look->has_registry) {
        add_telling(look, "changes", look->told_change, look->standing.sequence, look->change_waits);
        add_telling(look, "receipts", look->told_receipt, look->standing.receipt, look->receipt_waits);
    }
    return status;
}

/* ---- what is wrong --------------------------------------------------------------------------------------------- */

bool look_compare(struct look *look, const struct look *earlier)
{
    bool any = false;
    for (size_t i = 0; i < look->positions.count; i++) {
        struct position *now = &look->positions.item[i];
        for (size_t j = 0; j < earlier->positions.count; j++) {
            const struct position *then = &earlier->positions.item[j];
            if (strcmp(now->who, then->who) == 0 && strcmp(now->where, then->where) == 0 &&
                now->partition == then->partition)
                now->stands = now->lag > 0 && then->lag > 0 && now->place == then->place;
        }
        any = any || now->stands;
    }
    return any;
}

static void judge_topics(struct look *look)
{
    static const char *const needed[] = {"journal", "changes", "state", "rejected", "notify.place"};
    struct arena *arena = look->arena;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!find(look, needed[i]))
            PROBLEM(look, "there is no topic %s (orgcode-topics makes it)", topic(look, needed[i]));
    for (size_t i = 0; i < look->topics.count; i++) {
        const char *name = look->topics.item[i].topic + strlen(topic(look, ""));
        if (strncmp(name, "acts.", 5) == 0 && !find(look, str_format(arena, "receipts.%s", name + 5).data))
            PROBLEM(look, "%s has no topic of receipts beside it", look->topics.item[i].topic);
    }
}

static const char *why(const struct look *look, const struct position *position)
{
    const struct group *group = strcmp(position->who, "validate") == 0 ? &look->validate
                                : strcmp(position->who, "apply") == 0  ? &look->apply
                                                                       : NULL;
    if (!group)
        return "orgcode-notify does not run, or cannot write: see its log";
    return group->members == 0 ? "its group has no member: none runs" : "its group has members: see their logs";
}

static void judge_positions(struct look *look)
{
    for (size_t i = 0; i < look->positions.count; i++) {
        const struct position *p = &look->positions.item[i];
        if (p->place > p->end && strcmp(p->who, "notify") == 0)
            PROBLEM(look, "notify has told %s up to %lld, the registry ends at %lld: an older database?", p->where,
                (long long)p->place, (long long)p->end);
        else if (p->place > p->end)
            PROBLEM(look, "%s is at %lld of %s %d, which ends at %lld: another topic of that name?", p->who,
                (long long)p->place, p->where, p->partition, (long long)p->end);
        else if (p->stands)
            PROBLEM(look, "%s stands at %lld of %s %d, %lld wait: %s", p->who, (long long)p->place, p->where,
                p->partition, (long long)p->lag, why(look, p));
    }
}

void look_judge(struct look *look)
{
    judge_topics(look);
    if (look->validate.members == 0)
        PROBLEM(look, "the group %s has no member: no orgcode-validate runs", topic(look, "validate"));
    if (look->apply.members == 0)
        PROBLEM(look, "the group %s has no member: no orgcode-apply runs", topic(look, "apply"));
    if (look->has_registry && !look->standing.born)
        PROBLEM(look, "the registry has not read a genesis record yet");
    judge_positions(look);
    if (look->has_registry && look->standing.mode == MODE_LIVE && look->next_due >= 0 &&
        look->next_due < time_now() - OVERDUE_MS && look->standing.time < time_now() - OVERDUE_MS)
        PROBLEM(look, "an act is due for more than a minute, and no tick comes: orgcode-apply does not work");
}
