#include <string.h>

#include "shell/process.h"
#include "shell/sender.h"

/* Another program that starts at the same time has a transaction open for a moment: one that hangs does not move. */
enum { ASK_MS = 10000, LOOKS = 4, LOOK_MS = 500, TAIL = 5000 };

/* A topic, and where its partition ends for those who read what is committed, and for those who read everything. */
struct end {
    const char *topic;
    int64_t low, committed, all;
    bool hangs;
    enum sender_word word; /* of what hangs */
};
typedef VEC(struct end) end_list;

struct mend {
    struct sender *sender;
    const struct kafka_config *config;
    const struct sender_mending *how;
    struct arena *arena;
    end_list ends;
};

static struct status ask_end(
    struct sender *sender, struct kafka_client *reader, struct end *end, bool again, struct fault *fault)
{
    int64_t low, committed;
    struct status s = kafka_watermarks(reader, end->topic, 0, ASK_MS, &low, &end->all, fault);
    if (!status_failed(s))
        s = kafka_watermarks(&sender->client, end->topic, 0, ASK_MS, &end->low, &committed, fault);
    if (status_failed(s))
        return s;
    end->hangs = committed < end->all && (!again || (end->hangs && committed == end->committed));
    end->committed = committed;
    return s;
}

/* Those that have hung at all looks so far keep `hangs`; *left: how many. */
static struct status look(
    struct sender *sender, struct kafka_client *reader, end_list *ends, bool again, size_t *left, struct fault *fault)
{
    *left = 0;
    for (size_t i = 0; i < ends->count; i++) {
        struct end *end = &ends->item[i];
        if (again && !end->hangs)
            continue;
        struct status s = ask_end(sender, reader, end, again, fault);
        if (status_failed(s))
            return s;
        *left += end->hangs;
    }
    return status_ok();
}

static struct status find_hanging(
    struct sender *sender, const struct kafka_config *config, end_list *ends, size_t *left, struct fault *fault)
{
    struct kafka_client reader = {0};
    struct kafka_config quiet = *config;
    quiet.log = NULL;
    struct status s = kafka_consumer_open(&quiet, &(struct kafka_consumer_config){.uncommitted = true}, &reader, fault);
    if (!status_failed(s))
        s = look(sender, &reader, ends, false, left, fault);
    for (int looks = 1; looks < LOOKS && !status_failed(s) && *left; looks++) {
        process_wait(-1, LOOK_MS);
        s = look(sender, &reader, ends, true, left, fault);
    }
    kafka_close(&reader);
    return s;
}

static struct status add_prefixed(
    struct sender *sender, struct arena *arena, const char *prefix, end_list *ends, struct fault *fault)
{
    const struct rd_kafka_metadata *metadata;
    struct status s = kafka_metadata(&sender->client, true, ASK_MS, &metadata, "looking for topics", fault);
    if (status_failed(s))
        return s;
    for (int i = 0; i < metadata->topic_cnt; i++) {
        struct str name = str_of(metadata->topics[i].topic);
        if (str_starts(name, str_of(prefix)) && !metadata->topics[i].err)
            *vec_push(arena, ends) = (struct end){.topic = str_copy(arena, name).data};
    }
    rd_kafka_metadata_destroy(metadata);
    return status_ok();
}

/* ---- what hangs -------------------------------------------------------------------------------------------------- */

/* From the first record that hangs to the end, by what the first says that says something. */
struct hanging {
    const struct mend *mend;
    enum sender_word word;
    struct str key, value; /* of the last */
    rd_kafka_headers_t *headers;
};

static void drop_headers(struct hanging *hanging)
{
    if (hanging->headers)
        rd_kafka_headers_destroy(hanging->headers);
    hanging->headers = NULL;
}

static bool take_hanging(const rd_kafka_message_t *message, void *user)
{
    struct hanging *hanging = user;
    struct arena *arena = hanging->mend->arena;
    const struct sender_mending *how = hanging->mend->how;
    if (hanging->word == SENDER_UNKNOWN && how->said)
        hanging->word = how->said(how->user, message, true);
    hanging->key = str_copy(arena, kafka_key(message));
    hanging->value = str_copy(arena, kafka_value(message));
    rd_kafka_headers_t *headers;
    drop_headers(hanging);
    if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
        hanging->headers = rd_kafka_headers_copy(headers);
    return true;
}

static struct status read_hanging(
    const struct mend *mend, const struct end *end, struct hanging *out, struct fault *fault)
{
    const struct kafka_setting all[] = {{"isolation.level", "read_uncommitted"}};
    struct kafka_config config = *mend->config;
    config.extra = all;
    config.extras = 1;
    *out = (struct hanging){.mend = mend};
    return kafka_scan(&config, end->topic, 0, end->committed, ASK_MS, take_hanging, out, fault);
}

static struct status read_words(struct mend *mend, bool *unsaid, struct fault *fault)
{
    struct status s = status_ok();
    for (size_t i = 1; i < mend->ends.count && !status_failed(s); i++) {
        struct hanging hanging;
        struct end *end = &mend->ends.item[i];
        if (!end->hangs)
            continue;
        s = read_hanging(mend, end, &hanging, fault);
        drop_headers(&hanging);
        end->word = hanging.word;
        *unsaid |= end->word == SENDER_UNSAID;
    }
    return s;
}

/* ---- what was told ----------------------------------------------------------------------------------------------- */

struct tail {
    const struct sender_mending *how;
    bool unsaid;
};

static bool take_told(const rd_kafka_message_t *message, void *user)
{
    struct tail *tail = user;
    tail->unsaid = tail->how->said(tail->how->user, message, false) == SENDER_UNSAID;
    return !tail->unsaid;
}

/* Was anything told that topic[0] does not speak of? */
static struct status look_for_told(const struct mend *mend, bool *out, struct fault *fault)
{
    struct tail tail = {.how = mend->how};
    struct status s = status_ok();
    for (size_t i = 1; i < mend->ends.count && !tail.unsaid && !status_failed(s); i++) {
        const struct end *end = &mend->ends.item[i];
        int64_t from = end->committed - end->low > TAIL ? end->committed - TAIL : end->low;
        if (from < end->committed)
            s = kafka_scan(mend->config, end->topic, 0, from, ASK_MS, take_told, &tail, fault);
    }
    *out = tail.unsaid;
    return s;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

/* What the transaction wrote last is written again, and all of it is committed with that. Waits until it can be read:
 * who goes on looks for it there. */
static struct status commit_first(struct mend *mend, struct fault *fault)
{
    struct hanging hanging;
    struct sender *sender = mend->sender;
    const struct end *end = &mend->ends.item[0];
    struct status s = read_hanging(mend, end, &hanging, fault);
    log_warn(sender->log, "the broker left a transaction undecided that was told in part: it is committed",
        LOG_TEXT("topic", end->topic), LOG_INT("from", end->committed), LOG_INT("end", end->all));
    if (!status_failed(s))
        s = sender_begin(sender, fault);
    if (!status_failed(s)) {
        s = sender_put(sender, end->topic, hanging.key, hanging.value, hanging.headers, fault);
        hanging.headers = NULL;
    }
    drop_headers(&hanging);
    if (!status_failed(s))
        s = sender_commit(sender, fault);
    return status_failed(s) ? s : sender_wait_seen(mend->config, end->topic, 0, end->all + 1, fault);
}

static bool is_to_abort(const struct mend *mend, size_t i, bool first)
{
    const struct end *end = &mend->ends.item[i];
    return end->hangs && (i == 0 ? first : end->word != SENDER_SAID);
}

static struct status abort_all(struct mend *mend, bool first, struct fault *fault)
{
    struct sender *sender = mend->sender;
    struct status s = sender_begin(sender, fault);
    for (size_t i = 0; i < mend->ends.count && !status_failed(s); i++) {
        const struct end *end = &mend->ends.item[i];
        if (!is_to_abort(mend, i, first))
            continue;
        log_warn(sender->log, "the broker left a transaction undecided: it is aborted", LOG_TEXT("topic", end->topic),
            LOG_INT("from", end->committed), LOG_INT("end", end->all));
        s = sender_put(sender, end->topic, STR("aborted"), STR("{}"), NULL, fault);
    }
    if (!status_failed(s))
        s = sender_flush(sender, fault);
    struct fault second;
    struct status aborted = sender->in_transaction ? sender_abort(sender, &second) : status_ok();
    if (!status_failed(s) && status_failed(aborted))
        *fault = second;
    return status_failed(s) ? s : aborted;
}

static struct status settle(struct mend *mend, struct fault *fault)
{
    bool unsaid = false, told = false, first = mend->ends.item[0].hangs;
    struct status s = mend->how->said ? mend->how->recall(mend->how->user, fault) : status_ok();
    if (!status_failed(s) && mend->how->said)
        s = read_words(mend, &unsaid, fault);
    if (!status_failed(s) && mend->how->said && first)
        s = look_for_told(mend, &told, fault);
    if (status_failed(s))
        return s;
    if (told)
        return commit_first(mend, fault);
    if (first || unsaid)
        return abort_all(mend, first, fault);
    for (size_t i = 1; i < mend->ends.count; i++)
        if (mend->ends.item[i].hangs)
            log_warn(mend->sender->log, "the broker left a committed transaction open: the next one here ends it",
                LOG_TEXT("topic", mend->ends.item[i].topic), LOG_INT("from", mend->ends.item[i].committed));
    return s;
}

struct status sender_mend(
    struct sender *sender, const struct kafka_config *config, const struct sender_mending *how, struct fault *fault)
{
    struct mend mend = {.sender = sender, .config = config, .how = how, .arena = arena_open(0)};
    size_t left = 0;
    for (size_t i = 0; i < how->topics; i++)
        *vec_push(mend.arena, &mend.ends) = (struct end){.topic = how->topic[i]};
    struct status s = how->prefix ? add_prefixed(sender, mend.arena, how->prefix, &mend.ends, fault) : status_ok();
    if (!status_failed(s))
        s = find_hanging(sender, config, &mend.ends, &left, fault);
    if (!status_failed(s) && left > 0)
        s = settle(&mend, fault);
    arena_close(mend.arena);
    return s;
}
