#include "codec/avro_act.h"

#include <stdio.h>
#include <stdlib.h>

#include "act.avsc.h"
#include "codec/avro_form.h"
#include "codec/avro_frame.h"
#include "codec/avro_walk.h"

/* The last part of the budget is for what act_normalize copies and for rounding. */
#define BUDGET_TIMES 4
#define BUDGET_MORE ((size_t)64 << 10)
#define PATH_MAX_PARTS 8

struct avro_reader {
    struct arena *arena;
    VEC(struct known {
        uint64_t fingerprint;
        const struct binding *root;
    })
    known;
};

struct decoder {
    struct walk walk;
    struct arena *arena;
    size_t budget;                    /* bytes that lists may still take */
    const char *part[PATH_MAX_PARTS]; /* where it failed, innermost first */
    int parts;
};

/* Dates that can be written as YYYY-MM-DD, 1900 to 9999. */
#define DATE_FIRST (-25567)
#define DATE_LAST 2932896

static bool read_value(struct decoder *d, const struct binding *binding, char *base);

static bool read_number(struct decoder *d, const struct binding *binding, char *to)
{
    int64_t value;
    if (!walk_long(&d->walk, &value))
        return false;
    enum slot slot = binding->field->slot;
    if (slot == SLOT_TIME) {
        if (value < (int64_t)DATE_FIRST * DAY_MS || value > (int64_t)DATE_LAST * DAY_MS)
            return walk_fail(&d->walk, "range");
        memcpy(to, &(time_ms){value}, sizeof(time_ms));
        return true;
    }
    int64_t low = slot == SLOT_DATE ? DATE_FIRST : INT32_MIN, high = slot == SLOT_DATE ? DATE_LAST : INT32_MAX;
    if (value < low || value > high)
        return walk_fail(&d->walk, "range");
    memcpy(to, &(int32_t){(int32_t)value}, sizeof(int32_t));
    return true;
}

static bool read_uuid(struct decoder *d, const struct binding *binding, char *to)
{
    struct uuid id;
    if (binding->node->type == NODE_STRING) {
        struct str text;
        if (!walk_text(&d->walk, &text))
            return false;
        if (!uuid_parse(text, &id))
            return walk_fail(&d->walk, "range");
    } else {
        const uint8_t *bytes;
        if (!walk_fixed(&d->walk, sizeof id.byte, &bytes))
            return false;
        memcpy(id.byte, bytes, sizeof id.byte);
    }
    memcpy(to, &id, sizeof id);
    return true;
}

static bool read_choice(struct decoder *d, const struct binding *binding, int *out)
{
    size_t index;
    if (!walk_index(&d->walk, binding->node->count, &index))
        return false;
    *out = binding->choice[index];
    return *out >= 0 || walk_fail(&d->walk, "range");
}

static bool read_mask(struct decoder *d, const struct binding *binding, char *to)
{
    field_mask mask = 0;
    size_t count;
    const uint8_t *block_end;
    do {
        if (!walk_block(&d->walk, 1, &count, &block_end))
            return false;
        for (size_t i = 0; i < count; i++) {
            int value;
            if (!read_choice(d, binding->child[0], &value))
                return false;
            mask |= (field_mask)1 << value;
        }
        if (!walk_block_end(&d->walk, block_end))
            return false;
    } while (count > 0);
    memcpy(to, &mask, sizeof mask);
    return true;
}

/* All items are counted before the first is stored, so that the array is made once and in its size. */
static bool read_items(struct decoder *d, const struct binding *binding, char **items, size_t *total)
{
    size_t size = binding->field->item_size, count, done = 0;
    const uint8_t *block_end;
    if (!walk_count(&d->walk, binding->node, total))
        return false;
    if (*total > d->budget / size)
        return walk_fail(&d->walk, "limit");
    d->budget -= *total * size;
    *items = *total ? arena_try(d->arena, *total * size) : NULL;
    if (*total && !*items)
        return walk_fail(&d->walk, "limit");
    do {
        if (!walk_block(&d->walk, binding->node->child[0]->min, &count, &block_end))
            return false;
        for (size_t i = 0; i < count; i++, done++)
            if (!read_value(d, binding->child[0], *items + done * size))
                return false;
        if (!walk_block_end(&d->walk, block_end))
            return false;
    } while (count > 0);
    return true;
}

static bool read_list(struct decoder *d, const struct binding *binding, char *base)
{
    char *items;
    size_t total;
    if (!read_items(d, binding, &items, &total))
        return false;
    memcpy(base + binding->field->at, &items, sizeof items);
    memcpy(base + binding->field->count_at, &total, sizeof total);
    return true;
}

static bool read_units(struct decoder *d, const struct binding *binding, struct units *units)
{
    if (binding->node->type == NODE_ENUM) {
        size_t index;
        units->form = UNITS_KEEP;
        return walk_index(&d->walk, binding->node->count, &index);
    }
    char *items;
    if (!read_items(d, binding, &items, &units->count))
        return false;
    units->form = UNITS_LIST;
    units->item = (struct unit *)(void *)items;
    return true;
}

static bool read_record(struct decoder *d, const struct binding *binding, char *base)
{
    const struct node *node = binding->node;
    const struct form *form = binding->form;
    if (form->tag_at != NOWHERE)
        memcpy(base + form->tag_at, &form->tag, sizeof form->tag);
    for (size_t i = 0; i < node->count; i++) {
        const struct binding *child = binding->child[i];
        if (child ? read_value(d, child, base) : walk_skip(&d->walk, node->child[i]))
            continue;
        if (d->parts < PATH_MAX_PARTS)
            d->part[d->parts++] = node->label[i];
        return false;
    }
    return true;
}

static bool read_slot(struct decoder *d, const struct binding *binding, char *base)
{
    const struct field *field = binding->field;
    char *to = base + field->at;
    int choice;
    switch (field->slot) {
    case SLOT_TEXT:
        return walk_text(&d->walk, (struct str *)(void *)to);
    case SLOT_BOOL:
        return walk_boolean(&d->walk, (bool *)to);
    case SLOT_INT:
    case SLOT_DATE:
    case SLOT_TIME:
        return read_number(d, binding, to);
    case SLOT_UUID:
        return read_uuid(d, binding, to);
    case SLOT_CHOICE:
        if (!read_choice(d, binding, &choice))
            return false;
        memcpy(to, &choice, sizeof choice);
        return true;
    case SLOT_MASK:
        return read_mask(d, binding, to);
    case SLOT_RECORD:
        if (field->given_at)
            *(bool *)(base + field->given_at) = true;
        return read_record(d, binding, to);
    case SLOT_VARIANT:
        return read_record(d, binding, to);
    case SLOT_LIST:
        return read_list(d, binding, base);
    case SLOT_UNITS:
        return read_units(d, binding, (struct units *)(void *)to);
    }
    return walk_fail(&d->walk, "depth");
}

/* A union of a union does not exist in Avro: this goes one step down at most. */
static bool read_value(struct decoder *d, const struct binding *binding, char *base)
{
    if (binding->node->type != NODE_UNION)
        return read_slot(d, binding, base);
    size_t branch;
    if (!walk_index(&d->walk, binding->node->count, &branch))
        return false;
    return binding->child[branch] ? read_slot(d, binding->child[branch], base) : true;
}

static struct status refuse(const struct decoder *d, struct str bytes, struct fault *fault)
{
    char where[256] = "";
    size_t used = 0;
    for (int i = d->parts - 1; i >= 0 && used < sizeof where - 1; i--)
        used += (size_t)snprintf(where + used, sizeof where - used, "%s%s", d->part[i], i > 0 ? "." : ": ");
    return status_fail(fault, STATUS_REJECT, d->walk.code, "%s%s near byte %zu of %zu", where, d->walk.code,
        (size_t)((const char *)d->walk.at - bytes.data), bytes.len);
}

static const struct binding *find(const struct avro_reader *reader, uint64_t fingerprint)
{
    for (size_t i = 0; i < reader->known.count; i++)
        if (reader->known.item[i].fingerprint == fingerprint)
            return reader->known.item[i].root;
    return NULL;
}

static void complete(struct arena *arena, struct act *act)
{
    if (!str_given(act->scheme))
        act->scheme = STR("gov");
    if (act->happened_on == DATE_NONE)
        act->happened_on = act->effective_on;
    act_normalize(arena, act);
}

static struct status read_frame(
    const struct avro_reader *reader, struct str bytes, const struct binding **out, struct fault *fault)
{
    uint64_t fingerprint = 0;
    const uint8_t *byte = (const uint8_t *)bytes.data;
    if (bytes.len > AVRO_ACT_MAX)
        return status_fail(fault, STATUS_REJECT, "size", "%zu bytes, at most %zu", bytes.len, AVRO_ACT_MAX);
    if (bytes.len < FRAME_SIZE || byte[0] != FRAME_FIRST || byte[1] != FRAME_SECOND)
        return status_fail(fault, STATUS_REJECT, "frame", "not an Avro single object (C3 01 and a fingerprint)");
    for (int i = 0; i < 8; i++)
        fingerprint |= (uint64_t)byte[2 + i] << 8 * i;
    *out = find(reader, fingerprint);
    if (!*out)
        return status_fail(
            fault, STATUS_REJECT, "fingerprint", "unknown schema fingerprint %016llx", (unsigned long long)fingerprint);
    return status_ok();
}

struct status avro_act_decode(
    const struct avro_reader *reader, struct arena *arena, struct str bytes, struct act **out, struct fault *fault)
{
    const struct binding *root;
    *out = NULL;
    struct status s = read_frame(reader, bytes, &root, fault);
    if (status_failed(s))
        return s;
    struct arena_mark mark = arena_mark(arena);
    size_t budget = BUDGET_TIMES * bytes.len + BUDGET_MORE, used = arena_used(arena);
    struct act *act = arena_try(arena, sizeof *act);
    const uint8_t *data = (const uint8_t *)bytes.data;
    struct decoder d = {.walk = {.at = data + FRAME_SIZE, .end = data + bytes.len, .code = "limit"},
        .arena = arena,
        .budget = budget - 2 * sizeof *act};
    if (!act)
        return refuse(&d, bytes, fault);
    act->happened_on = DATE_NONE;
    if (read_value(&d, root, (char *)act)) {
        if (d.walk.at != d.walk.end)
            walk_fail(&d.walk, "trailing");
        else {
            complete(arena, act);
            if (arena_used(arena) - used <= budget) {
                *out = act;
                return status_ok();
            }
            walk_fail(&d.walk, "limit");
        }
    }
    arena_rewind(arena, mark);
    return refuse(&d, bytes, fault);
}

struct status avro_reader_add(struct avro_reader *reader, struct str schema_json, struct fault *fault)
{
    struct schema schema;
    struct binding *root;
    struct status s = schema_parse(reader->arena, schema_json, &schema, fault);
    if (status_failed(s))
        return s;
    s = form_bind(reader->arena, schema.root, &root, fault);
    if (status_failed(s))
        return s;
    *vec_push(reader->arena, &reader->known) = (struct known){schema.fingerprint, root};
    return status_ok();
}

struct avro_reader *avro_reader_open(struct fault *fault)
{
    struct avro_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        abort();
    reader->arena = arena_open(0);
    struct status s = avro_reader_add(reader, (struct str){avro_act, sizeof avro_act - 1}, fault);
    if (!status_failed(s) && reader->known.item[0].fingerprint != ACT_FINGERPRINT)
        s = status_fail(fault, STATUS_STOP, "schema", "the embedded schema's fingerprint is %016llx",
            (unsigned long long)reader->known.item[0].fingerprint);
    if (!status_failed(s))
        return reader;
    avro_reader_close(reader);
    return NULL;
}

void avro_reader_close(struct avro_reader *reader)
{
    if (!reader)
        return;
    arena_close(reader->arena);
    free(reader);
}
