#ifndef ORGCODE_CODEC_AVRO_SCHEMA_H
#define ORGCODE_CODEC_AVRO_SCHEMA_H

#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

/* An Avro schema as a plain tree, made from avro-c's, with its fingerprint. Inside the codec only. */

enum node_type {
    NODE_NULL,
    NODE_BOOLEAN,
    NODE_INT,
    NODE_LONG,
    NODE_FLOAT,
    NODE_DOUBLE,
    NODE_BYTES,
    NODE_STRING,
    NODE_FIXED,
    NODE_ENUM,
    NODE_ARRAY,
    NODE_MAP,
    NODE_UNION,
    NODE_RECORD,
};

/* A named type that is used twice is one node; a recursive one makes a cycle. */
struct node {
    enum node_type type;
    const char *name;    /* record, enum, fixed: without its namespace */
    struct node **child; /* fields, branches; items or values as child[0] */
    const char **label;  /* names of fields, symbols of an enum */
    size_t count;        /* of children; enum: of symbols */
    size_t size;         /* fixed */
    size_t min;          /* fewest bytes of a value; 0: its values take none */
};

struct schema {
    uint64_t fingerprint; /* CRC-64-AVRO of the parsing canonical form */
    struct str canonical; /* that form */
    struct node *root;
};

/* Everything is put into `arena`, nothing of avro-c's is kept. STOP, code `schema`. */
struct status schema_parse(struct arena *arena, struct str json, struct schema *out, struct fault *fault) MUST_USE;

#endif
