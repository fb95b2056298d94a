#ifndef ORGCODE_CORE_CHECK_H
#define ORGCODE_CORE_CHECK_H

#include "core/act.h"
#include "core/rule.h"

/* What can be said of an act without a registry: FORM (limits, text, lists, exclusions), GRAMMAR, SCHEME (the parts
 * that need no registered scheme), ENTERPRISE, INFO, DECISION, ROOT's static part, and LEGACY and normalization as warnings.
 * `grammar` is that of the act's scheme where it is a registered one, else NULL (its codes are then judged for length and
 * characters alone). Both lists are added to. */
void check_act(const struct act *act, const struct grammar_item *grammar, size_t grammar_count, struct findings *faults,
               struct findings *warnings);

/* Codes that the act affects, as far as it says so itself (FULL). */
#define CHECK_CODES_MAX 10000

#endif
