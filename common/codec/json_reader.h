#ifndef ORGCODE_CODEC_JSON_READER_H
#define ORGCODE_CODEC_JSON_READER_H

#include <jansson.h>

#include "base/arena.h"
#include "base/time.h"
#include "base/uuid.h"
#include "core/rule.h"

/* Strict reading of a jansson value, with each fault named by its path. Inside the codec only. */

struct reader {
    struct arena *arena;
    struct findings *faults;
};

/* Where one stands: a member of `up`, or an item of it when `name` is NULL. */
struct reader_place {
    const struct reader_place *up;
    const char *name;
    size_t index;
};

enum reader_need { OPTIONAL, REQUIRED };

/* "body.results[3].info" */
struct str reader_path(struct arena *arena, const struct reader_place *place);
void reader_fault(struct reader *reader, const struct reader_place *place, enum reason reason, const char *expected);
/* Is it an object, and all its fields among `names` (NULL-terminated)? Faults are noted. */
bool reader_object(
    struct reader *reader, const json_t *value, const struct reader_place *place, const char *const *names);
/* The member, NULL when it is not there (a fault when it is required). */
const json_t *reader_member(struct reader *reader, const json_t *object, const struct reader_place *place,
    const char *name, enum reader_need need);

/* Each reads the member `name` of `object` into `*out`; what is not there leaves it as it is, false. */
bool reader_text(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    enum reader_need need, struct str *out);
bool reader_date(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    enum reader_need need, date_day *out);
bool reader_time(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    enum reader_need need, time_ms *out);
bool reader_uuid(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    enum reader_need need, struct uuid *out);
bool reader_bool(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    enum reader_need need, bool *out);
bool reader_int(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    enum reader_need need, int *out);
/* A list; the items are the caller's matter. NULL when there is none. */
const json_t *reader_list(struct reader *reader, const json_t *object, const struct reader_place *place,
    const char *name, enum reader_need need);
/* A list of texts. */
void reader_texts(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    enum reader_need need, struct str **out, size_t *count);

#endif
