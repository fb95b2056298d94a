#include "engine/rows.h"

#include <arpa/inet.h>
#include <string.h>

#define VALUES                                                                                                         \
    "tttttttttt"                                                                                                       \
    "ttdttt"                                                                                                           \
    "T4T4"

const struct table store_tables[TABLES] = {
    [TABLE_CODE] = {"code",
        "t22t8udddd"
        "t44" VALUES,
        true, "code_insert", "code_update"},
    [TABLE_CODE_VERSION] = {"code_version",
        "td8888"
        "24tTu"
        "2udd" VALUES,
        true, "code_version_insert", NULL},
    [TABLE_SUCCESSION] = {"succession", "ttdb888", true, "succession_insert", NULL},
    [TABLE_ACT] = {"act", "uty2t2288ddd88", true, "act_insert", "act_update"},
    [TABLE_CHANGE] = {"change", "82t8u44d8t", true, "change_insert", NULL},
    [TABLE_RECEIPT] = {"receipt", "8tu2t", true, "receipt_insert", NULL},
    [TABLE_PENDING] = {"pending_act", "82b88tuyTB", true, "pending_act_insert", NULL},
    [TABLE_MARK] = {"origin_mark", "t888", false, "mark_put", "mark_put"},
    [TABLE_SCHEME] = {"scheme", "ttTt88", false, "scheme_put", "scheme_put"},
    [TABLE_LAW] = {"law", "4888", false, "law_insert", NULL},
};

/* ---- fields --------------------------------------------------------------------------------------------------- */

static void put_id(struct pg_copy *copy, struct uuid id)
{
    if (uuid_is_nil(id))
        pg_copy_null(copy);
    else
        pg_copy_uuid(copy, id);
}

/* 0 stands for none. */
static void put_some(struct pg_copy *copy, int64_t value)
{
    if (value == 0)
        pg_copy_null(copy);
    else
        pg_copy_int8(copy, value);
}

static void put_edges(struct pg_copy *copy, struct arena *scratch, const struct edge_list *list)
{
    if (list->total == 0) {
        pg_copy_null(copy);
        pg_copy_null(copy);
        return;
    }
    struct pg_array array = pg_array_open(scratch, PG_TEXT);
    for (int i = 0; i < list->count; i++) {
        char text[DATE_TEXT_SIZE + 128];
        struct str code = list->item[i].code;
        size_t len = code.len < 128 ? code.len : 128;
        date_format(list->item[i].on, text);
        text[DATE_TEXT_SIZE - 1] = list->item[i].continues ? '+' : ' ';
        memcpy(text + DATE_TEXT_SIZE, code.data, len);
        pg_array_text(&array, (struct str){text, DATE_TEXT_SIZE + len});
    }
    pg_copy_array(copy, &array);
    if (list->total > list->count)
        pg_copy_int4(copy, list->total);
    else
        pg_copy_null(copy);
}

/* The columns that code and code_version share: info, decision, edges. */
static void put_values(struct pg_copy *copy, struct arena *scratch, const struct record *record)
{
    for (int i = 0; i < INFO_FIELDS; i++)
        pg_copy_text(copy, record->values.info.field[i]);
    const struct decision_doc *decision = &record->values.decision;
    if (decision->given) {
        pg_copy_text(copy, decision->number);
        pg_copy_text(copy, decision->issued_by);
        pg_copy_date(copy, decision->issued_on);
        pg_copy_text(copy, decision->title);
        pg_copy_text(copy, decision->uri);
        pg_copy_text(copy, decision->sha256);
    } else {
        for (int i = 0; i < 6; i++)
            pg_copy_null(copy);
    }
    put_edges(copy, scratch, &record->predecessors);
    put_edges(copy, scratch, &record->successors);
}

/* ---- rows ----------------------------------------------------------------------------------------------------- */

void row_code(struct pg_copy *copy, struct arena *scratch, const struct code *code)
{
    pg_copy_row(copy, (int)strlen(store_tables[TABLE_CODE].column));
    pg_copy_text(copy, code->key);
    pg_copy_int2(copy, (int16_t)code->now.status);
    pg_copy_int2(copy, (int16_t)code->level);
    pg_copy_text(copy, code->parent);
    pg_copy_int8(copy, code->version);
    put_id(copy, code->now.organization_id);
    pg_copy_date(copy, code->now.issued_on);
    pg_copy_date(copy, code->now.closed_on);
    pg_copy_date(copy, code->structural_on);
    pg_copy_date(copy, code->valid_from);
    pg_copy_text(copy, code->heir);
    pg_copy_int4(copy, code->announced);
    pg_copy_int4(copy, code->announced_grants);
    put_values(copy, scratch, &code->now);
}

static bool decision_equal(const struct decision_doc *a, const struct decision_doc *b)
{
    if (a->given != b->given || !a->given)
        return a->given == b->given;
    return a->issued_on == b->issued_on && str_equal(a->number, b->number) && str_equal(a->issued_by, b->issued_by) &&
           str_equal(a->title, b->title) && str_equal(a->uri, b->uri) && str_equal(a->sha256, b->sha256);
}

/* The usual case: what the act gave is what the record shows from that day on. */
static bool shows_given(const struct fact *fact, const struct record *record)
{
    for (int i = 0; i < INFO_FIELDS; i++)
        if (fact->mask & (field_mask)1 << i && !str_equal(fact->given.info.field[i], record->values.info.field[i]))
            return false;
    return !(fact->mask & MASK_DECISION) || decision_equal(&fact->given.decision, &record->values.decision);
}

static void put_given(struct pg_copy *copy, struct arena *scratch, const struct fact *fact)
{
    struct pg_array array = pg_array_open(scratch, PG_TEXT);
    for (int i = 0; i < INFO_FIELDS; i++)
        pg_array_text(&array, fact->mask & (field_mask)1 << i ? fact->given.info.field[i] : STR_NONE);
    const struct decision_doc *decision = &fact->given.decision;
    char day[DATE_TEXT_SIZE];
    bool given = fact->mask & MASK_DECISION && decision->given;
    pg_array_text(&array, given ? decision->number : STR_NONE);
    pg_array_text(&array, given ? decision->issued_by : STR_NONE);
    pg_array_text(&array, given ? str_of(date_format(decision->issued_on, day)) : STR_NONE);
    pg_array_text(&array, given ? decision->title : STR_NONE);
    pg_array_text(&array, given ? decision->uri : STR_NONE);
    pg_array_text(&array, given ? decision->sha256 : STR_NONE);
    pg_copy_array(copy, &array);
}

static void put_fact(struct pg_copy *copy, struct arena *scratch, const struct fact *fact, const struct record *record)
{
    if (!fact) {
        for (int i = 0; i < 7; i++)
            pg_copy_null(copy);
        return;
    }
    pg_copy_int8(copy, fact->rank);
    pg_copy_int8(copy, fact->act);
    pg_copy_int2(copy, (int16_t)fact->op);
    pg_copy_int4(copy, (int32_t)fact->mask);
    pg_copy_text(copy, fact->heir);
    if (fact->op & FACT_UNDO || shows_given(fact, record))
        pg_copy_null(copy);
    else
        put_given(copy, scratch, fact);
    if (fact->op & (FACT_ISSUE | FACT_CARRY) && !uuid_equal(fact->organization_id, record->organization_id))
        pg_copy_uuid(copy, fact->organization_id);
    else
        pg_copy_null(copy);
}

void row_version(struct pg_copy *copy, struct arena *scratch, const struct version_row *row)
{
    static const struct record none = {.issued_on = DATE_NONE, .closed_on = DATE_NONE};
    const struct record *record = row->record ? row->record : &none;
    pg_copy_row(copy, (int)strlen(store_tables[TABLE_CODE_VERSION].column));
    pg_copy_text(copy, row->key);
    pg_copy_date(copy, row->valid_from);
    pg_copy_int8(copy, row->sequence);
    pg_copy_int8(copy, row->version);
    put_fact(copy, scratch, row->fact, record);
    pg_copy_int2(copy, (int16_t)record->status);
    put_id(copy, record->organization_id);
    pg_copy_date(copy, record->issued_on);
    pg_copy_date(copy, record->closed_on);
    put_values(copy, scratch, record);
}

void row_edge(struct pg_copy *copy, const struct edge *edge)
{
    pg_copy_row(copy, (int)strlen(store_tables[TABLE_SUCCESSION].column));
    pg_copy_text(copy, edge->from);
    pg_copy_text(copy, edge->to);
    pg_copy_date(copy, edge->on);
    pg_copy_bool(copy, edge->continues);
    pg_copy_int8(copy, edge->act);
    pg_copy_int8(copy, edge->sequence);
    pg_copy_null(copy);
}

void row_act(struct pg_copy *copy, const struct act_entry *entry)
{
    pg_copy_row(copy, (int)strlen(store_tables[TABLE_ACT].column));
    pg_copy_uuid(copy, entry->id);
    pg_copy_text(copy, entry->authority);
    pg_copy_bytes(copy, entry->digest.byte, sizeof entry->digest.byte);
    pg_copy_int2(copy, (int16_t)entry->kind);
    pg_copy_text(copy, str_equal(entry->scheme, STR("gov")) ? STR_NONE : entry->scheme);
    pg_copy_int2(copy, (int16_t)entry->verdict);
    pg_copy_int2(copy, (int16_t)entry->rule);
    pg_copy_int8(copy, entry->number);
    pg_copy_int8(copy, entry->recorded_ms);
    pg_copy_date(copy, entry->effective_on);
    pg_copy_date(copy, entry->happened_on);
    pg_copy_date(copy, entry->decision_on);
    put_some(copy, entry->first_sequence);
    put_some(copy, entry->last_sequence);
}

void row_change(struct pg_copy *copy, const struct change_attributes *change, struct str data)
{
    pg_copy_row(copy, (int)strlen(store_tables[TABLE_CHANGE].column));
    pg_copy_int8(copy, change->sequence);
    pg_copy_int2(copy, (int16_t)change->type);
    pg_copy_text(copy, change->subject);
    pg_copy_int8(copy, change->subject_version);
    pg_copy_uuid(copy, change->act_id);
    pg_copy_int4(copy, change->act_index);
    pg_copy_int4(copy, change->act_count);
    pg_copy_date(copy, change->effective_on);
    pg_copy_int8(copy, change->recorded);
    pg_copy_text(copy, data);
}

void row_receipt(struct pg_copy *copy, const struct receipt *receipt, struct str data)
{
    pg_copy_row(copy, (int)strlen(store_tables[TABLE_RECEIPT].column));
    pg_copy_int8(copy, receipt->number);
    pg_copy_text(copy, receipt->authority);
    if (receipt->has_id)
        pg_copy_uuid(copy, receipt->id);
    else
        pg_copy_null(copy);
    pg_copy_int2(copy, (int16_t)receipt->verdict);
    pg_copy_text(copy, data);
}

void row_pending(struct pg_copy *copy, struct arena *scratch, const struct pending *pending)
{
    pg_copy_row(copy, (int)strlen(store_tables[TABLE_PENDING].column));
    pg_copy_int8(copy, pending->number);
    pg_copy_int2(copy, (int16_t)pending->kind);
    pg_copy_bool(copy, pending->released);
    pg_copy_int8(copy, pending->released ? 0 : pending->due);
    pg_copy_int8(copy, pending->recorded);
    pg_copy_text(copy, pending->authority);
    pg_copy_uuid(copy, pending->id);
    pg_copy_bytes(copy, pending->bytes.data, pending->bytes.len);
    if (pending->codes == 0) {
        pg_copy_null(copy);
        pg_copy_null(copy);
        return;
    }
    struct pg_array codes = pg_array_open(scratch, PG_TEXT), grants = pg_array_open(scratch, PG_BOOL);
    for (int i = 0; i < pending->codes; i++) {
        pg_array_text(&codes, pending->code[i]);
        pg_array_bool(&grants, pending->grants[i]);
    }
    pg_copy_array(copy, &codes);
    pg_copy_array(copy, &grants);
}

void row_mark(struct pg_copy *copy, const struct origin_mark *mark)
{
    pg_copy_row(copy, (int)strlen(store_tables[TABLE_MARK].column));
    pg_copy_text(copy, mark->key);
    pg_copy_int8(copy, mark->offset);
    pg_copy_int8(copy, mark->time_max);
    pg_copy_int8(copy, mark->since);
}

void row_scheme(struct pg_copy *copy, struct arena *scratch, const struct scheme *scheme)
{
    pg_copy_row(copy, (int)strlen(store_tables[TABLE_SCHEME].column));
    pg_copy_text(copy, scheme->id);
    pg_copy_text(copy, scheme->issuer);
    struct pg_array grammar = pg_array_open(scratch, PG_TEXT);
    for (size_t i = 0; i < scheme->count; i++) {
        const struct grammar_item *item = &scheme->item[i];
        pg_array_text(&grammar, str_given(item->literal)
                                    ? str_format(scratch, "=%.*s", STR_ARG(item->literal))
                                    : str_format(scratch, "%d,%d:%.*s", item->min, item->max, STR_ARG(item->class)));
    }
    pg_copy_array(copy, &grammar);
    pg_copy_text(copy, scheme->description);
    pg_copy_int8(copy, scheme->version);
    pg_copy_int8(copy, scheme->act);
}

void row_law(struct pg_copy *copy, const struct law_start *law)
{
    pg_copy_row(copy, (int)strlen(store_tables[TABLE_LAW].column));
    pg_copy_int4(copy, law->version);
    pg_copy_int8(copy, law->record);
    pg_copy_int8(copy, law->sequence);
    pg_copy_int8(copy, law->receipt);
}

/* ---- rows as a parameter ---------------------------------------------------------------------------------------- */

static uint32_t type_of(char column)
{
    switch (column) {
    case 'b':
        return PG_BOOL;
    case '2':
        return PG_INT2;
    case '4':
        return PG_INT4;
    case '8':
        return PG_INT8;
    case 'T':
        return 1009; /* text[] */
    case 'B':
        return 1000; /* boolean[] */
    case 'd':
        return PG_DATE;
    case 'u':
        return PG_UUID;
    case 'y':
        return PG_BYTEA;
    default:
        return PG_TEXT;
    }
}

static void add(struct pg_bytes *out, const void *data, size_t size)
{
    if (out->room - out->size < size) {
        size_t room = out->room ? out->room : 4096;
        while (room - out->size < size)
            room *= 2;
        uint8_t *moved = arena_alloc(out->arena, room);
        if (out->size)
            memcpy(moved, out->data, out->size);
        out->data = moved;
        out->room = room;
    }
    memcpy(out->data + out->size, data, size);
    out->size += size;
}

static void add_int(struct pg_bytes *out, uint32_t value)
{
    value = htonl(value);
    add(out, &value, sizeof value);
}

static int32_t int_at(struct str data, size_t at)
{
    uint32_t value;
    memcpy(&value, data.data + at, sizeof value);
    return (int32_t)ntohl(value);
}

bool rows_array(const struct table *table, const struct table_shape *shape, struct str data, size_t *at, size_t limit,
    struct pg_bytes *out)
{
    if (*at >= data.len)
        return false;
    size_t columns = strlen(table->column), rows = 0;
    out->size = 0;
    add_int(out, 1); /* one dimension, no nulls, the type, count, from 1 */
    add_int(out, 0);
    add_int(out, shape->row_type);
    add_int(out, 0);
    add_int(out, 1);
    while (rows < limit && *at < data.len) {
        size_t start = out->size, place = *at + 2;
        add_int(out, 0);
        add_int(out, (uint32_t)(columns + shape->laters));
        for (size_t i = 0; i < columns; i++) {
            int32_t len = int_at(data, place);
            size_t field = 4 + (size_t)(len > 0 ? len : 0);
            add_int(out, type_of(table->column[i]));
            add(out, data.data + place, field);
            place += field;
        }
        for (size_t i = 0; i < shape->laters; i++) {
            add_int(out, shape->later[i]);
            add_int(out, UINT32_MAX); /* NULL */
        }
        uint32_t size = htonl((uint32_t)(out->size - start - 4));
        memcpy(out->data + start, &size, sizeof size);
        *at = place;
        rows++;
    }
    uint32_t count = htonl((uint32_t)rows);
    memcpy(out->data + 12, &count, sizeof count);
    return true;
}
