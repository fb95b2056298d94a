#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "memory.h"
#include "national.h"

/* orgcode-bench-decide [ACTS]: ns of registry_step for one act, over a store in memory, in batches of 5,000: the acts of the
 * made-up national registry, once `established` alone, once all kinds. What the store takes is not counted. */

#define BATCH 5000

/* The processor's time, so that a busy machine does not count. */
static int64_t spent_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (int64_t)at.tv_sec * 1000000000 + at.tv_nsec;
}

struct bench {
    struct memory *memory;
    struct registry *registry;
    struct arena *batch, *journal;
    struct national *national;
    int64_t offset[NATIONAL_PROVINCES + 1];
    int64_t step_ns, prefetch_ns, steps, accepted;
};

static struct journal_record next_record(struct bench *bench)
{
    struct act *act = national_next(bench->national, bench->journal);
    int at = str_equal(act->authority, STR("ROOT")) ? 0 : atoi(act->authority.data + 1);
    return (struct journal_record){
        .kind = RECORD_ACT,
        .broker_ms = date_start(NATIONAL_TODAY) + DAY_MS / 2,
        .act = act,
        .bytes = STR("bytes"),
        .origin = {.topic = str_format(bench->journal, "orgcode.acts.%.*s", STR_ARG(act->authority)),
                   .authority = act->authority,
                   .from = bench->offset[at],
                   .offset = bench->offset[at]++,
                   .time = 1}};
}

static void step(struct bench *bench, const struct journal_record *record)
{
    for (;;) {
        enum step_result result = registry_step(bench->registry, record);
        bench->steps++;
        if (result != STEP_NEEDS && result != STEP_FLUSH)
            return;
        int64_t started = spent_ns();
        if (result == STEP_NEEDS)
            memory_answer(bench->memory, bench->registry);
        else
            memory_write(bench->memory, bench->registry);
        bench->step_ns -= spent_ns() - started;
    }
}

static void run_batch(struct bench *bench, struct journal_record *record, size_t count)
{
    int64_t started = spent_ns();
    for (size_t i = 0; i < count; i++)
        registry_prefetch(bench->registry, &record[i]);
    bench->prefetch_ns += spent_ns() - started;
    memory_answer(bench->memory, bench->registry);
    started = spent_ns();
    for (size_t i = 0; i < count; i++)
        step(bench, &record[i]);
    bench->step_ns += spent_ns() - started;
    for (size_t i = 0; i < bench->registry->out.receipts.count; i++)
        bench->accepted += bench->registry->out.receipts.item[i].verdict == VERDICT_ACCEPTED;
    memory_write(bench->memory, bench->registry);
}

static void run(bool mixed, int64_t acts)
{
    struct bench bench = {.memory = memory_open(), .batch = arena_open(0), .journal = arena_open(0)};
    bench.registry = registry_open(bench.batch, &(struct place){0});
    bench.national = national_open(mixed, 1);
    struct journal_record genesis = {.kind = RECORD_GENESIS, .broker_ms = date_start(NATIONAL_TODAY)};
    step(&bench, &genesis);
    struct journal_record *record = calloc(BATCH, sizeof *record);
    if (!record)
        abort();
    for (int64_t done = 0; done < acts;) {
        size_t count = acts - done < BATCH ? (size_t)(acts - done) : BATCH;
        for (size_t i = 0; i < count; i++)
            record[i] = next_record(&bench);
        run_batch(&bench, record, count);
        done += (int64_t)count;
    }
    printf("%-12s %8" PRId64 " acts %8" PRId64 " accepted %7.0f ns/act in registry_step %6.0f ns/act in prefetch %5.2f steps/act\n",
           mixed ? "mixed" : "established", acts, bench.accepted, (double)bench.step_ns / (double)acts,
           (double)bench.prefetch_ns / (double)acts, (double)bench.steps / (double)acts);
    free(record);
    registry_close(bench.registry);
    national_close(bench.national);
    memory_close(bench.memory);
    arena_close(bench.batch);
    arena_close(bench.journal);
}

int main(int argc, char **argv)
{
    unsigned long long asked = 100000;
    if (argc > 2 || (argc == 2 && !str_to_u64(str_of(argv[1]), &asked)) || asked < 1 || asked > 10000000) {
        fprintf(stderr, "usage: %s [ACTS]\n", argv[0]);
        return 2;
    }
    run(false, (int64_t)asked);
    run(true, (int64_t)asked);
    return 0;
}
