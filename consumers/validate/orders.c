#include <inttypes.h>

#include "shell/process.h"
#include "validate.h"

#define LOOK_MS 5000
#define SCAN_MS 10000
#define FLUSH_MS 3000 /* what is under way may land before its place is left */

/* Moves a flow with nothing under way. To a place behind: what is sent again is known to apply by its origin. To one
 * ahead the place stays, and with it the origin of the next record sent: that record covers all that was skipped, so
 * that apply sees no gap. */
static void obey(struct validate *v, struct flow *flow, const struct reset_order *order)
{
    bool back = order->offset < flow->place, ahead = order->skip && order->offset > flow->place;
    log_warn(v->log,
        back    ? "reset: reading again"
        : ahead ? "reset: skipping acts"
                : "reset: nothing to do",
        LOG_PLACE(flow->topic, flow->partition, order->offset), LOG_INT("place", flow->place));
    flow->reset = (struct reset_note){.id = order->id, .skip_to = ahead ? order->offset : 0};
    flow->tell = true;
    if (back) {
        flow->place = flow->next_from = order->offset;
        flow->verify = flow->last.given = false;
    }
}

/* The flow that the order moves; NULL: it is not ours, or was moved. */
static struct flow *flow_of(struct validate *v, const rd_kafka_message_t *message, struct reset_order *order)
{
    arena_reset(v->arena);
    v->orders.next = message->offset + 1;
    if (!reset_decode(v->arena, kafka_key(message), kafka_value(message), order)) {
        log_warn(v->log, "not an order: passed over", LOG_PLACE(v->orders.topic, 0, message->offset));
        return NULL;
    }
    struct flow *flow = flows_find(&v->flows, order->topic.data, order->partition);
    return flow != NULL && flow->reset.id != order->id ? flow : NULL;
}

static bool take_stored(const rd_kafka_message_t *message, void *user)
{
    struct validate *v = user;
    struct reset_order order;
    struct flow *flow = flow_of(v, message, &order);
    if (flow != NULL) {
        obey(v, flow, &order);
    }
    return true;
}

struct status orders_read(struct validate *v)
{
    struct kafka_config config = {.log = v->log, .options = &v->options->kafka, .client_id = "orgcode-validate"};
    int partitions = 0;
    v->orders.look_at = time_monotonic() + LOOK_MS;
    snprintf(v->orders.topic, sizeof v->orders.topic, "%s." RESET_TOPIC, v->options->kafka.prefix);
    struct status status = kafka_partitions(&v->consumer, v->orders.topic, SCAN_MS, &partitions, &v->fault);
    if (status.class == STATUS_STOP) {
        log_warn(v->log, "no orders are taken: no right to read them", LOG_TEXT("text", v->fault.text));
        return status_ok();
    }
    v->orders.there = partitions > 0;
    v->orders.next = 0;
    if (status_failed(status) || partitions == 0) {
        return status;
    }
    return kafka_scan(&config, v->orders.topic, 0, RD_KAFKA_OFFSET_BEGINNING, SCAN_MS, take_stored, v, &v->fault);
}

/* Places can be left once nothing is under way from them. */
static void settle(struct validate *v)
{
    if (!relay_flush(v, FLUSH_MS)) {
        relay_restart(v);
    }
}

void orders_look(struct validate *v)
{
    int partitions = 0;
    if (v->orders.there || v->flows.count == 0 || time_monotonic() < v->orders.look_at) {
        return;
    }
    v->orders.look_at = time_monotonic() + LOOK_MS;
    if (status_failed(kafka_partitions(&v->consumer, v->orders.topic, SCAN_MS, &partitions, &v->fault)) ||
        partitions == 0) {
        return;
    }
    settle(v);
    if (status_failed(orders_read(v))) {
        v->orders.there = false;
    }
    intake_assign(v);
}

bool orders_take(struct validate *v, const rd_kafka_message_t *message)
{
    struct reset_order order;
    if (strcmp(rd_kafka_topic_name(message->rkt), v->orders.topic) != 0) {
        return false;
    }
    struct flow *flow = flow_of(v, message, &order);
    if (flow != NULL) {
        settle(v);
        obey(v, flow, &order);
        intake_assign(v);
        intake_commit(v, true);
    }
    return true;
}
