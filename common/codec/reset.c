#include "codec/reset.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "codec/json_writer.h"

#define ID_DIGITS 16
#define NOTE_MARK "reset="

void reset_encode(struct arena *arena, const struct reset_order *order, struct str *key, struct str *value)
{
    struct writer w;
    *key = str_format(arena, "%.*s/%d", STR_ARG(order->topic), order->partition);
    writer_open(&w, arena, 128);
    writer_object(&w);
    writer_key(&w, STR("id"));
    writer_str(&w, str_format(arena, "%016" PRIx64, order->id));
    writer_key(&w, STR("offset"));
    writer_int(&w, order->offset);
    writer_key(&w, STR("skip"));
    writer_bool(&w, order->skip);
    writer_object_end(&w);
    *value = writer_text(&w);
}

static bool read_id(struct str text, uint64_t *out)
{
    *out = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0 || i == ID_DIGITS)
            return false;
        *out = *out << 4 | (unsigned)digit;
    }
    return text.len == ID_DIGITS && *out != 0;
}

static bool read_key(struct arena *arena, struct str key, struct reset_order *out)
{
    unsigned long long partition;
    const char *slash = key.len ? memrchr(key.data, '/', key.len) : NULL;
    if (!slash || slash == key.data)
        return false;
    struct str number = {slash + 1, (size_t)(key.data + key.len - slash - 1)};
    if (!str_to_u64(number, &partition) || partition > INT32_MAX)
        return false;
    out->topic = str_copy(arena, (struct str){key.data, (size_t)(slash - key.data)});
    out->partition = (int)partition;
    return true;
}

bool reset_decode(struct arena *arena, struct str key, struct str value, struct reset_order *out)
{
    *out = (struct reset_order){0};
    json_t *parsed = json_loadb(value.data ? value.data : "", value.len, JSON_REJECT_DUPLICATES, NULL);
    const json_t *offset = json_object_get(parsed, "offset"), *skip = json_object_get(parsed, "skip");
    bool read = read_key(arena, key, out) &&
                read_id(str_of(json_string_value(json_object_get(parsed, "id"))), &out->id) &&
                json_is_integer(offset) && json_integer_value(offset) >= 0 && json_is_boolean(skip);
    if (read) {
        out->offset = json_integer_value(offset);
        out->skip = json_is_true(skip);
    }
    json_decref(parsed);
    return read;
}

void reset_note_format(struct reset_note note, char out[RESET_NOTE_SIZE])
{
    out[0] = '\0';
    if (note.id != 0 && note.skip_to > 0)
        snprintf(out, RESET_NOTE_SIZE, NOTE_MARK "%016" PRIx64 ">%" PRId64, note.id, note.skip_to);
    else if (note.id != 0)
        snprintf(out, RESET_NOTE_SIZE, NOTE_MARK "%016" PRIx64, note.id);
}

struct reset_note reset_note_parse(const char *text, size_t size)
{
    struct reset_note note = {0};
    struct str mark = STR(NOTE_MARK);
    const char *at = size > 0 ? memmem(text, size, mark.data, mark.len) : NULL;
    if (!at)
        return note;
    struct str rest = {at + mark.len, size - (size_t)(at - text) - mark.len}, number;
    unsigned long long skip_to;
    if (rest.len < ID_DIGITS || !read_id((struct str){rest.data, ID_DIGITS}, &note.id))
        return (struct reset_note){0};
    number = (struct str){rest.data + ID_DIGITS + 1, rest.len > ID_DIGITS ? rest.len - ID_DIGITS - 1 : 0};
    if (number.len > 0 && rest.data[ID_DIGITS] == '>' && str_to_u64(number, &skip_to) && skip_to <= INT64_MAX)
        note.skip_to = (int64_t)skip_to;
    return note;
}
