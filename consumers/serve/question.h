#ifndef ORGCODE_SERVE_QUESTION_H
#define ORGCODE_SERVE_QUESTION_H

#include <stdbool.h>

#include "base/arena.h"

/* What somebody searches: words, plain and apart (schemas/sql/004_entry.sql). */
struct question {
    struct str *word;
    int count;
};

/* At each space. */
struct question question_split(struct arena *arena, struct str text);
/* For LIKE: the words from `first` to the last, one behind the other; `begun`: the last is a word's beginning. */
struct str question_pattern(struct arena *arena, const struct question *question, int first, bool begun);
/* For LIKE: a name or a code is these words and no more. */
struct str question_same(struct arena *arena, const struct question *question);
/* As tsquery: all words; `begun` as above. */
struct str question_query(struct arena *arena, const struct question *question, bool begun);
/* As tsquery: a name or a code is these words and no more. */
struct str question_query_same(struct arena *arena, const struct question *question);
/* The tsquery, and this mark of a code or number, if it is given. */
struct str question_mark(struct arena *arena, struct str query, char mark, struct str value);
/* How many letters are to be put in, left out, changed or changed with the next to make one word of the other. */
int question_distance(struct str a, struct str b);

#endif
