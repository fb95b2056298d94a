#ifndef ORGCODE_CORE_REGISTRY_H
#define ORGCODE_CORE_REGISTRY_H

#include "core/law.h"
#include "core/rule.h"
#include "core/state.h"

/* The registry as a state machine: one journal record in, rows out. Pure: it reads only the record, the place and what the
 * shell has loaded, and allocates only in the arena. The same records give the same rows on any machine.
 *
 *     registry_open(arena, &place)
 *     for each record:
 *         while ((s = registry_step(registry, &record)) != STEP_DONE)
 *             if (s == STEP_NEEDS) load all of registry->needs, put it into the scene (scene_put_*)
 *             else                 STEP_FLUSH: write registry->out and registry->place in one transaction, then
 *                                  registry_reset (the scene is forgotten), and call again with the same record
 *     write registry->out and registry->place in one transaction; registry_reset
 *
 * The shell may flush after any STEP_DONE (a batch); it must before the arena grows beyond its bounds. Records and their acts
 * must outlive registry_reset: they are not in the registry's arena. */

/* ---- the journal ---------------------------------------------------------------------------------------------- */

enum record_kind { RECORD_FOREIGN = 0, RECORD_GENESIS, RECORD_ACT, RECORD_REFUSAL, RECORD_TICK, RECORD_CONTROL };
enum journal_mode { MODE_LIVE = 0, MODE_SCRIPTED };

/* Where an act stood in its authority's topic, as validate saw it. */
struct origin {
    struct str topic;
    struct str authority; /* the part of the topic's name behind the last dot */
    int32_t partition;
    int64_t from, offset; /* the record covers from..offset of the partition */
    time_ms time;         /* the broker's stamp there */
};

struct journal_record {
    enum record_kind kind;
    time_ms broker_ms; /* the journal topic's stamp */
    time_ms stamp_ms;  /* own clock of the program that appended it; 0: not given, broker_ms alone counts */
    struct origin origin;   /* ACT, REFUSAL */
    const struct act *act;  /* ACT; normalized */
    struct str bytes;       /* ACT: as published, for pending rows */
    struct { bool has_id; struct uuid id; enum reason reason; struct str code, expected; } refusal; /* REFUSAL */
    struct { struct uuid registry_id; int epoch; enum journal_mode mode; } genesis;
    struct { bool live; int version; } control; /* version 0: not a version record */
};

/* Where the registry stands: the row of table `place`. The shell keeps the journal's offset and the chain heads beside it. */
struct place {
    bool born;             /* the genesis record has been read */
    struct uuid registry_id;
    int epoch;
    enum journal_mode mode;
    int rules_version;     /* of the law */
    int64_t record;        /* number of the record in work or done last, from 1; foreign ones are not counted */
    int step;              /* 0: the record is done; else flushes made inside it */
    bool decided;          /* step > 0: the record itself is decided, releases go on */
    time_ms time;          /* journal time */
    int64_t sequence;      /* last change */
    int64_t receipt;       /* last receipt */
};

/* Per origin partition; key "topic/partition". */
struct origin_mark {
    struct str key;
    int64_t offset;
    time_ms time_max, since;
    bool stored, dirty;
};

/* ---- needs: what the core asks the shell for ---------------------------------------------------------------------- */

enum need_kind {
    NEED_CODE = 0,  /* text: key. Its row, or absent */
    NEED_HISTORY,   /* text: key. All facts and edges of a code that is in the scene */
    NEED_CHILDREN,  /* text: key, date: children that are open or were closed after that date (DATE_NONE: all that were
                       ever granted), at most limit + 1 of them */
    NEED_SUBTREE,   /* the same at any depth, each with its own children marked as loaded */
    NEED_LEGACY,    /* text: legacy code. Keys of the first 16 open codes that bear it, in byte order */
    NEED_SCHEME,    /* text: scheme id */
    NEED_ACT,       /* id: every row of table act with this id, of any authority */
    NEED_SUBJECTS,  /* first, last: the subjects of these changes, in order of sequence */
    NEED_BUILT,     /* text: key of a closed code, number: sequence. Was anything written later about a code below it,
                       or taken from `heir` in a scheme whose issuer the code was? */
    NEED_HOLD,      /* text: authority. How many acts and bytes are held for it */
    NEED_MARK,      /* text: key of an origin mark */
    NEED_PENDING,   /* number: the pending act that was taken from this record */
    NEED_DUE,       /* time: pending acts that are released or due by then, first `limit` of them, at most `bytes` */
    NEED_KINDS,
};
struct need {
    enum need_kind kind;
    struct str text;
    struct str heir;       /* NEED_BUILT */
    struct uuid id;
    date_day date;
    int64_t number, last;  /* sequences */
    time_ms time;
    int limit;
    size_t bytes;
};

/* An act that waits: announced until its day, held until its authority's level-1 code is granted. */
enum pending_kind { PENDING_ANNOUNCED = 0, PENDING_HELD = 1 };
struct pending {
    int64_t number;      /* record that it was taken from */
    enum pending_kind kind;
    time_ms due;         /* start of its effective date; held: when it expires */
    bool released;       /* held, and the level-1 code is granted: due at once, in order of number, before all else */
    time_ms recorded;    /* journal time of the record */
    struct str authority;
    struct uuid id;
    struct str bytes;    /* as published */
    const struct act *act; /* decoded by the shell (NEED_DUE, NEED_PENDING), or the record's own */
    struct str *code;    /* announced: keys that it names */
    bool *grants;        /* beside code: would it grant it */
    int codes;
};

/* ---- what comes out --------------------------------------------------------------------------------------------- */

enum change_type {
    CHANGE_ESTABLISHED = 0, CHANGE_CONTACT_UPDATED, CHANGE_RENAMED, CHANGE_RECODED, CHANGE_MERGED, CHANGE_TOOK_OVER,
    CHANGE_SPLIT, CHANGE_SEPARATED, CHANGE_DISSOLVED, CHANGE_CORRECTED, CHANGE_ANNULLED, CHANGE_CODE_CLOSED,
    CHANGE_ANNOUNCED, CHANGE_WITHDRAWN, CHANGE_SCHEME_REGISTERED,
    CHANGE_TYPES,
};
/* "vn.gov.orgcode.organization.established.v1" */
struct str change_type_name(enum change_type type);
bool change_type_parse(struct str name, enum change_type *out);

enum party_role { PARTY_ORIGINAL = 0, PARTY_RESULTING, PARTY_AFFECTED };
enum disposition { DISPOSITION_ISSUED = 0, DISPOSITION_KEPT, DISPOSITION_CLOSED, DISPOSITION_CARRIED_ON };
struct participant {
    struct str code;
    enum party_role role;
    bool continues;
    enum disposition disposition;
};
#define PARTICIPANTS_SHOWN 100

/* A stretch of valid time whose record changed. */
struct period {
    date_day from, to;                    /* to: first day no longer in it; DATE_NONE: open */
    const struct record *before, *after;  /* before NULL: no record */
};

struct lateness {
    date_day due; /* DATE_NONE: no term applies */
    int days;     /* late; 0: in time */
};

/* What all changes of one act share. */
struct act_context {
    const struct act *act;
    int64_t number;
    time_ms recorded;            /* journal time of the record whose processing wrote it */
    struct lateness decision_late, entry_late;
};

struct change {
    int form; /* of the law under which it is written */
    int64_t sequence;
    enum change_type type;
    struct str subject;          /* key, or scheme:<id> */
    int64_t subject_version;
    int index, count;            /* n of m of its act */
    const struct act_context *context;
    const struct code *code;     /* NULL for a scheme */
    const struct scheme *scheme; /* NULL for a code */
    const struct record *before, *after; /* in force at context->recorded; NULL: none (never granted) */
    struct participant *participant;
    int participants, participants_total;
    struct period *period;
    int periods;
};

/* Row of code_version. `fact` is NULL where a later day is only restated. */
struct version_row {
    struct str key;
    date_day valid_from;
    int64_t sequence;
    const struct fact *fact;
    const struct record *record; /* in force from valid_from, as known at `sequence` */
    int64_t version;
};

struct receipt {
    int form;
    int64_t number;
    struct str authority;        /* whose receipts topic */
    bool has_id;
    struct uuid id;
    enum verdict verdict;
    enum rule rule;
    const struct findings *faults, *warnings; /* either may be NULL */
    time_ms recorded;
    int64_t first_sequence, last_sequence;    /* 0: none */
    const struct origin *origin;              /* NULL in a further receipt */
    enum verdict original;                    /* DUPLICATE, CONFLICT: the latest verdict of the act repeated */
    enum rule original_rule;
};

/* A version of the law that a control record put in force, and what comes first under it. */
struct law_start {
    int version;
    int64_t record, sequence, receipt;
};

struct outcome {
    VEC(struct change) changes;
    VEC(struct version_row) versions;
    VEC(struct edge) edges;
    VEC(struct receipt) receipts;
    VEC(struct pending) pending_added;
    VEC(int64_t) pending_removed;            /* numbers; to be done before pending_added */
    VEC(struct pending_delay { int64_t number; time_ms due; }) pending_delayed;
    VEC(struct str) released;                /* authorities whose held acts are released */
    VEC(struct edge_undo { int64_t act; int64_t sequence; }) edges_undone; /* edges of this act end with this change */
    VEC(struct law_start) laws;              /* versions put in force */
    int64_t foreign, gaps, repeats;          /* records passed over, for metrics */
};

struct scene; /* what is loaded; scene.h */

struct registry {
    struct arena *arena;
    struct place place;
    const struct law *law;   /* in force at `place`; NULL: a version that this program does not know */
    time_ms next_due;        /* earliest due of any pending act, 0 when one is released, INT64_MAX when none:
                                set by the shell after each registry_reset, kept by the core in between */
    struct outcome out;
    struct scene *scene;     /* dirty codes, schemes, acts, marks are in it */
    VEC(struct need) needs;
    char stop[200];          /* STEP_STOP: why */
    struct machine *machine; /* of registry.c */
};

enum step_result {
    STEP_DONE = 0,
    STEP_NEEDS,
    STEP_FLUSH,
    STEP_GAP,  /* the origin has a gap: the record is passed over, place and time have moved, count it */
    STEP_STOP, /* cannot go on: unknown version, second genesis, no genesis; registry->stop says it. The record has left
                  no trace: what was decided before it may be written */
};

/* `arena` is the batch's and is used until registry_reset; the struct itself is taken from the heap. */
struct registry *registry_open(struct arena *arena, const struct place *place);
void registry_close(struct registry *registry);
enum step_result registry_step(struct registry *registry, const struct journal_record *record);
/* Forgets scene and outcome and resets the arena; `place` and the position inside a record stay. */
void registry_reset(struct registry *registry);
/* The same, but goes on in `arena`, an empty one: what was decided stays where it is, for a copy of the struct. */
void registry_move(struct registry *registry, struct arena *arena);

/* The keys that deciding `act` will surely ask for (codes, parents, act ids, legacy codes, marks): for the shell's one
 * prefetch of a batch. Appends to registry->needs without judging anything. */
void registry_prefetch(struct registry *registry, const struct journal_record *record);
/* What it will ask for next, by what is loaded now: the codes to which the named ones lead. */
void registry_prefetch_next(struct registry *registry, const struct journal_record *record);

/* What is done in one step of what is due. */
#define DUE_LIMIT 1000
#define DUE_BYTES ((size_t)4 << 20)

#endif
