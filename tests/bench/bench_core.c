#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/act.h"
#include "core/check.h"

/* orgcode-bench-core [ACTS]: what the pure part of one act costs, in ns, without Kafka or PostgreSQL. */

#define PAIRS 1000

static struct info sample_info(void)
{
    struct info info = {0};
    info.field[INFO_NAME] = STR("Sở Văn hóa, Thể thao và Du lịch Thành phố Hà Nội");
    info.field[INFO_ADDRESS] = STR("Số 47 Hàng Dầu, phường Hoàn Kiếm, Thành phố Hà Nội (minh họa)");
    info.field[INFO_EMAIL] = STR("vanthu@example.vn");
    info.field[INFO_PHONE] = STR("024 0000 0000");
    info.field[INFO_WEBSITE] = STR("https://example.vn/so-van-hoa");
    info.field[INFO_LEGACY_CODE] = STR("000.00.23.H26");
    return info;
}

static struct act sample_act(enum act_kind kind)
{
    struct act act = {
        .authority = STR("H26"), .scheme = STR("gov"), .kind = kind, .happened_on = 20259, .effective_on = 20270};
    act.decision = (struct decision_doc){.given = true,
        .number = STR("3563/QĐ-UBND"),
        .issued_on = 20264,
        .issued_by = STR("Ủy ban nhân dân Thành phố Hà Nội"),
        .title = STR("Quyết định ban hành mã định danh điện tử (minh họa)")};
    return act;
}

struct bench {
    struct arena *arena;
    struct findings *faults, *warnings;
    uint64_t sink; /* so that nothing is thought away */
};

static void report(const char *what, time_ms started, long acts, uint64_t sink)
{
    double spent_ms = (double)(time_monotonic() - started);
    printf("%-40s %10.0f ns/act %12ld acts  (%016" PRIx64 ")\n", what, spent_ms * 1e6 / (double)acts, acts, sink);
}

static void measure(struct bench *bench, const char *name, struct act *act, long rounds)
{
    char what[80];
    struct arena_mark mark = arena_mark(bench->arena);
    snprintf(what, sizeof what, "%s: normalize", name);
    time_ms started = time_monotonic();
    for (long i = 0; i < rounds; i++) {
        act_normalize(bench->arena, act);
        bench->sink += act->normalized;
    }
    report(what, started, rounds, bench->sink);
    snprintf(what, sizeof what, "%s: check_act, check_lists", name);
    started = time_monotonic();
    for (long i = 0; i < rounds; i++) {
        bench->faults->count = bench->faults->total = 0;
        bench->warnings->count = bench->warnings->total = 0;
        check_act(law_newest(), bench->arena, act, NULL, 0, bench->faults, bench->warnings);
        check_lists(law_newest(), bench->arena, act, bench->faults);
        bench->sink += (uint64_t)bench->faults->total;
        arena_rewind(bench->arena, mark);
    }
    report(what, started, rounds, bench->sink);
    if (bench->faults->total)
        printf("  (refused: %.*s)\n", STR_ARG(reason_slug(bench->faults->item[0].reason)));
    snprintf(what, sizeof what, "%s: act_digest", name);
    started = time_monotonic();
    for (long i = 0; i < rounds; i++) {
        act->id.byte[i & 15]++;
        bench->sink += act_digest(act).byte[0];
    }
    report(what, started, rounds, bench->sink);
}

int main(int argc, char **argv)
{
    unsigned long long asked = 500000;
    if (argc > 2 || (argc == 2 && !str_to_u64(str_of(argv[1]), &asked)) || asked < PAIRS || asked > 1000000000) {
        fprintf(stderr, "usage: %s [ACTS, at least %d]\n", argv[0], PAIRS);
        return 2;
    }
    long rounds = (long)asked;
    struct bench bench = {.arena = arena_open(0),
        .faults = calloc(1, sizeof *bench.faults),
        .warnings = calloc(1, sizeof *bench.warnings)};
    if (!bench.arena || !bench.faults || !bench.warnings)
        return 3;
    struct act act = sample_act(ACT_ESTABLISHED);
    act.body.established.code = STR("H26.231");
    act.body.established.info = sample_info();
    measure(&bench, "established", &act, rounds);

    act = sample_act(ACT_CONTACT_UPDATED);
    act.decision.given = false;
    act.body.contact_updated.code = STR("H26.231");
    act.body.contact_updated.set.field[INFO_PHONE] = STR("024 0000 0001");
    measure(&bench, "contact_updated", &act, rounds);

    act = sample_act(ACT_RECODED);
    act.body.recoded.pair = arena_array(bench.arena, struct code_pair, PAIRS);
    act.body.recoded.count = PAIRS;
    for (size_t i = 0; i < PAIRS; i++)
        act.body.recoded.pair[i] = (struct code_pair){str_format(bench.arena, "H64.%zu", i * 7919 % 10007),
            str_format(bench.arena, "H26.%zu", i * 104729 % 10007)};
    measure(&bench, "recoded, 1000 pairs", &act, rounds / PAIRS);
    free(bench.faults);
    free(bench.warnings);
    arena_close(bench.arena);
    return 0;
}
