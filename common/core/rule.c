#include "core/rule.h"

static const struct str rule_names[RULES] = {
    [RULE_NONE] = STR(""),
    [RULE_ACCOUNT] = STR("ACCOUNT"),
    [RULE_FORM] = STR("FORM"),
    [RULE_IDEMPOTENT] = STR("IDEMPOTENT"),
    [RULE_GRAMMAR] = STR("GRAMMAR"),
    [RULE_SCHEME] = STR("SCHEME"),
    [RULE_ENTERPRISE] = STR("ENTERPRISE"),
    [RULE_INFO] = STR("INFO"),
    [RULE_DECISION] = STR("DECISION"),
    [RULE_ORDER] = STR("ORDER"),
    [RULE_ACTREF] = STR("ACTREF"),
    [RULE_ROOT] = STR("ROOT"),
    [RULE_AUTHORITY] = STR("AUTHORITY"),
    [RULE_UNKNOWN] = STR("UNKNOWN"),
    [RULE_CLOSED] = STR("CLOSED"),
    [RULE_UNIQUE] = STR("UNIQUE"),
    [RULE_PARENT] = STR("PARENT"),
    [RULE_CHILDREN] = STR("CHILDREN"),
    [RULE_SAMENAME] = STR("SAMENAME"),
    [RULE_ACYCLIC] = STR("ACYCLIC"),
    [RULE_FULL] = STR("FULL"),
    [RULE_CONTACT] = STR("CONTACT"),
    [RULE_DAYS30] = STR("DAYS30"),
    [RULE_DAYS7] = STR("DAYS7"),
    [RULE_CONSOLIDATE] = STR("CONSOLIDATE"),
    [RULE_LEGACY] = STR("LEGACY"),
    [RULE_ONESOURCE] = STR("ONESOURCE"),
    [RULE_CONTINUITY] = STR("CONTINUITY"),
};

static const struct {
    enum rule rule;
    struct str slug, vi, en;
} reasons[REASONS] = {
    {RULE_NONE, STR(""), STR(""), STR("")},
#define X(name, rule, slug, vi, en) {rule, STR(slug), STR(vi), STR(en)},
#include "core/reason.def"
#undef X
};

static const struct str verdict_names[VERDICTS] = {
    [VERDICT_NONE] = STR(""),
    [VERDICT_ACCEPTED] = STR("accepted"),
    [VERDICT_ANNOUNCED] = STR("announced"),
    [VERDICT_HELD] = STR("held"),
    [VERDICT_DUPLICATE] = STR("duplicate"),
    [VERDICT_CONFLICT] = STR("conflict"),
    [VERDICT_REJECTED] = STR("rejected"),
    [VERDICT_WITHDRAWN] = STR("withdrawn"),
    [VERDICT_ANNULLED] = STR("annulled"),
};

struct str rule_name(enum rule rule)
{
    return (unsigned)rule < RULES ? rule_names[rule] : STR("");
}

enum rule rule_parse(struct str name)
{
    for (int i = RULE_NONE + 1; i < RULES; i++) {
        if (str_equal(rule_names[i], name))
            return (enum rule)i;
    }
    return RULE_NONE;
}

enum rule reason_rule(enum reason reason)
{
    return (unsigned)reason < REASONS ? reasons[reason].rule : RULE_NONE;
}

struct str reason_slug(enum reason reason)
{
    return (unsigned)reason < REASONS ? reasons[reason].slug : STR("");
}

enum reason reason_parse(struct str slug)
{
    for (int i = REASON_NONE + 1; i < REASONS; i++) {
        if (str_equal(reasons[i].slug, slug))
            return (enum reason)i;
    }
    return REASON_NONE;
}

struct str verdict_name(enum verdict verdict)
{
    return (unsigned)verdict < VERDICTS ? verdict_names[verdict] : STR("");
}

enum verdict verdict_parse(struct str name)
{
    for (int i = VERDICT_NONE + 1; i < VERDICTS; i++) {
        if (str_equal(verdict_names[i], name))
            return (enum verdict)i;
    }
    return VERDICT_NONE;
}

/* A fault may quote what was sent; a receipt stays small whatever that was. Cut between characters. */
static struct str clip(struct str text, size_t max)
{
    if (text.len <= max)
        return text;
    size_t len = max;
    while (len > 0 && ((unsigned char)text.data[len] & 0xc0) == 0x80)
        len--;
    return (struct str){text.data, len};
}

/* When the list is full, the last of the highest rule makes room for one of a lower rule, so that the verdict's rule is
 * always among those kept. */
static bool findings_make_room(struct findings *findings, enum rule rule)
{
    int out = 0;
    for (int i = 1; i < findings->count; i++) {
        if (reason_rule(findings->item[i].reason) >= reason_rule(findings->item[out].reason))
            out = i;
    }
    if (reason_rule(findings->item[out].reason) <= rule)
        return false;
    findings->count--;
    memmove(&findings->item[out], &findings->item[out + 1], (size_t)(findings->count - out) * sizeof *findings->item);
    return true;
}

void findings_add(struct findings *findings, struct finding finding)
{
    enum rule rule = reason_rule(finding.reason);
    if (findings->first == RULE_NONE || rule < findings->first)
        findings->first = rule;
    findings->total++;
    if (findings->count == FINDINGS_MAX && !findings_make_room(findings, rule))
        return;
    finding.code = clip(finding.code, FINDING_CODE_MAX);
    finding.field = clip(finding.field, FINDING_FIELD_MAX);
    finding.expected = clip(finding.expected, FINDING_EXPECTED_MAX);
    findings->item[findings->count++] = finding;
}

void findings_sort(struct findings *findings)
{
    for (int i = 1; i < findings->count; i++) {
        struct finding moved = findings->item[i];
        enum rule rule = reason_rule(moved.reason);
        int at = i;
        for (; at > 0 && reason_rule(findings->item[at - 1].reason) > rule; at--)
            findings->item[at] = findings->item[at - 1];
        findings->item[at] = moved;
    }
}

/* ---- messages ---- */

struct message {
    VEC(char) text;
    struct arena *arena;
};

static void message_add(struct message *message, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        *vec_push(message->arena, &message->text) = text.data[i];
}

static struct str message_value(const struct finding *finding, struct str name, char number[24])
{
    if (str_equal(name, STR("code")))
        return finding->code;
    if (str_equal(name, STR("field")))
        return finding->field;
    if (str_equal(name, STR("expected")))
        return finding->expected;
    if (!str_equal(name, STR("number")))
        return STR_NONE;
    int64_t value = finding->number;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    size_t at = 24;
    do {
        number[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0)
        number[--at] = '-';
    return (struct str){number + at, 24 - at};
}

struct str finding_message(struct arena *arena, const struct finding *finding, enum language language)
{
    struct message message = {.arena = arena};
    if ((unsigned)finding->reason >= REASONS)
        return STR("");
    struct str text = language == LANGUAGE_VI ? reasons[finding->reason].vi : reasons[finding->reason].en;
    for (size_t at = 0; at < text.len;) {
        const char *end = text.data[at] == '{' ? memchr(text.data + at, '}', text.len - at) : NULL;
        if (!end) {
            message_add(&message, (struct str){text.data + at, 1});
            at++;
            continue;
        }
        char number[24];
        struct str name = {text.data + at + 1, (size_t)(end - text.data) - at - 1};
        struct str value = message_value(finding, name, number);
        message_add(&message, !str_given(value) ? STR("?") : str_empty(value) ? STR("\"\"") : value);
        at = (size_t)(end - text.data) + 1;
    }
    *vec_push(arena, &message.text) = '\0';
    return (struct str){message.text.item, message.text.count - 1};
}

struct str reason_message(enum reason reason, enum language language)
{
    if ((unsigned)reason >= REASONS)
        return STR("");
    return language == LANGUAGE_VI ? reasons[reason].vi : reasons[reason].en;
}
