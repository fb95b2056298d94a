#include "mend.h"

#include <stdio.h>
#include <string.h>

#include "notify.h"
#include "shell/process.h"

/* Another notify that starts at the same time has a transaction open for a moment: one that hangs does not move. */
enum { ASK_MS = 10000, LOOKS = 4, LOOK_MS = 500 };

/* Where the place's topic ends for those who read what is committed, and for those who read everything. */
static struct status ask_ends(struct lane *lane, int64_t *committed, int64_t *all, struct fault *fault)
{
    int64_t low;
    struct kafka_client reader = {0};
    struct kafka_config quiet = lane->notifier->kafka;
    const char *topic = lane->topic[0].name;
    quiet.log = NULL;
    struct status s = kafka_consumer_open(&quiet, &(struct kafka_consumer_config){.uncommitted = true}, &reader, fault);
    if (!status_failed(s))
        s = kafka_watermarks(&reader, topic, 0, ASK_MS, &low, all, fault);
    kafka_close(&reader);
    if (!status_failed(s))
        s = kafka_watermarks(&lane->sender.client, topic, 0, ASK_MS, &low, committed, fault);
    return s;
}

static struct status put(struct lane *lane, const char *topic, struct fault *fault)
{
    return sender_put(&lane->sender, topic, STR("aborted"), STR("{}"), NULL, fault);
}

static struct status put_receipts(struct lane *lane, struct fault *fault)
{
    char head[256];
    const struct rd_kafka_metadata *metadata;
    int length = snprintf(head, sizeof head, "%s.receipts.", lane->notifier->kafka.options->prefix);
    rd_kafka_resp_err_t err = rd_kafka_metadata(lane->sender.client.rk, 1, NULL, &metadata, ASK_MS);
    if (err)
        return kafka_fail(fault, err, "looking for the receipts topics");
    struct status s = status_ok();
    for (int i = 0; i < metadata->topic_cnt && !status_failed(s); i++)
        if (strncmp(metadata->topics[i].topic, head, (size_t)length) == 0)
            s = put(lane, metadata->topics[i].topic, fault);
    rd_kafka_metadata_destroy(metadata);
    return s;
}

struct status mend_hanging(struct lane *lane, struct fault *fault)
{
    int64_t committed, all, first;
    struct status s = ask_ends(lane, &committed, &all, fault);
    first = committed;
    for (int look = 1; look < LOOKS && !status_failed(s) && committed == first && committed < all; look++) {
        process_wait(-1, LOOK_MS);
        s = ask_ends(lane, &committed, &all, fault);
    }
    if (status_failed(s) || committed != first || committed >= all)
        return s;
    log_warn(lane->notifier->log, "the broker left a transaction undecided: it is aborted, what it told is told again",
        LOG_TEXT("topic", lane->topic[0].name), LOG_INT("from", committed), LOG_INT("end", all));
    s = sender_begin(&lane->sender, fault);
    for (size_t i = 0; i < lane->topics && !status_failed(s); i++)
        s = put(lane, lane->topic[i].name, fault);
    if (!status_failed(s) && lane->kind->table == FEED_RECEIPTS)
        s = put_receipts(lane, fault);
    if (!status_failed(s))
        s = sender_flush(&lane->sender, fault);
    struct fault second;
    struct status aborted = lane->sender.in_transaction ? sender_abort(&lane->sender, &second) : status_ok();
    if (!status_failed(s) && status_failed(aborted))
        *fault = second;
    return status_failed(s) ? s : aborted;
}
