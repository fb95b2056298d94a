#include "base/text.h"
#include "core/check_parts.h"

static struct spot at(const char *field)
{
    return (struct spot){field, 0, NULL};
}

static enum reason text_reason(struct str text, size_t limit)
{
    if (str_empty(text))
        return REASON_FORM_EMPTY;
    switch (text_check(text)) {
    case TEXT_NOT_UTF8:
        return REASON_FORM_UTF8;
    case TEXT_CONTROL:
        return REASON_FORM_CONTROL;
    case TEXT_UNASSIGNED:
        return REASON_FORM_UNASSIGNED;
    case TEXT_OK:
        break;
    }
    /* As many bytes as characters at least. */
    if (limit && text.len > limit && text_length(text) > limit)
        return REASON_FORM_LIMIT;
    return REASON_NONE;
}

static void text_fault(struct check *check, enum reason reason, size_t limit, struct str field)
{
    check_fault_number(check, reason, field, reason == REASON_FORM_LIMIT ? (int64_t)limit : 0);
}

void check_text(struct check *check, struct str text, size_t limit, struct spot spot)
{
    if (!str_given(text))
        return;
    enum reason reason = text_reason(text, limit);
    if (reason != REASON_NONE)
        text_fault(check, reason, limit, spot_text(check->arena, spot));
}

void check_info_texts(struct check *check, const struct info *info, struct spot spot)
{
    const uint16_t *limit = check->law->info_max;
    for (int field = 0; field < INFO_FIELDS; field++) {
        if (!str_given(info->field[field]))
            continue;
        enum reason reason = text_reason(info->field[field], limit[field]);
        if (reason != REASON_NONE)
            text_fault(check, reason, limit[field],
                spot_member(check->arena, spot, info_field_name((enum info_field)field)));
    }
}

void check_date(struct check *check, date_day date, const char *field)
{
    /* 1900-01-01 to 9999-12-31, what date_parse takes. */
    const date_day first = -25567, last = 2932896;
    if (date == DATE_NONE)
        check_fault(check, REASON_FORM_MISSING, str_of(field));
    else if (date < first || date > last)
        check_fault_expected(check, REASON_FORM_VALUE, str_of(field), STR("1900-01-01..9999-12-31"));
}

static void check_required(struct check *check, struct str text, size_t limit, const char *field)
{
    if (str_empty(text))
        check_fault(check, REASON_FORM_MISSING, str_of(field));
    else
        check_text(check, text, limit, at(field));
}

void check_decision_form(struct check *check, const struct decision_doc *decision, const char *number,
    const char *issued_by, const char *issued_on, const char *title, const char *uri, const char *sha256)
{
    if (!decision->given)
        return;
    check_required(check, decision->number, 500, number);
    check_required(check, decision->issued_by, 500, issued_by);
    check_date(check, decision->issued_on, issued_on);
    check_text(check, decision->title, 500, at(title));
    check_text(check, decision->uri, 2000, at(uri));
    struct sha256 digest;
    if (str_given(decision->sha256) && !sha256_parse(decision->sha256, &digest))
        check_fault_expected(check, REASON_FORM_VALUE, str_of(sha256), STR("[0-9a-f]{64}"));
}
