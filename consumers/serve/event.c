#include "event.h"

static struct str authority_in(struct str data)
{
    /* canonical JSON: inside a text the quotes would be escaped, and no other member has this name */
    static const char member[] = "\"authority\":\"";
    const char *at = memmem(data.data, data.len, member, sizeof member - 1);
    if (!at)
        return STR("");
    at += sizeof member - 1;
    const char *end = memchr(at, '"', (size_t)(data.data + data.len - at));
    return (struct str){at, end ? (size_t)(end - at) : 0};
}

struct event_source event_source(struct arena *arena, int epoch, const char *source)
{
    return (struct event_source){epoch, str_format(arena, "\"source\":\"%s\"}", source)};
}

size_t event_room(const PGresult *result, int row, const struct event_source *source)
{
    enum { TEXTS = 1024, ESCAPED = 6 };
    return pg_text(result, row, 9).len + 2 * ESCAPED * pg_text(result, row, 2).len + source->member.len + TEXTS;
}

bool event_read(const PGresult *result, int row, const struct event_source *source, struct writer *w, struct event *out)
{
    const struct law *law = law_of(pg_int4(result, row, 10));
    if (!law)
        return false;
    *out = (struct event){
        .attributes =
            {
                .epoch = source->epoch,
                .sequence = pg_int8(result, row, 0),
                .type = (enum change_type)pg_int2(result, row, 1),
                .subject = pg_text(result, row, 2),
                .subject_version = pg_int8(result, row, 3),
                .act_id = pg_uuid(result, row, 4),
                .act_index = pg_int4(result, row, 5),
                .act_count = pg_int4(result, row, 6),
                .effective_on = pg_date(result, row, 7),
                .recorded = pg_int8(result, row, 8),
                .form = law->change_form,
            },
    };
    struct str data = pg_text(result, row, 9);
    size_t at = w->len + !w->first, data_at;
    change_event_write(w, &out->attributes, data, &data_at);
    w->len--; /* one member more */
    writer_raw(w, source->member);
    out->json = (struct str){w->data + at, w->len - at};
    out->authority = authority_in((struct str){w->data + data_at, data.len});
    return true;
}

bool filter_fits(const struct filter *filter, const struct event *event)
{
    const struct change_attributes *a = &event->attributes;
    return (!str_given(filter->subject) || str_equal(filter->subject, a->subject)) &&
           (!str_given(filter->prefix) || str_starts(a->subject, filter->prefix)) &&
           (filter->type < 0 || (int)a->type == filter->type) &&
           (!str_given(filter->authority) || str_equal(filter->authority, event->authority));
}
