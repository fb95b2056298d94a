#ifndef ORGCODE_CORE_STATE_H
#define ORGCODE_CORE_STATE_H

#include "core/act.h"
#include "core/rule.h"

/* What the registry knows of a code, a scheme, an act. The shell loads these structs, the core reads and writes them,
 * the shell stores what is marked dirty. All texts live in the registry's arena. */

enum code_status {
    CODE_NAMED = 0, /* never granted; announced acts name it, so the feed has spoken of it */
    CODE_OPEN,
    CODE_CLOSED,
};

/* A dated succession edge as a record shows it. */
struct successor {
    struct str code; /* key of the other end */
    date_day on;
    bool continues;
};
#define EDGES_SHOWN 100
/* The first EDGES_SHOWN in (on, code) order, and how many there are. */
struct edge_list {
    struct successor *item;
    int count; /* shown */
    int total;
};

/* The fields that acts set on a code. What a fact gives, and what the fold of all facts makes. */
enum value_field { VALUE_DECISION = INFO_FIELDS, VALUE_FIELDS };
#define MASK_DECISION ((field_mask)1 << VALUE_DECISION)
struct values {
    struct info info;              /* absent: not set, or cleared */
    struct decision_doc decision;  /* the last decision */
};

/* The record in force on some day: everything that contract.md calls `record`, but version. */
struct record {
    enum code_status status;
    struct uuid organization_id;
    date_day issued_on, closed_on; /* DATE_NONE when not */
    struct values values;
    struct edge_list predecessors, successors;
};

enum fact_op {
    FACT_ISSUE = 1,
    FACT_CARRY = 2,
    FACT_CLOSE = 4,
    FACT_SET = 8,    /* some field of `mask` */
    FACT_VOID = 16,  /* the issue was annulled: closed on the day that it was issued */
    FACT_LINK = 32,  /* an edge came; no value of its own but the decision */
    FACT_UNDO = 64,  /* marks that the facts of this `rank` are annulled */
};

/* What one act did to one code on the valid-time axis. A code's record on a day is the fold of its facts up to
 * that day in the order (valid_from, rank, sequence), less those that are annulled. */
struct fact {
    date_day valid_from;
    int64_t rank;      /* its own sequence; a correction has that of the fact which it corrects */
    int64_t act;       /* record number of the act that wrote it */
    int64_t sequence;  /* of the change that wrote it */
    unsigned op;       /* of fact_op */
    field_mask mask;   /* fields given; MASK_DECISION with the decision */
    struct values given;
    struct uuid organization_id; /* ISSUE, CARRY */
    struct str heir;             /* CLOSE: the one successor; absent: none or several */
};

/* An edge as stored. */
struct edge {
    struct str from, to; /* keys */
    date_day on;
    bool continues;
    int64_t act;      /* record number of the act */
    int64_t sequence; /* of the first change of that act */
    bool undone;      /* its act is annulled */
};

/* A code: the row of table `code`, and, when they were asked for, all its facts and edges. */
struct code {
    struct str key;
    struct str parent;       /* key; absent: none */
    int level;
    struct record now;       /* the fold of all facts; meaningless while NAMED */
    int64_t version;         /* changes of this subject so far */
    date_day structural_on;  /* greatest effective date of ISSUE, CARRY, CLOSE; DATE_NONE */
    date_day valid_from;     /* greatest valid_from of its facts; DATE_NONE */
    struct str heir;         /* closed: the one successor of its closing; absent: none, several, or open */
    int announced;           /* announced acts that name it */
    int announced_grants;    /* of these, those that would grant it */
    /* loaded on request */
    bool history_loaded;
    VEC(struct fact) facts;  /* in fold order, annulled ones left out */
    VEC(struct edge) edges;  /* either end is this code, annulled ones left out, in (on, other end) order */
    bool children_loaded;    /* every child that is open, or was closed after `children_since`, is in `children` */
    date_day children_since;
    VEC(struct code *) children;
    /* bookkeeping */
    bool stored; /* there is a row: update it; else insert */
    bool dirty;
    struct str legacy_stored; /* the older code in that row */
};

struct scheme {
    struct str id;
    struct str issuer; /* level-1 code */
    struct grammar_item *item;
    size_t count;
    struct str description;
    int64_t version; /* changes of subject scheme:<id> */
    int64_t act;
    bool stored, dirty;
};

/* Row of table `act`: the latest verdict of an act that was taken. */
struct act_entry {
    struct str authority;
    struct uuid id;
    struct sha256 digest;
    enum act_kind kind;
    struct str scheme;
    enum verdict verdict;
    enum rule rule;
    int64_t number;          /* record number from which it was taken last */
    time_ms recorded_ms;     /* journal time of that record */
    date_day effective_on;
    date_day happened_on;
    date_day decision_on;    /* DATE_NONE */
    int64_t first_sequence, last_sequence; /* of the latest verdict that wrote changes, 0 when none did */
    bool stored, dirty;
};

#endif
