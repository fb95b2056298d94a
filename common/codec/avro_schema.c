#include "codec/avro_schema.h"

#include <avro.h>

#include "base/hash.h"
#include "base/map.h"

/* avro-c parses; its tree is copied into nodes once, so that the walker of hostile bytes does not depend on avro-c. */
struct copier {
    struct arena *arena;
    struct map known; /* pointer of avro-c's named type -> node */
    VEC(char) text;   /* parsing canonical form */
};

static void put(struct copier *c, const char *text)
{
    for (; *text; text++)
        *vec_push(c->arena, &c->text) = *text;
}

static void put_quoted(struct copier *c, const char *text)
{
    put(c, "\"");
    put(c, text);
    put(c, "\"");
}

static void put_full_name(struct copier *c, avro_schema_t schema)
{
    const char *space = avro_schema_namespace(schema);
    put(c, "\"");
    if (space && *space) {
        put(c, space);
        put(c, ".");
    }
    put(c, avro_schema_name(schema));
    put(c, "\"");
}

static const char *keep(struct copier *c, const char *text)
{
    return arena_copy(c->arena, text, strlen(text));
}

static struct node *copy(struct copier *c, avro_schema_t schema);

static void reserve(struct copier *c, struct node *node, size_t count, bool children)
{
    node->count = count;
    node->label = arena_array(c->arena, const char *, count);
    if (children)
        node->child = arena_array(c->arena, struct node *, count);
}

static void copy_record(struct copier *c, avro_schema_t schema, struct node *node)
{
    reserve(c, node, avro_schema_record_size(schema), true);
    put(c, "\"type\":\"record\",\"fields\":[");
    for (size_t i = 0; i < node->count; i++) {
        node->label[i] = keep(c, avro_schema_record_field_name(schema, (int)i));
        put(c, i ? ",{\"name\":" : "{\"name\":");
        put_quoted(c, node->label[i]);
        put(c, ",\"type\":");
        node->child[i] = copy(c, avro_schema_record_field_get_by_index(schema, (int)i));
        put(c, "}");
        node->min += node->child[i]->min;
    }
    put(c, "]");
}

static void copy_enum(struct copier *c, avro_schema_t schema, struct node *node)
{
    int symbols = avro_schema_enum_number_of_symbols(schema);
    reserve(c, node, symbols > 0 ? (size_t)symbols : 0, false);
    put(c, "\"type\":\"enum\",\"symbols\":[");
    for (size_t i = 0; i < node->count; i++) {
        node->label[i] = keep(c, avro_schema_enum_get(schema, (int)i));
        put(c, i ? "," : "");
        put_quoted(c, node->label[i]);
    }
    put(c, "]");
    node->min = 1;
}

static void copy_fixed(struct copier *c, avro_schema_t schema, struct node *node)
{
    char size[32];
    node->size = (size_t)avro_schema_fixed_size(schema);
    node->min = node->size;
    snprintf(size, sizeof size, "\"type\":\"fixed\",\"size\":%zu", node->size);
    put(c, size);
}

static struct node *copy_named(struct copier *c, avro_schema_t schema, enum node_type type)
{
    struct str key = {arena_copy(c->arena, &schema, sizeof schema), sizeof schema};
    void **place = map_put(c->arena, &c->known, key);
    if (*place) {
        put_full_name(c, schema);
        return *place;
    }
    struct node *node = arena_new(c->arena, struct node);
    *place = node;
    node->type = type;
    node->name = keep(c, avro_schema_name(schema));
    put(c, "{\"name\":");
    put_full_name(c, schema);
    put(c, ",");
    if (type == NODE_RECORD)
        copy_record(c, schema, node);
    else if (type == NODE_ENUM)
        copy_enum(c, schema, node);
    else
        copy_fixed(c, schema, node);
    put(c, "}");
    return node;
}

static struct node *copy_one_inside(struct copier *c, enum node_type type, const char *head, avro_schema_t inside)
{
    struct node *node = arena_new(c->arena, struct node);
    node->type = type;
    node->min = 1;
    reserve(c, node, 1, true);
    put(c, head);
    node->child[0] = copy(c, inside);
    put(c, "}");
    return node;
}

static struct node *copy_union(struct copier *c, avro_schema_t schema)
{
    struct node *node = arena_new(c->arena, struct node);
    node->type = NODE_UNION;
    node->min = 1;
    reserve(c, node, avro_schema_union_size(schema), true);
    put(c, "[");
    for (size_t i = 0; i < node->count; i++) {
        put(c, i ? "," : "");
        node->child[i] = copy(c, avro_schema_union_branch(schema, (int)i));
    }
    put(c, "]");
    return node;
}

static struct node *copy_plain(struct copier *c, enum node_type type, const char *name, size_t min)
{
    struct node *node = arena_new(c->arena, struct node);
    node->type = type;
    node->min = min;
    put_quoted(c, name);
    return node;
}

static struct node *copy(struct copier *c, avro_schema_t schema)
{
    while (is_avro_link(schema))
        schema = avro_schema_link_target(schema);
    switch (avro_typeof(schema)) {
    case AVRO_RECORD:
        return copy_named(c, schema, NODE_RECORD);
    case AVRO_ENUM:
        return copy_named(c, schema, NODE_ENUM);
    case AVRO_FIXED:
        return copy_named(c, schema, NODE_FIXED);
    case AVRO_ARRAY:
        return copy_one_inside(c, NODE_ARRAY, "{\"type\":\"array\",\"items\":", avro_schema_array_items(schema));
    case AVRO_MAP:
        return copy_one_inside(c, NODE_MAP, "{\"type\":\"map\",\"values\":", avro_schema_map_values(schema));
    case AVRO_UNION:
        return copy_union(c, schema);
    case AVRO_STRING:
        return copy_plain(c, NODE_STRING, "string", 1);
    case AVRO_BYTES:
        return copy_plain(c, NODE_BYTES, "bytes", 1);
    case AVRO_INT32:
        return copy_plain(c, NODE_INT, "int", 1);
    case AVRO_INT64:
        return copy_plain(c, NODE_LONG, "long", 1);
    case AVRO_FLOAT:
        return copy_plain(c, NODE_FLOAT, "float", 4);
    case AVRO_DOUBLE:
        return copy_plain(c, NODE_DOUBLE, "double", 8);
    case AVRO_BOOLEAN:
        return copy_plain(c, NODE_BOOLEAN, "boolean", 1);
    default:
        return copy_plain(c, NODE_NULL, "null", 0);
    }
}

struct status schema_parse(struct arena *arena, struct str json, struct schema *out, struct fault *fault)
{
    avro_schema_t parsed = NULL;
    avro_set_error("%s", "");
    if (avro_schema_from_json_length(json.data, json.len, &parsed) != 0)
        return status_fail(fault, STATUS_STOP, "schema", "not an Avro schema: %s", avro_strerror());
    struct copier c = {.arena = arena};
    out->root = copy(&c, parsed);
    out->canonical = (struct str){c.text.item, c.text.count};
    out->fingerprint = crc64_avro(c.text.item, c.text.count);
    avro_schema_decref(parsed);
    return status_ok();
}
