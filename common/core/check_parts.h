#ifndef ORGCODE_CORE_CHECK_PARTS_H
#define ORGCODE_CORE_CHECK_PARTS_H

#include "core/act_walk.h"
#include "core/law.h"
#include "core/rule.h"

/* What the check_*.c files share; nobody else includes it. */

struct check {
    const struct law *law;
    struct arena *arena;
    const struct act *act;
    const struct grammar_item *grammar;
    size_t grammar_count;
    struct findings *faults, *warnings;
};

void check_fault(struct check *check, enum reason reason, struct str field);
void check_fault_expected(struct check *check, enum reason reason, struct str field, struct str expected);
void check_fault_number(struct check *check, enum reason reason, struct str field, int64_t number);
void check_fault_code(struct check *check, enum reason reason, struct str field, struct str code);

/* check_form.c: FORM. */
void check_form(struct check *check);
/* check_text.c: FORM of one text; absent ones pass, empty ones do not. `limit` in code points, 0: none. */
void check_text(struct check *check, struct str text, size_t limit, struct spot spot);
void check_info_texts(struct check *check, const struct info *info, struct spot spot);
/* `spot` is that of the document: "decision" or "body.setDecision". */
void check_decision_form(struct check *check, const struct decision_doc *decision, const char *number,
    const char *issued_by, const char *issued_on, const char *title, const char *uri, const char *sha256);
void check_date(struct check *check, date_day date, const char *field);
/* check_body.c: FORM of the body of each kind. */
void check_body(struct check *check);
/* check_scheme.c: FORM of a grammar; SCHEME. */
void check_grammar_form(struct check *check);
void check_scheme(struct check *check);
/* check_codes.c: GRAMMAR, ENTERPRISE, ROOT of each code. */
void check_codes(struct check *check);
/* check_info.c: INFO, ENTERPRISE of the type, LEGACY. */
void check_info(struct check *check);

/* check_lists.c. A list of texts that is searched: sorted indexes in the arena when there are more than a few. */
struct text_at {
    struct str text;
    size_t index;
};
/* By text, then index; in place, without any allocation. */
void check_sort(struct text_at *item, size_t count);
/* Is `text` among the sorted ones? */
bool check_sorted_has(const struct text_at *item, size_t count, struct str text);
/* A fault for each text that stands before in the list. `spot_of` says where entry i stands. */
typedef struct str list_text(const void *list, size_t index);
typedef struct spot list_spot(const void *list, size_t index);
void check_repeats(
    struct check *check, const void *list, size_t count, list_text *text_of, list_spot *spot_of, enum reason reason);

#endif
