#ifndef ORGCODE_CORE_ACT_H
#define ORGCODE_CORE_ACT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/time.h"
#include "base/uuid.h"

/* One act of an agency, as a struct. Its texts and lists are owned by whoever decoded it (an arena, as a rule)
 * and are read only here. A text that was not given has data == NULL. Form and meaning: schemas/acts.md. */

enum act_kind {
    ACT_ESTABLISHED = 0, /* the order is that of the Avro union `body` */
    ACT_CONTACT_UPDATED,
    ACT_RENAMED,
    ACT_RECODED,
    ACT_MERGED,
    ACT_SPLIT,
    ACT_DISSOLVED,
    ACT_CLOSED,
    ACT_CORRECTED,
    ACT_ANNULLED,
    ACT_SCHEME_REGISTERED,
    ACT_KINDS,
};

enum info_field {
    INFO_NAME = 0,
    INFO_NAME_EN,
    INFO_SHORT_NAME,
    INFO_TYPE,
    INFO_ADDRESS,
    INFO_EMAIL,
    INFO_PHONE,
    INFO_FAX,
    INFO_WEBSITE,
    INFO_LEGACY_CODE,
    INFO_FIELDS,
};

/* Masks of info fields are 1 << field. */
typedef uint32_t field_mask;
#define INFO_ALL ((field_mask)((1u << INFO_FIELDS) - 1))
#define INFO_CONTACT \
    ((field_mask)(1u << INFO_ADDRESS | 1u << INFO_EMAIL | 1u << INFO_PHONE | 1u << INFO_FAX | 1u << INFO_WEBSITE))
#define INFO_NAMES ((field_mask)(1u << INFO_NAME | 1u << INFO_NAME_EN | 1u << INFO_SHORT_NAME | 1u << INFO_LEGACY_CODE))

struct info {
    struct str field[INFO_FIELDS];
};

struct decision_doc {
    bool given;
    struct str number, issued_by;
    date_day issued_on;
    struct str title, uri, sha256; /* optional */
};

struct code_pair {
    struct str from, to;
};
struct code_info {
    struct str code;
    struct info info;
};

enum unit_move { UNIT_TO, UNIT_CLOSE, UNIT_SUCCESSOR };
struct unit {
    struct str code; /* `from`, or the code of {close} */
    enum unit_move move;
    struct str to; /* UNIT_TO: the new code; UNIT_SUCCESSOR: that successor */
};
enum units_form { UNITS_NONE = 0, UNITS_LIST, UNITS_KEEP };
struct units {
    enum units_form form;
    struct unit *item;
    size_t count;
};

enum recode_cause { CAUSE_PARENT = 0, CAUSE_AUTHORITY, CAUSE_RENUMBERING };
enum annul_reason { ANNUL_ENTRY_ERROR = 0, ANNUL_DECISION_ANNULLED };

/* An item of a registered scheme's grammar: a literal, or min..max characters of a class. */
struct grammar_item {
    struct str literal; /* given: the item is this text */
    struct str class;   /* else: characters and ranges, "A-Z0-9" */
    int min, max;
};

struct act {
    struct uuid id;
    struct str authority;
    struct str scheme;      /* never absent: "gov" unless given */
    enum act_kind kind;
    date_day happened_on;   /* effective_on unless given */
    date_day effective_on;
    struct decision_doc decision;
    time_ms published_at;   /* 0 when not given; not part of the content */
    struct str note;
    bool normalized;        /* some text was not in NFC and has been put into it */
    union {
        struct { struct str code; struct info info; } established;
        struct { struct str code; struct info set; field_mask clear; } contact_updated;
        struct { struct str code; struct info set; struct str new_code; bool new_body; struct units units; } renamed;
        struct { enum recode_cause cause; struct code_pair *pair; size_t count; } recoded;
        struct { struct str *source; size_t count; struct str into; bool info_given; struct info info;
                 bool new_body; struct units units; } merged;
        struct { struct str source; bool continues; struct code_info *result; size_t count;
                 bool new_body; struct units units; } split;
        struct { struct str code; struct str *successor; size_t count; bool with_units, continues;
                 struct units units; } dissolved;
        struct { struct str code; struct str reason; bool with_units; } closed;
        struct { struct uuid corrects; struct str code; struct info set; field_mask clear;
                 struct decision_doc set_decision; } corrected;
        struct { struct uuid annuls; enum annul_reason reason; } annulled;
        struct { struct str scheme, issuer; struct grammar_item *item; size_t count;
                 struct str description; bool amends; } scheme_registered;
    } body;
};

/* Names as in the JSON form ("contact_updated", "nameEn", "entryError"). */
struct str act_kind_name(enum act_kind kind);
bool act_kind_parse(struct str name, enum act_kind *out);
struct str info_field_name(enum info_field field);
bool info_field_parse(struct str name, enum info_field *out);
struct str recode_cause_name(enum recode_cause cause);
bool recode_cause_parse(struct str name, enum recode_cause *out);
struct str annul_reason_name(enum annul_reason reason);
bool annul_reason_parse(struct str name, enum annul_reason *out);

/* Every text into NFC, copies in the arena; sets `normalized` when one changed. To be called once after decoding. */
void act_normalize(struct arena *arena, struct act *act);

/* SHA-256 of everything but published_at: two acts are the same when it is equal. Version 1 of the digest is
 * a tagged, length-prefixed serialization, see act.c. */
struct sha256 act_digest(const struct act *act);
/* The id of an act that was written without one: UUIDv5 of its content (id and published_at left out). */
struct uuid act_derive_id(const struct act *act);

/* Calls `visit` for each code that the act itself names, in the order of the schema's fields, lists in their
 * own order, units last; ROLE_GRANTED when the act (always) grants it. `into` of a merger is ROLE_NAMED, as only the
 * registry knows. A code may come more than once. */
enum code_role { ROLE_NAMED, ROLE_GRANTED };
typedef void act_visit(void *context, struct str code, enum code_role role);
void act_each_code(const struct act *act, act_visit *visit, void *context);

#endif
