#ifndef ORGCODE_TESTS_CORE_SAMPLE_H
#define ORGCODE_TESTS_CORE_SAMPLE_H

#include "core/act.h"
#include "core/check.h"

/* Good acts to start from; a test spoils one thing. */

static inline struct decision_doc sample_decision(void)
{
    return (struct decision_doc){
        .given = true, .number = STR("3563/QĐ-UBND"), .issued_by = STR("UBND Thành phố Hà Nội"), .issued_on = 20264};
}

static inline struct info sample_info(void)
{
    struct info info = {0};
    info.field[INFO_NAME] = STR("Sở Xây dựng Thành phố Hà Nội");
    info.field[INFO_ADDRESS] = STR("52 Lê Đại Hành, Hà Nội");
    return info;
}

static inline struct act sample_act(enum act_kind kind)
{
    struct act act = {.authority = STR("H26"),
        .scheme = STR("gov"),
        .kind = kind,
        .happened_on = 20259,
        .effective_on = 20270,
        .decision = sample_decision()};
    act.id.byte[15] = 7;
    return act;
}

static inline struct act sample_established(void)
{
    struct act act = sample_act(ACT_ESTABLISHED);
    act.body.established.code = STR("H26.18");
    act.body.established.info = sample_info();
    return act;
}

static inline struct act sample_enterprise(const char *code)
{
    struct act act = sample_established();
    act.authority = STR("G05");
    act.scheme = STR("enterprise");
    act.decision = (struct decision_doc){0};
    act.body.established.code = str_of(code);
    act.body.established.info.field[INFO_TYPE] = STR("enterprise");
    return act;
}

static inline struct act sample_contact(void)
{
    struct act act = sample_act(ACT_CONTACT_UPDATED);
    act.decision = (struct decision_doc){0};
    act.body.contact_updated.code = STR("H26.18");
    act.body.contact_updated.set.field[INFO_EMAIL] = STR("soxaydung@hanoi.gov.vn");
    return act;
}

static inline struct act sample_renamed(void)
{
    struct act act = sample_act(ACT_RENAMED);
    act.body.renamed.code = STR("H26.18");
    act.body.renamed.set.field[INFO_NAME] = STR("Sở Xây dựng và Giao thông");
    return act;
}

static inline struct act sample_recoded(struct code_pair *pair, size_t count)
{
    struct act act = sample_act(ACT_RECODED);
    act.body.recoded.cause = CAUSE_AUTHORITY;
    act.body.recoded.pair = pair;
    act.body.recoded.count = count;
    return act;
}

static inline struct act sample_merged(struct str *source, size_t count, const char *into)
{
    struct act act = sample_act(ACT_MERGED);
    act.body.merged.source = source;
    act.body.merged.count = count;
    act.body.merged.into = str_of(into);
    return act;
}

static inline struct act sample_split(struct code_info *result, size_t count, bool continues)
{
    struct act act = sample_act(ACT_SPLIT);
    act.body.split.source = STR("H26.18");
    act.body.split.result = result;
    act.body.split.count = count;
    act.body.split.continues = continues;
    return act;
}

static inline struct act sample_dissolved(struct str *successor, size_t count)
{
    struct act act = sample_act(ACT_DISSOLVED);
    act.body.dissolved.code = STR("H26.18");
    act.body.dissolved.successor = successor;
    act.body.dissolved.count = count;
    return act;
}

static inline struct act sample_closed(void)
{
    struct act act = sample_act(ACT_CLOSED);
    act.body.closed.code = STR("H26.18");
    return act;
}

static inline struct act sample_corrected(void)
{
    struct act act = sample_act(ACT_CORRECTED);
    act.body.corrected.corrects.byte[0] = 1;
    act.body.corrected.code = STR("H26.18");
    act.body.corrected.set.field[INFO_PHONE] = STR("024 3826 0000");
    return act;
}

static inline struct act sample_annulled(void)
{
    struct act act = sample_act(ACT_ANNULLED);
    act.body.annulled.annuls.byte[0] = 1;
    return act;
}

static inline struct act sample_scheme(struct grammar_item *item, size_t count)
{
    struct act act = sample_act(ACT_SCHEME_REGISTERED);
    act.authority = STR("ROOT");
    act.body.scheme_registered.scheme = STR("bhxh");
    act.body.scheme_registered.issuer = STR("G24");
    act.body.scheme_registered.item = item;
    act.body.scheme_registered.count = count;
    act.body.scheme_registered.description = STR("Mã đơn vị tham gia bảo hiểm xã hội");
    return act;
}

/* "xxx...x" of n characters, in the arena. */
static inline struct str sample_text(struct arena *arena, const char *character, size_t n)
{
    size_t size = strlen(character);
    char *text = arena_alloc(arena, n * size + 1);
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * size, character, size);
    return (struct str){text, n * size};
}

#endif
