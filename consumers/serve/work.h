#ifndef ORGCODE_SERVE_WORK_H
#define ORGCODE_SERVE_WORK_H

#include "base/hash.h"
#include "core/registry.h"
#include "http.h"
#include "problem.h"
#include "shell/pg.h"

/* What answers one request: a function that runs on a worker thread, with a database session of its own. */

/* Where the directory stood when the answer was read: one snapshot for all of a request's queries. */
struct freshness {
    int epoch;          /* 0: the registry has not been made yet */
    int64_t sequence;   /* last change */
    time_ms recorded;   /* journal time */
    struct sha256 head; /* of the chain of changes */
    bool replica;       /* read from a standby, which may be behind */
    int64_t receipt;    /* last receipt, as work_begin reads it: an act that is refused changes nothing else */
};

struct serve;
struct exchange;

struct work {
    struct serve *serve;
    struct pg *pg;
    struct arena *arena; /* of the exchange */
    struct hasher *hasher;
    struct log *log;
    const struct request *request;
    struct response *response;
    struct exchange *exchange;
    struct freshness fresh;
    bool reading; /* inside a snapshot */
};

typedef void handler(struct work *work);

/* Begins the request's read-only snapshot and reads where it stands. False: the problem is answered already. */
bool work_snapshot(struct work *work);
/* The same; that the registry has not been made yet is a problem. */
bool work_begin(struct work *work);
void work_unborn(struct work *work);
/* The first columns of fresh.sql, at the beginning of the first row. */
struct freshness work_fresh(const PGresult *result);
/* Ends it; idempotent. */
void work_end(struct work *work);
/* The last change that was recorded by that moment; 0: none. False: a problem is answered. */
bool work_known(struct work *work, time_ms moment, int64_t *out);
/* Runs a statement of sql/ inside the snapshot, or in one of its own when none was begun. NULL: the problem is
 * answered. The caller clears the result. */
PGresult *work_ask(struct work *work, const char *statement, const struct pg_params *params);

/* A decimal parameter in min..max, or `initial` when it is not given. False: answered as a problem. */
bool work_number(struct work *work, struct str name, long long initial, long long min, long long max, long long *out);
/* The parameter `status`: an enum code_status, or 0 for all; `initial` when it is not given. `words`: those it may
 * have. False: answered. */
bool work_status(struct work *work, struct str words, int initial, int *out);
/* A date or RFC 3339 instant; a date is the end of that day for `knownAt`, see the caller. `given` tells. */
bool work_date(struct work *work, struct str name, date_day initial, date_day *out);
bool work_time(struct work *work, struct str name, bool *given, time_ms *out);

/* The answer is this JSON object, with "asOf" (where the directory stood) put before its members. The ETag is that of
 * the object alone: an answer that says the same later is not sent again. */
void work_answer(struct work *work, struct str object);
/* The answer is this problem. */
void work_problem(struct work *work, enum problem problem, struct str value, struct str expected);

#endif
