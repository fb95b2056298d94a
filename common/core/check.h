#ifndef ORGCODE_CORE_CHECK_H
#define ORGCODE_CORE_CHECK_H

#include "core/law.h"
#include "core/rule.h"

/* What can be said of an act without a registry. Pure; the arena is used for the paths of faults and to sort long
 * lists alone: a good act of few codes allocates nothing. Findings' texts live in the arena, the act or constants. */

/* First FORM (limits, text, dates, lists, repeats, exclusions). Then, only when `faults` holds none of ACCOUNT and FORM: GRAMMAR,
 * SCHEME (what needs no registered scheme), ENTERPRISE, INFO, DECISION, ROOT's static part; and, as warnings, LEGACY
 * and normalization. `grammar` is that of the act's scheme where it is a registered one, else NULL (its codes are then
 * judged for length and characters alone), `law` what is in force. Both lists are added to. Not judged: ACCOUNT, order-decision, scheme-unknown
 * of a well-formed scheme id. */
void check_act(const struct law *law, struct arena *arena, const struct act *act, const struct grammar_item *grammar,
    size_t grammar_count, struct findings *faults, struct findings *warnings);

/* The part of UNIQUE (unique-twice), CHILDREN (children-not-below, children-keep) and FULL (full-codes) that the act
 * alone tells; it belongs to the judgement of the whole (after UNKNOWN and CLOSED), so it is apart. The act has passed
 * check_act. Which units are left out of the list (children-open) only the registry knows. */
void check_lists(const struct law *law, struct arena *arena, const struct act *act, struct findings *faults);

/* INFO of a code that is issued: name and address, in scheme `enterprise` the type too. `path` is that of the
 * info in the act ("body.into.info"). check_act does it for established and split; a merger's new target needs the
 * registry. */
void check_info_complete(
    struct arena *arena, const struct info *info, bool with_type, const char *path, struct findings *faults);

#endif
