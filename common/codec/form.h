#ifndef ORGCODE_CODEC_FORM_H
#define ORGCODE_CODEC_FORM_H

#include "codec/json_writer.h"
#include "core/registry.h"

/* The forms of changes and receipts: what their members are. A form is a function that writes; the law says which is in
 * force (core/law.h), each change and each receipt bears its number. A form once in use is never edited. */

/* Where the two hash members stand in the text, each with the comma before it, and `record`. */
struct form_marks {
    size_t hash, hash_end, previous, previous_end, record, record_end;
};

/* `data` of a change, canonical; `previous` in hex. The 64 digits of `hash` may be any. */
typedef void change_form(struct writer *w, const struct change *change, const char *previous, struct form_marks *marks);
/* A receipt, alike; it has no `record`. */
typedef void receipt_form(
    struct writer *w, const struct receipt *receipt, const char *previous, struct form_marks *marks);

/* All of them, number n at n - 1: form.c. */
extern change_form *const change_forms[];
extern receipt_form *const receipt_forms[];

/* json_change.c, json_receipt.c */
change_form change_write_1;
receipt_form receipt_write_1;

#endif
