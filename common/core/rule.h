#ifndef ORGCODE_CORE_RULE_H
#define ORGCODE_CORE_RULE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* The rules of schemas/law.md. The first twenty refuse, in the order in which they are judged; the others are measured
 * or warn. The numbers are stored and never change. */
enum rule {
    RULE_NONE = 0,
    RULE_ACCOUNT, RULE_FORM, RULE_IDEMPOTENT, RULE_GRAMMAR, RULE_SCHEME, RULE_ENTERPRISE, RULE_INFO, RULE_DECISION,
    RULE_ORDER, RULE_ACTREF, RULE_ROOT, RULE_AUTHORITY, RULE_UNKNOWN, RULE_CLOSED, RULE_UNIQUE, RULE_PARENT,
    RULE_CHILDREN, RULE_SAMENAME, RULE_ACYCLIC, RULE_FULL,
    RULE_LAST_REFUSING = RULE_FULL,
    RULE_CONTACT, RULE_DAYS30, RULE_DAYS7, RULE_CONSOLIDATE, RULE_LEGACY, RULE_ONESOURCE, RULE_CONTINUITY,
    RULES,
};
struct str rule_name(enum rule rule); /* "UNIQUE"; "" for RULE_NONE */
enum rule rule_parse(struct str name);

/* Why a rule refused or warned: one row of reason.def each, X(NAME, RULE, "slug", "vi", "en").
 * The texts may hold {code} {field} {expected} {number}. */
enum reason {
    REASON_NONE = 0,
#define X(name, rule, slug, vi, en) REASON_##name,
#include "core/reason.def"
#undef X
    REASONS,
};
enum rule reason_rule(enum reason reason);
struct str reason_slug(enum reason reason);
enum reason reason_parse(struct str slug);

/* One fault or warning. Texts live where the act or the registry's arena does. */
struct finding {
    enum reason reason;
    struct str code;     /* the code concerned; absent: none */
    struct str field;    /* JSON path in the act ("body.into.code"); absent: none */
    struct str expected; /* what was expected, or the other party (a code, an id, a date); absent: none */
    int64_t number;      /* days late, a limit, a count; 0 when the text has no {number} */
};
#define FINDINGS_MAX 100
/* Bytes of a finding's texts; findings_add cuts longer ones. */
#define FINDING_CODE_MAX 96
#define FINDING_FIELD_MAX 96
#define FINDING_EXPECTED_MAX 512
struct findings {
    int count;       /* kept, at most FINDINGS_MAX */
    int total;       /* found */
    enum rule first; /* the lowest rule of all found, RULE_NONE when there is none */
    struct finding item[FINDINGS_MAX]; /* last: a copy that is only read has `count` of them */
};
/* Keeps the finding and the first rule; of more than a hundred those of the lowest rules, in the order found. */
void findings_add(struct findings *findings, struct finding finding);
/* Stable, by rule. */
void findings_sort(struct findings *findings);

enum language { LANGUAGE_VI, LANGUAGE_EN };
/* The message as it stands in reason.def, its holes unfilled. */
struct str reason_message(enum reason reason, enum language language);
/* The message for people, rendered on the way out. */
struct str finding_message(struct arena *arena, const struct finding *finding, enum language language);

enum verdict {
    VERDICT_NONE = 0, VERDICT_ACCEPTED, VERDICT_ANNOUNCED, VERDICT_HELD, VERDICT_DUPLICATE, VERDICT_CONFLICT,
    VERDICT_REJECTED, VERDICT_WITHDRAWN, VERDICT_ANNULLED,
    VERDICTS,
};
struct str verdict_name(enum verdict verdict);
enum verdict verdict_parse(struct str name);

#endif
