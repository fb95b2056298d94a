#include "apply.h"

#include <malloc.h>
#include <stdio.h>

#include "engine/engine.h"
#include "feed.h"
#include "gauges.h"
#include "init.h"
#include "shell/process.h"
#include "tick.h"
#include "witness.h"

#define IDLE_MS 500
#define WRITING_MS 2 /* for more records, before what is under way is awaited */
#define TELL_MS 1000
#define REST_MS 200       /* nothing comes for so long: what a burst took is given back */
#define REST_RECORDS 1000 /* that is: so many since it was given back last */
#define PAUSE_MS 100      /* a journal cannot be deleted, made anew and filled beyond our place faster */
#define SHORT_MS 5000     /* an end of the journal before our place, for so long, is told */

struct apply {
    const struct apply_options *options;
    struct log *log;
    struct metrics *metrics;
    struct gauges gauges;
    char topic[256], group[256];
    struct kafka_config kafka;
    struct avro_reader *reader;
    struct store store, apart;
    bool store_open;
    struct engine engine;
    struct feed *feed;
    struct tick tick;
    int term;      /* the one that was begun; 0: none */
    time_ms begun; /* when, until a journal that is too short was told; else 0 */
    bool verified; /* the journal's record at the place is the one that was done last */
    struct backoff backoff;
    time_ms told_at, taken_at;
    int64_t rested; /* records taken by then */
};

/* ---- PostgreSQL
 * -------------------------------------------------------------------------------------------------------- */

/* Two sessions: one loads, the other writes. */
static struct status open_store(struct apply *apply, struct store *store, struct fault *fault)
{
    struct pg pg;
    struct status status = pg_open_wait(apply->options->pg.conninfo, "orgcode-apply", apply->log, 0, &pg, fault);
    return status_failed(status) ? status : store_open(store, pg, STORE_LIVE, apply->reader, fault);
}

static struct status connect_store(struct apply *apply, struct fault *fault)
{
    if (apply->store_open)
        return status_ok();
    struct status status = open_store(apply, &apply->store, fault);
    if (status_failed(status))
        return status;
    status = open_store(apply, &apply->apart, fault);
    if (status_failed(status)) {
        store_close(&apply->store);
        return status;
    }
    apply->store_open = true;
    struct engine_seen seen = apply->engine.seen;
    engine_open(&apply->engine, &apply->store, apply->log, apply->topic);
    engine_write_apart(&apply->engine, &apply->apart);
    apply->engine.seen = seen;
    return status;
}

static void disconnect_store(struct apply *apply)
{
    if (!apply->store_open)
        return;
    struct engine shown = {.seen = apply->engine.seen, .at = apply->engine.at};
    engine_close(&apply->engine);
    apply->engine = shown;
    store_close(&apply->store);
    store_close(&apply->apart);
    apply->store_open = false;
}

/* Both are begun anew when one is of no use. */
static void drop_lost(struct apply *apply)
{
    if (!apply->store_open)
        return;
    if (apply->engine.scribe)
        scribe_wait(apply->engine.scribe);
    if (pg_lost(&apply->store.pg) || pg_lost(&apply->apart.pg))
        disconnect_store(apply);
}

/* ---- the journal is the right one
 * ------------------------------------------------------------------------------------------ */

/* Genesis record and table agree; an empty journal is waited for. */
static struct status check_registry(struct apply *apply, struct fault *fault)
{
    struct backoff backoff = BACKOFF_USUAL;
    bool told = false;
    while (!process_stopping()) {
        struct genesis genesis;
        struct status status = connect_store(apply, fault);
        if (!status_failed(status))
            status = engine_start(&apply->engine, fault);
        if (!status_failed(status))
            status = genesis_read(&apply->kafka, apply->topic, &genesis, fault);
        const struct place *place = &apply->engine.at.place;
        char id[UUID_TEXT_SIZE], own[UUID_TEXT_SIZE];
        if (!status_failed(status) && genesis.found && !genesis.valid)
            return status_fail(
                fault, STATUS_STOP, "no-genesis", "the first record of %s is no genesis record", apply->topic);
        if (!status_failed(status) && genesis.found && place->born &&
            !uuid_equal(genesis.registry_id, place->registry_id))
            return status_fail(fault, STATUS_STOP, "other-registry",
                "%s is the journal of registry %s, the database holds registry %s", apply->topic,
                uuid_format(genesis.registry_id, id), uuid_format(place->registry_id, own));
        if (!status_failed(status) && !genesis.found && apply->engine.at.last_offset >= 0)
            return status_fail(fault, STATUS_STOP, "journal-lost", "%s is empty, the database has read it up to %lld",
                apply->topic, (long long)apply->engine.at.last_offset);
        if (!status_failed(status) && genesis.found)
            return status;
        if (status.class == STATUS_STOP || status.class == STATUS_REJECT)
            return status;
        if (status_failed(status)) {
            log_warn(apply->log, "cannot begin yet", LOG_TEXT("error", status.code), LOG_TEXT("text", fault->text));
            drop_lost(apply);
        } else if (!told) {
            log_info(apply->log, "the journal is empty: waiting for its genesis record (orgcode-apply init)");
            told = true;
        }
        metrics_beat(apply->metrics);
        process_alive();
        backoff_wait(&backoff);
    }
    return status_ok();
}

/* The first record of a term is the one done last: it must be the same bytes. */
static struct status verify(struct apply *apply, struct feed_batch *batch, struct fault *fault)
{
    const struct journal_place *at = &apply->engine.at;
    apply->verified = true;
    if (at->last_offset < 0)
        return status_ok();
    struct status status = witness_compare(at, batch->entry, apply->topic, fault);
    if (status_failed(status))
        return status;
    batch->entry++;
    batch->count--;
    return status_ok();
}

/* Nothing comes to verify. A journal that ends before the record at the place has lost its end, or its brokers are not
 * all back yet: either way nothing is done before the next record shows which. */
static void doubt_end(struct apply *apply)
{
    int64_t last = apply->engine.at.last_offset, end = feed_end(apply->feed);
    if (!apply->begun || last < 0 || end < 0 || end > last || time_monotonic() - apply->begun < SHORT_MS)
        return;
    apply->begun = 0;
    log_error(apply->log,
        "the journal ends before the record that this database has taken last: nothing is done until it has come back",
        LOG_PLACE(apply->topic, 0, last), LOG_INT("end", end));
}

/* ---- terms
 * ---------------------------------------------------------------------------------------------------------------------
 */

/* Reads the place and lets the journal be read from there. */
static struct status begin_term(struct apply *apply, int term, struct fault *fault)
{
    struct status status = connect_store(apply, fault);
    if (!status_failed(status))
        status = engine_start(&apply->engine, fault);
    if (status_failed(status))
        return status;
    const struct journal_place *at = &apply->engine.at;
    apply->verified = false;
    apply->term = term;
    apply->begun = time_monotonic();
    feed_begin(apply->feed, term, at->last_offset >= 0 ? at->last_offset : at->next_offset);
    log_info(apply->log, "active", LOG_PLACE(apply->topic, 0, at->next_offset), LOG_INT("record", at->place.record),
        LOG_INT("sequence", at->place.sequence), LOG_INT("receipt", at->place.receipt));
    return status;
}

/* What is not the end of the program begins the term anew. */
static struct status recover(struct apply *apply, struct status status, struct fault *fault)
{
    apply->term = 0;
    if (str_equal(str_of(status.code), STR("fenced"))) {
        gauges_count(&apply->gauges, GAUGE_FENCED, 1);
        log_warn(apply->log, "fenced: another writer moved the place, or the schema was swapped; reading it again");
        disconnect_store(apply);
        return status_ok();
    }
    if (status.class != STATUS_RETRY) /* rows that the tables refuse: nothing that waiting heals */
        return (struct status){STATUS_STOP, status.code};
    log_warn(apply->log, "interrupted, beginning again at the place", LOG_TEXT("error", status.code),
        LOG_TEXT("text", fault->text));
    if (str_equal(str_of(status.code), STR("place-taken"))) {
        int64_t ended = 0;
        status = store_evict(&apply->store, &ended, fault);
        log_warn(apply->log, "the place was kept by another session", LOG_INT("ended", ended));
        gauges_count(&apply->gauges, GAUGE_EVICTED, ended);
        if (!status_failed(status))
            return status;
    }
    drop_lost(apply);
    backoff_wait(&apply->backoff);
    return status_ok();
}

static bool live(const struct apply *apply)
{
    const struct place *place = &apply->engine.at.place;
    return place->born && place->mode == MODE_LIVE;
}

/* After a pause the records may be those of another journal: a consumer reads on where it was, whatever was made anew
 * under it. */
static struct status take(struct apply *apply, struct feed_batch *batch, struct fault *fault)
{
    struct status status = status_ok();
    if (!apply->verified)
        status = verify(apply, batch, fault);
    else if (!apply->engine.writing && apply->engine.at.last_offset >= 0 &&
             time_monotonic() - apply->taken_at > PAUSE_MS)
        status = witness_check(&apply->kafka, apply->topic, apply->reader, &apply->engine.at, fault);
    apply->taken_at = time_monotonic();
    if (status_failed(status) || batch->count == 0)
        return status;
    time_ms begun = time_monotonic();
    int64_t written = apply->engine.at.next_offset;
    status = engine_take(&apply->engine, batch->entry, batch->count, fault);
    if (apply->engine.at.next_offset > written)
        backoff_reset(&apply->backoff);
    if (!status_failed(status))
        gauges_batch(&apply->gauges, time_monotonic() - begun, batch->count);
    return status;
}

/* Nothing more has come: what is under way is awaited. */
static struct status settle(struct apply *apply, struct fault *fault)
{
    struct status status = engine_settle(&apply->engine, fault);
    if (status_failed(status))
        return status;
    backoff_reset(&apply->backoff);
    if (apply->engine.tick_read && apply->store.next_due > time_now())
        tick_done(&apply->tick);
    apply->engine.tick_read = false;
    return status;
}

/* Blocks of bursts and small things that stay, of the library's too, lie mixed: without this the whole peak would stay.
 */
static void rest(struct apply *apply)
{
    int64_t taken = apply->engine.seen.records;
    if (taken - apply->rested < REST_RECORDS || time_monotonic() - apply->taken_at < REST_MS)
        return;
    apply->rested = taken;
    malloc_trim(0);
}

static int wait_ms(const struct apply *apply)
{
    if (apply->engine.writing)
        return WRITING_MS;
    int64_t left = live(apply) ? apply->store.next_due - time_now() : INT64_MAX;
    return left > IDLE_MS ? IDLE_MS : left > 20 ? (int)left : 20;
}

static struct status active_round(struct apply *apply, struct fault *fault)
{
    struct feed_batch batch;
    struct status status = feed_next(apply->feed, apply->term, wait_ms(apply), &batch, fault);
    if (!status_failed(status) && batch.count > 0)
        status = take(apply, &batch, fault);
    else if (!status_failed(status) && apply->engine.writing)
        status = settle(apply, fault);
    else if (!status_failed(status) && !apply->verified)
        doubt_end(apply);
    else if (!status_failed(status) && live(apply))
        tick_serve(&apply->tick, apply->store.next_due);
    if (!status_failed(status) && batch.count == 0 && !apply->engine.writing)
        rest(apply);
    if (status_failed(status))
        return recover(apply, status, fault);
    if (time_monotonic() - apply->told_at > TELL_MS) {
        feed_tell(apply->feed, apply->engine.at.next_offset);
        apply->told_at = time_monotonic();
    }
    return status;
}

static struct status round_of(struct apply *apply, struct fault *fault)
{
    int term = feed_term(apply->feed);
    metrics_beat(apply->metrics);
    process_alive();
    gauges_show(&apply->gauges, &apply->engine, term != 0, feed_lag(apply->feed, apply->engine.at.next_offset),
        apply->tick.sent);
    if (term == 0) {
        if (apply->term != 0)
            log_info(apply->log, "standing by",
                LOG_TEXT("why", feed_lost(apply->feed) ? "this copy was not heard of for longer than its session"
                                                       : "the group gives the journal to another copy"));
        apply->term = 0;
    }
    if (term != 0 && term == apply->term)
        return active_round(apply, fault);
    struct status status = term == 0 ? feed_wait(apply->feed, 0, IDLE_MS, fault) : begin_term(apply, term, fault);
    return status_failed(status) ? recover(apply, status, fault) : status;
}

/* ---- the program
 * ------------------------------------------------------------------------------------------------------------- */

static struct status open_all(struct apply *apply, struct fault *fault)
{
    apply->reader = avro_reader_open(fault);
    if (!apply->reader)
        return (struct status){STATUS_STOP, "schemas"};
    struct status status = check_registry(apply, fault);
    if (status_failed(status) || process_stopping())
        return status;
    tick_open(&apply->tick, &apply->kafka, apply->topic, apply->log);
    const struct feed_config feed = {.kafka = &apply->kafka,
        .topic = apply->topic,
        .group = apply->group,
        .reader = apply->reader,
        .log = apply->log,
        .records_max = (size_t)apply->options->batch_records,
        .bytes_max = (size_t)apply->options->batch_bytes};
    return feed_open(&apply->feed, &feed, fault);
}

static void close_all(struct apply *apply)
{
    feed_close(apply->feed);
    tick_close(&apply->tick);
    disconnect_store(apply);
    if (apply->reader)
        avro_reader_close(apply->reader);
}

struct status apply_run(
    const struct apply_options *options, struct log *log, struct metrics *metrics, struct fault *fault)
{
    struct apply apply = {.options = options, .log = log, .metrics = metrics, .backoff = BACKOFF_USUAL};
    snprintf(apply.topic, sizeof apply.topic, "%s.journal", options->kafka.prefix);
    snprintf(apply.group, sizeof apply.group, "%s.apply", options->kafka.prefix);
    apply.kafka = (struct kafka_config){.log = log, .options = &options->kafka, .client_id = "orgcode-apply"};
    gauges_open(&apply.gauges, metrics);
    struct status status = open_all(&apply, fault);
    if (!status_failed(status) && !process_stopping()) {
        metrics_ready(metrics, true);
        process_ready();
        log_info(log, "ready, standing by", LOG_TEXT("topic", apply.topic), LOG_TEXT("group", apply.group));
    }
    while (!status_failed(status) && !process_stopping())
        status = round_of(&apply, fault);
    process_leaving();
    close_all(&apply);
    return status;
}
