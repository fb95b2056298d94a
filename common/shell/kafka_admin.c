#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/time.h"
#include "shell/kafka.h"
#include "shell/kafka_call.h"

static long topic_message_max(const struct kafka_topic *topic)
{
    return topic->message_max > 0 ? topic->message_max : KAFKA_MESSAGE_MAX;
}

static rd_kafka_NewTopic_t *new_topic(const struct kafka_topic *topic)
{
    char error[256], bytes[24];
    int replicas = topic->replicas > 0 ? topic->replicas : 1;
    rd_kafka_NewTopic_t *made = rd_kafka_NewTopic_new(
        topic->name, topic->partitions > 0 ? topic->partitions : 1, replicas, error, sizeof error);
    if (made == NULL) {
        return NULL;
    }
    snprintf(bytes, sizeof bytes, "%ld", topic_message_max(topic));
    rd_kafka_NewTopic_set_config(made, "cleanup.policy", topic->compacted ? "compact" : "delete");
    rd_kafka_NewTopic_set_config(made, "retention.ms", "-1");
    rd_kafka_NewTopic_set_config(made, "retention.bytes", "-1");
    rd_kafka_NewTopic_set_config(made, "max.message.bytes", bytes);
    rd_kafka_NewTopic_set_config(made, "message.timestamp.type", topic->create_time ? "CreateTime" : "LogAppendTime");
    if (topic->create_time) {
        rd_kafka_NewTopic_set_config(made, "message.timestamp.before.max.ms", "9223372036854775807");
        rd_kafka_NewTopic_set_config(made, "message.timestamp.after.max.ms", "9223372036854775807");
    }
    if (topic->flush_each) {
        rd_kafka_NewTopic_set_config(made, "flush.messages", "1");
    }
    if (replicas >= 3) {
        rd_kafka_NewTopic_set_config(made, "min.insync.replicas", "2");
    }
    return made;
}

static struct status topics_wait(
    struct kafka_client *client, const struct kafka_topic *topic, size_t count, int timeout_ms, struct fault *fault)
{
    time_ms deadline = time_monotonic() + timeout_ms;
    for (size_t i = 0; i < count;) {
        int partitions = 0;
        struct status status = kafka_partitions(client, topic[i].name, 2000, &partitions, fault);
        if (!status_failed(status) && partitions > 0) {
            i++;
            continue;
        }
        if (time_monotonic() > deadline) {
            return status_fail(
                fault, STATUS_RETRY, "timeout", "topic %s was made but the broker does not show it", topic[i].name);
        }
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    return status_ok();
}

/* Brokers that were kept from their heartbeats count for none: for a moment there seem to be fewer than one. */
static rd_kafka_resp_err_t judge_creation(rd_kafka_resp_err_t err, const struct kafka_topic *topic, size_t count)
{
    bool single = true;
    for (size_t i = 0; i < count; i++) {
        single = single && topic[i].replicas <= 1;
    }
    return err == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS                   ? RD_KAFKA_RESP_ERR_NO_ERROR
           : err == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR && single ? RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE
                                                                           : err;
}

static struct status created(
    struct kafka_call *call, const struct kafka_topic *topic, size_t count, struct fault *fault)
{
    size_t results = 0;
    struct status status = status_ok();
    const rd_kafka_topic_result_t **result =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(call->event), &results);
    for (size_t i = 0; i < results && !status_failed(status); i++) {
        char what[300];
        rd_kafka_resp_err_t err = judge_creation(rd_kafka_topic_result_error(result[i]), topic, count);
        snprintf(what, sizeof what, "topic %s", rd_kafka_topic_result_name(result[i]));
        status = kafka_call_result(call, err, rd_kafka_topic_result_error_string(result[i]), what, fault);
    }
    return status;
}

struct status kafka_topics_create(
    struct kafka_client *client, const struct kafka_topic *topic, size_t count, int timeout_ms, struct fault *fault)
{
    struct kafka_call call;
    rd_kafka_NewTopic_t **made = calloc(count ? count : 1, sizeof *made);
    struct status status = status_ok();
    if (made == NULL) {
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        made[i] = new_topic(&topic[i]);
        if (made[i] == NULL) {
            status = status_fail(fault, STATUS_STOP, "topic-name", "cannot make a topic \"%s\"", topic[i].name);
            rd_kafka_NewTopic_destroy_array(made, i);
            free(made);
            return status;
        }
    }
    kafka_call_open(&call, client, RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout_ms);
    do {
        rd_kafka_CreateTopics(client->rk, made, count, call.options, call.queue);
        status = kafka_call_wait(&call, "creating topics", fault);
        if (!status_failed(status))
            status = created(&call, topic, count, fault);
    } while (kafka_call_again(&call));
    kafka_call_close(&call);
    rd_kafka_NewTopic_destroy_array(made, count);
    free(made);
    return status_failed(status) ? status : topics_wait(client, topic, count, timeout_ms, fault);
}

struct status kafka_topic_delete(struct kafka_client *client, const char *name, int timeout_ms, struct fault *fault)
{
    struct kafka_call call;
    rd_kafka_DeleteTopic_t *gone = rd_kafka_DeleteTopic_new(name);
    kafka_call_open(&call, client, RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout_ms);
    struct status status;
    do {
        rd_kafka_DeleteTopics(client->rk, &gone, 1, call.options, call.queue);
        status = kafka_call_wait(&call, name, fault);
        if (status_failed(status)) {
            continue;
        }
        size_t results = 0;
        const rd_kafka_topic_result_t **result =
            rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(call.event), &results);
        rd_kafka_resp_err_t err = results == 1 ? rd_kafka_topic_result_error(result[0]) : RD_KAFKA_RESP_ERR_NO_ERROR;
        if (err != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) {
            status = kafka_call_result(&call, err, NULL, name, fault);
        }
    } while (kafka_call_again(&call));
    kafka_call_close(&call);
    rd_kafka_DeleteTopic_destroy(gone);
    return status;
}

/* The described configuration of one topic; entries live until call_close. */
static struct status describe(struct kafka_client *client, const char *name, int timeout_ms, struct kafka_call *call,
    const rd_kafka_ConfigEntry_t ***entry, size_t *entries, struct fault *fault)
{
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    *entries = 0;
    kafka_call_open(call, client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, timeout_ms);
    struct status status;
    do {
        rd_kafka_DescribeConfigs(client->rk, &resource, 1, call->options, call->queue);
        status = kafka_call_wait(call, name, fault);
        if (status_failed(status)) {
            continue;
        }
        size_t results = 0;
        const rd_kafka_ConfigResource_t **result =
            rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(call->event), &results);
        rd_kafka_resp_err_t err = results == 1 ? rd_kafka_ConfigResource_error(result[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
        status = kafka_call_result(call, err, NULL, name, fault);
        if (!status_failed(status)) {
            *entry = rd_kafka_ConfigResource_configs(result[0], entries);
        }
    } while (kafka_call_again(call));
    rd_kafka_ConfigResource_destroy(resource);
    return status;
}

static const char *entry_value(const rd_kafka_ConfigEntry_t **entry, size_t entries, const char *key)
{
    for (size_t i = 0; i < entries; i++) {
        if (strcmp(rd_kafka_ConfigEntry_name(entry[i]), key) == 0) {
            const char *value = rd_kafka_ConfigEntry_value(entry[i]);
            return value ? value : "";
        }
    }
    return "";
}

static struct status topic_check(
    struct kafka_client *client, const struct kafka_topic *topic, int timeout_ms, struct fault *fault)
{
    static const char *const bounds[] = {"retention.ms", "retention.bytes"};
    struct kafka_call call;
    const rd_kafka_ConfigEntry_t **entry = NULL;
    size_t entries;
    struct status status = describe(client, topic->name, timeout_ms, &call, &entry, &entries, fault);
    if (!status_failed(status) && strstr(entry_value(entry, entries, "cleanup.policy"), "delete") != NULL) {
        for (size_t i = 0; i < 2 && !status_failed(status); i++) {
            const char *value = entry_value(entry, entries, bounds[i]);
            if (strcmp(value, "-1") != 0) {
                status = status_fail(fault, STATUS_STOP, "retention",
                    "topic %s would forget its records: %s is %s, it must be -1. Mend it with: kafka-configs.sh "
                    "--alter --topic %s --add-config %s=-1",
                    topic->name, bounds[i], value, topic->name, bounds[i]);
            }
        }
    }
    if (!status_failed(status)) {
        long long have = strtoll(entry_value(entry, entries, "max.message.bytes"), NULL, 10);
        if (have < topic_message_max(topic)) {
            status = status_fail(fault, STATUS_STOP, "message-max",
                "topic %s takes messages of %lld bytes at most, it must take %ld. Mend it with: kafka-configs.sh "
                "--alter --topic %s --add-config max.message.bytes=%ld",
                topic->name, have, topic_message_max(topic), topic->name, topic_message_max(topic));
        }
    }
    kafka_call_close(&call);
    return status;
}

struct status kafka_topics_check(
    struct kafka_client *client, const struct kafka_topic *topic, size_t count, int timeout_ms, struct fault *fault)
{
    for (size_t i = 0; i < count; i++) {
        struct status status = topic_check(client, &topic[i], timeout_ms, fault);
        if (status_failed(status)) {
            return status;
        }
    }
    return status_ok();
}

/* This librdkafka replaces a topic's whole configuration, so what was set on it before is sent again. */
struct status kafka_topic_set(struct kafka_client *client, const char *name, const char *key, const char *value,
    int timeout_ms, struct fault *fault)
{
    struct kafka_call read, write;
    const rd_kafka_ConfigEntry_t **entry = NULL;
    size_t entries;
    struct status status = describe(client, name, timeout_ms, &read, &entry, &entries, fault);
    if (status_failed(status)) {
        kafka_call_close(&read);
        return status;
    }
    rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, name);
    for (size_t i = 0; i < entries; i++) {
        if (rd_kafka_ConfigEntry_source(entry[i]) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG &&
            strcmp(rd_kafka_ConfigEntry_name(entry[i]), key) != 0) {
            rd_kafka_ConfigResource_set_config(
                resource, rd_kafka_ConfigEntry_name(entry[i]), rd_kafka_ConfigEntry_value(entry[i]));
        }
    }
    rd_kafka_ConfigResource_set_config(resource, key, value);
    kafka_call_close(&read);
    kafka_call_open(&write, client, RD_KAFKA_ADMIN_OP_ALTERCONFIGS, timeout_ms);
    do {
        rd_kafka_AlterConfigs(client->rk, &resource, 1, write.options, write.queue);
        status = kafka_call_wait(&write, name, fault);
        if (status_failed(status)) {
            continue;
        }
        size_t results = 0;
        const rd_kafka_ConfigResource_t **result =
            rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(write.event), &results);
        rd_kafka_resp_err_t err = results == 1 ? rd_kafka_ConfigResource_error(result[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
        status = kafka_call_result(&write, err, NULL, name, fault);
    } while (kafka_call_again(&write));
    kafka_call_close(&write);
    rd_kafka_ConfigResource_destroy(resource);
    return status;
}

struct status kafka_topic_get(struct kafka_client *client, const char *name, const char *key, char *out, size_t size,
    int timeout_ms, struct fault *fault)
{
    struct kafka_call call;
    const rd_kafka_ConfigEntry_t **entry = NULL;
    size_t entries;
    struct status status = describe(client, name, timeout_ms, &call, &entry, &entries, fault);
    if (!status_failed(status)) {
        snprintf(out, size, "%s", entry_value(entry, entries, key));
    }
    kafka_call_close(&call);
    return status;
}
