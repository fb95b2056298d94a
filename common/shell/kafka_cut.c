#include "shell/kafka_cut.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shell/kafka_call.h"
#include "shell/process.h"

#define BOUND "max.connections"
#define CUT "4" /* a node that is its own controller needs three for itself: with fewer it would shut itself out */
#define BROKERS_MAX 64
#define VALUE_SIZE 32

/* One broker, and the bound that an operator had set on it while it ran ("": none). */
struct broker {
    char id[16];
    char bound[VALUE_SIZE];
};

struct brokers {
    struct broker item[BROKERS_MAX];
    size_t count;
};

static struct status brokers_find(struct kafka_client *client, int timeout_ms, struct brokers *out, struct fault *fault)
{
    const struct rd_kafka_metadata *known;
    out->count = 0;
    struct status status = kafka_metadata(client, false, timeout_ms, &known, "finding the brokers", fault);
    if (status_failed(status))
        return status;
    for (int i = 0; i < known->broker_cnt && out->count < BROKERS_MAX; i++)
        snprintf(out->item[out->count++].id, sizeof out->item[0].id, "%d", known->brokers[i].id);
    rd_kafka_metadata_destroy(known);
    return status_ok();
}

/* Of a broker's settings those that were made while it runs, but for the bound, are copied to `kept`: this librdkafka
 * can only replace all of them at once. `bound`: the bound, "" for none. */
static struct status settings_keep(const rd_kafka_ConfigResource_t *has, const char *id,
    rd_kafka_ConfigResource_t *kept, char bound[VALUE_SIZE], struct fault *fault)
{
    size_t entries = 0;
    const rd_kafka_ConfigEntry_t **entry = rd_kafka_ConfigResource_configs(has, &entries);
    for (size_t i = 0; i < entries; i++) {
        const char *name = rd_kafka_ConfigEntry_name(entry[i]), *value = rd_kafka_ConfigEntry_value(entry[i]);
        if (rd_kafka_ConfigEntry_source(entry[i]) != RD_KAFKA_CONFIG_SOURCE_DYNAMIC_BROKER_CONFIG)
            continue;
        if (value == NULL)
            return status_fail(fault, STATUS_STOP, "secret-setting",
                "broker %s has a secret setting made while it runs, %s, which would be lost: put it into its file", id,
                name);
        if (strcmp(name, BOUND) == 0)
            snprintf(bound, VALUE_SIZE, "%s", value);
        else
            rd_kafka_ConfigResource_set_config(kept, name, value);
    }
    return status_ok();
}

static struct status settings_read(struct kafka_client *client, const char *id, rd_kafka_ConfigResource_t *kept,
    char bound[VALUE_SIZE], int timeout_ms, struct fault *fault)
{
    struct kafka_call call;
    const rd_kafka_ConfigResource_t *has = NULL;
    bound[0] = '\0';
    struct status status = kafka_call_settings(&call, client, id, timeout_ms, &has, fault);
    if (!status_failed(status))
        status = settings_keep(has, id, kept, bound, fault);
    kafka_call_close(&call);
    return status;
}

static struct status settings_write(
    struct kafka_client *client, rd_kafka_ConfigResource_t *wanted, int timeout_ms, struct fault *fault)
{
    static const char what[] = "setting a broker's bound on connections";
    struct kafka_call call;
    size_t results = 0;
    kafka_call_open(&call, client, RD_KAFKA_ADMIN_OP_ALTERCONFIGS, timeout_ms);
    struct status status;
    do {
        rd_kafka_AlterConfigs(client->rk, &wanted, 1, call.options, call.queue);
        status = kafka_call_wait(&call, what, fault);
        if (status_failed(status))
            continue;
        const rd_kafka_ConfigResource_t **result =
            rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(call.event), &results);
        rd_kafka_resp_err_t err = results == 1 ? rd_kafka_ConfigResource_error(result[0]) : RD_KAFKA_RESP_ERR__BAD_MSG;
        status = kafka_call_result(&call, err, NULL, what, fault);
    } while (kafka_call_again(&call));
    kafka_call_close(&call);
    return status;
}

/* Sets the bound of a broker ("": none); former: what it was. */
enum where { WHERE_ALL, WHERE_CUT /* where it is that of a cut */, WHERE_NOWHERE };
static struct status bound_set(struct kafka_client *client, const char *id, const char *bound, enum where where,
    char former[VALUE_SIZE], int timeout_ms, struct fault *fault)
{
    rd_kafka_ConfigResource_t *wanted = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, id);
    struct status status = settings_read(client, id, wanted, former, timeout_ms, fault);
    if (!status_failed(status) && (where == WHERE_ALL || (where == WHERE_CUT && strcmp(former, CUT) == 0))) {
        if (bound[0] != '\0')
            rd_kafka_ConfigResource_set_config(wanted, BOUND, bound);
        status = settings_write(client, wanted, timeout_ms, fault);
    }
    rd_kafka_ConfigResource_destroy(wanted);
    return status;
}

struct status kafka_cut(struct kafka_client *client, int hold_ms, int timeout_ms, struct fault *fault)
{
    struct brokers brokers;
    size_t bound = 0;
    struct status status = brokers_find(client, timeout_ms, &brokers, fault);
    for (; bound < brokers.count && !status_failed(status); bound++) {
        struct broker *broker = &brokers.item[bound];
        status = bound_set(client, broker->id, CUT, WHERE_ALL, broker->bound, timeout_ms, fault);
    }
    if (!status_failed(status))
        process_wait(-1, hold_ms); /* told to stop: at once back to what it was */
    for (size_t i = 0; i < bound; i++) {
        struct fault later;
        char was[VALUE_SIZE];
        const char *former = strcmp(brokers.item[i].bound, CUT) == 0 ? "" : brokers.item[i].bound;
        struct status back = bound_set(client, brokers.item[i].id, former, WHERE_CUT, was, timeout_ms, &later);
        if (status_failed(back) && !status_failed(status)) {
            *fault = later;
            status = back;
        }
    }
    return status;
}

struct status kafka_cut_mend(struct kafka_client *client, bool look, int timeout_ms, struct fault *fault)
{
    struct brokers brokers;
    char was[VALUE_SIZE];
    struct status status = brokers_find(client, timeout_ms, &brokers, fault);
    for (size_t i = 0; i < brokers.count && !status_failed(status); i++)
        status = bound_set(client, brokers.item[i].id, "", look ? WHERE_NOWHERE : WHERE_CUT, was, timeout_ms, fault);
    return status;
}
