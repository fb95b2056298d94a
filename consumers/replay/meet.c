#include "meet.h"

#include <stdio.h>
#include <time.h>

#include "engine/store.h"
#include "progress.h"
#include "replay_sql.h"
#include "shell/hook.h"
#include "shell/process.h"

/* Under the lock no more than this is taken; the rest before. */
enum { FEW_RECORDS = 200, PAUSE_MS = 3, TAKE_MS = 5, IDLE_MS = 1000 };

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct status meet_open(struct meet *meet, struct drive *drive, struct fault *fault)
{
    *meet = (struct meet){.drive = drive, .idle_ms = IDLE_MS};
    return command_pg(drive->run, &meet->pg, fault);
}

void meet_close(struct meet *meet)
{
    pg_close(&meet->pg);
}

static struct status give_up(const struct meet *meet, const struct schema_place *live, struct fault *fault)
{
    char text[SCHEMA_PLACE_TEXT];
    const struct drive *drive = meet->drive;
    if (drive->engine.at.next_offset > live->next_offset)
        return status_fail(fault, STATUS_REJECT, "ahead",
            "schema %s has read to offset %lld, the live registry stands at %s: is its writer running?", drive->schema,
            (long long)drive->engine.at.next_offset, schema_place_format(live, text));
    return status_fail(fault, STATUS_REJECT, "no-meeting",
        "no moment was found in %d tries in which both stood at the same place; the live registry is at %s, schema %s "
        "at "
        "offset %lld",
        meet->tries, schema_place_format(live, text), drive->schema, (long long)drive->engine.at.next_offset);
}

static struct status stopping(struct fault *fault)
{
    return status_fail(fault, STATUS_RETRY, "stopping", "stopped: the live registry is as it was");
}

struct status meet_near(struct meet *meet, time_ms until, struct fault *fault)
{
    struct drive *drive = meet->drive;
    struct schema_place live;
    struct progress progress;
    int64_t from = drive->engine.at.next_offset;
    progress_begin(&progress, drive->run->log, "records read", 0, 0);
    for (;;) {
        size_t took = 0;
        struct status status = schema_place(&meet->pg, STORE_LIVE, &live, fault);
        int64_t behind = live.next_offset - drive->engine.at.next_offset;
        progress_at(&progress, drive->engine.at.next_offset - from, live.next_offset - from);
        if (status_failed(status) || (behind >= 0 && behind <= FEW_RECORDS)) {
            progress_end(&progress);
            return status;
        }
        if (behind > 0)
            status = drive_take(drive, live.next_offset, TAKE_MS, &took, fault);
        if (status_failed(status))
            return status;
        if (took == 0 && time_monotonic() > until)
            return give_up(meet, &live, fault);
        if (took == 0 && process_wait(-1, PAUSE_MS))
            return stopping(fault);
        if (process_stopping())
            return stopping(fault);
    }
}

/* Whatever happens to this process while it holds the lock, the server keeps it no longer: it ends statements that take
 * long, and the session, and with it the lock, when nothing is asked. The commit does not wait for the disk: what the
 * writer commits afterwards does, and takes it along. */
static struct status lock(struct meet *meet, int locked_max_ms, struct fault *fault)
{
    char sql[800];
    snprintf(sql, sizeof sql,
        "begin; set local lock_timeout = '1s'; set local synchronous_commit = off;"
        "set local idle_in_transaction_session_timeout = %d; set local search_path = " STORE_LIVE ", pg_temp;"
        "set local orgcode.locked_max_ms = %d; lock table place in exclusive mode; set local statement_timeout = %d; "
        "%s",
        locked_max_ms + meet->idle_ms, locked_max_ms, locked_max_ms + meet->idle_ms, sql_meet_begun);
    struct status status = pg_exec(&meet->pg, sql, fault);
    meet->begun_us = now_us();
    hook_point("locked");
    return status;
}

static bool late(const struct meet *meet, int locked_max_ms)
{
    return now_us() - meet->begun_us > (int64_t)locked_max_ms * 1000;
}

static const char *const mode_word[] = {[MODE_LIVE] = "live", [MODE_SCRIPTED] = "scripted"};

/* The records between the two places, which the other's writer has read as well. *level: both stand at the same place.
 */
static struct status close_up(struct meet *meet, int locked_max_ms, bool *level, struct fault *fault)
{
    struct drive *drive = meet->drive;
    struct schema_place live, other;
    *level = false;
    struct status status = schema_place(&meet->pg, STORE_LIVE, &live, fault);
    meet->place = live;
    if (status_failed(status) || live.step != 0 || live.next_offset < drive->engine.at.next_offset ||
        live.next_offset > drive->engine.at.next_offset + 2 * FEW_RECORDS)
        return status;
    while (drive->engine.at.next_offset < live.next_offset && !late(meet, locked_max_ms)) {
        size_t took;
        status = drive_take(drive, live.next_offset, 1, &took, fault);
        if (status_failed(status))
            return status;
    }
    if (drive->engine.at.next_offset != live.next_offset || drive->engine.at.place.step != 0)
        return status;
    status = schema_place(&meet->pg, drive->schema, &other, fault);
    if (status_failed(status))
        return status;
    *level = memcmp(live.exact.byte, other.exact.byte, sizeof live.exact.byte) == 0;
    if (*level || live.next_offset != other.next_offset)
        return status;
    if (live.mode != other.mode)
        return status_fail(fault, STATUS_STOP, "mode-differs", "%s is a %s registry, %s is a %s one", STORE_LIVE,
            mode_word[live.mode], drive->schema, mode_word[other.mode]);
    return status_fail(fault, STATUS_STOP, "heads-differ",
        "at offset %lld of the journal the places of %s and %s differ: change %lld and %lld, receipt %lld and %lld, or "
        "their chains' heads, or their origin marks",
        (long long)live.next_offset, STORE_LIVE, drive->schema, (long long)live.sequence, (long long)other.sequence,
        (long long)live.receipt, (long long)other.receipt);
}

/* After a try: the lock is given back. False: `*status` is the end of it. */
static bool again(struct meet *meet, struct status *status, time_ms until, struct fault *fault)
{
    struct fault ignored;
    bool lost = pg_lost(&meet->pg); /* held too long, see lock(); or the server is gone, which shows at once */
    bool longer = strcmp(status->code, "55P03") == 0 || strcmp(status->code, "57014") == 0;
    if (!lost && pg_exec(&meet->pg, "rollback", &ignored).class != STATUS_OK)
        lost = true;
    if (status_failed(*status) && !longer && !lost)
        return false;
    *status = status_ok();
    if (lost) {
        pg_close(&meet->pg);
        *status = command_pg(meet->drive->run, &meet->pg, fault);
    }
    if (!status_failed(*status) && time_monotonic() > until)
        *status = give_up(meet, &meet->place, fault);
    if (!status_failed(*status) && process_wait(-1, PAUSE_MS))
        *status = stopping(fault);
    return !status_failed(*status);
}

struct status meet_begin(struct meet *meet, int locked_max_ms, time_ms until, struct fault *fault)
{
    for (;;) {
        bool level = false;
        struct status status = meet_near(meet, until, fault);
        if (status_failed(status))
            return status;
        meet->tries++;
        status = lock(meet, locked_max_ms, fault);
        if (!status_failed(status))
            status = close_up(meet, locked_max_ms, &level, fault);
        if (!status_failed(status) && level && !late(meet, locked_max_ms))
            return status;
        if (!again(meet, &status, until, fault))
            return status;
    }
}

struct status meet_end(struct meet *meet, int64_t *locked_us, struct fault *fault)
{
    struct status status = pg_exec(&meet->pg, "rollback", fault);
    *locked_us = now_us() - meet->begun_us;
    return status;
}

/* By the server's clock, which does not count how long this process waits for its turn. A commit of its own brings both
 * to the disk. */
static struct status settle(struct meet *meet, int64_t *locked_us, struct fault *fault)
{
    PGresult *result = NULL;
    struct status status = schema_ask(&meet->pg, sql_meet_settle, NULL, &result, fault);
    if (status_failed(status))
        return status;
    *locked_us = pg_int8(result, 0, 0);
    PQclear(result);
    return status;
}

struct status meet_commit(struct meet *meet, const char *sql, int locked_max_ms, time_ms until, int64_t *locked_us,
    bool *done, struct fault *fault)
{
    int left = locked_max_ms - (int)((now_us() - meet->begun_us) / 1000);
    struct str all = str_format(meet->drive->run->arena,
        "set local statement_timeout = %d; %s; %s; set local statement_timeout = 0; commit; %s", left > 1 ? left : 1,
        sql, sql_meet_in_time, sql_meet_ended);
    struct status status = pg_exec(&meet->pg, all.data, fault);
    *done = !status_failed(status);
    if (*done)
        return settle(meet, locked_us, fault);
    if (!pg_lost(&meet->pg)) /* else nobody knows what came of it */
        again(meet, &status, until, fault);
    return status;
}

struct status meet_see(
    struct meet *meet, struct pair *pair, int locked_max_ms, time_ms until, int64_t *locked_us, struct fault *fault)
{
    struct fault second;
    struct status status = meet_begin(meet, locked_max_ms, until, fault);
    if (status_failed(status))
        return status;
    status = pair_see(pair, fault);
    struct status ended = meet_end(meet, locked_us, status_failed(status) ? &second : fault);
    return status_failed(status) ? status : ended;
}
