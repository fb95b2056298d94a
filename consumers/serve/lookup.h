#ifndef ORGCODE_SERVE_LOOKUP_H
#define ORGCODE_SERVE_LOOKUP_H

#include "codec/json_writer.h"
#include "core/registry.h"
#include "work.h"

/* Bodies by their code. Everything here is inside the work's snapshot; functions that answer a problem say so. */

/* The key that the request asks for: its argument, in the scheme of parameter `scheme`. */
struct str lookup_key(struct work *work);
/* The code's row; NULL when there is none. False: a problem is answered. */
bool lookup_code(struct work *work, struct str key, struct code **out);
/* The row of the code that the request asks for, issued once at least. False: a problem is answered. */
bool lookup_issued(struct work *work, struct code **out);
/* What the request names: a code, else an older code that an open one bears; at validAt and knownAt. */
struct lookup {
    struct code *code;    /* as it stands */
    struct code *shown;   /* its record at the times that were asked for; `code` when none was */
    struct str legacy;    /* the older code that was asked for; absent: it was the code itself */
    struct str authority; /* where it is known already */
    bool dated;           /* a time was asked for */
    date_day day;         /* validAt; today */
};
/* Begins the snapshot and finds it. False: a problem is answered. */
bool lookup_begin(struct work *work, struct lookup *out);
/* Who has authority over the code today; absent: nobody. False: a problem is answered. */
bool lookup_authority(struct work *work, struct str key, struct str *out);
/* Rows of units.sql: the units of one code, of a status (0: any), behind a code; units_read reads one. NULL: answered.
 */
PGresult *units_ask(struct work *work, struct str key, int status, struct str behind, int limit);
const struct code *units_read(struct work *work, const PGresult *result, int row);
bool units_has(const PGresult *result, int row); /* open units of its own */
/* Rows of history.sql. */
struct version {
    const struct code *then;
    int64_t sequence;
    bool restated; /* a later day that a late entry changed */
    enum change_type type;
    struct uuid act;
    time_ms recorded;
    struct str kind, authority;
};
/* The records that a code was given, behind (sequence, day). NULL: answered. */
PGresult *history_ask(struct work *work, struct str key, int64_t sequence, date_day day, int limit);
struct version history_read(struct work *work, const PGresult *result, int row);
/* Member "announced": acts to come that name `key`. False: a problem is answered. */
bool lookup_write_announced(struct work *work, struct str key, struct writer *writer);
/* 404: never issued; with "announced" when it is to be. */
void lookup_never(struct work *work, struct str key);

handler lookup_organization;
handler lookup_history;                      /* history.c */
handler lookup_children, lookup_tree;        /* units.c */
handler lookup_resolve, lookup_resolve_many; /* resolve.c */
handler lookup_act, lookup_schemes, lookup_scheme, report_compliance, report_consolidation,
    report_coverage; /* reports.c */

#endif
