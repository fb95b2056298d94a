/* What the codec costs: nanoseconds for an act and a change, one thread, one ordinary `established`. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "codec/avro_act.h"
#include "codec/json_act.h"
#include "codec/json_change.h"
#include "codec/json_receipt.h"

#define ROUNDS 200000
#define BATCH 100

static const char sample[] =
    "{\"actId\":\"6f0c5d0e-6a43-4a1e-9c39-0d8b8f6f2a10\",\"authority\":\"H26\",\"kind\":\"established\","
    "\"effectiveOn\":\"2025-07-01\",\"decision\":{\"number\":\"3563/QĐ-UBND\",\"issuedBy\":\"UBND Thành phố Hà Nội\","
    "\"issuedOn\":\"2025-06-25\"},\"body\":{\"code\":\"H26.18\",\"info\":{\"name\":\"Sở Xây dựng Thành phố Hà Nội\","
    "\"address\":\"52 Lê Đại Hành, Hà Nội\",\"email\":\"soxaydung@hanoi.gov.vn\",\"legacyCode\":\"000.00.18.H26\"}}}";

struct bench {
    struct arena *arena;
    struct avro_reader *reader;
    struct hasher *hasher;
    const struct act *act;
    struct str frame, json;
    struct change change;
    struct receipt receipt;
    struct sha256 hash;
    size_t bytes;
};

static void must(struct status s)
{
    if (status_failed(s)) {
        fprintf(stderr, "refused: %s\n", s.code);
        exit(1);
    }
}

static void run_avro_decode(struct bench *b)
{
    struct act *act;
    must(avro_act_decode(b->reader, b->arena, b->frame, &act, NULL));
    b->bytes = b->frame.len;
}

static void run_avro_encode(struct bench *b)
{
    struct str out;
    avro_act_encode(b->arena, b->act, &out);
    b->bytes = out.len;
}

static void run_json_decode(struct bench *b)
{
    struct act *act;
    bool given;
    must(json_act_decode(b->arena, b->json, &act, &given, NULL, NULL));
    b->bytes = b->json.len;
}

static void run_json_encode(struct bench *b)
{
    struct str out;
    json_act_encode(b->arena, b->act, &out);
    b->bytes = out.len;
}

static void run_digest(struct bench *b)
{
    b->hash = act_digest(b->act);
}

static void run_change(struct bench *b)
{
    struct change_encoded out;
    change_encode(b->arena, b->hasher, &b->change, 1, &b->hash, &out);
    b->hash = out.hash;
    b->bytes = out.data.len;
}

static void run_receipt(struct bench *b)
{
    struct str out;
    receipt_encode(b->arena, b->hasher, &b->receipt, &b->hash, &b->hash, &out);
    b->bytes = out.len;
}

static void measure(struct bench *b, const char *name, void (*run)(struct bench *))
{
    struct arena_mark mark = arena_mark(b->arena);
    double best = 0;
    for (int attempt = 0; attempt < 3; attempt++) {
        clock_t from = clock(); /* of this process alone: others may keep the machine busy */
        for (int i = 0; i < ROUNDS; i++) {
            if (i % BATCH == 0)
                arena_rewind(b->arena, mark);
            run(b);
        }
        double ns = (double)(clock() - from) * 1e9 / CLOCKS_PER_SEC / ROUNDS;
        if (attempt == 0 || ns < best)
            best = ns;
    }
    arena_rewind(b->arena, mark);
    printf("%-16s %8.0f ns  %6zu bytes\n", name, best, b->bytes);
}

int main(void)
{
    struct fault fault = {""};
    struct bench b = {.arena = arena_open(0), .reader = avro_reader_open(&fault), .hasher = hasher_open()};
    struct act *act;
    bool given;
    b.json = (struct str){sample, sizeof sample - 1};
    must(json_act_decode(b.arena, b.json, &act, &given, NULL, NULL));
    b.act = act;
    avro_act_encode(b.arena, act, &b.frame);

    struct act_context context = {.act = act,
        .number = 1,
        .recorded = 1751302800000,
        .decision_late = {.due = 20300, .days = 0},
        .entry_late = {.due = 20310, .days = 3}};
    struct record record = {.status = CODE_OPEN,
        .organization_id = act->id,
        .issued_on = act->effective_on,
        .closed_on = DATE_NONE,
        .values = {act->body.established.info, act->decision}};
    struct code code = {.key = STR("H26.18"), .parent = STR("H26"), .level = 2, .now = record, .version = 1};
    struct participant party = {STR("H26.18"), PARTY_RESULTING, false, DISPOSITION_ISSUED};
    struct period period = {act->effective_on, DATE_NONE, NULL, &record};
    b.change = (struct change){.sequence = 12345,
        .type = CHANGE_ESTABLISHED,
        .subject = code.key,
        .subject_version = 1,
        .index = 1,
        .count = 1,
        .context = &context,
        .code = &code,
        .after = &record,
        .participant = &party,
        .participants = 1,
        .participants_total = 1,
        .period = &period,
        .periods = 1};
    struct origin origin = {STR("orgcode.acts.H26"), STR("H26"), 0, 41, 41, 1751302800000};
    b.receipt = (struct receipt){.number = 1,
        .authority = act->authority,
        .has_id = true,
        .id = act->id,
        .verdict = VERDICT_ACCEPTED,
        .recorded = context.recorded,
        .first_sequence = 12345,
        .last_sequence = 12345,
        .origin = &origin};

    measure(&b, "avro decode", run_avro_decode);
    measure(&b, "avro encode", run_avro_encode);
    measure(&b, "json decode", run_json_decode);
    measure(&b, "json encode", run_json_encode);
    measure(&b, "act digest", run_digest);
    measure(&b, "change encode", run_change);
    measure(&b, "receipt encode", run_receipt);
    hasher_close(b.hasher);
    avro_reader_close(b.reader);
    arena_close(b.arena);
    return 0;
}
