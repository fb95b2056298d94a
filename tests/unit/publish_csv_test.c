#include <stdio.h>

#include "unit.h"

#include "csv.h"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_open(0);
    return arena ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

static void expect_fields(const char *text, size_t count, const char *const *field)
{
    struct csv_record record;
    struct fault fault;
    assert_false(status_failed(csv_split(arena, str_of(text), &record, &fault)));
    assert_int_equal(record.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(record.field[i].len, strlen(field[i]));
        assert_memory_equal(record.field[i].data, field[i], strlen(field[i]));
    }
}
#define EXPECT_FIELDS(text, ...)                                                                                       \
    expect_fields(text, sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *), (const char *[]){__VA_ARGS__})

static void splits(void **state)
{
    (void)state;
    EXPECT_FIELDS("a,b,c", "a", "b", "c");
    EXPECT_FIELDS("a,,", "a", "", "");
    EXPECT_FIELDS(",", "", "");
    EXPECT_FIELDS("\"a,b\",c", "a,b", "c");
    EXPECT_FIELDS("\"a \"\"b\"\" c\"", "a \"b\" c");
    EXPECT_FIELDS("\"\"", "");
    EXPECT_FIELDS("\"\"\"\"", "\"");
    EXPECT_FIELDS("\"two\nlines\",x", "two\nlines", "x");
    EXPECT_FIELDS(" a , b ", " a ", " b ");
}

static void expect_refused(const char *text, const char *word)
{
    struct csv_record record;
    struct fault fault;
    struct status status = csv_split(arena, str_of(text), &record, &fault);
    assert_int_equal(status.class, STATUS_REJECT);
    assert_non_null(strstr(fault.text, word));
}

static void refuses(void **state)
{
    (void)state;
    expect_refused("a,\"b", "column 2: the closing quote");
    expect_refused("\"a\"b,c", "column 1: text behind");
    expect_refused("a,b\"c", "column 2: a quote");
    expect_refused("a\rb", "column 1");
    char many[256];
    memset(many, ',', CSV_COLUMNS_MAX);
    many[CSV_COLUMNS_MAX] = '\0';
    expect_refused(many, "more than");
}

static struct status header_of(const char *text, struct csv_header *out, struct fault *fault)
{
    struct csv_record record;
    struct status status = csv_split(arena, str_of(text), &record, fault);
    assert_false(status_failed(status));
    return csv_header_read(&record, out, fault);
}

static void headers(void **state)
{
    (void)state;
    struct csv_header header;
    struct fault fault;
    assert_false(status_failed(header_of("code,effectiveOn,name", &header, &fault)));
    assert_true(status_failed(header_of("code,effectiveOn,nme", &header, &fault)));
    assert_non_null(strstr(fault.text, "`nme`"));
    assert_true(status_failed(header_of("code,effectiveOn,code", &header, &fault)));
    assert_true(status_failed(header_of("effectiveOn,name", &header, &fault)));
    assert_non_null(strstr(fault.text, "`code`"));
    assert_true(status_failed(header_of("code,name", &header, &fault)));
    assert_non_null(strstr(fault.text, "`effectiveOn`"));
}

static struct act *read_act(const char *head, const char *text, bool *id_given, struct findings *faults)
{
    struct csv_header header;
    struct fault fault;
    struct csv_record record;
    struct act *act;
    assert_false(status_failed(header_of(head, &header, &fault)));
    assert_false(status_failed(csv_split(arena, str_of(text), &record, &fault)));
    memset(faults, 0, sizeof *faults);
    struct csv_defaults defaults = {.authority = STR("H26"), .kind = STR("established")};
    bool good = csv_act_decode(arena, &header, &defaults, &record, &act, id_given, faults);
    assert_true(good == (act != NULL));
    return act;
}

static void assert_text(struct str text, const char *expected)
{
    assert_int_equal(str_compare(text, str_of(expected)), 0);
}

static void reads_established(void **state)
{
    (void)state;
    static struct findings faults;
    bool id_given;
    struct act *act =
        read_act("code,effectiveOn,name,address,decision.number,decision.issuedBy,decision.issuedOn,phone",
            "H26.9,2025-07-01,\"Sở \"\"A\"\"\",Hà Nội,1/QĐ,UBND,2025-06-20,", &id_given, &faults);
    assert_non_null(act);
    assert_false(id_given);
    assert_int_equal(act->kind, ACT_ESTABLISHED);
    assert_text(act->authority, "H26");
    assert_text(act->scheme, "gov");
    assert_text(act->body.established.code, "H26.9");
    assert_text(act->body.established.info.field[INFO_NAME], "Sở \"A\"");
    assert_false(str_given(act->body.established.info.field[INFO_PHONE]));
    assert_true(act->decision.given);
    assert_int_equal(act->happened_on, act->effective_on);
    struct uuid derived = act_derive_id(act);
    assert_true(uuid_equal(derived, act->id));
}

static void reads_contact_updated(void **state)
{
    (void)state;
    static struct findings faults;
    bool id_given;
    struct act *act = read_act("code,effectiveOn,kind,email,clear,actId",
        "H26.9,2025-07-01,contact_updated,a@example.invalid,phone fax,6f0c5d0e-6a43-4a1e-9c39-0d8b8f6f2a10", &id_given,
        &faults);
    assert_non_null(act);
    assert_true(id_given);
    assert_int_equal(act->kind, ACT_CONTACT_UPDATED);
    assert_int_equal(act->body.contact_updated.clear, 1u << INFO_PHONE | 1u << INFO_FAX);
    assert_false(act->decision.given);
}

static void expect_fault(const char *head, const char *text, enum reason reason, const char *field)
{
    static struct findings faults;
    bool id_given;
    assert_null(read_act(head, text, &id_given, &faults));
    assert_true(faults.total > 0);
    assert_int_equal(faults.item[0].reason, reason);
    if (field)
        assert_text(faults.item[0].field, field);
}

static void names_faults(void **state)
{
    (void)state;
    const char *head = "code,effectiveOn,kind,name,clear,actId,decision.number";
    expect_fault(head, ",2025-07-01,,A,,,", REASON_FORM_MISSING, "code");
    expect_fault(head, "H26.1,,,A,,,", REASON_FORM_MISSING, "effectiveOn");
    expect_fault(head, "H26.1,1.7.2025,,A,,,", REASON_FORM_VALUE, "effectiveOn");
    expect_fault(head, "H26.1,2025-02-29,,A,,,", REASON_FORM_VALUE, "effectiveOn");
    expect_fault(head, "H26.1,2025-07-01,merged,A,,,", REASON_FORM_VALUE, "kind");
    expect_fault(head, "H26.1,2025-07-01,contact_updated,A,,,", REASON_FORM_EXCLUDES, "name");
    expect_fault(head, "H26.1,2025-07-01,contact_updated,,name,,", REASON_FORM_VALUE, "clear");
    expect_fault(head, "H26.1,2025-07-01,,A,phone,,", REASON_FORM_EXCLUDES, "clear");
    expect_fault(head, "H26.1,2025-07-01,,A,,17,", REASON_FORM_VALUE, "actId");
    expect_fault(head, "H26.1,2025-07-01,,A,,,5/QD", REASON_FORM_MISSING, "decision.issuedBy");
    expect_fault(head, "H26.1,2025-07-01,,\xff,,,", REASON_FORM_UTF8, "name");
    expect_fault(head, "H26.1,2025-07-01", REASON_FORM_UNREADABLE, NULL);
}

static void columns_are_documented(void **state)
{
    (void)state;
    static char text[65536];
    FILE *file = fopen(ORGCODE_SOURCE "/producers/publish/README.md", "r");
    assert_non_null(file);
    size_t got = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[got] = '\0';
    for (size_t i = 0; csv_column_name(i); i++) {
        char quoted[64];
        snprintf(quoted, sizeof quoted, "`%s`", csv_column_name(i));
        assert_non_null(strstr(text, quoted));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits),
        cmocka_unit_test(refuses),
        cmocka_unit_test(headers),
        cmocka_unit_test(reads_established),
        cmocka_unit_test(reads_contact_updated),
        cmocka_unit_test(names_faults),
        cmocka_unit_test(columns_are_documented),
    };
    return cmocka_run_group_tests_name("publish: csv", tests, set_up, tear_down);
}
