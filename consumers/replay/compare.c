#include "compare.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/json_chain.h"
#include "core/law.h"
#include "dump.h"
#include "plan.h"
#include "replay_sql.h"
#include "shell/hook.h"
#include "shell/process.h"

/* One table in work. */
struct work {
    struct compare *compare;
    const struct dump_table *table;
    struct dump side[2];
    int64_t number;         /* of the chain's last row */
    struct sha256 previous; /* its hash */
    bool broken;            /* a fault of the chain was told */
    bool differs;
};

/* ---- what is found ---------------------------------------------------------------------------------------------- */

static void tell(struct work *work, struct str key, const char *what, const char *name_a, struct str a,
    const char *name_b, struct str b)
{
    work->differs = work->compare->differs = true;
    if (work->compare->run->common->json) {
        json_t *values =
            json_pack("{s:s%, s:s%}", name_a, a.data ? a.data : "", a.len, name_b, b.data ? b.data : "", b.len);
        plan_json(json_pack("{s:{s:s, s:s%, s:s, s:o}}", "difference", "table", work->table->name, "key", key.data,
            key.len, "what", what, "values", values));
        return;
    }
    printf("%s, %.*s: %s\n  %s: %.*s\n  %s: %.*s\n", work->table->name, STR_ARG(key), what, name_a, STR_ARG(a), name_b,
        STR_ARG(b));
    fflush(stdout);
}

static void tell_missing(struct work *work, int side)
{
    struct compare *compare = work->compare;
    tell(work, dump_key(compare->arena, &work->side[side]), "row", compare->pair->schema[side], STR("there"),
        compare->pair->schema[1 - side], STR("missing"));
}

static void tell_columns(struct work *work)
{
    struct compare *compare = work->compare;
    const struct dump *a = &work->side[0], *b = &work->side[1];
    for (int i = 0; i < a->columns; i++) {
        if (str_equal(a->field[i], b->field[i]))
            continue;
        struct str what = str_format(compare->arena, "column %.*s", STR_ARG(a->column[i].name));
        tell(work, dump_key(compare->arena, a), what.data, compare->pair->schema[0], dump_value(compare->arena, a, i),
            compare->pair->schema[1], dump_value(compare->arena, b, i));
        return;
    }
}

/* ---- chains ----------------------------------------------------------------------------------------------------- */

static void tell_chain(struct work *work, const char *what, struct sha256 expected, struct sha256 found)
{
    char a[SHA256_TEXT_SIZE], b[SHA256_TEXT_SIZE];
    work->broken = true;
    tell(work, str_format(work->compare->arena, "%s %lld", work->table->key, (long long)work->number), what, "expected",
        str_of(sha256_format(expected, a)), "found", str_of(sha256_format(found, b)));
}

static bool is_receipts(const struct dump_table *table)
{
    return strcmp(table->name, "receipt") == 0;
}

static bool same(struct sha256 a, struct sha256 b)
{
    return memcmp(a.byte, b.byte, sizeof a.byte) == 0;
}

/* Of changes from `sequence` on: the law under which it was written names its form. */
static int form_of(const struct compare *compare, int64_t sequence)
{
    int version = 1;
    for (size_t i = 0; i < compare->laws.count && compare->laws.item[i].sequence <= sequence; i++)
        version = compare->laws.item[i].version;
    const struct law *law = law_of(version);
    return law ? law->change_form : 0;
}

static struct sha256 hash_of(struct work *work, const struct dump *row, struct str data, const struct chain_link *link)
{
    struct compare *compare = work->compare;
    struct change_attributes attributes = {.epoch = compare->pair->place[0].epoch,
        .form = form_of(compare, dump_int(row, "sequence")),
        .sequence = dump_int(row, "sequence"),
        .type = (enum change_type)dump_int(row, "type"),
        .subject = dump_field(row, "subject"),
        .subject_version = dump_int(row, "subject_version"),
        .act_index = (int)dump_int(row, "act_index"),
        .act_count = (int)dump_int(row, "act_count"),
        .effective_on = (date_day)dump_int(row, "effective_on") + DUMP_DAY_ZERO,
        .recorded = dump_int(row, "recorded_ms")};
    struct str id = dump_field(row, "act_id");
    if (is_receipts(work->table))
        return chain_receipt(compare->link, data, link);
    if (id.len == sizeof attributes.act_id.byte)
        memcpy(attributes.act_id.byte, id.data, id.len);
    return chain_change(compare->arena, compare->link, &attributes, data, link);
}

/* Numbers without holes, each row chained to the one before it, its hash that of its text. */
static void check_link(struct work *work, const struct dump *row)
{
    struct chain_link link;
    struct str data = dump_field(row, "data");
    int64_t number = dump_int(row, work->table->key);
    if (work->broken)
        return;
    if (number != work->number + 1) {
        work->broken = true;
        tell(work, str_format(work->compare->arena, "%s %lld", work->table->key, (long long)number), "hole", "expected",
            str_format(work->compare->arena, "%lld", (long long)work->number + 1), "found",
            str_format(work->compare->arena, "%lld", (long long)number));
        return;
    }
    work->number = number;
    if (!chain_read(data, &link)) {
        work->broken = true;
        tell(work, dump_key(work->compare->arena, row), "no link of the chain", "expected",
            STR("hash and previousHash"), "found", data);
        return;
    }
    if (!same(link.previous, work->previous))
        tell_chain(work, "previousHash", work->previous, link.previous);
    struct sha256 hash = hash_of(work, row, data, &link);
    if (!work->broken && !same(hash, link.hash))
        tell_chain(work, "hash", hash, link.hash);
    work->previous = link.hash;
}

/* Which of two places has less of what the table's rows came with. */
static const struct schema_place *lower(const struct compare *compare, const struct dump_table *table)
{
    const struct schema_place *a = &compare->pair->place[0], *b = &compare->pair->place[1];
    if (!compare->common)
        return a;
    return (is_receipts(table) ? a->receipt <= b->receipt : a->sequence <= b->sequence) ? a : b;
}

static int64_t last_of(const struct schema_place *place, const struct dump_table *table)
{
    return is_receipts(table) ? place->receipt : place->sequence;
}

/* The chain ends where the place says. */
static void check_head(struct work *work)
{
    const struct schema_place *place = lower(work->compare, work->table);
    bool receipt = is_receipts(work->table);
    int64_t last = last_of(place, work->table);
    struct sha256 head = receipt ? place->receipt_head : place->change_head;
    if (work->broken)
        return;
    if (work->number != last)
        tell(work, STR("the end"), "last number", "place", str_format(work->compare->arena, "%lld", (long long)last),
            "table", str_format(work->compare->arena, "%lld", (long long)work->number));
    else if (!same(head, work->previous))
        tell_chain(work, "head of the chain in place", work->previous, head);
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static struct status open_sides(struct work *work, struct fault *fault)
{
    struct pair *pair = work->compare->pair;
    struct status status = status_ok();
    int64_t last = work->compare->common ? last_of(lower(work->compare, work->table), work->table) : DUMP_ALL;
    for (int i = 0; i < 2 && pair->schema[i] && !status_failed(status); i++)
        status = dump_open(&work->side[i], &pair->pg[i], work->table, last, work->compare->arena, fault);
    if (!status_failed(status) && pair->schema[1] && work->side[0].columns != work->side[1].columns)
        return status_fail(fault, STATUS_REJECT, "columns", "table %s has %d columns in %s, %d in %s",
            work->table->name, work->side[0].columns, pair->schema[0], work->side[1].columns, pair->schema[1]);
    return status;
}

/* Digest and chain of one row of the first side. */
static void add_row(struct work *work)
{
    struct dump *row = &work->side[0];
    struct compare *compare = work->compare;
    uint8_t size[8];
    for (int i = 0; i < 8; i++)
        size[i] = (uint8_t)((uint64_t)row->row.len >> (56 - 8 * i));
    hasher_add(compare->table, size, sizeof size);
    hasher_add(compare->table, row->row.data, row->row.len);
    if (work->table->chained)
        check_link(work, row);
    progress_at(&compare->progress, ++compare->rows, compare->progress.total);
}

/* The two rows that come next; the first difference of a table is told. */
static void compare_rows(struct work *work)
{
    const struct dump *a = &work->side[0], *b = &work->side[1];
    if (work->differs || !work->compare->pair->schema[1])
        return;
    if (!str_given(a->row) || !str_given(b->row)) {
        if (str_given(a->row) || str_given(b->row))
            tell_missing(work, str_given(a->row) ? 0 : 1);
        return;
    }
    if (str_equal(a->row, b->row))
        return;
    int order = dump_compare(a, b);
    if (order)
        tell_missing(work, order < 0 ? 0 : 1);
    else
        tell_columns(work);
}

static struct status read_rows(struct work *work, struct fault *fault)
{
    struct pair *pair = work->compare->pair;
    struct status status = status_ok();
    bool two = pair->schema[1];
    do {
        struct arena_mark mark = arena_mark(work->compare->arena);
        status = dump_next(&work->side[0], fault);
        if (!status_failed(status) && two && !work->differs)
            status = dump_next(&work->side[1], fault);
        if (!status_failed(status)) {
            if (str_given(work->side[0].row))
                add_row(work);
            compare_rows(work);
        }
        arena_rewind(work->compare->arena, mark);
        if (!status_failed(status) && process_stopping())
            status = status_fail(fault, STATUS_RETRY, "stopping",
                "stopped in table %s, which is not compared to its end: run it again, it begins anew",
                work->table->name);
    } while (!status_failed(status) && str_given(work->side[0].row));
    return status;
}

static void tell_table(const struct work *work, struct sha256 digest)
{
    char hex[SHA256_TEXT_SIZE];
    const struct compare *compare = work->compare;
    const char *verdict = work->differs              ? "different"
                          : compare->pair->schema[1] ? "equal"
                          : work->table->chained     ? "the chain holds"
                                                     : "read";
    sha256_format(digest, hex);
    if (compare->quiet)
        return;
    if (compare->run->common->json) {
        plan_json(json_pack("{s:s, s:I, s:b, s:s}", "table", work->table->name, "rows", (json_int_t)work->side[0].rows,
            "differs", work->differs, "digest", hex));
        return;
    }
    printf("%-13s %12lld rows  %.16s  %s\n", work->table->name, (long long)work->side[0].rows, hex, verdict);
    fflush(stdout);
}

static struct status compare_table(
    struct compare *compare, const struct dump_table *table, struct sha256 *out, struct fault *fault)
{
    struct work work = {.compare = compare, .table = table, .previous = chain_start};
    arena_reset(compare->arena);
    struct status status = open_sides(&work, fault);
    hook_point("compare-table");
    hasher_begin(compare->table);
    if (!status_failed(status))
        status = read_rows(&work, fault);
    *out = hasher_end(compare->table);
    if (!status_failed(status) && table->chained)
        check_head(&work);
    for (int i = 0; i < 2; i++)
        if (work.side[i].pg)
            dump_close(&work.side[i]);
    progress_end(&compare->progress);
    if (!status_failed(status))
        tell_table(&work, *out);
    return status;
}

/* What the tables of the first side say of each other. */
static struct status check_counts(struct compare *compare, struct fault *fault)
{
    PGresult *result = NULL;
    struct status status = schema_ask(&compare->pair->pg[0], sql_compare_counts, NULL, &result, fault);
    for (int row = 0; !status_failed(status) && row < PQntuples(result); row++) {
        char name[64], what[64];
        struct str table = pg_text(result, row, 0), column = pg_text(result, row, 2);
        snprintf(name, sizeof name, "%.*s", STR_ARG(table));
        snprintf(what, sizeof what, "%.*s", STR_ARG(column));
        struct work work = {.compare = compare, .table = &(struct dump_table){.name = name}};
        tell(&work, pg_text(result, row, 1), what, "expected", pg_text(result, row, 3), "found",
            pg_text(result, row, 4));
    }
    PQclear(result);
    return status;
}

static struct status begin_progress(struct compare *compare, struct fault *fault)
{
    PGresult *result = NULL;
    struct status status = schema_ask(&compare->pair->pg[0], sql_rows_guess, NULL, &result, fault);
    if (status_failed(status))
        return status;
    progress_begin(&compare->progress, compare->run->log, "rows compared", 0, pg_int8(result, 0, 0));
    PQclear(result);
    return status;
}

static struct status read_laws(struct compare *compare, struct fault *fault)
{
    PGresult *result = NULL;
    struct status status = schema_ask(&compare->pair->pg[0], sql_laws, NULL, &result, fault);
    for (int i = 0; !status_failed(status) && i < PQntuples(result); i++)
        *vec_push(compare->run->arena, &compare->laws) =
            (struct compare_law){pg_int4(result, i, 0), pg_int8(result, i, 1)};
    PQclear(result);
    return status;
}

struct status compare_all(struct compare *compare, struct fault *fault)
{
    char hex[SHA256_TEXT_SIZE];
    struct hasher *all = hasher_open();
    compare->table = hasher_open();
    compare->link = hasher_open();
    compare->arena = arena_open(0);
    hasher_begin(all);
    struct status status = begin_progress(compare, fault);
    if (!status_failed(status))
        status = read_laws(compare, fault);
    for (int i = 0; i < DUMP_TABLES && !status_failed(status); i++) {
        struct sha256 digest;
        if (compare->common && !dump_tables[i].grows)
            continue;
        status = compare_table(compare, &dump_tables[i], &digest, fault);
        hasher_add(all, dump_tables[i].name, strlen(dump_tables[i].name) + 1);
        hasher_add(all, sha256_format(digest, hex), SHA256_TEXT_SIZE);
    }
    compare->digest = hasher_end(all);
    if (!status_failed(status) && !compare->common)
        status = check_counts(compare, fault);
    arena_close(compare->arena);
    hasher_close(compare->link);
    hasher_close(compare->table);
    hasher_close(all);
    return status;
}
