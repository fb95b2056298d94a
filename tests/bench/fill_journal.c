#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/avro_act.h"
#include "codec/journal.h"
#include "national.h"
#include "shell/kafka.h"

/* orgcode-bench-fill BOOTSTRAP PREFIX [established|mixed] [ACTS] [SEED]
 *
 * Writes acts of a made-up nation into PREFIX.journal, as validate would have done: for measuring orgcode-apply alone.
 * The journal holds its genesis record (mode scripted) and nothing else. */

struct fill {
    struct kafka_client producer;
    char topic[256], acts[256];
    int64_t mark[NATIONAL_PROVINCES + 1];
    long failed;
};

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *client)
{
    (void)rk;
    struct fill *fill = ((struct kafka_client *)client)->user;
    fill->failed += message->err != RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void send_act(struct fill *fill, struct arena *arena, const struct act *act)
{
    static const time_ms at = (time_ms)NATIONAL_TODAY * DAY_MS;
    int i = act->authority.data[0] == 'R' ? NATIONAL_PROVINCES : atoi(act->authority.data + 1) - 1;
    int64_t offset = fill->mark[i]++;
    struct origin origin = {
        str_format(arena, "%s.%.*s", fill->acts, STR_ARG(act->authority)), act->authority, 0, offset, offset, at};
    struct journal_header header[JOURNAL_HEADERS_MAX];
    struct str value;
    avro_act_encode(arena, act, &value);
    size_t count = journal_headers(arena, RECORD_ACT, at, &origin, header);
    rd_kafka_headers_t *headers = rd_kafka_headers_new(count);
    for (size_t h = 0; h < count; h++)
        rd_kafka_header_add(headers, header[h].name.data, (ssize_t)header[h].name.len, header[h].value.data,
            (ssize_t)header[h].value.len);
    char *bytes = arena_copy(arena, value.data, value.len);
    while (rd_kafka_producev(fill->producer.rk, RD_KAFKA_V_TOPIC(fill->topic), RD_KAFKA_V_PARTITION(0),
               RD_KAFKA_V_KEY(act->authority.data, act->authority.len), RD_KAFKA_V_VALUE(bytes, value.len),
               RD_KAFKA_V_TIMESTAMP(at), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
               RD_KAFKA_V_END) == RD_KAFKA_RESP_ERR__QUEUE_FULL)
        rd_kafka_poll(fill->producer.rk, 50);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: %s BOOTSTRAP PREFIX [established|mixed] [ACTS] [SEED]\n", argv[0]);
        return 2;
    }
    bool mixed = argc > 3 && strcmp(argv[3], "mixed") == 0;
    long acts = argc > 4 ? atol(argv[4]) : 100000;
    struct fill fill = {0};
    struct fault fault = {0};
    snprintf(fill.topic, sizeof fill.topic, "%s.journal", argv[2]);
    snprintf(fill.acts, sizeof fill.acts, "%s.acts", argv[2]);
    struct log *log = log_open("bench-fill", LOG_LEVEL_WARN, LOG_FORMAT_AUTO, 2);
    const struct option_kafka options = {.bootstrap = argv[1], .prefix = argv[2]};
    const struct kafka_config config = {.log = log, .options = &options, .client_id = "bench-fill", .user = &fill};
    const struct kafka_producer_config producer = {.linger_ms = 20, .on_delivery = on_delivery};
    struct status status = kafka_producer_open(&config, &producer, &fill.producer, &fault);
    if (status_failed(status)) {
        fprintf(stderr, "%s\n", fault.text);
        return 3;
    }
    struct national *national = national_open(mixed, argc > 5 ? strtoull(argv[5], NULL, 10) : 1);
    struct arena *arena = arena_open(0);
    for (long i = 0; i < acts + NATIONAL_PROVINCES; i++) {
        send_act(&fill, arena, national_next(national, arena));
        arena_reset(arena);
        if (i % 1000 == 0)
            rd_kafka_poll(fill.producer.rk, 0);
    }
    rd_kafka_resp_err_t err = rd_kafka_flush(fill.producer.rk, 60000);
    printf("%ld records sent, %ld failed\n", acts + NATIONAL_PROVINCES, fill.failed);
    kafka_close(&fill.producer);
    national_close(national);
    arena_close(arena);
    log_close(log);
    return err || fill.failed ? 3 : 0;
}
