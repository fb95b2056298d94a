#ifndef ORGCODE_TESTS_SIM_MEMORY_H
#define ORGCODE_TESTS_SIM_MEMORY_H

#include "core/registry.h"
#include "core/scene.h"

/* A store in memory for the registry: what PostgreSQL is to orgcode-apply. For the simulator, the fuzzer and the tests
 * of the core. Answers are looked up by plain walks; nothing here decides anything. */

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
    VEC(struct memory_change) changes;
    int64_t flushes, answers;
};

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
