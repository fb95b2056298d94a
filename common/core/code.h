#ifndef ORGCODE_CORE_CODE_H
#define ORGCODE_CORE_CODE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "core/act.h"

/* The grammar of codes, by scheme (schemas/law.md, GRAMMAR, ENTERPRISE, LEGACY, SCHEME). Pure text, no registry. */

#define CODE_MAX 35 /* characters of a code */
#define SCHEME_ID_MAX 8
#define CODE_KEY_MAX (SCHEME_ID_MAX + 1 + CODE_MAX)

/* A government code: groups of A-Z 0-9 joined by dots, the first a letter and two digits, 1..35 characters. */
bool code_gov_valid(struct str code);
/* Number of groups of a valid government code. */
int code_gov_level(struct str code);
/* The code less its last group; absent for level 1. */
struct str code_gov_parent(struct str code);
/* The first group ("H26" of "H26.1.2"). */
struct str code_gov_level1(struct str code);
/* A valid government code of one group. */
bool code_is_level1(struct str code);
/* Level-1 code or ROOT: what may stand as an act's authority and in a topic's name. */
bool code_is_authority(struct str text);

enum enterprise_fault {
    ENTERPRISE_OK = 0,
    ENTERPRISE_FORM,     /* neither NNNNNNNNNN nor NNNNNNNNNN-NNN */
    ENTERPRISE_PERSONAL, /* 12 digits: a personal number, never kept here */
    ENTERPRISE_CHECK,    /* wrong check digit, or a number that has none */
    ENTERPRISE_SEQUENCE, /* digits 3 to 9 are all 0 */
    ENTERPRISE_BRANCH,   /* -000 */
};
enum enterprise_fault code_enterprise_check(struct str code);
/* The check digit for nine digits, -1 when they have none. */
int code_enterprise_digit(const char nine[9]);
/* The head of a branch; absent for a head. */
struct str code_enterprise_head(struct str code);

/* The older QCVN 102 code. LEGACY_WIDE: groups of three digits where the form has two, accepted with a warning. */
enum legacy_form { LEGACY_REGULAR, LEGACY_WIDE, LEGACY_IRREGULAR };
enum legacy_form code_legacy_form(struct str legacy);

/* Does `code` match a registered scheme's grammar, whole? At most 16 items, 35 characters. */
bool code_grammar_match(const struct grammar_item *item, size_t count, struct str code);
/* A class of a grammar: characters and ranges of printable ASCII ("A-Z0-9"); a dash is itself at either end. */
bool code_class_valid(struct str class);
/* The grammar for people: "VN-[0-9]{2,4}". */
struct str code_grammar_text(struct arena *arena, const struct grammar_item *item, size_t count);
/* 1..35 characters of printable ASCII: what any code is, whatever its scheme. */
bool code_text_valid(struct str code);
/* A scheme id: 2..8 of a-z 0-9 -, not `gov`, `scheme`, `prefix`, `enterprise`. */
bool code_scheme_valid(struct str id);

/* What the registry calls a code: the code itself in `gov` and `enterprise`, else `<scheme>:<code>`. */
struct str code_key(struct arena *arena, struct str scheme, struct str code);
/* The scheme of a key, and the code in it. */
struct str code_key_scheme(struct str key);
struct str code_key_code(struct str key);
/* The key of the parent (gov: code less its last group; enterprise: head of a branch); absent where there is none. */
struct str code_key_parent(struct str key);
/* Level: gov number of groups; enterprise 1 or 2 (branch); other schemes 1. */
int code_key_level(struct str key);
/* Is `key` somewhere below `above` (same scheme)? */
bool code_key_below(struct str key, struct str above);

#endif
