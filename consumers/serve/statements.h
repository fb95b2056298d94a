#ifndef ORGCODE_SERVE_STATEMENTS_H
#define ORGCODE_SERVE_STATEMENTS_H

#include "shell/pg.h"

/* Makes a session of ours: read-only, with the registry's schema before all else, its statements prepared. */
struct status session_prepare(struct pg *pg, long long statement_ms, struct fault *fault) MUST_USE;

#endif
