#include "core/registry.h"

static const struct str names[CHANGE_TYPES] = {
    [CHANGE_ESTABLISHED] = STR("vn.gov.orgcode.organization.established.v1"),
    [CHANGE_CONTACT_UPDATED] = STR("vn.gov.orgcode.organization.contact_updated.v1"),
    [CHANGE_RENAMED] = STR("vn.gov.orgcode.organization.renamed.v1"),
    [CHANGE_RECODED] = STR("vn.gov.orgcode.organization.recoded.v1"),
    [CHANGE_MERGED] = STR("vn.gov.orgcode.organization.merged.v1"),
    [CHANGE_TOOK_OVER] = STR("vn.gov.orgcode.organization.took_over.v1"),
    [CHANGE_SPLIT] = STR("vn.gov.orgcode.organization.split.v1"),
    [CHANGE_SEPARATED] = STR("vn.gov.orgcode.organization.separated.v1"),
    [CHANGE_DISSOLVED] = STR("vn.gov.orgcode.organization.dissolved.v1"),
    [CHANGE_CORRECTED] = STR("vn.gov.orgcode.organization.corrected.v1"),
    [CHANGE_ANNULLED] = STR("vn.gov.orgcode.organization.annulled.v1"),
    [CHANGE_CODE_CLOSED] = STR("vn.gov.orgcode.code.closed.v1"),
    [CHANGE_ANNOUNCED] = STR("vn.gov.orgcode.act.announced.v1"),
    [CHANGE_WITHDRAWN] = STR("vn.gov.orgcode.act.withdrawn.v1"),
    [CHANGE_SCHEME_REGISTERED] = STR("vn.gov.orgcode.scheme.registered.v1"),
};

struct str change_type_name(enum change_type type)
{
    return (unsigned)type < CHANGE_TYPES ? names[type] : STR("");
}

bool change_type_parse(struct str name, enum change_type *out)
{
    for (unsigned i = 0; i < CHANGE_TYPES; i++) {
        if (str_equal(names[i], name)) {
            *out = (enum change_type)i;
            return true;
        }
    }
    return false;
}
