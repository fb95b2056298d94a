/* orgcode-topics: makes the topics of a registry and of its authorities in one request. */

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "core/code.h"
#include "shell/backoff.h"
#include "shell/kafka.h"
#include "shell/log.h"
#include "shell/option.h"
#include "shell/process.h"
#include "shell/rights.h"

enum mode_choice { MODE_CHOICE_LIVE, MODE_CHOICE_SCRIPTED }; /* order of the option's choices */

struct options {
    struct option_common common;
    struct option_kafka kafka;
    long long replicas;
    int mode;
    bool check;
    bool rights;
    struct option_list subscribers;
};

static const struct option_row rows[] = {
    OPTION_ROWS_COMMON(struct options, common),
    OPTION_ROWS_KAFKA(struct options, kafka),
    {.name = "replicas", .kind = OPTION_INT, .offset = offsetof(struct options, replicas), .initial = "1", .value = "N",
     .min = 1, .max = 32, .help = "Replicas of each new topic. With one, the journal is flushed at each record."},
    {.name = "mode", .kind = OPTION_CHOICE, .offset = offsetof(struct options, mode), .initial = "live",
     .choices = "live|scripted",
     .help = "scripted: the journal's records bear a time that their writer gives (tests, imports)."},
    {.name = "check", .kind = OPTION_FLAG, .offset = offsetof(struct options, check),
     .help = "Create nothing: check that the topics are there and never forget a record."},
    {.name = "rights", .kind = OPTION_FLAG, .offset = offsetof(struct options, rights),
     .help = "Give the registry's own accounts and each AUTHORITY the rights in Kafka that they need."},
    {.name = "subscriber", .kind = OPTION_LIST, .offset = offsetof(struct options, subscribers), .value = "NAME",
     .help = "Give this account the right to read changes and state; may be repeated."},
};

static const struct option_program program = {
    .name = "orgcode-topics",
    .summary = "makes the Kafka topics of a registry",
    .arguments = "[AUTHORITY...]",
    .description = "Creates the topics of the registry, and those of each AUTHORITY (`ROOT`, `H26`): the topic of its acts and "
                   "that of its receipts. A topic that exists is left as it is, so the command may be repeated. With --rights, "
                   "each account may then do what it needs and nothing else; rights are added, never taken away.",
    .examples = "orgcode-topics ROOT H26 G12\norgcode-topics H01\n",
    .exits = PROCESS_EXITS,
    .row = rows,
    .rows = sizeof(rows) / sizeof(rows[0]),
};

#define LEADER_TRIES 60

typedef VEC(struct kafka_topic) topic_list;

static void topic_add(struct arena *arena, topic_list *list, const struct options *o, struct kafka_topic topic)
{
    topic.name = str_format(arena, "%s.%s", o->kafka.prefix, topic.name).data;
    topic.replicas = (int)o->replicas;
    *vec_push(arena, list) = topic;
}

static void topics_of_registry(struct arena *arena, topic_list *list, const struct options *o)
{
    topic_add(arena, list, o,
        (struct kafka_topic){.name = "journal", .create_time = o->mode == MODE_CHOICE_SCRIPTED,
            .flush_each = o->replicas == 1, .message_max = KAFKA_MESSAGE_MAX_JOURNAL});
    topic_add(arena, list, o, (struct kafka_topic){.name = "changes"});
    topic_add(arena, list, o, (struct kafka_topic){.name = "state", .compacted = true});
    topic_add(arena, list, o,
        (struct kafka_topic){.name = "rejected", .partitions = 4, .message_max = KAFKA_MESSAGE_MAX_JOURNAL});
    topic_add(arena, list, o, (struct kafka_topic){.name = "notify.place", .compacted = true});
    topic_add(arena, list, o, (struct kafka_topic){.name = "notify.receipts", .compacted = true});
    topic_add(arena, list, o, (struct kafka_topic){.name = "redrive", .compacted = true});
    topic_add(arena, list, o, (struct kafka_topic){.name = "validate.control", .compacted = true});
}

static void topics_of_authority(struct arena *arena, topic_list *list, const struct options *o, const char *authority)
{
    const char *acts = str_format(arena, "%s.acts.%s", o->kafka.prefix, authority).data;
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->item[i].name, acts) == 0)
            return; /* named twice */
    topic_add(arena, list, o, (struct kafka_topic){.name = str_format(arena, "acts.%s", authority).data});
    topic_add(arena, list, o, (struct kafka_topic){.name = str_format(arena, "receipts.%s", authority).data});
}

/* Each must be ROOT or a level-1 code. */
static bool authorities_valid(const struct option_rest *rest)
{
    for (int i = 0; i < rest->count; i++) {
        struct str s = str_of(rest->item[i]);
        if (!str_equal(s, STR("ROOT")) && !code_is_level1(s)) {
            fprintf(stderr, "%s: %s is no authority: ROOT or a level-1 code like H26 was expected\n", program.name,
                rest->item[i]);
            return false;
        }
    }
    return true;
}

/* Subscribers must not bear the name of another account. */
static bool subscribers_valid(const struct option_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct str s = str_of(list->item[i]);
        if (s.len == 0 || rights_is_service(s.data) || str_equal(s, STR("ROOT")) || code_is_level1(s)) {
            fprintf(stderr, "%s: %s is no subscriber: a name that is neither an authority nor one of the registry's "
                            "own accounts was expected\n", program.name, s.data);
            return false;
        }
    }
    return true;
}

static struct status rights_make(struct arena *arena, const struct options *o, const struct option_rest *rest,
    struct kafka_client *client, struct log *log, struct fault *fault)
{
    kafka_rights list = {0};
    const char *prefix = o->kafka.prefix;
    if (o->rights)
        rights_services(arena, prefix, &list);
    for (int i = 0; o->rights && i < rest->count; i++)
        rights_authority(arena, prefix, rest->item[i], &list);
    for (size_t i = 0; i < o->subscribers.count; i++)
        rights_subscriber(arena, prefix, o->subscribers.item[i], &list);
    struct status s = kafka_rights_give(client, list.item, list.count, 60000, fault);
    if (status_failed(s))
        return s;
    for (size_t i = 0; o->rights && rights_transactional[i].account; i++)
        log_info(log, "rights on transactional ids are given by Kafka's own kafka-acls.sh",
            LOG_TEXT("options", str_format(arena, "--add --allow-principal User:%s --operation Write --operation Describe "
                "--resource-pattern-type prefixed --transactional-id %s%s", rights_transactional[i].account, prefix,
                rights_transactional[i].suffix).data));
    return status_ok();
}

/* A topic that was just made has no leader for a moment: until then its users would be turned away. */
static struct status topics_wait(struct kafka_client *client, const topic_list *list, struct fault *fault)
{
    struct backoff backoff = {.min_ms = 10, .max_ms = 500};
    for (size_t i = 0; i < list->count;) {
        int64_t low, high;
        struct status s = kafka_watermarks(client, list->item[i].name, 0, KAFKA_DEADLINE_MS, &low, &high, fault);
        if (s.class == STATUS_OK) {
            backoff_reset(&backoff);
            i++;
        } else if (s.class != STATUS_RETRY || backoff.tries == LEADER_TRIES || backoff_wait(&backoff)) {
            return s;
        }
    }
    return status_ok();
}

static struct status topics_make(struct arena *arena, const struct options *o, const struct option_rest *rest,
    struct log *log, struct fault *fault)
{
    topic_list list = {0};
    topics_of_registry(arena, &list, o);
    for (int i = 0; i < rest->count; i++)
        topics_of_authority(arena, &list, o, rest->item[i]);
    struct kafka_config config = {.log = log, .options = &o->kafka, .client_id = program.name};
    struct kafka_client client = {0};
    struct status s = kafka_consumer_open(&config, &(struct kafka_consumer_config){.group = NULL}, &client, fault);
    if (status_failed(s))
        goto out;
    if (!o->check)
        s = kafka_topics_create(&client, list.item, list.count, 60000, fault);
    if (!status_failed(s))
        s = kafka_topics_check(&client, list.item, list.count, 60000, fault);
    if (!status_failed(s) && !o->check)
        s = topics_wait(&client, &list, fault);
    if (!status_failed(s) && !o->check)
        s = rights_make(arena, o, rest, &client, log, fault);
out:
    kafka_close(&client);
    return s;
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_open(0);
    struct options options;
    struct option_rest rest;
    int code = arena ? option_parse(&program, argc, argv, &options, &rest, arena, stdout, stderr) : PROCESS_WORLD;
    if (code < 0 && (!authorities_valid(&rest) || !subscribers_valid(&options.subscribers))) {
        code = PROCESS_USAGE;
    } else if (code < 0) {
        struct log *log = log_open(program.name, (enum log_level)options.common.log_level,
            (enum log_format)options.common.log_format, 2);
        struct fault fault = {""};
        struct status s = topics_make(arena, &options, &rest, log, &fault);
        if (status_failed(s))
            log_error(log, "not all could be made", LOG_TEXT("code", s.code), LOG_TEXT("why", fault.text));
        code = process_exit_of(s);
        log_close(log);
    }
    if (arena)
        arena_close(arena);
    return code;
}
