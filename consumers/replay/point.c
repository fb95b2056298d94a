#include "point.h"

bool point_parse(const char *text, struct point *out)
{
    struct str s = str_of(text);
    unsigned long long number;
    date_day day;
    *out = (struct point){.kind = POINT_NONE};
    if (!text)
        return true;
    if (str_equal(s, STR("beginning")))
        out->kind = POINT_BEGINNING;
    else if (str_equal(s, STR("end")))
        out->kind = POINT_END;
    else if (str_to_u64(s, &number) && number <= INT64_MAX)
        *out = (struct point){.kind = POINT_OFFSET, .offset = (int64_t)number};
    else if (s.len > 1 && s.data[0] == '-' && str_to_u64((struct str){s.data + 1, s.len - 1}, &number) &&
             number <= INT64_MAX)
        *out = (struct point){.kind = POINT_LAST, .offset = (int64_t)number};
    else if (date_parse(s, &day))
        *out = (struct point){.kind = POINT_TIME, .time = date_start(day)};
    else if (time_parse(s, &out->time))
        out->kind = POINT_TIME;
    return out->kind != POINT_NONE;
}

struct status point_find(
    const struct point *point, struct kafka_client *client, struct partitions *all, struct fault *fault)
{
    if (point->kind == POINT_TIME)
        return partitions_at(client, all, point->time, fault);
    for (size_t i = 0; i < all->count; i++) {
        struct partition *partition = &all->item[i];
        switch (point->kind) {
        case POINT_OFFSET:
            partition->offset = point->offset;
            break;
        case POINT_LAST:
            partition->offset = partition->high - point->offset;
            break;
        case POINT_END:
            partition->offset = partition->high;
            break;
        default:
            partition->offset = partition->low;
        }
    }
    return status_ok();
}
