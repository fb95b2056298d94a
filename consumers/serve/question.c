#include "question.h"

#include "base/str.h"

enum { WORD_MAX = 64 /* longer ones are like nothing */ };

struct question question_split(struct arena *arena, struct str text)
{
    struct question out = {.word = arena_array(arena, struct str, text.len / 2 + 1)};
    for (size_t at = 0, end; at < text.len; at = end + 1) {
        for (end = at; end < text.len && text.data[end] != ' ';)
            end++;
        if (end > at)
            out.word[out.count++] = (struct str){text.data + at, end - at};
    }
    return out;
}

/* The text with a backslash before what is special. */
static char *put_plain(char *to, struct str text, const char *special)
{
    for (size_t i = 0; i < text.len; i++) {
        if (strchr(special, text.data[i]))
            *to++ = '\\';
        *to++ = text.data[i];
    }
    return to;
}

/* With one space between them. */
static struct str joined(struct arena *arena, const struct question *question, int first, const char *special)
{
    size_t room = 1;
    for (int i = first; i < question->count; i++)
        room += 2 * question->word[i].len + 1;
    char *text = arena_alloc(arena, room), *to = text;
    for (int i = first; i < question->count; i++) {
        if (i > first)
            *to++ = ' ';
        to = put_plain(to, question->word[i], special);
    }
    return (struct str){text, (size_t)(to - text)};
}

struct str question_pattern(struct arena *arena, const struct question *question, int first, bool begun)
{
    struct str words = joined(arena, question, first, "%_\\");
    return str_format(arena, "%% %.*s%s", STR_ARG(words), begun ? "%" : " %");
}

struct str question_same(struct arena *arena, const struct question *question)
{
    return str_format(arena, "%%| %.*s |%%", STR_ARG(joined(arena, question, 0, "%_\\")));
}

struct str question_query(struct arena *arena, const struct question *question, bool begun)
{
    struct str out = STR("");
    for (int i = 0; i < question->count; i++) {
        const struct question one = {.word = question->word + i, .count = 1};
        out = str_format(arena, "%.*s%s'%.*s'", STR_ARG(out), i ? "&" : "", STR_ARG(joined(arena, &one, 0, "'\\")));
    }
    return begun ? str_format(arena, "%.*s:*", STR_ARG(out)) : out;
}

struct str question_query_same(struct arena *arena, const struct question *question)
{
    return str_format(arena, "'=%.*s'", STR_ARG(joined(arena, question, 0, "'\\")));
}

struct str question_mark(struct arena *arena, struct str query, char mark, struct str value)
{
    if (!str_given(value))
        return query;
    char *text = arena_alloc(arena, 2 * value.len + 1), *end = put_plain(text, value, "'\\");
    for (char *at = text; at < end; at++)
        *at = (char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
    return str_format(arena, "%.*s&'%c%.*s'", STR_ARG(query), mark, (int)(end - text), text);
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

int question_distance(struct str a, struct str b)
{
    int row[3][WORD_MAX + 1]; /* the one in work, and the two before it */
    if (a.len > WORD_MAX || b.len > WORD_MAX)
        return WORD_MAX;
    for (int k = 0; k <= (int)b.len; k++)
        row[0][k] = k;
    for (int i = 1; i <= (int)a.len; i++) {
        int *now = row[i % 3], *before = row[(i + 2) % 3], *earlier = row[(i + 1) % 3];
        now[0] = i;
        for (int k = 1; k <= (int)b.len; k++) {
            bool same = a.data[i - 1] == b.data[k - 1];
            now[k] = smaller(before[k - 1] + !same, smaller(before[k], now[k - 1]) + 1);
            if (i > 1 && k > 1 && a.data[i - 1] == b.data[k - 2] && a.data[i - 2] == b.data[k - 1])
                now[k] = smaller(now[k], earlier[k - 2] + 1);
        }
    }
    return row[a.len % 3][b.len];
}
