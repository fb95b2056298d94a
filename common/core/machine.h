#ifndef ORGCODE_CORE_MACHINE_H
#define ORGCODE_CORE_MACHINE_H

#include "core/plan.h"

/* The inside of a registry: where it stands in the record in work, and room for one judgement. */
struct machine {
    bool begun;        /* the record in work is counted and has moved the time */
    struct judge judge;
    struct sha256 digest; /* of the act in work */
    size_t due_next;   /* in scene->due */
    bool refreshed;    /* next_due comes from the store, nothing was decided since */
};

#endif
