#ifndef ORGCODE_BASE_STR_H
#define ORGCODE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct arena;

/* Bounded text: bytes and their length, not owned, not necessarily terminated. data == NULL means absent
 * (not given); an empty text has data != NULL and len == 0. */
struct str {
    const char *data;
    size_t len;
};

#define STR(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define STR_NONE ((struct str){0})
/* printf("%.*s", STR_ARG(s)) */
#define STR_ARG(s) (int)(s).len, (s).data ? (s).data : ""

static inline struct str str_of(const char *text) { return text ? (struct str){text, strlen(text)} : STR_NONE; }
static inline bool str_given(struct str s) { return s.data != NULL; }
static inline bool str_empty(struct str s) { return s.len == 0; }
/* Absent and empty differ. */
static inline bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.data != NULL) == (b.data != NULL) && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}
/* Byte order; a prefix comes first. Absent counts as empty. */
int str_compare(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
/* Copies into the arena, with a NUL behind; absent stays absent. */
struct str str_copy(struct arena *arena, struct str s);
struct str str_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Decimal digits only, no sign, no overflow; false otherwise. */
bool str_to_u64(struct str s, unsigned long long *out);
/* FNV-1a, for tables in memory only (never stored). */
size_t str_hash(struct str s);

#endif
