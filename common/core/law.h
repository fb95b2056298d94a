#ifndef ORGCODE_CORE_LAW_H
#define ORGCODE_CORE_LAW_H

#include "core/act.h"

/* What may differ from one version of the law to the next: limits, terms, switches of rules, and the forms of what
 * comes out. The version in force is a function of the journal: 1 from its beginning, and what control records say from
 * their places on. Whatever decides or writes reads it here, so that an old part of a journal gives the old result for
 * ever.
 *
 * A version once in use is never edited; CONTRIBUTING.md says how the next one is made. */
struct law {
    int version;
    int change_form, receipt_form;  /* codec/form.h */
    uint16_t info_max[INFO_FIELDS]; /* FORM: code points of a text */
    int affected_max, links_max;    /* FULL: codes that one act may affect, succession edges that it may make */
    int held_acts_max, held_days;   /* acts held for one authority, and how long */
    int64_t held_bytes_max;
    int decision_days, entry_days; /* DAYS30, DAYS7: terms of which lateness is counted */
    int annul_days;                /* CLOSED: how long a closing may be annulled */
    time_ms stamp_ahead_ms;        /* how far the broker's clock may be ahead of the appender's */
};

/* All versions, from 1 on without holes: law.c. */
extern const struct law laws[];
extern const int laws_count;

/* NULL: a version that this program does not know. */
static inline const struct law *law_of(int version)
{
    return version >= 1 && version <= laws_count ? &laws[version - 1] : NULL;
}
static inline const struct law *law_newest(void)
{
    return &laws[laws_count - 1];
}

#endif
