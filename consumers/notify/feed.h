#ifndef ORGCODE_NOTIFY_FEED_H
#define ORGCODE_NOTIFY_FEED_H

#include "base/arena.h"
#include "base/status.h"
#include "shell/pg.h"

/* What stands in one table of PostgreSQL behind a place. Rows are committed when they are seen here, and flushed too:
 * apply commits with synchronous_commit=on, and such a commit is flushed before anybody can see it. */

enum feed_table { FEED_CHANGES, FEED_RECEIPTS };

struct feed {
    const char *conninfo;
    struct log *log;
    enum feed_table table;
    struct pg pg;
    PGresult *standing, *rows; /* of the last fetch; texts of rows point into them */
    int count;                 /* of rows */
};

struct feed_standing {
    struct uuid registry_id;
    int epoch;
    int64_t head; /* the last number that there is in the table */
};

/* One attempt (no waiting): connects, prepares, listens. */
struct status feed_open(struct feed *feed, struct fault *fault) MUST_USE;
void feed_close(struct feed *feed);

#define FEED_ROWS_MAX 2000
#define FEED_BYTES_MAX (3 << 20)
/* What comes next behind `told`, in one round trip. Results stay until the next fetch. */
struct status feed_fetch(
    struct feed *feed, struct arena *arena, int64_t told, struct feed_standing *out, struct fault *fault) MUST_USE;
/* Ends the rows before the first that was written under a version of the law that this program does not know; STOP "law"
 * when that is the first of all. */
struct status feed_check_law(struct feed *feed, int column, struct fault *fault) MUST_USE;
/* Waits for a notification, a stop or the time-out. */
struct status feed_wait(struct feed *feed, int timeout_ms, bool *notified, struct fault *fault) MUST_USE;

/* Columns of the rows; the first is the number. */
enum { FEED_NUMBER };
enum {
    CHANGE_SEQUENCE,
    CHANGE_TYPE,
    CHANGE_SUBJECT,
    CHANGE_VERSION,
    CHANGE_ACT,
    CHANGE_INDEX,
    CHANGE_COUNT,
    CHANGE_EFFECTIVE,
    CHANGE_RECORDED,
    CHANGE_DATA,
    CHANGE_LAW
};
enum { RECEIPT_NUMBER, RECEIPT_AUTHORITY, RECEIPT_ACT, RECEIPT_VERDICT, RECEIPT_DATA, RECEIPT_LAW };

#endif
