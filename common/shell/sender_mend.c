#include <string.h>

#include "shell/process.h"
#include "shell/sender.h"

/* Another program that starts at the same time has a transaction open for a moment: one that hangs does not move. */
enum { ASK_MS = 10000, LOOKS = 4, LOOK_MS = 500 };

/* A topic, and where its partition ends for those who read what is committed, and for those who read everything. */
struct end {
    const char *topic;
    int64_t committed, all;
    bool hangs;
};
typedef VEC(struct end) end_list;

static struct status ask_end(
    struct sender *sender, struct kafka_client *reader, struct end *end, bool again, struct fault *fault)
{
    int64_t low, committed;
    struct status s = kafka_watermarks(reader, end->topic, 0, ASK_MS, &low, &end->all, fault);
    if (!status_failed(s))
        s = kafka_watermarks(&sender->client, end->topic, 0, ASK_MS, &low, &committed, fault);
    if (status_failed(s))
        return s;
    end->hangs = committed < end->all && (!again || (end->hangs && committed == end->committed));
    end->committed = committed;
    return s;
}

/* Those that have hung at all looks so far keep `hangs`; *left: how many. */
static struct status look(
    struct sender *sender, struct kafka_client *reader, end_list *ends, bool again, size_t *left, struct fault *fault)
{
    *left = 0;
    for (size_t i = 0; i < ends->count; i++) {
        struct end *end = &ends->item[i];
        if (again && !end->hangs)
            continue;
        struct status s = ask_end(sender, reader, end, again, fault);
        if (status_failed(s))
            return s;
        *left += end->hangs;
    }
    return status_ok();
}

static struct status find_hanging(
    struct sender *sender, const struct kafka_config *config, end_list *ends, size_t *left, struct fault *fault)
{
    struct kafka_client reader = {0};
    struct kafka_config quiet = *config;
    quiet.log = NULL;
    struct status s = kafka_consumer_open(&quiet, &(struct kafka_consumer_config){.uncommitted = true}, &reader, fault);
    if (!status_failed(s))
        s = look(sender, &reader, ends, false, left, fault);
    for (int looks = 1; looks < LOOKS && !status_failed(s) && *left; looks++) {
        process_wait(-1, LOOK_MS);
        s = look(sender, &reader, ends, true, left, fault);
    }
    kafka_close(&reader);
    return s;
}

static struct status add_prefixed(
    struct sender *sender, struct arena *arena, const char *prefix, end_list *ends, struct fault *fault)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t err = rd_kafka_metadata(sender->client.rk, 1, NULL, &metadata, ASK_MS);
    if (err)
        return kafka_fail(fault, err, "looking for topics");
    for (int i = 0; i < metadata->topic_cnt; i++) {
        struct str name = str_of(metadata->topics[i].topic);
        if (str_starts(name, str_of(prefix)) && !metadata->topics[i].err)
            *vec_push(arena, ends) = (struct end){.topic = str_copy(arena, name).data};
    }
    rd_kafka_metadata_destroy(metadata);
    return status_ok();
}

static struct status abort_in(struct sender *sender, const end_list *ends, struct fault *fault)
{
    struct status s = sender_begin(sender, fault);
    for (size_t i = 0; i < ends->count && !status_failed(s); i++) {
        const struct end *end = &ends->item[i];
        if (!end->hangs)
            continue;
        log_warn(sender->log, "the broker left a transaction undecided: it is aborted", LOG_TEXT("topic", end->topic),
            LOG_INT("from", end->committed), LOG_INT("end", end->all));
        s = sender_put(sender, end->topic, STR("aborted"), STR("{}"), NULL, fault);
    }
    if (!status_failed(s))
        s = sender_flush(sender, fault);
    struct fault second;
    struct status aborted = sender->in_transaction ? sender_abort(sender, &second) : status_ok();
    if (!status_failed(s) && status_failed(aborted))
        *fault = second;
    return status_failed(s) ? s : aborted;
}

struct status sender_mend(struct sender *sender, const struct kafka_config *config, const char *const *topic,
    size_t topics, const char *prefix, struct fault *fault)
{
    struct arena *arena = arena_open(0);
    end_list ends = {0};
    size_t left = 0;
    for (size_t i = 0; i < topics; i++)
        *vec_push(arena, &ends) = (struct end){.topic = topic[i]};
    struct status s = prefix ? add_prefixed(sender, arena, prefix, &ends, fault) : status_ok();
    if (!status_failed(s))
        s = find_hanging(sender, config, &ends, &left, fault);
    if (!status_failed(s) && left && ends.item[0].hangs)
        s = abort_in(sender, &ends, fault);
    arena_close(arena);
    return s;
}
