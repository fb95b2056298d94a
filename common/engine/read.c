#include "engine/read.h"

#include <stdio.h>

static struct str text(const PGresult *result, int row, int column, struct arena *arena)
{
    return str_copy(arena, pg_text(result, row, column));
}

/* Elements of text[], copied; the list of them is in `lists`. */
static struct str *texts_in(
    const PGresult *result, int row, int column, struct arena *arena, struct arena *lists, size_t *count)
{
    struct str *item = pg_text_array(result, row, column, lists, count);
    for (size_t i = 0; i < *count; i++)
        item[i] = str_copy(arena, item[i]);
    return item;
}

static struct str *texts(const PGresult *result, int row, int column, struct arena *arena, size_t *count)
{
    return texts_in(result, row, column, arena, arena, count);
}

static void read_info(
    const PGresult *result, int row, int column, struct arena *arena, field_mask mask, struct values *out)
{
    for (int i = 0; i < INFO_FIELDS; i++)
        if (mask >> i & 1)
            out->info.field[i] = text(result, row, column + i, arena);
    if (!(mask & MASK_DECISION))
        return;
    column += INFO_FIELDS;
    struct decision_doc *decision = &out->decision;
    decision->number = text(result, row, column, arena);
    decision->issued_by = text(result, row, column + 1, arena);
    decision->issued_on = pg_date(result, row, column + 2);
    decision->title = text(result, row, column + 3, arena);
    decision->uri = text(result, row, column + 4, arena);
    decision->sha256 = text(result, row, column + 5, arena);
    decision->given = str_given(decision->number);
}

static void read_edges(const PGresult *result, int row, int column, struct arena *arena, struct edge_list *out)
{
    size_t count;
    struct str *item = texts(result, row, column, arena, &count);
    *out = (struct edge_list){0};
    if (count == 0)
        return;
    out->item = arena_array(arena, struct successor, count);
    for (size_t i = 0; i < count; i++) {
        if (item[i].len < DATE_TEXT_SIZE)
            continue;
        struct successor *successor = &out->item[out->count++];
        date_parse((struct str){item[i].data, DATE_TEXT_SIZE - 1}, &successor->on);
        successor->continues = item[i].data[DATE_TEXT_SIZE - 1] == '+';
        successor->code = (struct str){item[i].data + DATE_TEXT_SIZE, item[i].len - DATE_TEXT_SIZE};
    }
    out->total = pg_is_null(result, row, column + 1) ? out->count : pg_int4(result, row, column + 1);
}

struct code *read_code(const PGresult *result, int row, int at, struct arena *arena)
{
    struct code *code = arena_new(arena, struct code);
    code->key = text(result, row, at, arena);
    code->now.status = (enum code_status)pg_int2(result, row, at + 1);
    code->level = pg_int2(result, row, at + 2);
    code->parent = text(result, row, at + 3, arena);
    code->version = pg_int8(result, row, at + 4);
    code->now.organization_id = pg_uuid(result, row, at + 5);
    code->now.issued_on = pg_date(result, row, at + 6);
    code->now.closed_on = pg_date(result, row, at + 7);
    code->structural_on = pg_date(result, row, at + 8);
    code->valid_from = pg_date(result, row, at + 9);
    code->heir = text(result, row, at + 10, arena);
    code->announced = pg_int4(result, row, at + 11);
    code->announced_grants = pg_int4(result, row, at + 12);
    read_info(result, row, at + 13, arena, INFO_ALL | MASK_DECISION, &code->now.values);
    read_edges(result, row, at + 29, arena, &code->now.predecessors);
    read_edges(result, row, at + 31, arena, &code->now.successors);
    code->stored = true;
    return code;
}

static void read_given(
    const PGresult *result, int row, int column, struct arena *arena, struct arena *scratch, struct values *out)
{
    size_t count;
    struct str *item = texts_in(result, row, column, arena, scratch, &count);
    if (count < INFO_FIELDS + 6)
        return;
    for (int i = 0; i < INFO_FIELDS; i++)
        out->info.field[i] = item[i];
    item += INFO_FIELDS;
    struct decision_doc *decision = &out->decision;
    *decision = (struct decision_doc){.given = str_given(item[0]),
        .number = item[0],
        .issued_by = item[1],
        .issued_on = DATE_NONE,
        .title = item[3],
        .uri = item[4],
        .sha256 = item[5]};
    if (str_given(item[2]))
        date_parse(item[2], &decision->issued_on);
}

void read_fact(const PGresult *result, int row, struct arena *arena, struct arena *scratch, struct fact *out)
{
    out->valid_from = pg_date(result, row, 1);
    out->rank = pg_int8(result, row, 2);
    out->act = pg_int8(result, row, 3);
    out->sequence = pg_int8(result, row, 4);
    out->op = (unsigned)pg_int2(result, row, 5);
    out->mask = (field_mask)pg_int4(result, row, 6);
    out->heir = text(result, row, 7, arena);
    if (out->op & FACT_UNDO)
        return;
    if (out->op & (FACT_ISSUE | FACT_CARRY))
        out->organization_id = pg_uuid(result, row, 9);
    if (!pg_is_null(result, row, 8)) {
        read_given(result, row, 8, arena, scratch, &out->given);
        return;
    }
    read_info(result, row, 10, arena, out->mask, &out->given);
}

void read_edge(const PGresult *result, int row, struct arena *arena, struct edge *out)
{
    out->from = text(result, row, 1, arena);
    out->to = text(result, row, 2, arena);
    out->on = pg_date(result, row, 3);
    out->continues = pg_bool(result, row, 4);
    out->act = pg_int8(result, row, 5);
    out->sequence = pg_int8(result, row, 6);
}

void read_act(const PGresult *result, int row, struct arena *arena, struct act_entry *out)
{
    out->id = pg_uuid(result, row, 0);
    out->authority = text(result, row, 1, arena);
    struct str digest = pg_text(result, row, 2);
    if (digest.len == sizeof out->digest.byte)
        memcpy(out->digest.byte, digest.data, digest.len);
    out->kind = (enum act_kind)pg_int2(result, row, 3);
    out->scheme = pg_is_null(result, row, 4) ? STR("gov") : text(result, row, 4, arena);
    out->verdict = (enum verdict)pg_int2(result, row, 5);
    out->rule = (enum rule)pg_int2(result, row, 6);
    out->number = pg_int8(result, row, 7);
    out->recorded_ms = pg_int8(result, row, 8);
    out->effective_on = pg_date(result, row, 9);
    out->happened_on = pg_date(result, row, 10);
    out->decision_on = pg_date(result, row, 11);
    out->first_sequence = pg_int8(result, row, 12);
    out->last_sequence = pg_int8(result, row, 13);
    out->stored = true;
}

struct scheme *read_scheme(const PGresult *result, int row, struct arena *arena)
{
    struct scheme *scheme = arena_new(arena, struct scheme);
    size_t count;
    scheme->id = text(result, row, 0, arena);
    scheme->issuer = text(result, row, 1, arena);
    struct str *item = texts(result, row, 2, arena, &count);
    scheme->item = arena_array(arena, struct grammar_item, count);
    scheme->count = count;
    for (size_t i = 0; i < count; i++) {
        struct grammar_item *grammar = &scheme->item[i];
        if (item[i].len && item[i].data[0] == '=') {
            grammar->literal = (struct str){item[i].data + 1, item[i].len - 1};
            continue;
        }
        int taken = 0;
        if (sscanf(item[i].data, "%d,%d:%n", &grammar->min, &grammar->max, &taken) == 2 && taken)
            grammar->class = (struct str){item[i].data + taken, item[i].len - (size_t)taken};
    }
    scheme->description = text(result, row, 3, arena);
    scheme->version = pg_int8(result, row, 4);
    scheme->act = pg_int8(result, row, 5);
    scheme->stored = true;
    return scheme;
}

struct origin_mark *read_mark(const PGresult *result, int row, struct arena *arena)
{
    struct origin_mark *mark = arena_new(arena, struct origin_mark);
    mark->key = text(result, row, 0, arena);
    mark->offset = pg_int8(result, row, 1);
    mark->time_max = pg_int8(result, row, 2);
    mark->since = pg_int8(result, row, 3);
    mark->stored = true;
    return mark;
}

/* boolean[]: as text[] but one byte an element. */
static bool *read_grants(const PGresult *result, int row, int column, struct arena *arena, size_t count)
{
    bool *out = arena_array(arena, bool, count);
    struct str field = pg_text(result, row, column);
    for (size_t i = 0; i < count; i++) {
        size_t at = 20 + i * 5 + 4; /* header, then length and byte of each */
        out[i] = at < field.len && field.data[at];
    }
    return out;
}

void read_pending(const PGresult *result, int row, struct arena *arena, struct pending *out)
{
    size_t count;
    out->number = pg_int8(result, row, 0);
    out->kind = (enum pending_kind)pg_int2(result, row, 1);
    out->released = pg_bool(result, row, 2);
    out->due = pg_int8(result, row, 3);
    out->recorded = pg_int8(result, row, 4);
    out->authority = text(result, row, 5, arena);
    out->id = pg_uuid(result, row, 6);
    out->bytes = text(result, row, 7, arena);
    out->code = texts(result, row, 8, arena, &count);
    out->grants = read_grants(result, row, 9, arena, count);
    out->codes = (int)count;
}
