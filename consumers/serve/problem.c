#include "problem.h"

#include "codec/json_writer.h"

struct row {
    unsigned status;
    struct str slug, title[2], detail[2];
};
static const struct row rows[] = {
#define X(name, status, slug, title_vi, title_en, detail_vi, detail_en)                                                \
    [PROBLEM_##name] = {status, STR(slug), {STR(title_vi), STR(title_en)}, {STR(detail_vi), STR(detail_en)}},
#include "problem.def"
#undef X
};

/* The detail with its holes filled. */
static struct str fill(struct arena *arena, struct str text, struct str value, struct str expected)
{
    static const struct str hole_value = STR("{value}"), hole_expected = STR("{expected}");
    VEC(char) out = {0};
    for (size_t i = 0; i < text.len;) {
        struct str rest = {text.data + i, text.len - i}, part = {rest.data, 1};
        size_t step = 1;
        if (str_starts(rest, hole_value)) {
            part = value;
            step = hole_value.len;
        } else if (str_starts(rest, hole_expected)) {
            part = expected;
            step = hole_expected.len;
        }
        for (size_t at = 0; at < part.len; at++)
            *vec_push(arena, &out) = part.data[at];
        i += step;
    }
    return (struct str){out.item ? out.item : "", out.count};
}

void problem_answer(struct arena *arena, enum language language, struct response *response, enum problem problem,
    struct str value, struct str expected, struct str member)
{
    const struct row *row = &rows[problem];
    struct writer w;
    writer_open(&w, arena, 512);
    writer_object(&w);
    writer_key(&w, STR("detail"));
    struct str detail = fill(arena, row->detail[language], value, expected);
    writer_str(&w, detail);
    if (str_given(expected)) {
        writer_key(&w, STR("expected"));
        writer_str(&w, expected);
    }
    writer_key(&w, STR("status"));
    writer_int(&w, row->status);
    writer_key(&w, STR("title"));
    writer_str(&w, row->title[language]);
    writer_key(&w, STR("type"));
    writer_str(&w, str_format(arena, "urn:orgcode:problem:%.*s", STR_ARG(row->slug)));
    if (str_given(value)) {
        writer_key(&w, STR("value"));
        writer_str(&w, value);
    }
    writer_object_end(&w);
    struct str body = writer_text(&w);
    if (str_given(member)) /* before the closing brace */
        body = str_format(arena, "%.*s,%.*s}", (int)body.len - 1, body.data, STR_ARG(member));
    if (response->file >= 0 && response->stream == NULL)
        response->file = -1;
    response->status = row->status;
    response->title = row->title[language];
    response->detail = detail;
    response->type = "application/problem+json";
    response->body = body;
    response->identity = STR_NONE;
    response->cache = "no-store";
    response_header(response, "Content-Language", language == LANGUAGE_VI ? "vi" : "en");
}
