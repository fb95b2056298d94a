#include "dump.h"

#include <endian.h>
#include <stdio.h>

#include "replay_sql.h"
#include "schema.h"

/* Every text of a key is compared byte by byte (collate "C"). An edge may stand twice: all its columns order it. */
const struct dump_table dump_tables[DUMP_TABLES] = {
    {.name = "place", .key = "one", .but = "mode, next_offset, last_offset"},
    {.name = "origin_mark", .key = "origin"},
    {.name = "scheme", .key = "scheme"},
    {.name = "law", .key = "version", .grows = "sequence"},
    {.name = "code", .key = "code"},
    {.name = "code_version", .key = "code, valid_from, sequence", .grows = "sequence"},
    {.name = "succession", .key = "from_code, to_code, on_date, act, sequence, continues, undone_sequence"},
    {.name = "act", .key = "act_id, authority"},
    {.name = "pending_act", .key = "number"},
    {.name = "change", .key = "sequence", .grows = "sequence", .chained = true},
    {.name = "receipt", .key = "number", .grows = "number", .chained = true},
};

static struct status read_columns(struct dump *dump, struct arena *arena, struct str *list, struct fault *fault)
{
    PGresult *result = NULL;
    struct pg_params params = PG_PARAMS(arena);
    pg_param_text(&params, str_of(dump->table->name));
    pg_param_text(&params, str_of(dump->table->key));
    pg_param_text(&params, str_of(dump->table->but));
    struct status status = schema_ask(dump->pg, sql_dump_columns, &params, &result, fault);
    if (status_failed(status))
        return status;
    dump->columns = PQntuples(result);
    *list = STR("");
    for (int i = 0; i < dump->columns && i < DUMP_COLUMNS; i++) {
        struct str quoted = pg_text(result, i, 1);
        dump->column[i] = (struct dump_column){str_copy(arena, pg_text(result, i, 0)), (uint32_t)pg_int8(result, i, 2)};
        dump->keys += pg_bool(result, i, 3);
        *list = str_format(arena, "%.*s%s%.*s", STR_ARG(*list), i ? ", " : "", STR_ARG(quoted));
    }
    PQclear(result);
    if (dump->columns == 0 || dump->columns > DUMP_COLUMNS)
        return status_fail(fault, STATUS_STOP, "no-table", "table %s has %d columns", dump->table->name, dump->columns);
    return status;
}

struct status dump_open(struct dump *dump, struct pg *pg, const struct dump_table *table, int64_t last,
    struct arena *arena, struct fault *fault)
{
    *dump = (struct dump){.table = table, .pg = pg};
    struct str list;
    struct status status = read_columns(dump, arena, &list, fault);
    if (status_failed(status))
        return status;
    struct str until =
        last == DUMP_ALL ? STR("") : str_format(arena, "where %s <= %lld", table->grows, (long long)last);
    struct str sql = str_format(arena, "copy (select %.*s from %s %.*s order by %s) to stdout (format binary)",
        STR_ARG(list), table->name, STR_ARG(until), table->key);
    PGresult *result = PQexec(pg->conn, sql.data);
    if (PQresultStatus(result) != PGRES_COPY_OUT)
        status = status_fail(
            fault, pg_lost(pg) ? STATUS_RETRY : STATUS_STOP, "dump", "%s: %s", table->name, PQerrorMessage(pg->conn));
    PQclear(result);
    dump->open = !status_failed(status);
    return status;
}

/* The answer behind the rows. */
static struct status finish(struct dump *dump, struct fault *fault)
{
    struct status status = status_ok();
    dump->open = false;
    for (PGresult *result; (result = PQgetResult(dump->pg->conn)) != NULL; PQclear(result))
        if (PQresultStatus(result) != PGRES_COMMAND_OK && !status_failed(status))
            status =
                status_fail(fault, STATUS_RETRY, "dump", "%s: %s", dump->table->name, PQerrorMessage(dump->pg->conn));
    return status;
}

void dump_close(struct dump *dump)
{
    if (dump->message)
        PQfreemem(dump->message);
    dump->message = NULL;
    if (!dump->open)
        return;
    char why[256];
    PGcancel *cancel = PQgetCancel(dump->pg->conn);
    if (cancel)
        PQcancel(cancel, why, sizeof why);
    PQfreeCancel(cancel);
    while (PQgetCopyData(dump->pg->conn, &dump->message, 0) > 0)
        PQfreemem(dump->message);
    dump->message = NULL;
    struct status ended = finish(dump, NULL);
    (void)ended; /* that it was cancelled */
}

static int16_t int2_at(const char *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof value);
    return (int16_t)be16toh(value);
}

static int32_t int4_at(const char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return (int32_t)be32toh(value);
}

static int64_t int8_at(const char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return (int64_t)be64toh(value);
}

static bool split(struct dump *dump)
{
    size_t at = 2;
    if (int2_at(dump->row.data) != dump->columns)
        return false;
    for (int i = 0; i < dump->columns; i++) {
        if (at + 4 > dump->row.len)
            return false;
        int32_t size = int4_at(dump->row.data + at);
        at += 4;
        dump->field[i] = size < 0 ? STR_NONE : (struct str){dump->row.data + at, (size_t)size};
        at += size < 0 ? 0 : (size_t)size;
    }
    return at == dump->row.len;
}

struct status dump_next(struct dump *dump, struct fault *fault)
{
    enum { HEADER = 19, TRAILER = 2 };
    if (dump->message)
        PQfreemem(dump->message);
    dump->message = NULL;
    dump->row = STR_NONE;
    int size = PQgetCopyData(dump->pg->conn, &dump->message, 0);
    if (size > 0) {
        size_t skip = dump->rows == 0 && size > HEADER && memcmp(dump->message, "PGCOPY\n", 7) == 0 ? HEADER : 0;
        dump->row = (struct str){dump->message + skip, (size_t)size - skip};
        if (dump->row.len == TRAILER) {
            dump->row = STR_NONE;
            return dump_next(dump, fault);
        }
        dump->rows++;
        return split(dump)
                   ? status_ok()
                   : status_fail(fault, STATUS_STOP, "dump", "%s: a row that cannot be read", dump->table->name);
    }
    return finish(dump, fault);
}

/* ---- fields ----------------------------------------------------------------------------------------------------- */

struct str dump_field(const struct dump *dump, const char *name)
{
    for (int i = 0; i < dump->columns; i++)
        if (str_equal(dump->column[i].name, str_of(name)))
            return dump->field[i];
    return STR_NONE;
}

static int64_t int_of(struct str field)
{
    switch (field.len) {
    case 1:
        return field.data[0];
    case 2:
        return int2_at(field.data);
    case 4:
        return int4_at(field.data);
    case 8:
        return int8_at(field.data);
    default:
        return 0;
    }
}

int64_t dump_int(const struct dump *dump, const char *name)
{
    return int_of(dump_field(dump, name));
}

static bool is_number(uint32_t type)
{
    return type == PG_BOOL || type == PG_INT2 || type == PG_INT4 || type == PG_INT8 || type == PG_DATE;
}

int dump_compare(const struct dump *a, const struct dump *b)
{
    for (int i = 0; i < a->keys; i++) {
        struct str left = a->field[i], right = b->field[i];
        int order;
        if (str_given(left) != str_given(right)) /* nulls stand last */
            return str_given(left) ? -1 : 1;
        if (is_number(a->column[i].type))
            order = (int_of(left) > int_of(right)) - (int_of(left) < int_of(right));
        else
            order = str_compare(left, right);
        if (order)
            return order;
    }
    return 0;
}

static struct str hex_of(struct arena *arena, struct str bytes)
{
    static const char digit[] = "0123456789abcdef";
    size_t shown = bytes.len < 64 ? bytes.len : 64;
    char *out = arena_alloc(arena, 2 * shown + 1);
    for (size_t i = 0; i < shown; i++) {
        out[2 * i] = digit[(unsigned char)bytes.data[i] >> 4];
        out[2 * i + 1] = digit[bytes.data[i] & 15];
    }
    return (struct str){out, 2 * shown};
}

static struct str value_of(struct arena *arena, uint32_t type, struct str field);

/* One dimension, as all of ours. */
static struct str array_of(struct arena *arena, struct str field)
{
    struct str out = STR("{");
    if (field.len < 20)
        return STR("{}");
    uint32_t type = (uint32_t)int4_at(field.data + 8);
    int32_t count = int4_at(field.data + 12);
    size_t at = 20;
    for (int32_t i = 0; i < count && at + 4 <= field.len; i++) {
        int32_t size = int4_at(field.data + at);
        at += 4;
        struct str item = size < 0 ? STR_NONE : (struct str){field.data + at, (size_t)size};
        at += size < 0 ? 0 : (size_t)size;
        out = str_format(arena, "%.*s%s%.*s", STR_ARG(out), i ? ", " : "", STR_ARG(value_of(arena, type, item)));
    }
    return str_format(arena, "%.*s}", STR_ARG(out));
}

static struct str value_of(struct arena *arena, uint32_t type, struct str field)
{
    enum { BOOLS = 1000, TEXTS = 1009 };
    char text[64];
    struct uuid id;
    if (!str_given(field))
        return STR("null");
    switch (type) {
    case PG_BOOL:
        return field.data[0] ? STR("true") : STR("false");
    case PG_INT2:
    case PG_INT4:
    case PG_INT8:
        return str_format(arena, "%lld", (long long)int_of(field));
    case PG_DATE:
        return str_format(arena, "%s", date_format((date_day)(int_of(field) + DUMP_DAY_ZERO), text));
    case PG_UUID:
        memcpy(id.byte, field.data, sizeof id.byte);
        return str_format(arena, "%s", uuid_format(id, text));
    case PG_BYTEA:
        return hex_of(arena, field);
    case TEXTS:
    case BOOLS:
        return array_of(arena, field);
    default:
        return field;
    }
}

struct str dump_value(struct arena *arena, const struct dump *dump, int column)
{
    return value_of(arena, dump->column[column].type, dump->field[column]);
}

struct str dump_key(struct arena *arena, const struct dump *dump)
{
    struct str out = STR("");
    for (int i = 0; i < dump->keys; i++)
        out = str_format(arena, "%.*s%s%.*s %.*s", STR_ARG(out), i ? ", " : "", STR_ARG(dump->column[i].name),
            STR_ARG(dump_value(arena, dump, i)));
    return out;
}
