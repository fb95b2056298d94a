#include <inttypes.h>
#include <stdlib.h>

#include "shell/process.h"
#include "validate.h"

#define GIVE_UP_MS 60000     /* asking the group for its places */
#define REVOKE_FLUSH_MS 3000 /* what is under way may still land before partitions are given up */
#define COMMIT_WAIT_MS 2000
#define PAUSE_AFTER_MS 1000 /* a window that stays full stops the reading, not the group's heartbeat */

static bool window_full(const struct validate *v)
{
    return v->flows.entries >= (size_t)v->options->window_records || v->flows.bytes >= (size_t)v->options->window_bytes;
}

static int64_t position(const struct flow *flow)
{
    if (flow->verify) {
        return flow->last.offset;
    }
    int64_t next = flow->next_from > flow->reset.skip_to ? flow->next_from : flow->reset.skip_to;
    return next > 0 ? next : RD_KAFKA_OFFSET_BEGINNING;
}

static rd_kafka_topic_partition_list_t *list_of(const struct flows *flows)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)flows->count + 1);
    for (size_t i = 0; i < flows->count; i++) {
        const struct flow *flow = flows->item[i];
        rd_kafka_topic_partition_list_add(list, flow->topic, flow->partition)->offset = position(flow);
    }
    return list;
}

void intake_assign(struct validate *v)
{
    rd_kafka_topic_partition_list_t *list = list_of(&v->flows);
    if (v->orders.there && list->cnt > 0) { /* read by every copy, whoever is given what by the group */
        rd_kafka_topic_partition_list_add(list, v->orders.topic, 0)->offset = v->orders.next;
    }
    rd_kafka_resp_err_t err = rd_kafka_assign(v->consumer.rk, list);
    if (v->paused) {
        rd_kafka_resume_partitions(v->consumer.rk, list);
    }
    rd_kafka_topic_partition_list_destroy(list);
    v->paused = false;
    v->full_since = 0;
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        log_warn(v->log, "assignment failed", LOG_TEXT("error", rd_kafka_err2name(err)));
        v->rejoin = true;
    }
}

static void pause_reading(struct validate *v)
{
    rd_kafka_topic_partition_list_t *list = list_of(&v->flows);
    rd_kafka_pause_partitions(v->consumer.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    v->paused = true;
    log_info(v->log, "reading paused: the journal takes nothing", LOG_INT("waiting", v->flows.entries));
}

/* rd_kafka_commit would wait for the coordinator for ever. */
static rd_kafka_resp_err_t commit_bounded(struct validate *v, rd_kafka_topic_partition_list_t *list)
{
    rd_kafka_queue_t *queue = rd_kafka_queue_new(v->consumer.rk);
    rd_kafka_resp_err_t err = rd_kafka_commit_queue(v->consumer.rk, list, queue, NULL, NULL);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, COMMIT_WAIT_MS);
        err = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
        if (event != NULL) {
            rd_kafka_event_destroy(event);
        }
    }
    rd_kafka_queue_destroy(queue);
    return err;
}

void intake_commit(struct validate *v, bool wait)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)v->flows.count + 1);
    for (size_t i = 0; i < v->flows.count; i++) {
        struct flow *flow = v->flows.item[i];
        bool witnessed = flow->last.given && flow->last.offset == flow->place - 1;
        if (!flow->tell && (flow->place == flow->committed || !witnessed)) {
            continue;
        }
        char text[WITNESS_TEXT_SIZE + RESET_NOTE_SIZE + 1], witness[WITNESS_TEXT_SIZE] = "", note[RESET_NOTE_SIZE];
        rd_kafka_topic_partition_t *part = rd_kafka_topic_partition_list_add(list, flow->topic, flow->partition);
        if (witnessed) {
            witness_format(&flow->last, witness);
        }
        reset_note_format(flow->reset, note);
        snprintf(text, sizeof text, "%s%s%s", witness, witness[0] && note[0] ? " " : "", note);
        wait = wait || flow->tell; /* somebody waits for that */
        part->offset = flow->place;
        part->metadata = strdup(text);
        part->metadata_size = part->metadata ? strlen(text) : 0;
        flow->committed = flow->place;
    }
    if (list->cnt > 0) {
        rd_kafka_resp_err_t err = wait ? commit_bounded(v, list) : rd_kafka_commit(v->consumer.rk, list, 1);
        if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            /* Not lost: what is not committed is sent again, and apply knows it by its origin. */
            log_info(v->log, "commit failed", LOG_TEXT("error", rd_kafka_err2name(err)));
        }
        for (size_t i = 0; wait && err == RD_KAFKA_RESP_ERR_NO_ERROR && i < v->flows.count; i++) {
            v->flows.item[i]->tell = false;
        }
    }
    rd_kafka_topic_partition_list_destroy(list);
    v->commit_at = time_monotonic() + v->options->commit_ms;
}

/* The group's places of the list, tried until they are known. */
static bool ask_places(struct validate *v, rd_kafka_topic_partition_list_t *list)
{
    struct backoff backoff = BACKOFF_USUAL;
    for (time_ms end = time_monotonic() + GIVE_UP_MS; time_monotonic() < end && !process_stopping();) {
        rd_kafka_resp_err_t err = rd_kafka_committed(v->consumer.rk, list, 5000);
        for (int i = 0; err == RD_KAFKA_RESP_ERR_NO_ERROR && i < list->cnt; i++) {
            err = list->elems[i].err;
        }
        if (err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            return true;
        }
        log_info(v->log, "the group's places are not known yet", LOG_TEXT("error", rd_kafka_err2name(err)));
        metrics_beat(v->metrics);
        backoff_wait(&backoff);
    }
    return false;
}

static void on_assigned(struct validate *v, rd_kafka_topic_partition_list_t *list)
{
    flows_drop(&v->flows);
    if (list->cnt >= FLOWS_MAX || !ask_places(v, list)) {
        intake_assign(v); /* of nothing: without an answer the library would never join again */
        v->rejoin = true;
        return;
    }
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *part = &list->elems[i];
        struct flow *flow = flows_add(&v->flows, part->topic, part->partition);
        flow->place = part->offset > 0 ? part->offset : 0;
        flow->committed = part->offset >= 0 ? part->offset : -1;
        flow->next_from = flow->place;
        flow->verify = flow->place > 0 && witness_parse(part->metadata, part->metadata_size, flow->place, &flow->last);
        flow->reset = reset_note_parse(part->metadata, part->metadata_size);
        log_debug(
            v->log, "assigned", LOG_PLACE(flow->topic, flow->partition, flow->place), LOG_BOOL("verify", flow->verify));
    }
    if (status_failed(orders_read(v))) {
        log_warn(v->log, "orders cannot be read: joining again", LOG_TEXT("text", v->fault.text));
        flows_drop(&v->flows);
        v->rejoin = true;
    }
    intake_assign(v);
}

/* True: nothing is under way. */
static bool finish(struct validate *v)
{
    bool lost = rd_kafka_assignment_lost(v->consumer.rk);
    bool clean = relay_flush(v, lost ? 0 : REVOKE_FLUSH_MS);
    if (!lost) {
        intake_commit(v, true);
    }
    return clean;
}

static void on_revoked(struct validate *v)
{
    if (!finish(v)) {
        relay_restart(v); /* what did not land must not land later, from here */
    }
    if (v->paused) { /* librdkafka would remember it for the next owner of the topic in this process: us */
        rd_kafka_topic_partition_list_t *list = list_of(&v->flows);
        rd_kafka_resume_partitions(v->consumer.rk, list);
        rd_kafka_topic_partition_list_destroy(list);
        v->paused = false;
    }
    relay_forget(v);
    rd_kafka_assign(v->consumer.rk, NULL);
}

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t err, rd_kafka_topic_partition_list_t *list, void *opaque)
{
    struct kafka_client *client = opaque;
    struct validate *v = client->user;
    bool assigned = err == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    log_info(v->log, assigned ? "partitions assigned" : "partitions revoked", LOG_INT("count", list->cnt),
        LOG_BOOL("lost", rd_kafka_assignment_lost(rk)));
    metric_add(v->m.rebalances, 1);
    if (assigned) {
        on_assigned(v, list);
        metrics_ready(v->metrics, true);
    } else {
        on_revoked(v);
    }
}

/* "^orgcode\.acts\.[^.]+$" */
static void pattern_of(const char *prefix, char *out, size_t size)
{
    size_t at = 0;
    out[at++] = '^';
    for (; *prefix != '\0' && at + 24 < size; prefix++) {
        if (strchr(".+*?[]()|\\^$", *prefix) != NULL) {
            out[at++] = '\\';
        }
        out[at++] = *prefix;
    }
    snprintf(out + at, size - at, "\\.acts\\.[^.]+$");
}

static struct status subscribe(struct validate *v)
{
    char pattern[512];
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    pattern_of(v->options->kafka.prefix, pattern, sizeof pattern);
    rd_kafka_topic_partition_list_add(list, pattern, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t err = rd_kafka_subscribe(v->consumer.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return kafka_fail(&v->fault, err, pattern);
}

struct status intake_open(struct validate *v)
{
    char group[256];
    if (v->options->group != NULL) {
        snprintf(group, sizeof group, "%s", v->options->group);
    } else {
        snprintf(group, sizeof group, "%s.validate", v->options->kafka.prefix);
    }
    /* a backlog is fetched packed: one answer may be many times its size when it is unpacked */
    const struct kafka_setting small[] = {{"fetch.max.bytes", "2162688"}, {"max.partition.fetch.bytes", "262144"}};
    struct kafka_config config = {.log = v->log,
        .options = &v->options->kafka,
        .client_id = "orgcode-validate",
        .user = v,
        .extra = small,
        .extras = sizeof small / sizeof *small};
    struct kafka_consumer_config consumer = {.group = group,
        .assignor = "roundrobin",
        .reset = "earliest",
        .queue_max_kib = 4096,
        .session_timeout_ms = (int)v->options->session_ms,
        .metadata_refresh_ms = 5000,
        .on_rebalance = on_rebalance};
    struct status status = kafka_consumer_open(&config, &consumer, &v->consumer, &v->fault);
    return status_failed(status) ? status : subscribe(v);
}

/* The topic is not the one that the place was in: all of the new one is read. */
static void restart_flow(struct validate *v, struct flow *flow, const char *why, int64_t offset)
{
    log_warn(v->log, "the topic was made anew: reading it from its beginning",
        LOG_PLACE(flow->topic, flow->partition, offset), LOG_TEXT("why", why), LOG_INT("place", flow->place));
    metric_add(v->m.recreated, 1);
    flow->verify = false;
    flow->next_from = flow->reset.skip_to = 0;
}

/* The first record after an assignment is the one before the place, unless the topic is another. True: it is known, the
 * reading goes on behind it. */
static bool is_witness(struct validate *v, struct flow *flow, const rd_kafka_message_t *message, bool *reassign)
{
    struct witness seen = {true, message->offset, rd_kafka_message_timestamp(message, NULL),
        crc64_avro(message->payload ? message->payload : "", message->len)};
    flow->verify = false;
    if (seen.offset > flow->last.offset) {
        log_warn(
            v->log, "the record before the place is gone", LOG_PLACE(flow->topic, flow->partition, flow->last.offset));
        return false;
    }
    if (seen.offset == flow->last.offset && seen.time_ms == flow->last.time_ms && seen.check == flow->last.check) {
        return true;
    }
    restart_flow(v, flow,
        seen.offset == flow->last.offset ? "another record before the place" : "the place is behind its end",
        seen.offset);
    *reassign = seen.offset != 0;
    return false;
}

static void take(struct validate *v, rd_kafka_message_t *message)
{
    if (orders_take(v, message)) {
        rd_kafka_message_destroy(message);
        return;
    }
    struct flow *flow = flows_find(&v->flows, rd_kafka_topic_name(message->rkt), message->partition);
    bool reassign = false;
    if (flow == NULL) {
        rd_kafka_message_destroy(message);
        return;
    }
    bool known = flow->verify && is_witness(v, flow, message, &reassign);
    if (known && flow->reset.skip_to > flow->next_from) {
        reassign = true;
    }
    if (known || reassign) {
        rd_kafka_message_destroy(message);
    }
    if (reassign) {
        intake_assign(v);
    }
    if (known || reassign) {
        return;
    }
    if (message->offset < flow->next_from) {
        restart_flow(v, flow, "offsets begin again", message->offset);
    }
    if (message->offset < flow->reset.skip_to) {
        rd_kafka_message_destroy(message);
        return;
    }
    relay_take(v, flow_push(&v->flows, flow, message));
}

static void on_consumer_error(struct validate *v, const rd_kafka_message_t *message)
{
    struct status status = kafka_status(message->err);
    bool one_topic = message->err == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    log_warn(v->log, "reading failed", LOG_TEXT("error", rd_kafka_err2name(message->err)),
        LOG_TEXT("text", rd_kafka_message_errstr(message)));
    if (status.class == STATUS_STOP && !one_topic) {
        v->fatal = kafka_fail(&v->fault, message->err, "reading the acts topics");
    }
}

static bool may_read(struct validate *v)
{
    if (!window_full(v)) {
        v->full_since = 0;
        /* Half a window of room, so that pausing does not flap. */
        if (v->paused && v->flows.entries <= (size_t)v->options->window_records / 2 &&
            v->flows.bytes <= (size_t)v->options->window_bytes / 2) {
            intake_assign(v);
            log_info(v->log, "reading goes on");
        }
        return true;
    }
    if (v->full_since == 0) {
        v->full_since = time_monotonic();
    }
    if (!v->paused && time_monotonic() - v->full_since > PAUSE_AFTER_MS) {
        pause_reading(v);
    }
    return v->paused; /* polled on for the group's sake */
}

void intake_serve(struct validate *v, int timeout_ms)
{
    if (v->rejoin) {
        v->rejoin = false;
        rd_kafka_unsubscribe(v->consumer.rk);
        v->fatal = subscribe(v);
        return;
    }
    for (int i = 0; i < 64 && !v->broken && !status_failed(v->fatal); i++) {
        if (!may_read(v)) {
            relay_serve(v, 10);
            return;
        }
        rd_kafka_message_t *message = rd_kafka_consumer_poll(v->consumer.rk, i == 0 ? timeout_ms : 0);
        if (message == NULL) {
            break;
        }
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            on_consumer_error(v, message);
            rd_kafka_message_destroy(message);
        } else {
            take(v, message);
        }
    }
    if (time_monotonic() >= v->commit_at) {
        intake_commit(v, false);
        orders_look(v);
    }
}

void intake_close(struct validate *v)
{
    if (v->consumer.rk == NULL) {
        return;
    }
    finish(v);
    relay_close(v);
    kafka_close(&v->consumer);
}

void intake_measure(struct validate *v)
{
    int64_t lag = 0;
    time_ms oldest = 0;
    for (size_t i = 0; i < v->flows.count; i++) {
        const struct flow *flow = v->flows.item[i];
        int64_t low, high;
        if (rd_kafka_get_watermark_offsets(v->consumer.rk, flow->topic, flow->partition, &low, &high) ==
                RD_KAFKA_RESP_ERR_NO_ERROR &&
            high > flow->place) {
            lag += high - flow->place;
        }
        if (flow->head != NULL && (oldest == 0 || flow->head->time_ms < oldest)) {
            oldest = flow->head->time_ms;
        }
    }
    metric_set(v->m.lag, lag);
    metric_set(v->m.oldest_ms, oldest > 0 && time_now() > oldest ? time_now() - oldest : 0);
    metric_set(v->m.partitions, (int64_t)v->flows.count);
    metric_set(v->m.waiting, (int64_t)v->flows.entries);
}
