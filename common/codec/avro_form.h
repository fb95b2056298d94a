#ifndef ORGCODE_CODEC_AVRO_FORM_H
#define ORGCODE_CODEC_AVRO_FORM_H

#include "codec/avro_schema.h"
#include "core/act.h"

/* How an act's struct looks to the Avro reader (form), and how a writer's schema is laid over it (binding).
 * Inside the codec only. */

enum slot {
    SLOT_TEXT, /* struct str */
    SLOT_BOOL,
    SLOT_INT,
    SLOT_DATE,
    SLOT_TIME,
    SLOT_UUID,
    SLOT_CHOICE,  /* an enum of ours, an int */
    SLOT_MASK,    /* field_mask, from a list of field names */
    SLOT_RECORD,  /* the members of `form` at `at` */
    SLOT_VARIANT, /* one of `variant`, known by the record's name */
    SLOT_LIST, /* items at `at`, their number at `count_at`; each a text (no form, no variant), a record or a variant */
    SLOT_UNITS, /* struct units: null, the word `keep`, or a list */
};

struct form;

/* A member of a form, as today's schema calls it. One that the writer's schema lacks stays zero. */
struct field {
    const char *name;
    const char *alias; /* its former name */
    enum slot slot;
    bool required; /* a writer's schema without it cannot be read */
    size_t at;
    size_t given_at;            /* RECORD: a bool beside `at` that tells that it stood there; 0: none */
    size_t count_at;            /* LIST */
    size_t item_size;           /* LIST */
    const struct form *form;    /* RECORD, LIST */
    const struct form *variant; /* VARIANT, LIST */
    size_t variants;
    const char *const *choice; /* CHOICE, MASK: names by value */
    size_t choices;
};

#define NOWHERE SIZE_MAX
struct form {
    const char *record; /* VARIANT: the record's name */
    const struct field *field;
    size_t fields;
    size_t tag_at; /* an int of ours that says which variant it is, or NOWHERE */
    int tag;
};

/* The whole act; offsets are those of struct act. */
extern const struct form form_act;

/* A node of the writer's schema with what becomes of it. */
struct binding {
    const struct node *node;
    const struct field *field;
    const struct form *form; /* the node is a record: its form */
    struct binding **child;  /* record: by field, NULL is skipped; union: by branch; array: [0] */
    int *choice;             /* enum: our value of each symbol, -1: unknown */
};

/* STOP, code `schema`, when the schema has a type that does not fit, or lacks what an act needs. */
struct status form_bind(
    struct arena *arena, const struct node *root, struct binding **out, struct fault *fault) MUST_USE;

#endif
