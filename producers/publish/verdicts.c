#include "verdicts.h"

#include <stdlib.h>

struct route {
    char authority[8];
    int64_t acts;
    int64_t next; /* offset to read from */
};

/* One act that waits; a chain per slot. */
struct waiter {
    struct waiter *next;
    struct uuid id;
    char authority[8];
    struct verdict_line line;
};
#define SLOTS 65536

struct verdicts {
    struct kafka_client client;
    const char *prefix;
    verdict_take *take;
    void *user;
    struct route *route;
    size_t routes;
    struct waiter **slot; /* SLOTS */
    size_t waiting;
};

struct status verdicts_open(const struct kafka_config *kafka, const char *prefix, verdict_take *take, void *user,
    struct verdicts **out, struct fault *fault)
{
    struct verdicts *verdicts = calloc(1, sizeof *verdicts);
    struct waiter **slot = calloc(SLOTS, sizeof *slot);
    if (!verdicts || !slot) {
        free(verdicts);
        free(slot);
        return status_fail(fault, STATUS_STOP, "memory", "no memory");
    }
    *verdicts = (struct verdicts){.prefix = prefix, .take = take, .user = user, .slot = slot};
    struct kafka_consumer_config consumer = {.reset = "error"};
    struct status status = kafka_consumer_open(kafka, &consumer, &verdicts->client, fault);
    if (status_failed(status)) {
        verdicts_close(verdicts);
        return status;
    }
    *out = verdicts;
    return status_ok();
}

void verdicts_close(struct verdicts *verdicts)
{
    if (!verdicts)
        return;
    if (verdicts->client.rk)
        kafka_close(&verdicts->client);
    for (size_t i = 0; i < SLOTS; i++) {
        for (struct waiter *w = verdicts->slot[i], *next; w; w = next) {
            next = w->next;
            free(w);
        }
    }
    free(verdicts->slot);
    free(verdicts->route);
    free(verdicts);
}

static struct route *find_route(struct verdicts *verdicts, struct str authority)
{
    for (size_t i = 0; i < verdicts->routes; i++)
        if (str_compare(authority, str_of(verdicts->route[i].authority)) == 0)
            return &verdicts->route[i];
    return NULL;
}

/* The whole assignment anew, each partition where it stands. */
static struct status assign(struct verdicts *verdicts, struct fault *fault)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)verdicts->routes);
    for (size_t i = 0; i < verdicts->routes; i++) {
        char topic[256];
        snprintf(topic, sizeof topic, "%s.receipts.%s", verdicts->prefix, verdicts->route[i].authority);
        rd_kafka_topic_partition_list_add(list, topic, 0)->offset = verdicts->route[i].next;
    }
    rd_kafka_resp_err_t err = rd_kafka_assign(verdicts->client.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return err ? kafka_fail(fault, err, "receipts") : status_ok();
}

struct status verdicts_follow(
    struct verdicts *verdicts, struct str authority, int64_t acts, int64_t receipts, struct fault *fault)
{
    if (find_route(verdicts, authority))
        return status_ok();
    struct route *grown = realloc(verdicts->route, (verdicts->routes + 1) * sizeof *grown);
    if (!grown)
        return status_fail(fault, STATUS_STOP, "memory", "no memory");
    verdicts->route = grown;
    struct route *route = &grown[verdicts->routes++];
    *route = (struct route){.acts = acts, .next = receipts};
    snprintf(route->authority, sizeof route->authority, "%.*s", STR_ARG(authority));
    return assign(verdicts, fault);
}

static size_t slot_of(struct uuid id)
{
    return str_hash((struct str){(const char *)id.byte, sizeof id.byte}) % SLOTS;
}

bool verdicts_expect(struct verdicts *verdicts, struct str authority, struct uuid id, struct verdict_line line)
{
    struct waiter *waiter = malloc(sizeof *waiter);
    if (!waiter)
        return false;
    *waiter = (struct waiter){.id = id, .line = line};
    snprintf(waiter->authority, sizeof waiter->authority, "%.*s", STR_ARG(authority));
    struct waiter **end = &verdicts->slot[slot_of(id)];
    while (*end)
        end = &(*end)->next; /* of two equal acts the first sent is answered first */
    *end = waiter;
    verdicts->waiting++;
    return true;
}

static struct waiter *take_waiter(struct verdicts *verdicts, struct str authority, struct uuid id)
{
    for (struct waiter **at = &verdicts->slot[slot_of(id)]; *at; at = &(*at)->next) {
        struct waiter *waiter = *at;
        if (uuid_equal(waiter->id, id) && str_compare(authority, str_of(waiter->authority)) == 0) {
            *at = waiter->next;
            verdicts->waiting--;
            return waiter;
        }
    }
    return NULL;
}

static void take_receipt(struct verdicts *verdicts, struct route *route, const rd_kafka_message_t *message, bool *came)
{
    struct uuid id;
    if (!uuid_parse(kafka_key(message), &id))
        return; /* of an input that could not be read */
    json_t *receipt = json_loadb(message->payload, message->len, 0, NULL);
    const json_t *origin = json_object_get(receipt, "origin");
    const char *name = json_string_value(json_object_get(receipt, "verdict"));
    enum verdict verdict = name ? verdict_parse(str_of(name)) : VERDICT_NONE;
    /* further receipts (without an origin) answer no publishing, earlier ones another run's */
    if (verdict != VERDICT_NONE && origin && json_integer_value(json_object_get(origin, "offset")) >= route->acts) {
        struct str authority = str_of(route->authority);
        struct waiter *waiter = take_waiter(verdicts, authority, id);
        if (waiter) {
            verdicts->take(verdicts->user, waiter->line, authority, id, verdict, receipt);
            free(waiter);
            *came = true;
        }
    }
    json_decref(receipt);
}

struct status verdicts_poll(struct verdicts *verdicts, int timeout_ms, bool *came, struct fault *fault)
{
    *came = false;
    if (verdicts->routes == 0)
        return status_ok();
    struct status status = status_ok();
    rd_kafka_message_t *message;
    for (int left = 10000; left > 0 && (message = rd_kafka_consumer_poll(verdicts->client.rk, *came ? 0 : timeout_ms));
         left--) {
        if (message->err && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            status = kafka_fail(fault, message->err, message->rkt ? rd_kafka_topic_name(message->rkt) : "receipts");
            if (status.class == STATUS_RETRY)
                status = status_ok(); /* librdkafka goes on by itself; the caller has a deadline */
        } else if (!message->err) {
            struct str topic = str_of(rd_kafka_topic_name(message->rkt));
            size_t dot = topic.len;
            while (dot > 0 && topic.data[dot - 1] != '.')
                dot--;
            struct route *route = find_route(verdicts, (struct str){topic.data + dot, topic.len - dot});
            if (route) {
                route->next = message->offset + 1;
                take_receipt(verdicts, route, message, came);
            }
        }
        rd_kafka_message_destroy(message);
        if (status_failed(status))
            break;
        timeout_ms = 0;
    }
    return status;
}

size_t verdicts_waiting(const struct verdicts *verdicts)
{
    return verdicts->waiting;
}
