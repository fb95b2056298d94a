#include "codec/avro_form.h"

/* Lays a writer's schema over today's form, by names. Done once per schema, of ours alone. */

#define BIND_DEPTH_MAX 16

struct binder {
    struct arena *arena;
    struct fault *fault;
    struct status status;
    int depth;
};

static struct binding *bind(struct binder *b, const struct node *node, const struct field *field);

static struct binding *refuse(struct binder *b, const struct field *field, const char *why)
{
    if (!status_failed(b->status))
        b->status = status_fail(b->fault, STATUS_STOP, "schema", "%s: %s", field->name, why);
    return NULL;
}

static const struct field *find_field(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->fields; i++) {
        const struct field *field = &form->field[i];
        if (strcmp(field->name, name) == 0 || (field->alias && strcmp(field->alias, name) == 0))
            return field;
    }
    return NULL;
}

static bool has_field(const struct node *node, const struct field *field)
{
    for (size_t i = 0; i < node->count; i++)
        if (strcmp(field->name, node->label[i]) == 0 || (field->alias && strcmp(field->alias, node->label[i]) == 0))
            return true;
    return false;
}

static void bind_record(struct binder *b, struct binding *binding, const struct form *form)
{
    const struct node *node = binding->node;
    binding->form = form;
    binding->child = arena_array(b->arena, struct binding *, node->count);
    for (size_t i = 0; i < form->fields; i++)
        if (form->field[i].required && !has_field(node, &form->field[i]))
            refuse(b, &form->field[i], "the schema has no such field");
    for (size_t i = 0; i < node->count; i++) {
        const struct field *field = find_field(form, node->label[i]);
        if (field)
            binding->child[i] = bind(b, node->child[i], field);
    }
}

static void bind_enum(struct binder *b, struct binding *binding, const struct field *field)
{
    const struct node *node = binding->node;
    binding->choice = arena_array(b->arena, int, node->count);
    for (size_t i = 0; i < node->count; i++) {
        binding->choice[i] = -1;
        for (size_t j = 0; j < field->choices; j++)
            if (strcmp(node->label[i], field->choice[j]) == 0)
                binding->choice[i] = (int)j;
    }
}

static const struct form *find_variant(const struct field *field, const struct node *node)
{
    for (size_t i = 0; i < field->variants; i++)
        if (strcmp(field->variant[i].record, node->name) == 0)
            return &field->variant[i];
    return NULL;
}

/* Does a plain type of the writer's fit the slot? */
static bool fits(const struct node *node, enum slot slot)
{
    switch (slot) {
    case SLOT_TEXT:
        return node->type == NODE_STRING;
    case SLOT_BOOL:
        return node->type == NODE_BOOLEAN;
    case SLOT_INT:
    case SLOT_DATE:
    case SLOT_TIME:
        return node->type == NODE_INT || node->type == NODE_LONG;
    case SLOT_UUID:
        return node->type == NODE_STRING || (node->type == NODE_FIXED && node->size == 16);
    case SLOT_CHOICE:
        return node->type == NODE_ENUM;
    default:
        return false;
    }
}

static void bind_list(struct binder *b, struct binding *binding, const struct field *field)
{
    struct field *item = arena_new(b->arena, struct field);
    *item = *field;
    item->at = 0;
    item->given_at = 0;
    item->slot = field->slot == SLOT_MASK ? SLOT_CHOICE
                 : field->variants        ? SLOT_VARIANT
                 : field->form            ? SLOT_RECORD
                                          : SLOT_TEXT;
    binding->child = arena_new(b->arena, struct binding *);
    binding->child[0] = bind(b, binding->node->child[0], item);
}

static void bind_one(struct binder *b, struct binding *binding, const struct field *field)
{
    const struct node *node = binding->node;
    bool list = field->slot == SLOT_LIST || field->slot == SLOT_MASK || field->slot == SLOT_UNITS;
    if (list && node->type == NODE_ARRAY) {
        bind_list(b, binding, field);
    } else if (field->slot == SLOT_UNITS && node->type == NODE_ENUM) {
        if (node->count != 1 || strcmp(node->label[0], "keep") != 0)
            refuse(b, field, "the only word known is `keep`");
    } else if (field->slot == SLOT_RECORD && node->type == NODE_RECORD) {
        bind_record(b, binding, field->form);
    } else if (field->slot == SLOT_VARIANT && node->type == NODE_RECORD) {
        const struct form *form = find_variant(field, node);
        if (form)
            bind_record(b, binding, form);
        else
            refuse(b, field, "a record of unknown name");
    } else if (fits(node, field->slot)) {
        if (node->type == NODE_ENUM)
            bind_enum(b, binding, field);
    } else {
        refuse(b, field, "the schema has another type there");
    }
}

static struct binding *bind(struct binder *b, const struct node *node, const struct field *field)
{
    if (b->depth == BIND_DEPTH_MAX)
        return refuse(b, field, "the schema is too deep");
    b->depth++;
    struct binding *binding = arena_new(b->arena, struct binding);
    binding->node = node;
    binding->field = field;
    if (node->type == NODE_UNION) {
        binding->child = arena_array(b->arena, struct binding *, node->count);
        for (size_t i = 0; i < node->count; i++)
            if (node->child[i]->type != NODE_NULL)
                binding->child[i] = bind(b, node->child[i], field);
    } else {
        bind_one(b, binding, field);
    }
    b->depth--;
    return binding;
}

struct status form_bind(struct arena *arena, const struct node *root, struct binding **out, struct fault *fault)
{
    static const struct field whole = {.name = "Act", .slot = SLOT_RECORD, .form = &form_act};
    struct binder b = {.arena = arena, .fault = fault, .status = status_ok()};
    *out = bind(&b, root, &whole);
    return b.status;
}
