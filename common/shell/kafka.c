#include "shell/kafka.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/time.h"
#include "shell/kafka_side.h"

#define FIELDS_MAX 64

/* The configuration while it is put together, and what to show of it. */
struct setup {
    rd_kafka_conf_t *conf;
    struct kafka_client *client;
    struct fault *fault;
    struct status status;
    struct kafka_setting shown[FIELDS_MAX];
    size_t count;
    char text[FIELDS_MAX][32]; /* numbers */
    size_t texts;
    char key[FIELDS_MAX][96]; /* names from -X */
};

static void set(struct setup *setup, const char *key, const char *value)
{
    char error[256];
    if (status_failed(setup->status)) {
        return;
    }
    if (rd_kafka_conf_set(setup->conf, key, value, error, sizeof error) != RD_KAFKA_CONF_OK) {
        setup->status = status_fail(setup->fault, STATUS_STOP, "kafka-setting", "Kafka property %s: %s", key, error);
        return;
    }
    size_t i = 0;
    while (i < setup->count && strcmp(setup->shown[i].key, key) != 0) {
        i++;
    }
    if (i < FIELDS_MAX) {
        setup->shown[i] = (struct kafka_setting){key, value};
        setup->count = i == setup->count ? i + 1 : setup->count;
    }
}

static void set_number(struct setup *setup, const char *key, long long value)
{
    char *text = setup->text[setup->texts < FIELDS_MAX ? setup->texts++ : FIELDS_MAX - 1];
    snprintf(text, sizeof setup->text[0], "%lld", value);
    set(setup, key, text);
}

/* What every client of ours has. */
static void set_common(struct setup *setup, const struct kafka_config *config)
{
    set(setup, "bootstrap.servers", config->options->bootstrap);
    set(setup, "client.id", config->client_id);
    set(setup, "socket.nagle.disable", "true");
    set(setup, "socket.keepalive.enable", "true");
    set(setup, "socket.timeout.ms", "30000");
    set(setup, "socket.connection.setup.timeout.ms", "10000");
    set(setup, "reconnect.backoff.ms", "100");
    set(setup, "reconnect.backoff.max.ms", "1000");
    set(setup, "log.connection.close", "false");
    set(setup, "allow.auto.create.topics", "false");
    set_number(setup, "message.max.bytes", KAFKA_MESSAGE_MAX_JOURNAL);
}

/* The program's extra settings, then the operator's. */
static void set_given(struct setup *setup, const struct kafka_config *config)
{
    for (size_t i = 0; i < config->extras; i++) {
        set(setup, config->extra[i].key, config->extra[i].value);
    }
    for (size_t i = 0; i < config->options->property.count; i++) {
        const char *item = config->options->property.item[i];
        const char *equals = strchr(item, '=');
        size_t length = equals ? (size_t)(equals - item) : 0;
        char *key = setup->key[i % FIELDS_MAX];
        if (length == 0 || length >= sizeof setup->key[0] || i >= FIELDS_MAX) {
            setup->status = status_fail(
                setup->fault, STATUS_STOP, "kafka-setting", "-X takes KEY=VALUE, at most %d of them", FIELDS_MAX);
            return;
        }
        memcpy(key, item, length);
        key[length] = '\0';
        set(setup, key, equals + 1);
    }
}

static void get(const struct setup *setup, const char *key, char *out, size_t size)
{
    out[0] = '\0';
    size_t room = size;
    if (rd_kafka_conf_get(setup->conf, key, out, &room) != RD_KAFKA_CONF_OK) {
        out[0] = '\0';
    }
}

/* librdkafka before 2.6.1 repeats its nonce in SCRAM, which today's brokers refuse as wrong credentials. */
static void check_scram(struct setup *setup)
{
    char protocol[64], mechanism[64];
    get(setup, "security.protocol", protocol, sizeof protocol);
    get(setup, "sasl.mechanisms", mechanism, sizeof mechanism);
    if (!status_failed(setup->status) && strncasecmp(protocol, "sasl", 4) == 0 &&
        strncasecmp(mechanism, "SCRAM", 5) == 0 && rd_kafka_version() < 0x020601ff) {
        setup->status = status_fail(setup->fault, STATUS_STOP, "scram",
            "SASL/SCRAM needs librdkafka 2.6.1 or newer, this is %s: its answers are refused by brokers of "
            "today as wrong credentials. Use mutual TLS (ssl.certificate.location, ssl.key.location), "
            "SASL/PLAIN over TLS or OAUTHBEARER",
            rd_kafka_version_str());
    }
}

static void show(const struct setup *setup)
{
    struct log_field field[FIELDS_MAX + 2];
    size_t count = 0;
    field[count++] = LOG_TEXT("client", setup->client->name);
    field[count++] = LOG_TEXT("librdkafka", rd_kafka_version_str());
    for (size_t i = 0; i < setup->count; i++) {
        const struct kafka_setting *s = &setup->shown[i];
        field[count++] = LOG_TEXT(s->key, log_is_secret(s->key) ? "***" : s->value);
    }
    log_write(setup->client->log, LOG_LEVEL_INFO, "kafka settings", field, count);
}

static void begin(struct setup *setup, const struct kafka_config *config, struct kafka_client *client, const char *kind,
    struct fault *fault)
{
    memset(setup, 0, sizeof *setup);
    memset(client, 0, sizeof *client);
    client->log = config->log;
    client->user = config->user;
    snprintf(client->name, sizeof client->name, "%s %s", config->client_id, kind);
    setup->conf = rd_kafka_conf_new();
    client->side = kafka_side_open(setup->conf, client);
    setup->client = client;
    setup->fault = fault;
    set_common(setup, config);
}

static struct status finish(struct setup *setup, const struct kafka_config *config, rd_kafka_type_t type)
{
    char error[512];
    struct kafka_client *client = setup->client;
    set_given(setup, config);
    check_scram(setup);
    if (!status_failed(setup->status)) {
        show(setup);
        client->rk = client->side->rk = rd_kafka_new(type, setup->conf, error, sizeof error);
        if (client->rk == NULL) {
            setup->status =
                status_fail(setup->fault, STATUS_STOP, "kafka-setting", "cannot make the Kafka client: %s", error);
        }
    }
    if (status_failed(setup->status)) {
        rd_kafka_conf_destroy(setup->conf);
        kafka_side_free(client->side);
        client->side = NULL;
    }
    return setup->status;
}

struct status kafka_producer_open(const struct kafka_config *config, const struct kafka_producer_config *producer,
    struct kafka_client *client, struct fault *fault)
{
    struct setup setup;
    int transaction_ms = producer->transaction_timeout_ms ? producer->transaction_timeout_ms : 10000;
    int message_ms = producer->message_timeout_ms;
    begin(&setup, config, client, "producer", fault);
    if (producer->message_max > 0) {
        set_number(&setup, "message.max.bytes", producer->message_max);
    }
    set(&setup, "enable.idempotence", "true");
    set(&setup, "acks", "all");
    set(&setup, "max.in.flight.requests.per.connection", "5");
    set(&setup, "retries", "2147483647");
    set(&setup, "retry.backoff.ms", "100");
    set(&setup, "request.timeout.ms", "10000");
    set(&setup, "compression.type", "lz4");
    set(&setup, "partitioner", "murmur2_random");
    set(&setup, "batch.size", "1000000");
    set(&setup, "batch.num.messages", "10000");
    set(&setup, "queue.buffering.max.messages", "100000");
    set_number(&setup, "queue.buffering.max.kbytes", producer->queue_max_kib ? producer->queue_max_kib : 16384);
    set_number(&setup, "linger.ms", producer->linger_ms);
    set(&setup, "topic.metadata.refresh.interval.ms", "60000");
    if (producer->transactional_id != NULL) {
        set(&setup, "transactional.id", producer->transactional_id);
        set_number(&setup, "transaction.timeout.ms", transaction_ms);
        message_ms = message_ms == 0 || message_ms > transaction_ms ? transaction_ms : message_ms;
    }
    set_number(&setup, "message.timeout.ms", message_ms);
    kafka_side_set_delivery(setup.conf, client->side, producer->on_delivery);
    return finish(&setup, config, RD_KAFKA_PRODUCER);
}

struct status kafka_consumer_open(const struct kafka_config *config, const struct kafka_consumer_config *consumer,
    struct kafka_client *client, struct fault *fault)
{
    struct setup setup;
    int session_ms = consumer->session_timeout_ms ? consumer->session_timeout_ms : 10000;
    int poll_ms = consumer->poll_interval_max_ms ? consumer->poll_interval_max_ms : 300000;
    begin(&setup, config, client, "consumer", fault);
    set(&setup, "group.id", consumer->group ? consumer->group : config->client_id);
    set(&setup, "enable.auto.commit", "false");
    set(&setup, "enable.auto.offset.store", "false");
    set(&setup, "auto.offset.reset", consumer->reset ? consumer->reset : "error");
    set(&setup, "partition.assignment.strategy", consumer->assignor ? consumer->assignor : "roundrobin");
    set_number(&setup, "session.timeout.ms", session_ms);
    set_number(&setup, "heartbeat.interval.ms", session_ms / 5);
    set_number(&setup, "max.poll.interval.ms", poll_ms > session_ms ? poll_ms : session_ms);
    set_number(&setup, "topic.metadata.refresh.interval.ms",
        consumer->metadata_refresh_ms ? consumer->metadata_refresh_ms : 5000);
    /* A full queue is looked at again only after a second: it must hold what is read in one. */
    set(&setup, "queued.min.messages", "50000");
    set_number(&setup, "queued.max.messages.kbytes", consumer->queue_max_kib ? consumer->queue_max_kib : 8192);
    set(&setup, "max.partition.fetch.bytes", "1048576");
    set(&setup, "fetch.max.bytes", "4194304");
    set(&setup, "receive.message.max.bytes", "8388608");
    set(&setup, "fetch.min.bytes", "1");
    set(&setup, "fetch.wait.max.ms", "100");
    set(&setup, "fetch.error.backoff.ms", "100");
    set(&setup, "check.crcs", "true");
    set(&setup, "isolation.level", consumer->uncommitted ? "read_uncommitted" : "read_committed");
    set(&setup, "enable.partition.eof", consumer->partition_eof ? "true" : "false");
    kafka_side_set_rebalance(setup.conf, client->side, consumer->on_rebalance);
    struct status status = finish(&setup, config, RD_KAFKA_CONSUMER);
    if (!status_failed(status)) {
        rd_kafka_poll_set_consumer(client->rk);
    }
    return status;
}

struct status kafka_status(rd_kafka_resp_err_t err)
{
    const char *name = rd_kafka_err2name(err);
    switch (err) {
    case RD_KAFKA_RESP_ERR_NO_ERROR:
        return status_ok();
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        return (struct status){STATUS_REJECT, name};
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE:
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION:
    case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        return (struct status){STATUS_STOP, name};
    default:
        return (struct status){STATUS_RETRY, name};
    }
}

struct status kafka_fail(struct fault *fault, rd_kafka_resp_err_t err, const char *what)
{
    struct status status = kafka_status(err);
    if (!status_failed(status)) {
        return status;
    }
    return status_fail(fault, status.class, status.code, "%s: %s", what, rd_kafka_err2str(err));
}

struct status kafka_error(struct fault *fault, rd_kafka_error_t *error, const char *what, bool *abortable)
{
    if (abortable != NULL) {
        *abortable = false;
    }
    if (error == NULL) {
        return status_ok();
    }
    struct status status = kafka_status(rd_kafka_error_code(error));
    enum status_class class = rd_kafka_error_is_fatal(error)       ? STATUS_STOP
                              : rd_kafka_error_is_retriable(error) ? STATUS_RETRY
                                                                   : status.class;
    if (rd_kafka_error_txn_requires_abort(error)) {
        class = STATUS_RETRY;
        if (abortable != NULL) {
            *abortable = true;
        }
    }
    status = status_fail(fault, class, status.code, "%s: %s", what, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return status;
}

struct str kafka_header(const rd_kafka_message_t *message, const char *name)
{
    rd_kafka_headers_t *headers;
    const void *value;
    size_t size;
    if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
        rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return STR_NONE;
    }
    return (struct str){value, size};
}

bool kafka_header_int(const rd_kafka_message_t *message, const char *name, long long *out)
{
    unsigned long long number;
    struct str text = kafka_header(message, name);
    if (!str_given(text) || !str_to_u64(text, &number) || number > INT64_MAX) {
        return false;
    }
    *out = (long long)number;
    return true;
}

void kafka_header_add(rd_kafka_headers_t *headers, const char *name, struct str value)
{
    rd_kafka_header_add(headers, name, -1, value.data, (ssize_t)value.len);
}

void kafka_header_add_int(rd_kafka_headers_t *headers, const char *name, long long value)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%lld", value);
    rd_kafka_header_add(headers, name, -1, text, length);
}
