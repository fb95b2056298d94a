#include "partitions.h"

#include <stdio.h>
#include <stdlib.h>

#include "shell/kafka_again.h"

static struct kafka_config quiet(const struct command_run *run)
{
    struct kafka_config config = run->kafka;
    config.log = log_takes(run->log, LOG_LEVEL_DEBUG) ? run->log : NULL;
    return config;
}

struct status partitions_client(struct command_run *run, struct kafka_client *out, struct fault *fault)
{
    struct kafka_config config = quiet(run);
    return kafka_consumer_open(&config, &(struct kafka_consumer_config){.partition_eof = true}, out, fault);
}

static int by_name(const void *a, const void *b)
{
    const struct partition *x = a, *y = b;
    int order = strcmp(x->topic, y->topic);
    return order ? order : x->partition - y->partition;
}

struct status partitions_find(struct command_run *run, struct kafka_client *client, const char *begin,
    struct partitions *out, struct fault *fault)
{
    const struct rd_kafka_metadata *metadata;
    struct status status =
        kafka_metadata(client, true, KAFKA_DEADLINE_MS, &metadata, "the brokers' list of topics", fault);
    if (status_failed(status))
        return status;
    for (int i = 0; i < metadata->topic_cnt; i++) {
        const struct rd_kafka_metadata_topic *topic = &metadata->topics[i];
        if (strncmp(topic->topic, begin, strlen(begin)) != 0)
            continue;
        const char *name = str_copy(run->arena, str_of(topic->topic)).data;
        for (int p = 0; p < topic->partition_cnt; p++)
            *vec_push(run->arena, out) =
                (struct partition){.topic = name, .partition = p, .low = -1, .high = -1, .place = -1};
    }
    rd_kafka_metadata_destroy(metadata);
    if (out->count)
        qsort(out->item, out->count, sizeof *out->item, by_name);
    return status_ok();
}

static rd_kafka_topic_partition_list_t *list_of(const struct partitions *all, int64_t offset)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)all->count + 1);
    for (size_t i = 0; i < all->count; i++)
        rd_kafka_topic_partition_list_add(list, all->item[i].topic, all->item[i].partition)->offset = offset;
    return list;
}

static rd_kafka_resp_err_t first_error(rd_kafka_resp_err_t err, const rd_kafka_topic_partition_list_t *list)
{
    for (int i = 0; !err && i < list->cnt; i++)
        err = list->elems[i].err;
    return err;
}

/* ListOffsets of all: one request a broker. A client that has just begun may not know a leader yet. */
static struct status ask(struct kafka_client *client, const struct partitions *all, int64_t what,
    rd_kafka_topic_partition_list_t **out, struct fault *fault)
{
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    struct kafka_again again = kafka_again_begin(KAFKA_DEADLINE_MS);
    struct fault ignored;
    *out = list_of(all, what);
    while (all->count > 0) {
        err = first_error(rd_kafka_offsets_for_times(client->rk, *out, kafka_again_left(&again)), *out);
        if (!kafka_again(&again, err))
            break;
        const struct rd_kafka_metadata *anew = NULL; /* who leads now */
        if (!status_failed(kafka_metadata(client, true, kafka_again_left(&again), &anew, "topics", &ignored)))
            rd_kafka_metadata_destroy(anew);
        rd_kafka_topic_partition_list_destroy(*out);
        *out = list_of(all, what);
    }
    return kafka_again_fail(&again, fault, err, "ends of topics");
}

/* The answer about partition `i`. */
static int64_t answer(const rd_kafka_topic_partition_list_t *list, const struct partition *partition)
{
    const rd_kafka_topic_partition_t *found = rd_kafka_topic_partition_list_find(
        (rd_kafka_topic_partition_list_t *)(uintptr_t)list, partition->topic, partition->partition);
    return found ? found->offset : -1;
}

struct status partitions_ends(struct kafka_client *client, struct partitions *all, struct fault *fault)
{
    rd_kafka_topic_partition_list_t *low, *high = NULL;
    struct status status = ask(client, all, RD_KAFKA_OFFSET_BEGINNING, &low, fault);
    if (!status_failed(status))
        status = ask(client, all, RD_KAFKA_OFFSET_END, &high, fault);
    for (size_t i = 0; !status_failed(status) && i < all->count; i++) {
        all->item[i].low = answer(low, &all->item[i]);
        all->item[i].high = answer(high, &all->item[i]);
    }
    rd_kafka_topic_partition_list_destroy(low);
    if (high)
        rd_kafka_topic_partition_list_destroy(high);
    return status;
}

struct status partitions_at(struct kafka_client *client, struct partitions *all, time_ms time, struct fault *fault)
{
    rd_kafka_topic_partition_list_t *list;
    struct status status = ask(client, all, time < 0 ? 0 : time, &list, fault);
    for (size_t i = 0; !status_failed(status) && i < all->count; i++) {
        struct partition *partition = &all->item[i];
        int64_t offset = answer(list, partition);
        partition->found = offset >= 0;
        partition->offset = partition->found ? offset : partition->high;
    }
    rd_kafka_topic_partition_list_destroy(list);
    return status;
}

struct status partitions_places(struct command_run *run, const char *group, struct partitions *all, struct fault *fault)
{
    struct kafka_client client = {0};
    struct kafka_config config = quiet(run);
    struct status status =
        kafka_consumer_open(&config, &(struct kafka_consumer_config){.group = group}, &client, fault);
    if (status_failed(status))
        return status;
    rd_kafka_topic_partition_list_t *list = list_of(all, RD_KAFKA_OFFSET_INVALID);
    rd_kafka_resp_err_t err = RD_KAFKA_RESP_ERR_NO_ERROR;
    struct kafka_again again = kafka_again_begin(KAFKA_DEADLINE_MS);
    do
        err = all->count ? first_error(rd_kafka_committed(client.rk, list, kafka_again_left(&again)), list) : err;
    while (kafka_again(&again, err));
    for (size_t i = 0; !err && i < all->count; i++) {
        const rd_kafka_topic_partition_t *part =
            rd_kafka_topic_partition_list_find(list, all->item[i].topic, all->item[i].partition);
        all->item[i].place = part->offset >= 0 ? part->offset : -1;
        all->item[i].note = reset_note_parse(part->metadata, part->metadata_size);
    }
    rd_kafka_topic_partition_list_destroy(list);
    kafka_close(&client);
    return kafka_again_fail(&again, fault, err, group);
}

static struct partition *find(struct partitions *all, const rd_kafka_message_t *message)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->item[i].partition == message->partition &&
            strcmp(all->item[i].topic, rd_kafka_topic_name(message->rkt)) == 0)
            return &all->item[i];
    return NULL;
}

struct status partitions_first(struct command_run *run, struct partitions *all, struct fault *fault)
{
    struct kafka_client client = {0};
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    for (size_t i = 0; i < all->count; i++) {
        struct partition *partition = &all->item[i];
        partition->found = false;
        partition->offset = partition->high;
        int64_t from = partition->place > partition->note.skip_to ? partition->place : partition->note.skip_to;
        from = from > partition->low ? from : partition->low;
        if (from < partition->high)
            rd_kafka_topic_partition_list_add(list, partition->topic, partition->partition)->offset = from;
    }
    int open = list->cnt;
    struct status status = open > 0 ? partitions_client(run, &client, fault) : status_ok();
    if (open > 0 && !status_failed(status))
        status = kafka_fail(fault, rd_kafka_assign(client.rk, list), "assigning");
    for (time_ms end = time_monotonic() + KAFKA_DEADLINE_MS; open > 0 && !status_failed(status);) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client.rk, 100);
        struct partition *partition = message && message->rkt ? find(all, message) : NULL;
        bool passes = message && kafka_is_transient(message->err); /* the library tries on */
        if (partition && !passes && !partition->found && partition->found_ms >= 0) {
            open--;
            partition->found = !message->err;
            partition->found_ms = message->err ? -1 : rd_kafka_message_timestamp(message, NULL);
            partition->offset = message->offset;
        }
        if (message)
            rd_kafka_message_destroy(message);
        if (open > 0 && time_monotonic() > end)
            status = status_fail(fault, STATUS_RETRY, "timeout", "the brokers sent nothing for 10 s");
    }
    rd_kafka_topic_partition_list_destroy(list);
    kafka_close(&client);
    return status;
}

/* Without the brokers that are away; the group may be one of theirs when nobody knows it. */
static rd_kafka_resp_err_t list_group(
    struct kafka_client *client, const char *name, int timeout_ms, const struct rd_kafka_group_list **out)
{
    *out = NULL;
    rd_kafka_resp_err_t err = rd_kafka_list_groups(client->rk, name, out, timeout_ms);
    if (err == RD_KAFKA_RESP_ERR__PARTIAL && (*out)->group_cnt > 0)
        err = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; !err && i < (*out)->group_cnt; i++)
        err = (*out)->groups[i].err;
    return err;
}

struct status group_look(struct kafka_client *client, const char *name, struct group *out, struct fault *fault)
{
    const struct rd_kafka_group_list *list;
    *out = (struct group){0};
    struct kafka_again again = kafka_again_begin(KAFKA_DEADLINE_MS);
    rd_kafka_resp_err_t err = list_group(client, name, kafka_again_left(&again), &list);
    while (kafka_again(&again, err)) {
        if (list)
            rd_kafka_group_list_destroy(list);
        err = list_group(client, name, kafka_again_left(&again), &list);
    }
    if (!list)
        return kafka_again_fail(&again, fault, err, name);
    out->known = true;
    snprintf(out->state, sizeof out->state, "none");
    for (int i = 0; i < list->group_cnt; i++) {
        snprintf(out->state, sizeof out->state, "%s", list->groups[i].state);
        out->members = list->groups[i].member_cnt;
    }
    rd_kafka_group_list_destroy(list);
    return status_ok();
}
