#include "flow.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"

struct flow *flows_add(struct flows *flows, const char *topic, int partition)
{
    struct flow *flow = calloc(1, sizeof *flow);
    if (flow == NULL || flows->count == FLOWS_MAX) {
        abort();
    }
    snprintf(flow->topic, sizeof flow->topic, "%s", topic);
    const char *dot = strrchr(flow->topic, '.');
    flow->authority = str_of(dot ? dot + 1 : flow->topic);
    flow->partition = partition;
    flow->committed = -1;
    flows->item[flows->count++] = flow;
    return flow;
}

struct flow *flows_find(const struct flows *flows, const char *topic, int partition)
{
    for (size_t i = 0; i < flows->count; i++) {
        if (flows->item[i]->partition == partition && strcmp(flows->item[i]->topic, topic) == 0) {
            return flows->item[i];
        }
    }
    return NULL;
}

struct entry *flow_push(struct flows *flows, struct flow *flow, rd_kafka_message_t *message)
{
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL) {
        abort();
    }
    entry->flow = flow;
    entry->message = message;
    entry->from = flow->next_from;
    entry->offset = message->offset;
    entry->time_ms = rd_kafka_message_timestamp(message, NULL);
    entry->check = crc64_avro(message->payload ? message->payload : "", message->len);
    entry->size = sizeof *entry + message->len + message->key_len;
    flow->next_from = message->offset + 1;
    if (flow->tail != NULL) {
        flow->tail->next = entry;
    } else {
        flow->head = entry;
    }
    flow->tail = entry;
    if (flow->unsent == NULL) {
        flow->unsent = entry;
    }
    flows->entries++;
    flows->bytes += entry->size;
    return entry;
}

static void take_head(struct flows *flows, struct flow *flow)
{
    struct entry *entry = flow->head;
    flow->head = entry->next;
    if (flow->head == NULL) {
        flow->tail = NULL;
    }
    flows->entries--;
    flows->bytes -= entry->size;
    if (entry->message != NULL) {
        rd_kafka_message_destroy(entry->message);
    }
    free(entry->refusal);
    free(entry);
}

void flow_settle(struct flows *flows, struct flow *flow)
{
    while (flow->head != NULL && flow->head->state == ENTRY_DONE) {
        const struct entry *entry = flow->head;
        flow->place = entry->offset + 1;
        flow->last = (struct witness){true, entry->offset, entry->time_ms, entry->check};
        if (flow->place > flow->reset.skip_to) {
            flow->reset.skip_to = 0; /* that entry covers what was skipped */
        }
        take_head(flows, flow);
    }
}

void flow_rewind(struct flows *flows, struct flow *flow)
{
    flow->unsent = NULL;
    while (flow->head != NULL) {
        take_head(flows, flow);
    }
    flow->next_from = flow->place;
}

void flows_drop(struct flows *flows)
{
    for (size_t i = 0; i < flows->count; i++) {
        flow_rewind(flows, flows->item[i]);
        free(flows->item[i]);
    }
    flows->count = 0;
}

void witness_format(const struct witness *witness, char out[WITNESS_TEXT_SIZE])
{
    snprintf(out, WITNESS_TEXT_SIZE, "1 %" PRId64 " %" PRId64 " %016" PRIx64, witness->offset, witness->time_ms,
        witness->check);
}

bool witness_parse(const char *text, size_t size, int64_t place, struct witness *out)
{
    char copy[WITNESS_TEXT_SIZE];
    *out = (struct witness){0};
    if (text == NULL || size >= sizeof copy) {
        return false;
    }
    memcpy(copy, text, size);
    copy[size] = '\0';
    if (sscanf(copy, "1 %" SCNd64 " %" SCNd64 " %" SCNx64, &out->offset, &out->time_ms, &out->check) != 3 ||
        out->offset != place - 1) {
        return false;
    }
    out->given = true;
    return true;
}
