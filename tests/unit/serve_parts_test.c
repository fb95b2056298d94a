#include <arpa/inet.h>

#include "event.h"
#include "exchange.h"
#include "html.h"
#include "http.h"
#include "peer.h"

#include "unit.h"

static bool parse(struct arena *arena, const char *target, struct uri *out)
{
    return uri_parse(arena, str_of(target), out);
}

static void targets(void **state)
{
    struct arena *arena = *state;
    struct uri uri;
    assert_true(parse(arena, "/v1/organizations/H26.01?validAt=2025-07-01&q=H%C3%80+N%E1%BB%98I&open", &uri));
    assert_int_equal(uri.segments, 3);
    assert_str(uri.segment[2], "H26.01");
    assert_str(uri_parameter(&uri, STR("q")), "HÀ NỘI");
    assert_str(uri_parameter(&uri, STR("open")), "");
    assert_str(uri_parameter(&uri, STR("other")), NULL);
    assert_true(parse(arena, "/", &uri) && uri.segments == 0 && uri.parameters == 0);
    assert_true(parse(arena, "/a%2Fb+c", &uri));
    assert_str(uri.segment[0], "a/b+c"); /* one part; a plus sign is a blank in queries alone */
    static const char *const bad[] = {"", "x", "*", "http://a/", "//", "/a//b", "/%", "/%4", "/%zz", "/%00", "/%0d%0a",
        "/%ff", "/a?b=%c3", "/1/2/3/4/5/6/7/8/9", "/?a=%1b"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(parse(arena, bad[i], &uri));
    struct str many = STR("/?");
    for (int i = 0; i <= URI_PARAMETERS; i++)
        many = str_format(arena, "%.*sa=1&", STR_ARG(many));
    assert_false(uri_parse(arena, many, &uri));
    char *large = arena_alloc(arena, URI_MAX + 2);
    memset(large, 'a', URI_MAX + 1);
    large[0] = '/';
    assert_true(uri_parse(arena, (struct str){large, URI_MAX}, &uri));
    assert_false(uri_parse(arena, (struct str){large, URI_MAX + 1}, &uri));
    assert_str(uri_encode(arena, STR("H26.01 à&=?#/%+\"")), "H26.01%20%C3%A0%26%3D%3F%23%2F%25%2B%22");
}

static void accepted(void **state)
{
    (void)state;
    assert_true(http_accepts(STR("gzip"), "gzip"));
    assert_true(http_accepts(STR("br;q=1.0, GZIP ; q=0.001"), "gzip"));
    assert_false(http_accepts(STR("gzip;q=0"), "gzip"));
    assert_false(http_accepts(STR("gzip;q=0.000"), "gzip"));
    assert_false(http_accepts(STR("xgzip, gzipx"), "gzip"));
    assert_false(http_accepts(STR_NONE, "gzip"));
    assert_false(http_accepts(STR(",;,;q,=,"), "gzip"));
}

static void languages(void **state)
{
    (void)state;
    assert_int_equal(http_language(STR_NONE), LANGUAGE_VI);
    assert_int_equal(http_language(STR("en-US,en;q=0.9,vi;q=0.8")), LANGUAGE_EN);
    assert_int_equal(http_language(STR("fr, vi;q=0.5, en;q=0.4")), LANGUAGE_VI);
    assert_int_equal(http_language(STR("vi;q=0.1,en;q=0.2")), LANGUAGE_EN);
    assert_int_equal(http_language(STR("en;q=0")), LANGUAGE_VI);
    assert_int_equal(http_language(STR("enx, english")), LANGUAGE_VI);
}

static void tags(void **state)
{
    (void)state;
    assert_true(http_matches(STR("\"a\", W/\"b\""), STR("W/\"b\"")));
    assert_true(http_matches(STR("\"b\""), STR("W/\"b\"")));
    assert_true(http_matches(STR("*"), STR("\"x\"")));
    assert_false(http_matches(STR("\"b"), STR("\"b\"")));
    assert_false(http_matches(STR_NONE, STR("\"b\"")));
}

static void one_range(const char *text, int want, int64_t want_offset, int64_t want_length)
{
    int64_t offset = -9, length = -9;
    assert_int_equal(http_range(str_of(text), 100, &offset, &length), want);
    if (want == 1) {
        assert_int_equal(offset, want_offset);
        assert_int_equal(length, want_length);
    }
}

static void ranges(void **state)
{
    (void)state;
    one_range("bytes=0-0", 1, 0, 1);
    one_range("bytes=10-", 1, 10, 90);
    one_range("bytes=90-1000", 1, 90, 10);
    one_range("bytes=-7", 1, 93, 7);
    one_range("bytes=-1000", 1, 0, 100);
    one_range("bytes=100-", -1, 0, 0);
    one_range("bytes=-0", -1, 0, 0);
    one_range("bytes=18446744073709551615-", -1, 0, 0);
    static const char *const ignored[] = {"", "bytes", "bytes=", "bytes=-", "bytes=5", "bytes=9-5", "bytes=0-1,3-4",
        "lines=1-2", "bytes=a-b", "bytes=1--2", "bytes=+1-2", "bytes=99999999999999999999-"};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        one_range(ignored[i], 0, 0, 0);
    int64_t offset, length;
    assert_int_equal(http_range(STR("bytes=0-"), 0, &offset, &length), -1);
    assert_int_equal(http_range(STR("bytes=-5"), 0, &offset, &length), -1);
}

static void escapes(void **state)
{
    struct html html;
    html_open(&html, *state, LANGUAGE_VI);
    html_text(&html, STR("<a href=\"x\" o='y'>&amp; à"));
    assert_str(html_result(&html), "&lt;a href=&quot;x&quot; o=&#39;y&#39;&gt;&amp;amp; à");
    html_open(&html, *state, LANGUAGE_EN);
    html_put(&html, "<i title=\"%t\">%u %l%%</i>", STR("\"<"), STR("a b/\""));
    assert_str(html_result(&html), "<i title=\"&quot;&lt;\">a%20b%2F%22 en%</i>");
}

static struct sockaddr_storage address(const char *text)
{
    struct sockaddr_storage found;
    assert_true(peer_parse(str_of(text), &found));
    return found;
}

static void peer_is(const char *peer, const char *proxy, const char *forwarded, const char *want)
{
    char text[INET6_ADDRSTRLEN];
    struct sockaddr_storage found = address(peer), trusted = {0};
    if (proxy)
        trusted = address(proxy);
    peer_settle(&found, &trusted, forwarded ? str_of(forwarded) : STR_NONE);
    peer_format(&found, text);
    assert_string_equal(text, want);
}

static void peers(void **state)
{
    (void)state;
    peer_is("10.0.0.1", NULL, "192.0.2.1", "10.0.0.1");
    peer_is("10.0.0.1", "10.0.0.2", "192.0.2.1", "10.0.0.1");
    peer_is("10.0.0.2", "10.0.0.2", "192.0.2.1", "192.0.2.1");
    peer_is("10.0.0.2", "10.0.0.2", "203.0.113.9, 192.0.2.1 ", "192.0.2.1");
    peer_is("10.0.0.2", "10.0.0.2", "2001:db8::1", "2001:db8::1");
    peer_is("::1", "::1", "nobody", "::1");
    peer_is("::1", "::1", NULL, "::1");
    peer_is("::1", "::1", ",", "::1");
    /* an IPv4 address on a socket for both */
    peer_is("::ffff:10.0.0.1", NULL, NULL, "10.0.0.1");
    peer_is("::ffff:10.0.0.2", "10.0.0.2", "::ffff:192.0.2.1", "192.0.2.1");
    struct sockaddr_storage none;
    assert_false(peer_parse(STR("1.2.3"), &none) || peer_parse(STR(""), &none) || peer_parse(STR("1.2.3.4:80"), &none));
}

static void rates(void **state)
{
    (void)state;
    struct limit *limit = limit_open(10), *none = limit_open(0);
    struct sockaddr_storage a = address("192.0.2.1"), b = address("192.0.2.2"), c = address("2001:db8::1"),
                            d = address("2001:db8::2");
    const time_ms now = 1000000;
    int taken = 0;
    while (taken < 1000 && limit_take(limit, (struct sockaddr *)&a, now))
        taken++;
    assert_int_equal(taken, 20); /* two seconds' worth at once */
    assert_true(limit_take(limit, (struct sockaddr *)&b, now));
    assert_false(limit_take(limit, (struct sockaddr *)&a, now + 99));
    assert_true(limit_take(limit, (struct sockaddr *)&a, now + 100));
    assert_false(limit_take(limit, (struct sockaddr *)&a, now + 100));
    for (int i = 0; i < 20; i++)
        assert_true(limit_take(limit, (struct sockaddr *)&c, now));
    assert_false(limit_take(limit, (struct sockaddr *)&d, now)); /* of one /64 */
    for (int i = 0; i < 1000; i++)
        assert_true(limit_take(none, (struct sockaddr *)&a, now));
    limit_close(limit);
    limit_close(none);
}

static void filters(void **state)
{
    (void)state;
    struct event event = {
        .attributes = {.subject = STR("H26.01"), .type = CHANGE_ESTABLISHED}, .authority = STR("H26")};
    struct filter filter = filter_all();
    assert_true(filter_fits(&filter, &event));
    filter.subject = STR("H26");
    assert_false(filter_fits(&filter, &event));
    filter = filter_all();
    filter.prefix = STR("H26");
    filter.authority = STR("H26");
    filter.type = CHANGE_ESTABLISHED;
    assert_true(filter_fits(&filter, &event));
    filter.type = CHANGE_ESTABLISHED + 1;
    assert_false(filter_fits(&filter, &event));
    filter = filter_all();
    filter.authority = STR("G12");
    assert_false(filter_fits(&filter, &event));
}

static int set_up(void **state)
{
    *state = arena_open(0);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    arena_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(targets, set_up, tear_down),
        cmocka_unit_test(accepted),
        cmocka_unit_test(languages),
        cmocka_unit_test(tags),
        cmocka_unit_test(ranges),
        cmocka_unit_test_setup_teardown(escapes, set_up, tear_down),
        cmocka_unit_test(peers),
        cmocka_unit_test(rates),
        cmocka_unit_test(filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
