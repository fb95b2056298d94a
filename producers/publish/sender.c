#include "sender.h"

#include <stdlib.h>

#include "found.h"
#include "shell/backoff.h"
#include "shell/process.h"

#define SAVE_EACH_MS 500

/* An act between sending and the prefix. */
struct slot {
    struct sha256 chain;
    struct uuid act;
    int64_t offset; /* where it landed */
    size_t route;   /* index into `topic`; NO_ROUTE: it stood there already */
    bool done;
};
#define NO_ROUTE SIZE_MAX

struct topic {
    char authority[PROGRESS_AUTHORITY_SIZE];
    rd_kafka_topic_t *handle;
};

struct sender {
    struct sender_config config;
    struct kafka_client client;
    struct topic *topic;
    size_t topics, last_topic;
    struct slot *slot;   /* ring of SENDER_WINDOW */
    uint64_t head, tail; /* acts [head, tail) are in the ring */
    long long delivered, waiting;
    struct status failure;
    struct fault fault;
    time_ms moved, saved; /* monotonic: last acknowledgement, last save */
    bool unsaved;
    struct found found; /* behind the progress of the run before */
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    struct sender *sender = ((struct kafka_client *)opaque)->user;
    uint64_t number = (uint64_t)(uintptr_t)message->_private;
    sender->waiting--;
    if (message->err) {
        if (!status_failed(sender->failure))
            sender->failure = kafka_fail(&sender->fault, message->err, rd_kafka_topic_name(message->rkt));
        return;
    }
    struct slot *slot = &sender->slot[number % SENDER_WINDOW];
    slot->done = true;
    slot->offset = message->offset;
    sender->delivered++;
    sender->moved = time_monotonic();
    log_debug(sender->config.log, "act delivered", LOG_ACT(slot->act),
        LOG_PLACE(rd_kafka_topic_name(message->rkt), message->partition, message->offset));
}

struct status sender_open(const struct sender_config *config, struct sender **out, struct fault *fault)
{
    struct sender *sender = calloc(1, sizeof *sender);
    struct slot *slot = calloc(SENDER_WINDOW, sizeof *slot);
    if (!sender || !slot) {
        free(sender);
        free(slot);
        return status_fail(fault, STATUS_STOP, "memory", "no memory");
    }
    *sender = (struct sender){.config = *config, .slot = slot, .moved = time_monotonic(), .failure = status_ok()};
    struct kafka_config kafka = {
        .log = config->log, .options = config->kafka, .client_id = "orgcode-publish", .user = sender};
    struct kafka_producer_config producer = {
        .linger_ms = 5, .message_max = KAFKA_MESSAGE_MAX, .on_delivery = on_delivery};
    struct status status = kafka_producer_open(&kafka, &producer, &sender->client, fault);
    if (status_failed(status)) {
        sender_close(sender);
        return status;
    }
    *out = sender;
    return status_ok();
}

void sender_close(struct sender *sender)
{
    if (!sender)
        return;
    if (sender->client.rk) {
        rd_kafka_purge(sender->client.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        rd_kafka_flush(sender->client.rk, 1000);
        for (size_t i = 0; i < sender->topics; i++)
            rd_kafka_topic_destroy(sender->topic[i].handle);
        kafka_close(&sender->client);
    }
    free(sender->topic);
    free(sender->slot);
    found_clear(&sender->found);
    free(sender);
}

/* The end of a topic. Tries again while the brokers are away, as long as the options allow. */
static struct status ask_end(struct sender *sender, const char *topic, int64_t *out, struct fault *fault)
{
    struct backoff backoff = BACKOFF_USUAL;
    time_ms begun = time_monotonic();
    for (;;) {
        int64_t low;
        struct status status = kafka_watermarks(&sender->client, topic, 0, KAFKA_DEADLINE_MS, &low, out, fault);
        bool unknown = status_failed(status) && strcmp(status.code, "unknown-topic") == 0;
        if (status.class != STATUS_RETRY || unknown || time_monotonic() - begun > sender->config.give_up_ms)
            return status;
        if (backoff_wait(&backoff))
            return status_fail(fault, STATUS_RETRY, "stopping", "stopped by a signal");
    }
}

/* ---- going on after a run that was killed ----------------------------------------------------------------------- */

static struct status read_behind(
    struct sender *sender, const struct progress_route *route, bool *stale, struct fault *fault)
{
    char topic[256];
    snprintf(topic, sizeof topic, "%s.acts.%s", sender->config.kafka->prefix, route->authority);
    int64_t high;
    struct status status = ask_end(sender, topic, &high, fault);
    if (status_failed(status))
        return status;
    if (high < route->next) {
        *stale = true;
        return status_ok();
    }
    if (high == route->next)
        return status_ok();
    struct kafka_config kafka = {
        .log = sender->config.log, .options = sender->config.kafka, .client_id = "orgcode-publish", .user = sender};
    status = found_read(&sender->found, &kafka, topic, route->next, fault);
    if (status.class == STATUS_STOP) {
        log_warn(sender->config.log,
            "the topic cannot be read back: acts that were sent last may be sent again, and are "
            "then answered as duplicates",
            LOG_TEXT("topic", topic), LOG_TEXT("error", fault->text));
        return status_ok();
    }
    return status;
}

struct status sender_resume(struct sender *sender, struct fault *fault)
{
    struct progress *progress = sender->config.progress;
    char *cluster = rd_kafka_clusterid(sender->client.rk, KAFKA_DEADLINE_MS);
    if (!cluster)
        return status_fail(
            fault, STATUS_RETRY, "unreachable", "no broker answers at %s", sender->config.kafka->bootstrap);
    bool stale = progress->found && (strcmp(progress->cluster, cluster) != 0 ||
                                        strcmp(progress->prefix, sender->config.kafka->prefix) != 0);
    for (size_t i = 0; progress->found && !stale && i < progress->routes; i++) {
        struct status status = read_behind(sender, &progress->route[i], &stale, fault);
        if (status_failed(status)) {
            rd_kafka_mem_free(sender->client.rk, cluster);
            return status;
        }
    }
    if (stale) {
        log_warn(sender->config.log, "the state of the interrupted run belongs to other topics and is not used",
            LOG_TEXT("state", progress->path));
        progress_forget(progress);
        found_clear(&sender->found);
    }
    snprintf(progress->cluster, sizeof progress->cluster, "%s", cluster);
    snprintf(progress->prefix, sizeof progress->prefix, "%s", sender->config.kafka->prefix);
    rd_kafka_mem_free(sender->client.rk, cluster);
    return found_sort(&sender->found, fault);
}

bool sender_found(struct sender *sender, struct sha256 digest)
{
    return found_take(&sender->found, digest);
}

/* ---- sending ---------------------------------------------------------------------------------------------------- */

static struct status find_topic(struct sender *sender, struct str authority, size_t *out, struct fault *fault)
{
    if (sender->last_topic < sender->topics &&
        str_compare(authority, str_of(sender->topic[sender->last_topic].authority)) == 0) {
        *out = sender->last_topic;
        return status_ok();
    }
    for (size_t i = 0; i < sender->topics; i++) {
        if (str_compare(authority, str_of(sender->topic[i].authority)) == 0) {
            *out = sender->last_topic = i;
            return status_ok();
        }
    }
    char name[256];
    snprintf(name, sizeof name, "%s.acts.%.*s", sender->config.kafka->prefix, STR_ARG(authority));
    struct topic *grown = realloc(sender->topic, (sender->topics + 1) * sizeof *grown);
    if (!grown)
        return status_fail(fault, STATUS_STOP, "memory", "no memory");
    sender->topic = grown;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(sender->client.rk, name, NULL);
    if (!handle)
        return kafka_fail(fault, rd_kafka_last_error(), name);
    struct topic *topic = &sender->topic[sender->topics];
    snprintf(topic->authority, sizeof topic->authority, "%.*s", STR_ARG(authority));
    topic->handle = handle;
    *out = sender->last_topic = sender->topics++;
    return status_ok();
}

static struct status topic_end(
    struct sender *sender, const char *what, const char *authority, int64_t *out, struct fault *fault)
{
    char topic[256];
    snprintf(topic, sizeof topic, "%s.%s.%s", sender->config.kafka->prefix, what, authority);
    struct status status = ask_end(sender, topic, out, fault);
    if (status_failed(status) && strcmp(status.code, "unknown-topic") == 0)
        return status_fail(fault, STATUS_STOP, "unknown-topic",
            "there is no topic %s: the operator of the registry makes it when it lets authority %s in", topic,
            authority);
    return status;
}

struct status sender_begin(
    struct sender *sender, struct str authority, bool receipts, const struct progress_route **out, struct fault *fault)
{
    char name[PROGRESS_AUTHORITY_SIZE];
    snprintf(name, sizeof name, "%.*s", STR_ARG(authority));
    struct progress_route *route = progress_route(sender->config.progress, name);
    *out = route;
    if (!route)
        return status_fail(fault, STATUS_STOP, "memory", "no memory");
    bool fresh = route->first < 0, ask = receipts && route->receipts < 0;
    if (!fresh && !ask)
        return status_ok();
    int64_t end = -1;
    struct status status = ask ? topic_end(sender, "receipts", name, &route->receipts, fault) : status_ok();
    route->late = ask && !fresh;
    if (!status_failed(status) && fresh) {
        status = topic_end(sender, "acts", name, &end, fault);
        if (!status_failed(status))
            route->first = route->next = end;
    }
    return status_failed(status) ? status : progress_save(sender->config.progress, fault);
}

/* Moves the prefix over what is done. */
static void advance(struct sender *sender)
{
    struct progress *progress = sender->config.progress;
    while (sender->head < sender->tail) {
        struct slot *slot = &sender->slot[sender->head % SENDER_WINDOW];
        if (!slot->done)
            break;
        progress->acts++;
        progress->chain = slot->chain;
        if (slot->route != NO_ROUTE) {
            struct progress_route *route = progress_route(progress, sender->topic[slot->route].authority);
            if (route && slot->offset >= route->next)
                route->next = slot->offset + 1;
        }
        sender->head++;
        sender->unsaved = true;
    }
}

struct status sender_poll(struct sender *sender, int timeout_ms, struct fault *fault)
{
    rd_kafka_poll(sender->client.rk, timeout_ms);
    advance(sender);
    time_ms now = time_monotonic();
    if (sender->unsaved && now - sender->saved >= SAVE_EACH_MS) {
        sender->saved = now;
        sender->unsaved = false;
        struct status status = progress_save(sender->config.progress, fault);
        if (status_failed(status))
            return status;
    }
    if (!status_failed(sender->failure) && sender->waiting > 0 && now - sender->moved > sender->config.give_up_ms)
        sender->failure = status_fail(&sender->fault, STATUS_RETRY, "unreachable",
            "no broker has acknowledged anything for %d s", sender->config.give_up_ms / 1000);
    if (status_failed(sender->failure) && fault)
        *fault = sender->fault;
    return sender->failure;
}

/* A free slot in the ring. */
static struct status take_slot(
    struct sender *sender, struct sha256 chain, size_t route, struct slot **out, struct fault *fault)
{
    while (sender->tail - sender->head >= SENDER_WINDOW) {
        struct status status = sender_poll(sender, 100, fault);
        if (status_failed(status))
            return status;
        if (process_stopping())
            return status_fail(fault, STATUS_RETRY, "stopping", "stopped by a signal");
    }
    *out = &sender->slot[sender->tail % SENDER_WINDOW];
    **out = (struct slot){.chain = chain, .route = route};
    return status_ok();
}

struct status sender_pass(struct sender *sender, struct sha256 chain, struct fault *fault)
{
    struct slot *slot;
    struct status status = take_slot(sender, chain, NO_ROUTE, &slot, fault);
    if (status_failed(status))
        return status;
    slot->done = true;
    sender->tail++;
    advance(sender);
    return status_ok();
}

static void take_key(void *context, struct str code, enum code_role role)
{
    (void)role;
    struct str *key = context;
    if (!str_given(*key))
        *key = code;
}

struct status sender_send(
    struct sender *sender, const struct act *act, struct str frame, struct sha256 chain, struct fault *fault)
{
    size_t topic = 0;
    struct slot *slot;
    struct str key = STR_NONE;
    struct status status = find_topic(sender, act->authority, &topic, fault);
    if (!status_failed(status))
        status = take_slot(sender, chain, topic, &slot, fault);
    if (status_failed(status))
        return status;
    slot->act = act->id;
    act_each_code(act, take_key, &key);
    if (sender->waiting == 0)
        sender->moved = time_monotonic();
    while (rd_kafka_produce(sender->topic[topic].handle, 0, RD_KAFKA_MSG_F_COPY, (void *)(uintptr_t)frame.data,
               frame.len, key.data, key.len, (void *)(uintptr_t)sender->tail) != 0) {
        rd_kafka_resp_err_t err = rd_kafka_last_error();
        if (err != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            return kafka_fail(fault, err, sender->topic[topic].authority);
        status = sender_poll(sender, 100, fault);
        if (status_failed(status))
            return status;
        if (process_stopping())
            return status_fail(fault, STATUS_RETRY, "stopping", "stopped by a signal");
    }
    sender->tail++;
    sender->waiting++;
    return status_ok();
}

struct status sender_flush(struct sender *sender, struct fault *fault)
{
    while (sender->waiting > 0) {
        struct status status = sender_poll(sender, 100, fault);
        if (status_failed(status))
            return status;
        if (process_stopping())
            return status_fail(fault, STATUS_RETRY, "stopping", "stopped by a signal");
    }
    advance(sender);
    sender->unsaved = false;
    return progress_save(sender->config.progress, fault);
}

long long sender_delivered(const struct sender *sender)
{
    return sender->delivered;
}

long long sender_waiting(const struct sender *sender)
{
    return sender->waiting;
}
