#ifndef ORGCODE_SERVE_PROBLEM_H
#define ORGCODE_SERVE_PROBLEM_H

#include "http.h"

/* Problem details (RFC 9457) in the asker's language. */
enum problem {
#define X(name, status, slug, title_vi, title_en, detail_vi, detail_en) PROBLEM_##name,
#include "problem.def"
#undef X
    PROBLEMS,
};

/* Makes `response` that problem. `value` and `expected` fill the detail's holes and are members of their own; either
 * may be absent. `member` (absent: none) is more members, JSON without braces: "\"announced\":[]". */
void problem_answer(struct arena *arena, enum language language, struct response *response, enum problem problem,
    struct str value, struct str expected, struct str member);

#endif
