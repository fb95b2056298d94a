#include "core/act.h"

#include "base/text.h"

static const struct str kind_names[ACT_KINDS] = {
    [ACT_ESTABLISHED] = STR("established"),
    [ACT_CONTACT_UPDATED] = STR("contact_updated"),
    [ACT_RENAMED] = STR("renamed"),
    [ACT_RECODED] = STR("recoded"),
    [ACT_MERGED] = STR("merged"),
    [ACT_SPLIT] = STR("split"),
    [ACT_DISSOLVED] = STR("dissolved"),
    [ACT_CLOSED] = STR("closed"),
    [ACT_CORRECTED] = STR("corrected"),
    [ACT_ANNULLED] = STR("annulled"),
    [ACT_SCHEME_REGISTERED] = STR("scheme_registered"),
};

static const struct str field_names[INFO_FIELDS] = {
    [INFO_NAME] = STR("name"),
    [INFO_NAME_EN] = STR("nameEn"),
    [INFO_SHORT_NAME] = STR("shortName"),
    [INFO_TYPE] = STR("type"),
    [INFO_ADDRESS] = STR("address"),
    [INFO_EMAIL] = STR("email"),
    [INFO_PHONE] = STR("phone"),
    [INFO_FAX] = STR("fax"),
    [INFO_WEBSITE] = STR("website"),
    [INFO_LEGACY_CODE] = STR("legacyCode"),
};

#define CAUSES 3
static const struct str cause_names[CAUSES] = {
    [CAUSE_PARENT] = STR("parent"),
    [CAUSE_AUTHORITY] = STR("authority"),
    [CAUSE_RENUMBERING] = STR("renumbering"),
};

#define ANNUL_REASONS 2
static const struct str annul_names[ANNUL_REASONS] = {
    [ANNUL_ENTRY_ERROR] = STR("entryError"),
    [ANNUL_DECISION_ANNULLED] = STR("decisionAnnulled"),
};

static struct str name_of(const struct str *names, size_t count, unsigned value)
{
    return value < count ? names[value] : STR("");
}

static bool name_find(const struct str *names, size_t count, struct str name, unsigned *out)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(names[i], name)) {
            *out = (unsigned)i;
            return true;
        }
    }
    return false;
}

struct str act_kind_name(enum act_kind kind)
{
    return name_of(kind_names, ACT_KINDS, (unsigned)kind);
}

bool act_kind_parse(struct str name, enum act_kind *out)
{
    unsigned value;
    if (!name_find(kind_names, ACT_KINDS, name, &value))
        return false;
    *out = (enum act_kind)value;
    return true;
}

struct str info_field_name(enum info_field field)
{
    return name_of(field_names, INFO_FIELDS, (unsigned)field);
}

bool info_field_parse(struct str name, enum info_field *out)
{
    unsigned value;
    if (!name_find(field_names, INFO_FIELDS, name, &value))
        return false;
    *out = (enum info_field)value;
    return true;
}

struct str recode_cause_name(enum recode_cause cause)
{
    return name_of(cause_names, CAUSES, (unsigned)cause);
}

bool recode_cause_parse(struct str name, enum recode_cause *out)
{
    unsigned value;
    if (!name_find(cause_names, CAUSES, name, &value))
        return false;
    *out = (enum recode_cause)value;
    return true;
}

struct str annul_reason_name(enum annul_reason reason)
{
    return name_of(annul_names, ANNUL_REASONS, (unsigned)reason);
}

bool annul_reason_parse(struct str name, enum annul_reason *out)
{
    unsigned value;
    if (!name_find(annul_names, ANNUL_REASONS, name, &value))
        return false;
    *out = (enum annul_reason)value;
    return true;
}

struct normalizer {
    struct arena *arena;
    bool changed;
};

static void normalize_text(struct normalizer *n, struct str *text)
{
    if (text->len == 0)
        return;
    struct str nfc = text_nfc(n->arena, *text);
    if (nfc.data != text->data && !str_equal(nfc, *text)) {
        *text = nfc;
        n->changed = true;
    }
}

static void normalize_info(struct normalizer *n, struct info *info)
{
    for (int field = 0; field < INFO_FIELDS; field++)
        normalize_text(n, &info->field[field]);
}

static void normalize_decision(struct normalizer *n, struct decision_doc *decision)
{
    if (!decision->given)
        return;
    normalize_text(n, &decision->number);
    normalize_text(n, &decision->issued_by);
    normalize_text(n, &decision->title);
    normalize_text(n, &decision->uri);
}

/* Codes, ids and the names of schemes are ASCII or at fault: they stay as they came. */
void act_normalize(struct arena *arena, struct act *act)
{
    struct normalizer n = {arena, false};
    normalize_decision(&n, &act->decision);
    normalize_text(&n, &act->note);
    switch (act->kind) {
    case ACT_ESTABLISHED:
        normalize_info(&n, &act->body.established.info);
        break;
    case ACT_CONTACT_UPDATED:
        normalize_info(&n, &act->body.contact_updated.set);
        break;
    case ACT_RENAMED:
        normalize_info(&n, &act->body.renamed.set);
        break;
    case ACT_MERGED:
        if (act->body.merged.info_given)
            normalize_info(&n, &act->body.merged.info);
        break;
    case ACT_SPLIT:
        for (size_t i = 0; i < act->body.split.count; i++)
            normalize_info(&n, &act->body.split.result[i].info);
        break;
    case ACT_CLOSED:
        normalize_text(&n, &act->body.closed.reason);
        break;
    case ACT_CORRECTED:
        normalize_info(&n, &act->body.corrected.set);
        normalize_decision(&n, &act->body.corrected.set_decision);
        break;
    case ACT_SCHEME_REGISTERED:
        normalize_text(&n, &act->body.scheme_registered.description);
        break;
    case ACT_RECODED:
    case ACT_DISSOLVED:
    case ACT_ANNULLED:
    case ACT_KINDS:
        break;
    }
    if (n.changed)
        act->normalized = true;
}
