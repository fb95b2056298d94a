#include <stdint.h>
#include <stdlib.h>

#include "asked.h"
#include "base/text.h"
#include "codec/json_change.h"
#include "core/code.h"
#include "html.h"
#include "http.h"
#include "peer.h"

/* What orgcode-serve takes out of a request: the first line of the input is the target, each other line a header; what
 * comes behind an empty line is a body. */

static void must(bool good)
{
    if (!good)
        abort();
}

/* What is decoded is clean text, goes into an address and comes back the same. */
static void one_text(struct arena *arena, struct str text)
{
    struct uri again;
    enum text_fault fault = text_check(text);
    must(fault == TEXT_OK || fault == TEXT_UNASSIGNED);
    struct str target = str_format(arena, "/?a=%.*s", STR_ARG(uri_encode(arena, text)));
    if (target.len > URI_MAX)
        return;
    must(uri_parse(arena, target, &again) && again.parameters == 1 && str_equal(again.parameter[0].value, text));
}

/* Tokens, cursors, days, times: what is taken is written back as the same. */
static void one_value(struct str text)
{
    char id[CHANGE_ID_SIZE], day_text[DATE_TEXT_SIZE], time_text[TIME_TEXT_SIZE];
    int epoch, epoch_again;
    int64_t sequence, again;
    date_day day, day_again;
    time_ms time, time_again;
    if (change_id_parse(text, &epoch, &sequence)) {
        must(epoch >= 0 && sequence >= 0);
        must(change_id_parse(str_of(change_id_format(epoch, sequence, id)), &epoch_again, &again));
        must(epoch_again == epoch && again == sequence);
    }
    if (asked_version(text, &sequence, &day))
        must(sequence >= 0 && date_parse(str_of(date_format(day, day_text)), &day_again) && day_again == day);
    if (asked_wait(text, &time))
        must(time >= 0 && time <= 60000);
    if (date_parse(text, &day))
        must(str_equal(str_of(date_format(day, day_text)), text));
    if (time_parse(text, &time))
        must(time_parse(str_of(time_format(time, time_text)), &time_again) && time_again == time);
}

static void one_question(const struct uri *uri)
{
    struct filter filter;
    struct str wrong = STR_NONE, expected = STR_NONE;
    if (asked_filter(uri, &filter, &wrong, &expected)) {
        must(!str_given(filter.subject) || !str_given(filter.prefix));
        must(!str_given(filter.authority) || code_is_authority(filter.authority));
    } else {
        must(str_given(wrong) && str_given(expected) && str_given(uri_parameter(uri, wrong)));
    }
    for (int i = 0; i < uri->parameters; i++) {
        must(uri_twice(uri, i) == (uri_parameter(uri, uri->parameter[i].name).data != uri->parameter[i].value.data));
        one_value(uri->parameter[i].value);
    }
}

static void one_body(struct arena *arena, struct str body)
{
    struct asked_codes codes;
    if (!asked_codes(arena, body, &codes))
        return;
    must(codes.count >= 1 && codes.count <= ASKED_CODES_MAX);
    for (size_t i = 0; i < codes.count; i++)
        must(codes.code[i].len <= ASKED_CODE_MAX && text_check(codes.code[i]) != TEXT_NOT_UTF8);
}

static void one_target(struct arena *arena, struct str target)
{
    struct uri uri;
    if (!uri_parse(arena, target, &uri))
        return;
    must(uri.segments <= URI_SEGMENTS && uri.parameters <= URI_PARAMETERS);
    for (int i = 0; i < uri.segments; i++)
        one_text(arena, uri.segment[i]);
    for (int i = 0; i < uri.parameters; i++) {
        one_text(arena, uri.parameter[i].name);
        one_text(arena, uri.parameter[i].value);
    }
    one_question(&uri);
}

static void one_header(struct arena *arena, struct str header)
{
    int64_t offset = 0, length = 0;
    (void)http_accepts(header, "gzip");
    (void)http_language(header);
    one_value(header);
    must(http_matches(header, STR("\"a\"")) == http_matches(header, STR("W/\"a\"")));
    for (int64_t size = 0; size < 2000; size += 999)
        if (http_range(header, size, &offset, &length) == 1)
            must(offset >= 0 && length > 0 && offset + length <= size);
    struct sockaddr_storage peer = {.ss_family = AF_INET}, proxy = peer;
    char text[INET6_ADDRSTRLEN];
    peer_settle(&peer, &proxy, header);
    peer_format(&peer, text);
    must(text[0] != '?');
    struct html html;
    html_open(&html, arena, LANGUAGE_VI);
    html_text(&html, header);
    struct str escaped = html_result(&html);
    for (size_t i = 0; i < escaped.len; i++)
        must(!strchr("<>\"'", escaped.data[i]) || !escaped.data[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_open(0);
    struct str rest = {(const char *)data, size};
    for (bool first = true; rest.len; first = false) {
        const char *end = memchr(rest.data, '\n', rest.len);
        size_t len = end ? (size_t)(end - rest.data) : rest.len;
        struct str line = {rest.data, len};
        rest = (struct str){rest.data + len + (end ? 1 : 0), rest.len - len - (end ? 1 : 0)};
        if (len == 0 && !first) {
            one_body(arena, rest);
            break;
        }
        (first ? one_target : one_header)(arena, line);
    }
    arena_close(arena);
    return 0;
}
