#ifndef ORGCODE_REPLAY_SHOW_H
#define ORGCODE_REPLAY_SHOW_H

#include <jansson.h>
#include <stdio.h>

#include "base/str.h"

/* What came from outside, on its way to a terminal. Nothing of it is taken for a command of the terminal, and nothing
 * looks like what it is not: control characters, marks that turn the direction of writing, invisible and unassigned
 * characters and bytes that are no UTF-8 come out as escapes. */

/* As text: a backslash is doubled, a character of those \u{202e}, a byte \xff. */
void show_text(FILE *out, struct str text);
/* One line of JSON; such characters as \u202e. Takes `json`. */
void show_json(FILE *out, json_t *json);
/* The first bytes in hex, and how many there are. */
#define SHOW_HEX_MAX 64
void show_hex(FILE *out, struct str bytes);

/* Bytes as JSON: {"name": text} when they are UTF-8, {"nameHex": hex} else; null when absent. */
void show_put(json_t *object, const char *name, struct str bytes);
/* Hex of all. */
json_t *show_hex_json(struct str bytes);

#endif
