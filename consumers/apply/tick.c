#include "tick.h"

#include <stdio.h>

#include "shell/kafka_journal.h"

void tick_open(struct tick *tick, const struct kafka_config *kafka, const char *topic, struct log *log)
{
    *tick = (struct tick){.kafka = kafka, .topic = topic, .log = log, .backoff = {.min_ms = 500, .max_ms = 30000}};
}

void tick_close(struct tick *tick)
{
    if (tick->open) {
        rd_kafka_purge(tick->producer.rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        kafka_close(&tick->producer);
    }
    tick->open = false;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *client)
{
    (void)rk;
    if (message->err && message->err != RD_KAFKA_RESP_ERR__PURGE_QUEUE)
        log_warn(((struct kafka_client *)client)->log, "a tick was not delivered",
            LOG_TEXT("error", rd_kafka_err2name(message->err)));
}

static struct status open_producer(struct tick *tick, struct fault *fault)
{
    const struct kafka_producer_config producer = {
        .message_timeout_ms = 10000, .queue_max_kib = 64, .on_delivery = on_delivery};
    if (tick->open && rd_kafka_fatal_error(tick->producer.rk, NULL, 0))
        tick_close(tick);
    if (tick->open)
        return status_ok();
    struct status status = kafka_producer_open(tick->kafka, &producer, &tick->producer, fault);
    tick->open = !status_failed(status);
    return status;
}

static struct status send_tick(struct tick *tick, struct fault *fault)
{
    struct status status = open_producer(tick, fault);
    if (status_failed(status))
        return status;
    char empty[1] = ""; /* not null */
    struct arena *arena = arena_open(0);
    rd_kafka_headers_t *headers = kafka_journal_headers(arena, RECORD_TICK, NULL);
    rd_kafka_resp_err_t err = rd_kafka_producev(tick->producer.rk, RD_KAFKA_V_TOPIC(tick->topic),
        RD_KAFKA_V_PARTITION(0), RD_KAFKA_V_VALUE(empty, 0), RD_KAFKA_V_HEADERS(headers),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
    arena_close(arena);
    if (!err)
        return status_ok();
    rd_kafka_headers_destroy(headers);
    return kafka_fail(fault, err, "sending a tick");
}

void tick_serve(struct tick *tick, time_ms due)
{
    if (tick->open)
        rd_kafka_poll(tick->producer.rk, 0);
    if (due > time_now() || time_monotonic() < tick->next_at)
        return;
    struct fault fault = {0};
    struct status status = send_tick(tick, &fault);
    tick->next_at = time_monotonic() + backoff_next(&tick->backoff);
    tick->sent++;
    if (status_failed(status))
        log_warn(tick->log, "no tick could be sent", LOG_TEXT("error", status.code), LOG_TEXT("text", fault.text));
    else
        log_debug(tick->log, "tick sent", LOG_INT("due", due));
}

void tick_done(struct tick *tick)
{
    backoff_reset(&tick->backoff);
    tick->next_at = 0;
}
