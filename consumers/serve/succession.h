#ifndef ORGCODE_SERVE_SUCCESSION_H
#define ORGCODE_SERVE_SUCCESSION_H

#include "base/map.h"
#include "work.h"

/* What became of codes, or from what they came, over all steps. */

/* A code on the way; one for all that come by it. */
struct stop {
    struct str code, name;
    enum code_status status;
    date_day closed_on;
    bool read, on_path;    /* on_path: of the walk */
    const void *seen;      /* the answer that was gathered last */
    VEC(struct step) step; /* by day and code */
};

struct step {
    struct str to;
    date_day on;
    bool continues;
    struct stop *leads; /* NULL: a spin-off */
};

/* One of the codes asked for, and all that its succession touches. */
struct answer {
    struct str asked;
    struct stop *names;      /* what it names today; NULL: nothing */
    VEC(struct stop *) stop; /* in byte order of their codes */
};

struct resolution {
    struct work *work;
    bool back;
    struct answer *answer;
    size_t count;
    struct map stop;         /* by code */
    VEC(struct stop *) next; /* that may have to be read */
    VEC(struct stop *) cut;  /* those whose steps do not all stand in their record */
};

/* Fills the answers. False: a problem is answered. */
bool succession_read(struct resolution *r);

#endif
