#ifndef ORGCODE_TESTS_SIM_MEMORY_H
#define ORGCODE_TESTS_SIM_MEMORY_H

#include "core/registry.h"
#include "core/scene.h"

/* A store in memory for the registry: what PostgreSQL is to orgcode-apply. For the simulator, the fuzzer, the tests and the
 * bench of the core. Nothing here decides anything. */

struct memory_version { /* a row of code_version */
    struct str key;
    date_day valid_from;
    int64_t sequence, version;
    bool has_fact;
    struct fact fact;
    struct record record;
};
struct memory_change {
    int64_t sequence;
    struct str subject;
};

struct memory {
    struct arena *arena;
    struct place place;
    struct map codes;   /* key -> struct code * */
    struct map schemes; /* id -> struct scheme * */
    struct map marks;   /* topic/partition -> struct origin_mark * */
    VEC(struct memory_version) versions;
    VEC(struct edge) edges;
    VEC(struct act_entry *) acts;
    VEC(struct pending) pendings;
    VEC(struct memory_change) changes; /* that of sequence n at n - 1 */
    VEC(struct edge_undo) undone;      /* which acts' edges ended, and with which change */
    /* Where things stand: key -> struct places *. */
    struct map versions_of, edges_of; /* of a code */
    struct map children_of;           /* parent -> entries of `codes` */
    struct map bearers_of;            /* legacy code -> entries of `codes` that bore it at some time */
    struct map acts_of;               /* 16 bytes of id */
    int64_t flushes, answers;
};
struct places { VEC(size_t) at; };
/* NULL: none. */
const struct places *memory_places(const struct map *map, struct str key);

struct memory *memory_open(void);
void memory_close(struct memory *memory);
/* Answers all of registry->needs. */
void memory_answer(struct memory *memory, struct registry *registry);
/* Stores the outcome, what is dirty and the place; then resets the registry. Texts are copied. */
void memory_write(struct memory *memory, struct registry *registry);
/* Steps one record to its end, answering and flushing as asked. `flushed` is called before each write (NULL: none), and the
 * last outcome of the record is left in the registry. */
typedef void memory_flushed(void *context, const struct registry *registry);
enum step_result memory_step(struct memory *memory, struct registry *registry, const struct journal_record *record,
                             memory_flushed *flushed, void *context);

#endif
