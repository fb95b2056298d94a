#include "core/check.h"
#include "core/check_parts.h"
#include "core/code.h"

static void info_missing(struct check *check, const struct info *info, enum info_field field, struct spot spot)
{
    if (str_empty(info->field[field]))
        check_fault(check, REASON_INFO_MISSING, spot_member(check->arena, spot, info_field_name(field)));
}

static void info_complete(struct check *check, const struct info *info, bool with_type, struct spot spot)
{
    info_missing(check, info, INFO_NAME, spot);
    info_missing(check, info, INFO_ADDRESS, spot);
    if (with_type)
        info_missing(check, info, INFO_TYPE, spot);
}

void check_info_complete(
    struct arena *arena, const struct info *info, bool with_type, const char *path, struct findings *faults)
{
    struct check check = {.arena = arena, .faults = faults};
    info_complete(&check, info, with_type, (struct spot){path, 0, NULL});
}

/* What is judged of every info that an act gives: the type of an enterprise, the older code. */
static void check_values(struct check *check, const struct info *info, struct spot spot)
{
    struct str type = info->field[INFO_TYPE];
    if (str_given(type) && str_equal(check->act->scheme, STR("enterprise")) && !str_equal(type, STR("enterprise")) &&
        !str_equal(type, STR("cooperative")) && !str_equal(type, STR("household")) && !str_equal(type, STR("unit")))
        check_fault(check, REASON_ENTERPRISE_TYPE, spot_member(check->arena, spot, info_field_name(INFO_TYPE)));
    struct str legacy = info->field[INFO_LEGACY_CODE];
    if (!str_given(legacy))
        return;
    enum legacy_form form = code_legacy_form(legacy);
    if (form == LEGACY_REGULAR)
        return;
    findings_add(
        check->warnings, (struct finding){.reason = form == LEGACY_WIDE ? REASON_LEGACY_WIDE : REASON_LEGACY_FORM,
                             .field = spot_member(check->arena, spot, info_field_name(INFO_LEGACY_CODE)),
                             .expected = legacy});
}

static void check_cleared(struct check *check, field_mask clear, field_mask kept)
{
    for (unsigned field = 0; field < INFO_FIELDS; field++) {
        if (clear & kept & (field_mask)1 << field)
            check_fault(check, REASON_INFO_CLEARED,
                spot_member(
                    check->arena, (struct spot){"body.clear", 0, NULL}, info_field_name((enum info_field)field)));
    }
}

void check_info(struct check *check)
{
    const struct act *act = check->act;
    bool typed = str_equal(act->scheme, STR("enterprise"));
    switch (act->kind) {
    case ACT_ESTABLISHED: {
        struct spot spot = {"body.info", 0, NULL};
        info_complete(check, &act->body.established.info, typed, spot);
        check_values(check, &act->body.established.info, spot);
        break;
    }
    case ACT_CONTACT_UPDATED:
        check_cleared(check, act->body.contact_updated.clear, (field_mask)1 << INFO_ADDRESS);
        break;
    case ACT_RENAMED:
        check_values(check, &act->body.renamed.set, (struct spot){"body", 0, NULL});
        break;
    case ACT_MERGED:
        if (act->body.merged.info_given)
            check_values(check, &act->body.merged.info, (struct spot){"body.into.info", 0, NULL});
        break;
    case ACT_SPLIT:
        for (size_t i = 0; i < act->body.split.count; i++) {
            struct spot spot = {"body.results", i, ".info"};
            info_complete(check, &act->body.split.result[i].info, typed, spot);
            check_values(check, &act->body.split.result[i].info, spot);
        }
        break;
    case ACT_CORRECTED:
        check_cleared(check, act->body.corrected.clear, (field_mask)(1u << INFO_NAME | 1u << INFO_ADDRESS));
        check_values(check, &act->body.corrected.set, (struct spot){"body.set", 0, NULL});
        break;
    case ACT_RECODED:
    case ACT_DISSOLVED:
    case ACT_CLOSED:
    case ACT_ANNULLED:
    case ACT_SCHEME_REGISTERED:
    case ACT_KINDS:
        break;
    }
}
