#include "feed.h"

#include "core/law.h"
#include "notify_sql.h"
#include "shell/process.h"

#define FEED_CHANNEL "orgcode_change"

static const struct pg_statement statements[][2] = {
    [FEED_CHANGES] = {{"standing", sql_standing}, {"rows", sql_changes}},
    [FEED_RECEIPTS] = {{"standing", sql_standing}, {"rows", sql_receipts}},
};

struct status feed_open(struct feed *feed, struct fault *fault)
{
    struct status s = pg_open(feed->conninfo, "orgcode-notify", feed->log, &feed->pg, fault);
    if (status_failed(s))
        return s;
    s = pg_prepare(&feed->pg, statements[feed->table], 2, fault);
    if (!status_failed(s))
        s = pg_listen(&feed->pg, FEED_CHANNEL, fault);
    if (status_failed(s))
        feed_close(feed);
    return s;
}

static void clear(struct feed *feed)
{
    PQclear(feed->standing);
    PQclear(feed->rows);
    feed->standing = feed->rows = NULL;
    feed->count = 0;
}

void feed_close(struct feed *feed)
{
    clear(feed);
    pg_close(&feed->pg);
}

/* The standing is read first: rows up to it are there when the rows are read. */
struct status feed_fetch(
    struct feed *feed, struct arena *arena, int64_t told, struct feed_standing *out, struct fault *fault)
{
    clear(feed);
    struct status s = pg_run(&feed->pg, "standing", NULL, &feed->standing, fault);
    if (status_failed(s))
        return s;
    if (PQntuples(feed->standing) != 1)
        return status_fail(fault, STATUS_STOP, "no-place", "table orgcode.place has no row");
    *out = (struct feed_standing){.registry_id = pg_uuid(feed->standing, 0, 0),
        .epoch = pg_int4(feed->standing, 0, 1),
        .head = pg_int8(feed->standing, 0, feed->table == FEED_CHANGES ? 2 : 3)};
    if (out->head <= told)
        return s;
    struct pg_params params = PG_PARAMS(arena);
    pg_param_int8(&params, told);
    pg_param_int4(&params, FEED_ROWS_MAX);
    pg_param_int8(&params, FEED_BYTES_MAX);
    s = pg_run(&feed->pg, "rows", &params, &feed->rows, fault);
    if (!status_failed(s))
        feed->count = PQntuples(feed->rows);
    return s;
}

struct status feed_check_law(struct feed *feed, int column, struct fault *fault)
{
    for (int row = 0; row < feed->count; row++) {
        int version = pg_int4(feed->rows, row, column);
        if (law_of(version))
            continue;
        if (row == 0)
            return status_fail(fault, STATUS_STOP, "law",
                "%s %lld is of version %d of the rules, and this program knows them up to version %d: a newer program "
                "goes on from here",
                feed->table == FEED_CHANGES ? "change" : "receipt", (long long)pg_int8(feed->rows, row, FEED_NUMBER),
                version, law_newest()->version);
        feed->count = row;
    }
    return status_ok();
}

struct status feed_wait(struct feed *feed, int timeout_ms, bool *notified, struct fault *fault)
{
    struct status s = pg_notified(&feed->pg, notified, fault);
    if (status_failed(s) || *notified)
        return s;
    process_wait(PQsocket(feed->pg.conn), timeout_ms);
    return pg_notified(&feed->pg, notified, fault);
}
