/* reset notify: told again into topics that hold nothing, from a place that is written first. */

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/uuid.h"
#include "partitions.h"
#include "plan.h"
#include "reset.h"
#include "shell/sender.h"
#include "standing.h"

#define TOPICS_MS 30000

struct retelling {
    struct command_run *run;
    const struct reset_options *options;
    const char *prefix, *transactional_id;
    struct kafka_client client;
    struct partitions receipts;     /* of the registry */
    VEC(struct kafka_topic) topics; /* to tell into; the first holds the place */
    struct standing standing;
};

static const char *name_of(const struct retelling *retelling, const char *name)
{
    return str_format(retelling->run->arena, "%s.%s", retelling->prefix, name).data;
}

static void add_topic(struct retelling *retelling, const char *name, bool compacted)
{
    *vec_push(retelling->run->arena, &retelling->topics) =
        (struct kafka_topic){.name = name_of(retelling, name), .compacted = compacted};
}

/* The same topics as the registry has: those of receipts are an authority's each. */
#define PLACES 2
static struct status find_topics(struct retelling *retelling, struct fault *fault)
{
    struct command_run *run = retelling->run;
    const char *begin = command_topic(run, "receipts.");
    struct status status = partitions_find(run, &retelling->client, begin, &retelling->receipts, fault);
    add_topic(retelling, "notify.place", true);
    add_topic(retelling, "notify.receipts", true);
    add_topic(retelling, "changes", false);
    add_topic(retelling, "state", true);
    for (size_t i = 0; i < retelling->receipts.count && !status_failed(status); i++)
        add_topic(retelling, retelling->receipts.item[i].topic + strlen(run->common->kafka.prefix) + 1, false);
    return status;
}

/* Those that are there already hold nothing, but for places in the registry's own. */
static struct status check_empty(struct retelling *retelling, json_t *missing, struct fault *fault)
{
    struct partitions there = {0};
    struct arena *arena = retelling->run->arena;
    struct status status = status_ok();
    for (size_t i = 0; i < retelling->topics.count && !status_failed(status); i++) {
        int count;
        const char *name = retelling->topics.item[i].name;
        status = kafka_partitions(&retelling->client, name, KAFKA_DEADLINE_MS, &count, fault);
        if (!status_failed(status) && count == 0)
            json_array_append_new(missing, json_string(name));
        else if (i >= PLACES || retelling->options->into)
            *vec_push(arena, &there) = (struct partition){.topic = name, .place = 0};
    }
    if (!status_failed(status))
        status = partitions_ends(&retelling->client, &there, fault);
    if (!status_failed(status))
        status = partitions_first(retelling->run, &there, fault);
    for (size_t i = 0; i < there.count && !status_failed(status); i++)
        if (there.item[i].found)
            status = status_fail(fault, STATUS_REJECT, "not-empty",
                "%s holds records: told again into it, its readers would be told twice. Empty the topics, or take "
                "other "
                "ones: --into PREFIX",
                there.item[i].topic);
    return status;
}

static struct status read_standing(struct retelling *retelling, struct fault *fault)
{
    struct pg pg;
    const struct reset_options *options = retelling->options;
    struct status status = command_pg(retelling->run, &pg, fault);
    if (status_failed(status))
        return status;
    status = standing_read(&pg, &retelling->standing, fault);
    pg_close(&pg);
    if (status_failed(status))
        return status;
    if (options->from > retelling->standing.sequence + 1 || options->from_receipt > retelling->standing.receipt + 1)
        return status_fail(fault, STATUS_REJECT, "beyond-end", "the registry ends with change %lld and receipt %lld",
            (long long)retelling->standing.sequence, (long long)retelling->standing.receipt);
    return status_ok();
}

/* "PREFIX-FROM-RECEIPT-LAST-LAST-DIGEST": where it begins, how far the registry goes, which topics are made and who is
 * fenced. A plan at a head that was named looks no further than that one did. */
static const char *head_of(struct retelling *retelling, const json_t *missing)
{
    char hex[SHA256_TEXT_SIZE];
    struct arena *arena = retelling->run->arena;
    const struct reset_options *options = retelling->options;
    struct standing *now = &retelling->standing;
    const char *at = retelling->run->common->at;
    struct str begin = str_format(arena, "%s-%lld-%lld-", retelling->prefix, options->from, options->from_receipt);
    long long sequence, receipt;
    if (at && strncmp(at, begin.data, begin.len) == 0 &&
        sscanf(at + begin.len, "%lld-%lld-", &sequence, &receipt) == 2 && sequence >= options->from - 1 &&
        receipt >= options->from_receipt - 1 && sequence <= now->sequence && receipt <= now->receipt) {
        now->sequence = sequence;
        now->receipt = receipt;
    }
    struct hasher *hasher = hasher_open();
    hasher_begin(hasher);
    hasher_add(hasher, retelling->transactional_id, strlen(retelling->transactional_id) + 1);
    for (size_t i = 0; i < json_array_size(missing); i++) {
        const char *name = json_string_value(json_array_get(missing, i));
        hasher_add(hasher, name, strlen(name) + 1);
    }
    sha256_format(hasher_end(hasher), hex);
    hasher_close(hasher);
    return str_format(
        arena, "%.*s%lld-%lld-%.12s", STR_ARG(begin), (long long)now->sequence, (long long)now->receipt, hex)
        .data;
}

static struct status show_plan(struct retelling *retelling, json_t *missing, bool *go, struct fault *fault)
{
    struct plan plan;
    const struct reset_options *options = retelling->options;
    const struct standing *now = &retelling->standing;
    const char *head = head_of(retelling, missing);
    long long changes = now->sequence - options->from + 1, receipts = now->receipt - options->from_receipt + 1;
    plan_open(&plan, retelling->run, head);
    for (size_t i = 0; i < json_array_size(missing); i++)
        plan_line(&plan, "%s is made", json_string_value(json_array_get(missing, i)));
    plan_line(&plan, "orgcode-notify --prefix %s tells %lld changes from %lld on and %lld receipts from %lld on",
        retelling->prefix, changes, options->from, receipts, options->from_receipt);
    if (options->from > 1)
        plan_line(&plan, "%s gets the records that have changed since alone", name_of(retelling, "state"));
    plan_line(&plan, "one that runs there now ends with code 4 as soon as it has something to tell");
    plan_set(&plan, "prefix", json_string(retelling->prefix));
    plan_set(&plan, "topics", json_incref(missing));
    plan_set(&plan, "from", json_integer(options->from));
    plan_set(&plan, "fromReceipt", json_integer(options->from_receipt));
    plan_set(&plan, "changes", json_integer(changes));
    plan_set(&plan, "receipts", json_integer(receipts));
    return plan_show(&plan, go, fault);
}

static struct status put_place(
    struct retelling *retelling, struct sender *sender, const char *topic, struct str value, struct fault *fault)
{
    char writer[UUID_TEXT_SIZE];
    uuid_format(uuid_random(), writer);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(1);
    kafka_header_add(headers, "oc-writer", str_of(writer));
    return sender_put(sender, name_of(retelling, topic), STR("notify"), value, headers, fault);
}

/* Both places in one transaction; that of receipts stands in the changes' too, for a notify that has but one. */
static struct status write_place(struct retelling *retelling, struct sender *sender, struct fault *fault)
{
    struct arena *arena = retelling->run->arena;
    long long sequence = retelling->options->from - 1, receipt = retelling->options->from_receipt - 1;
    struct status status = sender_begin(sender, fault);
    if (!status_failed(status))
        status = put_place(retelling, sender, "notify.place",
            str_format(arena, "{\"receipt\":%lld,\"sequence\":%lld}", receipt, sequence), fault);
    if (!status_failed(status))
        status =
            put_place(retelling, sender, "notify.receipts", str_format(arena, "{\"receipt\":%lld}", receipt), fault);
    return status_failed(status) ? status : sender_commit(sender, fault);
}

/* Under the ids that orgcode-notify has: the one that runs is fenced. */
static struct status carry_out(struct retelling *retelling, struct fault *fault)
{
    struct arena *arena = retelling->run->arena;
    struct kafka_config config = retelling->run->kafka;
    config.log = log_takes(config.log, LOG_LEVEL_DEBUG) ? config.log : NULL;
    struct sender receipts = {.log = config.log}, changes = {.log = config.log};
    const char *id = retelling->transactional_id;
    struct status status =
        kafka_topics_create(&retelling->client, retelling->topics.item, retelling->topics.count, TOPICS_MS, fault);
    if (!status_failed(status))
        status = sender_open(&receipts, &config, str_format(arena, "%s-receipts", id).data, fault);
    if (!status_failed(status))
        status = sender_open(&changes, &config, id, fault);
    if (!status_failed(status))
        status = write_place(retelling, &changes, fault);
    sender_close(&receipts);
    sender_close(&changes);
    if (!status_failed(status))
        plan_done(retelling->run, json_pack("{s:s}", "prefix", retelling->prefix),
            "the place is written; now start orgcode-notify --prefix %s", retelling->prefix);
    return status;
}

struct status reset_notify(struct command_run *run, const struct reset_options *options, struct fault *fault)
{
    bool go = false;
    struct retelling retelling = {
        .run = run, .options = options, .prefix = options->into ? options->into : run->common->kafka.prefix};
    retelling.transactional_id = options->transactional_id ? options->transactional_id
                                                           : str_format(run->arena, "%s-notify", retelling.prefix).data;
    if (options->into && strcmp(options->into, run->common->kafka.prefix) == 0)
        return command_usage(fault, "--into %s: that is the registry's own prefix", options->into);
    json_t *missing = json_array();
    struct status status = partitions_client(run, &retelling.client, fault);
    if (!status_failed(status))
        status = find_topics(&retelling, fault);
    if (!status_failed(status))
        status = check_empty(&retelling, missing, fault);
    if (!status_failed(status))
        status = read_standing(&retelling, fault);
    if (!status_failed(status))
        status = show_plan(&retelling, missing, &go, fault);
    if (!status_failed(status) && go)
        status = carry_out(&retelling, fault);
    json_decref(missing);
    kafka_close(&retelling.client);
    return status;
}
