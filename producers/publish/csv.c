#include "csv.h"

/* A quoted field from `at` (behind the quote). Sets *at behind the closing quote. False: it has no end. */
static bool quoted_field(struct arena *arena, struct str text, size_t *at, struct str *out)
{
    size_t begin = *at, doubled = 0, i = begin;
    for (;; i++) {
        if (i >= text.len)
            return false;
        if (text.data[i] != '"')
            continue;
        if (i + 1 >= text.len || text.data[i + 1] != '"')
            break;
        doubled++;
        i++;
    }
    *at = i + 1;
    *out = (struct str){text.data + begin, i - begin};
    if (doubled == 0)
        return true;
    char *plain = arena_alloc(arena, out->len - doubled + 1);
    size_t used = 0;
    for (size_t j = 0; j < out->len; j++) {
        plain[used++] = out->data[j];
        if (out->data[j] == '"')
            j++;
    }
    *out = (struct str){plain, used};
    return true;
}

struct status csv_split(struct arena *arena, struct str text, struct csv_record *out, struct fault *fault)
{
    out->count = 0;
    size_t at = 0;
    for (;;) {
        if (out->count == CSV_COLUMNS_MAX)
            return status_fail(fault, STATUS_REJECT, "csv", "more than %d columns", CSV_COLUMNS_MAX);
        struct str *field = &out->field[out->count++];
        if (at < text.len && text.data[at] == '"') {
            at++;
            if (!quoted_field(arena, text, &at, field))
                return status_fail(fault, STATUS_REJECT, "csv", "column %zu: the closing quote is missing", out->count);
            if (at < text.len && text.data[at] != ',')
                return status_fail(
                    fault, STATUS_REJECT, "csv", "column %zu: text behind the closing quote", out->count);
        } else {
            size_t begin = at;
            while (at < text.len && text.data[at] != ',') {
                if (text.data[at] == '"' || text.data[at] == '\r' || text.data[at] == '\n')
                    return status_fail(fault, STATUS_REJECT, "csv",
                        "column %zu: a quote or line break in a field that is not quoted", out->count);
                at++;
            }
            *field = (struct str){text.data + begin, at - begin};
        }
        if (at >= text.len)
            return status_ok();
        at++; /* the comma; a field follows, if an empty one */
    }
}
