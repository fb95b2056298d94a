#include "base/text.h"
#include "csv.h"

/* The columns, in the order of README.md. Those of info come first, in the order of enum info_field. */
enum column {
    COLUMN_INFO = 0, /* + enum info_field */
    COLUMN_ACT_ID = INFO_FIELDS,
    COLUMN_AUTHORITY,
    COLUMN_KIND,
    COLUMN_SCHEME,
    COLUMN_HAPPENED_ON,
    COLUMN_EFFECTIVE_ON,
    COLUMN_DECISION_NUMBER,
    COLUMN_DECISION_ISSUED_BY,
    COLUMN_DECISION_ISSUED_ON,
    COLUMN_DECISION_TITLE,
    COLUMN_DECISION_URI,
    COLUMN_DECISION_SHA256,
    COLUMN_NOTE,
    COLUMN_CODE,
    COLUMN_CLEAR,
    COLUMNS,
};

static const char *const column_name[COLUMNS] = {
    [INFO_NAME] = "name",
    [INFO_NAME_EN] = "nameEn",
    [INFO_SHORT_NAME] = "shortName",
    [INFO_TYPE] = "type",
    [INFO_ADDRESS] = "address",
    [INFO_EMAIL] = "email",
    [INFO_PHONE] = "phone",
    [INFO_FAX] = "fax",
    [INFO_WEBSITE] = "website",
    [INFO_LEGACY_CODE] = "legacyCode",
    [COLUMN_ACT_ID] = "actId",
    [COLUMN_AUTHORITY] = "authority",
    [COLUMN_KIND] = "kind",
    [COLUMN_SCHEME] = "scheme",
    [COLUMN_HAPPENED_ON] = "happenedOn",
    [COLUMN_EFFECTIVE_ON] = "effectiveOn",
    [COLUMN_DECISION_NUMBER] = "decision.number",
    [COLUMN_DECISION_ISSUED_BY] = "decision.issuedBy",
    [COLUMN_DECISION_ISSUED_ON] = "decision.issuedOn",
    [COLUMN_DECISION_TITLE] = "decision.title",
    [COLUMN_DECISION_URI] = "decision.uri",
    [COLUMN_DECISION_SHA256] = "decision.sha256",
    [COLUMN_NOTE] = "note",
    [COLUMN_CODE] = "code",
    [COLUMN_CLEAR] = "clear",
};

const char *csv_column_name(size_t index)
{
    return index < COLUMNS ? column_name[index] : NULL;
}

struct status csv_header_read(const struct csv_record *record, struct csv_header *out, struct fault *fault)
{
    bool seen[COLUMNS] = {false};
    out->count = record->count;
    for (size_t i = 0; i < record->count; i++) {
        struct str name = record->field[i];
        int found = -1;
        for (int c = 0; c < COLUMNS; c++)
            if (str_compare(name, str_of(column_name[c])) == 0)
                found = c;
        if (found < 0)
            return status_fail(fault, STATUS_REJECT, "header",
                "column %zu: there is no column `%.*s`; the columns are listed in --help", i + 1, STR_ARG(name));
        if (seen[found])
            return status_fail(fault, STATUS_REJECT, "header", "column %zu: `%.*s` comes twice", i + 1, STR_ARG(name));
        seen[found] = true;
        out->column[i] = found;
    }
    if (!seen[COLUMN_CODE] || !seen[COLUMN_EFFECTIVE_ON])
        return status_fail(fault, STATUS_REJECT, "header", "the column `%s` is missing",
            column_name[seen[COLUMN_CODE] ? COLUMN_EFFECTIVE_ON : COLUMN_CODE]);
    return status_ok();
}

static void complain(struct findings *faults, enum reason reason, int column, struct str expected)
{
    findings_add(
        faults, (struct finding){.reason = reason, .field = str_of(column_name[column]), .expected = expected});
}

static date_day read_date(struct str cell, int column, struct findings *faults)
{
    date_day day = DATE_NONE;
    if (str_given(cell) && !date_parse(cell, &day))
        complain(faults, REASON_FORM_VALUE, column, STR("YYYY-MM-DD"));
    return day;
}

static void need(const struct str *cell, int column, struct findings *faults)
{
    if (!str_given(cell[column]))
        complain(faults, REASON_FORM_MISSING, column, STR_NONE);
}

static void read_decision(const struct str *cell, struct decision_doc *out, struct findings *faults)
{
    for (int c = COLUMN_DECISION_NUMBER; c <= COLUMN_DECISION_SHA256; c++)
        out->given |= str_given(cell[c]);
    if (!out->given)
        return;
    need(cell, COLUMN_DECISION_NUMBER, faults);
    need(cell, COLUMN_DECISION_ISSUED_BY, faults);
    need(cell, COLUMN_DECISION_ISSUED_ON, faults);
    out->number = cell[COLUMN_DECISION_NUMBER];
    out->issued_by = cell[COLUMN_DECISION_ISSUED_BY];
    out->issued_on = read_date(cell[COLUMN_DECISION_ISSUED_ON], COLUMN_DECISION_ISSUED_ON, faults);
    out->title = cell[COLUMN_DECISION_TITLE];
    out->uri = cell[COLUMN_DECISION_URI];
    out->sha256 = cell[COLUMN_DECISION_SHA256];
}

/* Names separated by spaces. */
static field_mask read_clear(struct str cell, struct findings *faults)
{
    field_mask mask = 0;
    for (size_t at = 0; at < cell.len;) {
        size_t begin = at;
        while (at < cell.len && cell.data[at] != ' ')
            at++;
        enum info_field field;
        struct str name = {cell.data + begin, at - begin};
        if (name.len > 0 && info_field_parse(name, &field) && (INFO_CONTACT & (field_mask)1 << field))
            mask |= (field_mask)1 << field;
        else if (name.len > 0) {
            complain(faults, REASON_FORM_VALUE, COLUMN_CLEAR, STR("email phone fax website"));
            return 0;
        }
        at++;
    }
    return mask;
}

static void read_body(const struct str *cell, struct act *act, struct findings *faults)
{
    need(cell, COLUMN_CODE, faults);
    if (act->kind == ACT_ESTABLISHED) {
        act->body.established.code = cell[COLUMN_CODE];
        for (int f = 0; f < INFO_FIELDS; f++)
            act->body.established.info.field[f] = cell[COLUMN_INFO + f];
        if (str_given(cell[COLUMN_CLEAR]))
            complain(faults, REASON_FORM_EXCLUDES, COLUMN_CLEAR, STR("established"));
        return;
    }
    act->body.contact_updated.code = cell[COLUMN_CODE];
    act->body.contact_updated.clear = read_clear(cell[COLUMN_CLEAR], faults);
    for (int f = 0; f < INFO_FIELDS; f++) {
        if (INFO_CONTACT & (field_mask)1 << f)
            act->body.contact_updated.set.field[f] = cell[COLUMN_INFO + f];
        else if (str_given(cell[COLUMN_INFO + f]))
            complain(faults, REASON_FORM_EXCLUDES, COLUMN_INFO + f, STR("contact_updated"));
    }
}

bool csv_act_decode(struct arena *arena, const struct csv_header *header, const struct csv_defaults *defaults,
    const struct csv_record *record, struct act **out, bool *id_given, struct findings *faults)
{
    *out = NULL;
    *id_given = false;
    if (record->count != header->count) {
        findings_add(
            faults, (struct finding){.reason = REASON_FORM_UNREADABLE,
                        .expected = str_format(arena, "%zu columns, found %zu", header->count, record->count)});
        return false;
    }
    struct str cell[COLUMNS] = {{0}};
    for (size_t i = 0; i < record->count; i++)
        if (record->field[i].len > 0)
            cell[header->column[i]] = record->field[i];
    if (!str_given(cell[COLUMN_AUTHORITY]))
        cell[COLUMN_AUTHORITY] = defaults->authority;
    if (!str_given(cell[COLUMN_KIND]))
        cell[COLUMN_KIND] = defaults->kind;
    int before = faults->total;
    for (int c = 0; c < COLUMNS; c++)
        if (str_given(cell[c]) && text_check(cell[c]) == TEXT_NOT_UTF8)
            complain(faults, REASON_FORM_UTF8, c, STR_NONE);
    if (faults->total > before)
        return false;
    struct act *act = arena_new(arena, struct act);
    act->authority = cell[COLUMN_AUTHORITY];
    act->scheme = str_given(cell[COLUMN_SCHEME]) ? cell[COLUMN_SCHEME] : STR("gov");
    act->note = cell[COLUMN_NOTE];
    need(cell, COLUMN_AUTHORITY, faults);
    need(cell, COLUMN_KIND, faults);
    need(cell, COLUMN_EFFECTIVE_ON, faults);
    if (str_given(cell[COLUMN_KIND]) &&
        (!act_kind_parse(cell[COLUMN_KIND], &act->kind) || act->kind > ACT_CONTACT_UPDATED))
        complain(faults, REASON_FORM_VALUE, COLUMN_KIND, STR("established or contact_updated"));
    act->effective_on = read_date(cell[COLUMN_EFFECTIVE_ON], COLUMN_EFFECTIVE_ON, faults);
    act->happened_on = str_given(cell[COLUMN_HAPPENED_ON])
                           ? read_date(cell[COLUMN_HAPPENED_ON], COLUMN_HAPPENED_ON, faults)
                           : act->effective_on;
    read_decision(cell, &act->decision, faults);
    if (act->kind <= ACT_CONTACT_UPDATED)
        read_body(cell, act, faults);
    if (str_given(cell[COLUMN_ACT_ID])) {
        *id_given = true;
        if (!uuid_parse(cell[COLUMN_ACT_ID], &act->id))
            complain(faults, REASON_FORM_VALUE, COLUMN_ACT_ID, STR("a UUID"));
    }
    if (faults->total > before)
        return false;
    act_normalize(arena, act);
    if (!*id_given)
        act->id = act_derive_id(act);
    *out = act;
    return true;
}
