#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "codec/json_act.h"
#include "codec_acts.h"

static struct arena *arena;
static struct findings faults;
static struct fault fault;

static int setup(void **state)
{
    (void)state;
    arena = arena_open(0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

static struct act *read_act(const char *json)
{
    struct act *act;
    bool given;
    struct status s = json_act_decode(arena, str_of(json), &act, &given, &faults, &fault);
    if (status_failed(s))
        fail_msg("%s: %s", json, fault.text);
    return act;
}

/* `want`: "field expected" of each finding, joined by "; ". */
static void refused(const char *json, const char *code, const char *want)
{
    struct act *act;
    bool given;
    char got[4096] = "";
    size_t used = 0;
    struct status s = json_act_decode(arena, str_of(json), &act, &given, &faults, &fault);
    assert_int_equal(s.class, STATUS_REJECT);
    assert_string_equal(s.code, code);
    assert_null(act);
    assert_true(fault.text[0] != 0);
    assert_int_equal(faults.first, RULE_FORM);
    for (int i = 0; i < faults.count; i++)
        used += (size_t)snprintf(got + used, sizeof got - used, "%s%s %.*s %.*s", i ? "; " : "",
            reason_slug(faults.item[i].reason).data, STR_ARG(faults.item[i].field), STR_ARG(faults.item[i].expected));
    if (strncmp(got, want, strlen(want)) != 0)
        fail_msg("%s\ngot:  %s\nwant: %s", json, got, want);
}

static void canonical_acts_come_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < CODEC_ACTS; i++) {
        struct str again;
        json_act_encode(arena, read_act(codec_acts[i]), &again);
        assert_str(again, codec_acts[i]);
    }
}

#define HEAD "{\"authority\":\"H26\",\"effectiveOn\":\"2025-07-01\","
#define CLOSED "\"kind\":\"closed\",\"body\":{\"code\":\"H26.1\"}}"

static void id_may_be_left_out(void **state)
{
    (void)state;
    struct act *a, *b;
    bool given;
    struct status s = json_act_decode(arena, STR(HEAD CLOSED), &a, &given, NULL, NULL);
    assert_false(status_failed(s));
    assert_false(given);
    s = json_act_decode(
        arena, STR(" " HEAD " \"publishedAt\":\"2025-01-01T00:00:00Z\"," CLOSED "\n"), &b, &given, NULL, NULL);
    assert_false(status_failed(s));
    assert_false(given);
    assert_true(uuid_equal(a->id, b->id));
    assert_false(uuid_is_nil(a->id));
    assert_int_equal(b->published_at, 1735689600000);
    s = json_act_decode(
        arena, STR(HEAD "\"actId\":\"6F0C5D0E-6A43-4A1E-9C39-0D8B8F6F2A10\"," CLOSED), &b, &given, NULL, NULL);
    assert_false(status_failed(s));
    assert_true(given);
    assert_int_equal(b->id.byte[0], 0x6f);
}

static void defaults_hold(void **state)
{
    (void)state;
    struct act *act = read_act(HEAD CLOSED);
    assert_str(act->scheme, "gov");
    assert_int_equal(act->happened_on, act->effective_on);
    assert_int_equal(act->published_at, 0);
    assert_false(act->decision.given);
    assert_str(act->note, NULL);
    assert_str(act->body.closed.reason, NULL);
    assert_false(act->body.closed.with_units);
    act = read_act(HEAD "\"note\":\"\"," CLOSED);
    assert_str(act->note, "");
}

static void texts_become_nfc(void **state)
{
    (void)state;
    struct act *act = read_act(HEAD "\"note\":\"Ha\\u0300\"," CLOSED);
    assert_true(act->normalized);
    assert_str(act->note, "H\xc3\xa0");
}

static void text_that_is_no_act(void **state)
{
    (void)state;
    refused("", "syntax", "form-unreadable  line 1, column 0: ");
    refused("{", "syntax", "form-unreadable  line 1, column 1: ");
    refused("nope", "syntax", "form-unreadable ");
    refused(HEAD CLOSED " x", "syntax", "form-unreadable ");
    refused("[[[[[[[[[1]]]]]]]]]", "syntax", "form-unreadable  nested too deep");
    refused("{\"a\":1,\"a\":2}", "syntax", "form-unreadable  line 1, column ");
    refused(HEAD "\"note\":\"\\u0000\"," CLOSED, "syntax", "form-unreadable ");
    refused(HEAD "\"note\":\"\xff\"," CLOSED, "syntax", "form-unreadable ");
    refused("[]", "form", "form-value act {...}");
    refused("\"[[[[[[[[[[[[\"", "syntax", "form-unreadable ");
    refused("{}", "form", "form-missing authority ; form-missing kind ; form-missing effectiveOn ; form-missing body ");
    char *large = calloc(1, JSON_ACT_MAX + 2);
    memset(large, ' ', JSON_ACT_MAX + 1);
    refused(large, "size", "form-unreadable ");
    free(large);
}

static void fields_of_the_act(void **state)
{
    (void)state;
    refused(HEAD "\"colour\":1," CLOSED, "form",
        "form-value colour one of: actId, authority, scheme, kind, happenedOn, effectiveOn, decision, publishedAt, "
        "note, body");
    refused(HEAD "\"actId\":\"1\"," CLOSED, "form", "form-value actId UUID");
    refused(HEAD "\"actId\":null," CLOSED, "form", "form-value actId UUID");
    refused(HEAD "\"note\":null," CLOSED, "form", "form-value note \"...\"");
    refused(HEAD "\"note\":5," CLOSED, "form", "form-value note \"...\"");
    refused(HEAD "\"happenedOn\":\"2025-02-29\"," CLOSED, "form", "form-value happenedOn YYYY-MM-DD");
    refused(HEAD "\"happenedOn\":20250601," CLOSED, "form", "form-value happenedOn YYYY-MM-DD");
    refused(HEAD "\"publishedAt\":\"today\"," CLOSED, "form", "form-value publishedAt RFC 3339");
    refused(HEAD "\"scheme\":[]," CLOSED, "form", "form-value scheme \"...\"");
    refused(HEAD "\"kind\":\"moved\",\"body\":{}}", "form",
        "form-value kind established, contact_updated, renamed, recoded, merged, split, dissolved, closed, corrected, "
        "annulled, scheme_registered");
    refused(HEAD "\"kind\":7,\"body\":{}}", "form", "form-value kind \"...\"");
    refused(HEAD "\"kind\":\"closed\",\"body\":[]}", "form", "form-value body {...}");
    refused(HEAD "\"decision\":\"x\"," CLOSED, "form", "form-value decision {...}");
    refused(HEAD "\"decision\":{\"no\":\"1\"}," CLOSED, "form",
        "form-value decision.no one of: number, issuedBy, issuedOn, title, uri, sha256; form-missing decision.number ; "
        "form-missing decision.issuedBy ; form-missing decision.issuedOn ");
}

static void fields_of_bodies(void **state)
{
    static const struct {
        const char *kind, *body, *want;
    } wrong[] = {
        {"established", "{}", "form-missing body.code ; form-missing body.info "},
        {"established", "{\"code\":1,\"info\":1}", "form-value body.code \"...\"; form-value body.info {...}"},
        {"established", "{\"code\":\"a\",\"info\":{\"nmae\":\"x\"}}",
            "form-value body.info.nmae one of: name, nameEn, shortName, type, address, email, phone, fax, website, "
            "legacyCode"},
        {"contact_updated", "{\"code\":\"a\",\"set\":{\"name\":\"x\"}}",
            "form-value body.set.name one of: address, email, phone, fax, website"},
        {"contact_updated", "{\"code\":\"a\",\"clear\":\"fax\"}", "form-value body.clear [...]"},
        {"contact_updated", "{\"code\":\"a\",\"clear\":[\"fax\",\"fux\",\"fax\",3]}",
            "form-value body.clear[1] email, phone, fax, website, ...; form-repeated body.clear[2] ; form-value "
            "body.clear[3] "},
        {"renamed", "{\"code\":\"a\",\"address\":\"x\"}", "form-value body.address one of: code, name, nameEn, "},
        {"renamed", "{\"code\":\"a\",\"newBody\":\"yes\"}", "form-value body.newBody true | false"},
        {"renamed", "{\"code\":\"a\",\"units\":\"kept\"}", "form-value body.units \"keep\" | [...]"},
        {"renamed",
            "{\"code\":\"a\",\"units\":[{\"from\":\"b\"},{\"close\":1},{\"close\":\"b\",\"to\":\"c\"},"
            "{\"from\":\"b\",\"to\":\"c\",\"successor\":\"d\"},7]}",
            "form-missing body.units[0].to ; form-value body.units[1].close \"...\"; form-value body.units[2].to one "
            "of: close; "
            "form-value body.units[3].to one of: from, successor; form-value body.units[4] {...}"},
        {"recoded", "{\"cause\":\"whim\",\"codes\":[{\"from\":\"a\"},\"b\"]}",
            "form-value body.cause parent, authority, renumbering; form-missing body.codes[0].to ; form-value "
            "body.codes[1] {...}"},
        {"recoded", "{}", "form-missing body.cause ; form-missing body.codes "},
        {"merged", "{\"sources\":[\"a\",2],\"into\":\"b\"}",
            "form-value body.sources[1] \"...\"; form-value body.into {...}"},
        {"merged", "{\"sources\":\"a\",\"into\":{\"info\":{\"x\":1}}}",
            "form-value body.sources [...]; form-missing body.into.code ; form-value body.into.info.x one of: "},
        {"split", "{\"source\":\"a\",\"results\":[{\"code\":\"b\"}]}",
            "form-missing body.continues ; form-missing body.results[0].info "},
        {"dissolved", "{\"code\":\"a\"}", "form-missing body.successors "},
        {"closed", "{\"code\":\"a\",\"units\":[]}", "form-value body.units one of: code, reason, withUnits"},
        {"corrected", "{\"corrects\":\"x\",\"code\":\"a\",\"setDecision\":{\"number\":1}}",
            "form-value body.corrects UUID; form-value body.setDecision.number \"...\"; form-missing "
            "body.setDecision.issuedBy ; "},
        {"annulled", "{\"reason\":\"oops\"}",
            "form-missing body.annuls ; form-value body.reason entryError, decisionAnnulled"},
        {"scheme_registered",
            "{\"scheme\":\"s\",\"issuer\":\"G07\",\"description\":\"d\",\"grammar\":[{\"class\":\"A\",\"min\":-1,"
            "\"max\":1.5},"
            "{\"literal\":\"x\",\"min\":1},{}]}",
            "form-value body.grammar[0].min 0, 1, 2, ...; form-value body.grammar[0].max 0, 1, 2, ...; "
            "form-value body.grammar[1].min one of: literal; form-missing body.grammar[2].class ; "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char json[2048];
        snprintf(json, sizeof json, HEAD "\"kind\":\"%s\",\"body\":%s}", wrong[i].kind, wrong[i].body);
        refused(json, "form", wrong[i].want);
    }
}

static void long_names_are_cut(void **state)
{
    (void)state;
    refused(HEAD "\"ắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắ\":1," CLOSED, "form", "form-value ắắắắắắắắắắắắắắắắắắắắ one of: ");
    struct str json = STR(HEAD);
    for (int i = 0; i < 300; i++)
        json = str_format(arena, "%.*s\"x%d\":1,", STR_ARG(json), i);
    json = str_format(arena, "%.*s%s", STR_ARG(json), CLOSED);
    struct act *act;
    bool given;
    struct status s = json_act_decode(arena, json, &act, &given, &faults, &fault);
    assert_int_equal(s.class, STATUS_REJECT);
    assert_int_equal(faults.count, FINDINGS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(canonical_acts_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(id_may_be_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(defaults_hold, setup, teardown),
        cmocka_unit_test_setup_teardown(texts_become_nfc, setup, teardown),
        cmocka_unit_test_setup_teardown(text_that_is_no_act, setup, teardown),
        cmocka_unit_test_setup_teardown(fields_of_the_act, setup, teardown),
        cmocka_unit_test_setup_teardown(fields_of_bodies, setup, teardown),
        cmocka_unit_test_setup_teardown(long_names_are_cut, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
