#include "codec/avro_form.h"

#include <stdint.h>

/* The reader stores choices and tags as ints. */
_Static_assert(sizeof(enum act_kind) == sizeof(int) && sizeof(enum unit_move) == sizeof(int) &&
                   sizeof(enum recode_cause) == sizeof(int) && sizeof(enum annul_reason) == sizeof(int),
    "enums are ints");

#define COUNT(list) (sizeof(list) / sizeof *(list))
#define TEXT(text, type, member)                                                                                       \
    {                                                                                                                  \
        .name = text, .slot = SLOT_TEXT, .at = offsetof(type, member)                                                  \
    }
#define TEXT_NEEDED(text, type, member)                                                                                \
    {                                                                                                                  \
        .name = text, .slot = SLOT_TEXT, .required = true, .at = offsetof(type, member)                                \
    }
#define SIMPLE(text, kind, type, member)                                                                               \
    {                                                                                                                  \
        .name = text, .slot = kind, .at = offsetof(type, member)                                                       \
    }
#define SIMPLE_NEEDED(text, kind, type, member)                                                                        \
    {                                                                                                                  \
        .name = text, .slot = kind, .required = true, .at = offsetof(type, member)                                     \
    }
#define FORM(list)                                                                                                     \
    {                                                                                                                  \
        .field = list, .fields = COUNT(list), .tag_at = NOWHERE                                                        \
    }

static const char *const info_names[INFO_FIELDS] = {
    [INFO_NAME] = "name",
    [INFO_NAME_EN] = "name_en",
    [INFO_SHORT_NAME] = "short_name",
    [INFO_TYPE] = "type",
    [INFO_ADDRESS] = "address",
    [INFO_EMAIL] = "email",
    [INFO_PHONE] = "phone",
    [INFO_FAX] = "fax",
    [INFO_WEBSITE] = "website",
    [INFO_LEGACY_CODE] = "legacy_code",
};
static const char *const cause_names[] = {
    [CAUSE_PARENT] = "parent", [CAUSE_AUTHORITY] = "authority", [CAUSE_RENUMBERING] = "renumbering"};
static const char *const annul_names[] = {
    [ANNUL_ENTRY_ERROR] = "entry_error", [ANNUL_DECISION_ANNULLED] = "decision_annulled"};

#define INFO_MEMBER(text, which)                                                                                       \
    {                                                                                                                  \
        .name = text, .slot = SLOT_TEXT, .at = offsetof(struct info, field) + (which) * sizeof(struct str)             \
    }
static const struct field info_fields[] = {
    INFO_MEMBER("name", INFO_NAME),
    INFO_MEMBER("name_en", INFO_NAME_EN),
    INFO_MEMBER("short_name", INFO_SHORT_NAME),
    INFO_MEMBER("type", INFO_TYPE),
    INFO_MEMBER("address", INFO_ADDRESS),
    INFO_MEMBER("email", INFO_EMAIL),
    INFO_MEMBER("phone", INFO_PHONE),
    INFO_MEMBER("fax", INFO_FAX),
    INFO_MEMBER("website", INFO_WEBSITE),
    INFO_MEMBER("legacy_code", INFO_LEGACY_CODE),
};
static const struct form form_info = FORM(info_fields);

static const struct field decision_fields[] = {
    TEXT_NEEDED("number", struct decision_doc, number),
    {.name = "issued_by",
        .alias = "issuer",
        .slot = SLOT_TEXT,
        .required = true,
        .at = offsetof(struct decision_doc, issued_by)},
    SIMPLE_NEEDED("issued_on", SLOT_DATE, struct decision_doc, issued_on),
    TEXT("title", struct decision_doc, title),
    TEXT("uri", struct decision_doc, uri),
    TEXT("sha256", struct decision_doc, sha256),
};
static const struct form form_decision = FORM(decision_fields);
#define DECISION(text, member)                                                                                         \
    {                                                                                                                  \
        .name = text, .slot = SLOT_RECORD, .at = offsetof(struct act, member),                                         \
        .given_at = offsetof(struct act, member.given), .form = &form_decision                                         \
    }

static const struct field pair_fields[] = {
    TEXT_NEEDED("from", struct code_pair, from),
    TEXT_NEEDED("to", struct code_pair, to),
};
static const struct form form_pair = FORM(pair_fields);

static const struct field code_info_fields[] = {
    TEXT_NEEDED("code", struct code_info, code),
    {.name = "info", .slot = SLOT_RECORD, .required = true, .at = offsetof(struct code_info, info), .form = &form_info},
};
static const struct form form_code_info = FORM(code_info_fields);

static const struct field unit_to_fields[] = {
    TEXT_NEEDED("from", struct unit, code),
    TEXT_NEEDED("to", struct unit, to),
};
static const struct field unit_close_fields[] = {TEXT_NEEDED("close", struct unit, code)};
static const struct field unit_successor_fields[] = {
    TEXT_NEEDED("from", struct unit, code),
    TEXT_NEEDED("successor", struct unit, to),
};
#define UNIT(text, list, move_tag)                                                                                     \
    {                                                                                                                  \
        .record = text, .field = list, .fields = COUNT(list), .tag_at = offsetof(struct unit, move), .tag = move_tag   \
    }
static const struct form unit_forms[] = {
    UNIT("UnitTo", unit_to_fields, UNIT_TO),
    UNIT("UnitClose", unit_close_fields, UNIT_CLOSE),
    UNIT("UnitSuccessor", unit_successor_fields, UNIT_SUCCESSOR),
};
#define UNITS(type, member)                                                                                            \
    {                                                                                                                  \
        .name = "units", .slot = SLOT_UNITS, .at = offsetof(type, member), .item_size = sizeof(struct unit),           \
        .variant = unit_forms, .variants = COUNT(unit_forms)                                                           \
    }

static const struct field literal_fields[] = {TEXT_NEEDED("literal", struct grammar_item, literal)};
static const struct field class_fields[] = {
    TEXT_NEEDED("class", struct grammar_item, class),
    SIMPLE_NEEDED("min", SLOT_INT, struct grammar_item, min),
    SIMPLE_NEEDED("max", SLOT_INT, struct grammar_item, max),
};
static const struct form grammar_forms[] = {
    {.record = "GrammarLiteral", .field = literal_fields, .fields = COUNT(literal_fields), .tag_at = NOWHERE},
    {.record = "GrammarClass", .field = class_fields, .fields = COUNT(class_fields), .tag_at = NOWHERE},
};

#define BODY(member) offsetof(struct act, body.member)
#define BODY_TEXT(text, member)                                                                                        \
    {                                                                                                                  \
        .name = text, .slot = SLOT_TEXT, .at = BODY(member)                                                            \
    }
#define BODY_CODE(text, member)                                                                                        \
    {                                                                                                                  \
        .name = text, .slot = SLOT_TEXT, .required = true, .at = BODY(member)                                          \
    }
#define BODY_BOOL(text, member)                                                                                        \
    {                                                                                                                  \
        .name = text, .slot = SLOT_BOOL, .at = BODY(member)                                                            \
    }
#define BODY_UUID(text, member)                                                                                        \
    {                                                                                                                  \
        .name = text, .slot = SLOT_UUID, .required = true, .at = BODY(member)                                          \
    }
#define BODY_INFO(text, member)                                                                                        \
    {                                                                                                                  \
        .name = text, .slot = SLOT_RECORD, .required = true, .at = BODY(member), .form = &form_info                    \
    }
#define BODY_CLEAR(member)                                                                                             \
    {                                                                                                                  \
        .name = "clear", .slot = SLOT_MASK, .at = BODY(member), .choice = info_names, .choices = INFO_FIELDS           \
    }
#define BODY_TEXTS(text, member, counter)                                                                              \
    {                                                                                                                  \
        .name = text, .slot = SLOT_LIST, .at = BODY(member), .count_at = BODY(counter),                                \
        .item_size = sizeof(struct str)                                                                                \
    }

static const struct field established_fields[] = {
    BODY_CODE("code", established.code),
    BODY_INFO("info", established.info),
};
static const struct field contact_fields[] = {
    BODY_CODE("code", contact_updated.code),
    BODY_INFO("set", contact_updated.set),
    BODY_CLEAR(contact_updated.clear),
};
static const struct field renamed_fields[] = {
    BODY_CODE("code", renamed.code),
    BODY_INFO("set", renamed.set),
    BODY_TEXT("new_code", renamed.new_code),
    BODY_BOOL("new_body", renamed.new_body),
    UNITS(struct act, body.renamed.units),
};
static const struct field recoded_fields[] = {
    {.name = "cause",
        .slot = SLOT_CHOICE,
        .required = true,
        .at = BODY(recoded.cause),
        .choice = cause_names,
        .choices = COUNT(cause_names)},
    {.name = "codes",
        .slot = SLOT_LIST,
        .required = true,
        .at = BODY(recoded.pair),
        .count_at = BODY(recoded.count),
        .item_size = sizeof(struct code_pair),
        .form = &form_pair},
};
static const struct field target_fields[] = {
    BODY_CODE("code", merged.into),
    {.name = "info",
        .slot = SLOT_RECORD,
        .at = BODY(merged.info),
        .given_at = BODY(merged.info_given),
        .form = &form_info},
};
static const struct form form_target = FORM(target_fields);
static const struct field merged_fields[] = {
    BODY_TEXTS("sources", merged.source, merged.count),
    {.name = "into", .slot = SLOT_RECORD, .required = true, .at = 0, .form = &form_target},
    BODY_BOOL("new_body", merged.new_body),
    UNITS(struct act, body.merged.units),
};
static const struct field split_fields[] = {
    BODY_CODE("source", split.source),
    BODY_BOOL("continues", split.continues),
    {.name = "results",
        .slot = SLOT_LIST,
        .required = true,
        .at = BODY(split.result),
        .count_at = BODY(split.count),
        .item_size = sizeof(struct code_info),
        .form = &form_code_info},
    BODY_BOOL("new_body", split.new_body),
    UNITS(struct act, body.split.units),
};
static const struct field dissolved_fields[] = {
    BODY_CODE("code", dissolved.code),
    BODY_TEXTS("successors", dissolved.successor, dissolved.count),
    BODY_BOOL("with_units", dissolved.with_units),
    BODY_BOOL("continues", dissolved.continues),
    UNITS(struct act, body.dissolved.units),
};
static const struct field closed_fields[] = {
    BODY_CODE("code", closed.code),
    BODY_TEXT("reason", closed.reason),
    BODY_BOOL("with_units", closed.with_units),
};
static const struct field corrected_fields[] = {
    BODY_UUID("corrects", corrected.corrects),
    BODY_CODE("code", corrected.code),
    BODY_INFO("set", corrected.set),
    BODY_CLEAR(corrected.clear),
    DECISION("set_decision", body.corrected.set_decision),
};
static const struct field annulled_fields[] = {
    BODY_UUID("annuls", annulled.annuls),
    {.name = "reason",
        .slot = SLOT_CHOICE,
        .required = true,
        .at = BODY(annulled.reason),
        .choice = annul_names,
        .choices = COUNT(annul_names)},
};
static const struct field scheme_fields[] = {
    BODY_CODE("scheme", scheme_registered.scheme),
    BODY_CODE("issuer", scheme_registered.issuer),
    {.name = "grammar",
        .slot = SLOT_LIST,
        .required = true,
        .at = BODY(scheme_registered.item),
        .count_at = BODY(scheme_registered.count),
        .item_size = sizeof(struct grammar_item),
        .variant = grammar_forms,
        .variants = COUNT(grammar_forms)},
    BODY_TEXT("description", scheme_registered.description),
    BODY_BOOL("amends", scheme_registered.amends),
};

#define KIND(text, list, kind_tag)                                                                                     \
    {                                                                                                                  \
        .record = text, .field = list, .fields = COUNT(list), .tag_at = offsetof(struct act, kind), .tag = kind_tag    \
    }
static const struct form body_forms[ACT_KINDS] = {
    KIND("Established", established_fields, ACT_ESTABLISHED),
    KIND("ContactUpdated", contact_fields, ACT_CONTACT_UPDATED),
    KIND("Renamed", renamed_fields, ACT_RENAMED),
    KIND("Recoded", recoded_fields, ACT_RECODED),
    KIND("Merged", merged_fields, ACT_MERGED),
    KIND("Split", split_fields, ACT_SPLIT),
    KIND("Dissolved", dissolved_fields, ACT_DISSOLVED),
    KIND("Closed", closed_fields, ACT_CLOSED),
    KIND("Corrected", corrected_fields, ACT_CORRECTED),
    KIND("Annulled", annulled_fields, ACT_ANNULLED),
    KIND("SchemeRegistered", scheme_fields, ACT_SCHEME_REGISTERED),
};

static const struct field act_fields[] = {
    SIMPLE_NEEDED("act_id", SLOT_UUID, struct act, id),
    TEXT_NEEDED("authority", struct act, authority),
    TEXT("scheme", struct act, scheme),
    SIMPLE("happened_on", SLOT_DATE, struct act, happened_on),
    SIMPLE_NEEDED("effective_on", SLOT_DATE, struct act, effective_on),
    DECISION("decision", decision),
    SIMPLE("published_at", SLOT_TIME, struct act, published_at),
    TEXT("note", struct act, note),
    {.name = "body", .slot = SLOT_VARIANT, .required = true, .at = 0, .variant = body_forms, .variants = ACT_KINDS},
};
const struct form form_act = FORM(act_fields);
