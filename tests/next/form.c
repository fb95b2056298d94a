#include "codec/form.h"

/* The forms of version 2 (law.c): those of version 1 with one member more. In the place of common/codec/form.c. */

/* Instead of the brace that ends the text; the names come behind all others in the order of RFC 8785. */
static void add_member(struct writer *w, struct str member)
{
    w->len--;
    writer_raw(w, member);
}

static void change_write_2(
    struct writer *w, const struct change *change, const char *previous, struct form_marks *marks)
{
    change_write_1(w, change, previous, marks);
    add_member(w, STR("\"reviewed\":true}"));
}

static void receipt_write_2(
    struct writer *w, const struct receipt *receipt, const char *previous, struct form_marks *marks)
{
    receipt_write_1(w, receipt, previous, marks);
    add_member(w, STR("\"xForm\":2}"));
}

change_form *const change_forms[] = {change_write_1, change_write_2};
receipt_form *const receipt_forms[] = {receipt_write_1, receipt_write_2};
