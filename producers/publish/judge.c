#include "judge.h"

#include <stdlib.h>

#include "codec/avro_act.h"
#include "codec/json_act.h"
#include "core/check.h"
#include "core/code.h"

/* A good act that was seen, in a table of sets of four; the oldest of its set makes room. */
#define SET_WAYS 4
#define SETS (JUDGE_REPEATS / SET_WAYS)
struct seen {
    struct uuid id;
    char authority[8];
    uint8_t digest[8];
    long long line; /* 0: free */
    unsigned order;
};

struct judge {
    struct judge_config config;
    struct csv_header header;
    bool header_read;
    struct seen *seen; /* SETS * SET_WAYS */
    unsigned order;
};

struct judge *judge_open(const struct judge_config *config)
{
    struct judge *judge = calloc(1, sizeof *judge);
    if (!judge)
        return NULL;
    judge->config = *config;
    judge->seen = calloc((size_t)SETS * SET_WAYS, sizeof *judge->seen);
    if (!judge->seen) {
        free(judge);
        return NULL;
    }
    return judge;
}

void judge_close(struct judge *judge)
{
    if (!judge)
        return;
    free(judge->seen);
    free(judge);
}

void judge_file(struct judge *judge)
{
    judge->header_read = false;
}

void judge_pass(struct judge *judge)
{
    if (judge->order > 0)
        memset(judge->seen, 0, (size_t)SETS * SET_WAYS * sizeof *judge->seen);
    judge->order = 0;
}

/* Looks the act up among those seen; else takes it in. */
static void judge_repeat(struct judge *judge, const struct act *act, bool id_given, long long line, struct judged *out)
{
    struct seen mine = {.id = act->id, .line = line, .order = ++judge->order};
    memcpy(mine.authority, act->authority.data, act->authority.len < 8 ? act->authority.len : 8);
    memcpy(mine.digest, out->digest.byte, sizeof mine.digest);
    uint64_t hash;
    memcpy(&hash, act->id.byte + 8, sizeof hash);
    hash ^= str_hash((struct str){(const char *)act->id.byte, 16});
    struct seen *set = judge->seen + (hash % SETS) * SET_WAYS, *oldest = set;
    for (struct seen *s = set; s < set + SET_WAYS; s++) {
        if (s->line > 0 && uuid_equal(s->id, mine.id) && memcmp(s->authority, mine.authority, 8) == 0) {
            if (memcmp(s->digest, mine.digest, 8) != 0)
                findings_add(&out->faults, (struct finding){.reason = REASON_CONFLICT, .field = STR("actId")});
            else if (!id_given)
                findings_add(&out->warnings, (struct finding){.reason = REASON_LINE_REPEATED, .number = s->line});
            return;
        }
        if (s->order < oldest->order)
            oldest = s;
    }
    *oldest = mine;
}

static void unreadable(struct findings *faults, struct str expected)
{
    findings_add(faults, (struct finding){.reason = REASON_FORM_UNREADABLE, .expected = expected});
}

/* The item as an act: out->act, or faults. */
static enum judge_result judge_read(struct judge *judge, struct arena *arena, enum input_format format, struct str text,
    bool *id_given, struct judged *out)
{
    struct fault fault = {""};
    if (format != INPUT_CSV) {
        struct status status = json_act_decode(arena, text, &out->act, id_given, &out->faults, &fault);
        if (status_failed(status)) {
            out->act = NULL;
            if (out->faults.total == 0)
                unreadable(&out->faults, str_copy(arena, str_of(fault.text)));
            return JUDGE_BAD;
        }
        return JUDGE_GOOD;
    }
    struct csv_record *record = arena_new(arena, struct csv_record);
    struct status status = csv_split(arena, text, record, &fault);
    bool header = !judge->header_read;
    if (!status_failed(status) && header)
        status = csv_header_read(record, &judge->header, &fault);
    if (status_failed(status)) {
        unreadable(&out->faults, str_copy(arena, str_of(fault.text)));
        return header ? JUDGE_HEADER_BAD : JUDGE_BAD;
    }
    judge->header_read = true;
    if (header)
        return JUDGE_HEADER;
    return csv_act_decode(arena, &judge->header, &judge->config.csv, record, &out->act, id_given, &out->faults)
               ? JUDGE_GOOD
               : JUDGE_BAD;
}

enum judge_result judge_item(struct judge *judge, struct arena *arena, enum input_format format,
    const struct input_item *item, time_ms now, struct judged *out)
{
    out->act = NULL;
    out->frame = STR_NONE;
    out->faults.count = out->faults.total = out->warnings.count = out->warnings.total = 0;
    out->faults.first = out->warnings.first = RULE_NONE;
    bool id_given = false;
    enum judge_result result = judge_read(judge, arena, format, item->text, &id_given, out);
    if (result != JUDGE_GOOD)
        return result;
    struct act *act = out->act;
    if (act->published_at == 0)
        act->published_at = now;
    if (!judge->config.unchecked) {
        check_act(law_newest(), arena, act, NULL, 0, &out->faults, &out->warnings);
        if (out->faults.total == 0)
            check_lists(law_newest(), arena, act, &out->faults);
    }
    if (!code_is_authority(act->authority))
        findings_add(&out->faults,
            (struct finding){.reason = REASON_ACCOUNT_NAME, .field = STR("authority"), .code = act->authority});
    else if (str_given(judge->config.authority_only) && str_compare(judge->config.authority_only, act->authority) != 0)
        findings_add(&out->faults, (struct finding){.reason = REASON_ACCOUNT_PUBLISHER,
                                       .field = STR("authority"),
                                       .code = act->authority,
                                       .expected = judge->config.authority_only});
    avro_act_encode(arena, act, &out->frame);
    if (out->frame.len > AVRO_ACT_MAX)
        findings_add(&out->faults,
            (struct finding){.reason = REASON_FORM_LIMIT, .field = STR("act"), .number = (int64_t)AVRO_ACT_MAX});
    out->digest = act_digest(act);
    if (out->faults.total == 0 && !judge->config.unchecked)
        judge_repeat(judge, act, id_given, item->line, out);
    findings_sort(&out->faults);
    return out->faults.total == 0 ? JUDGE_GOOD : JUDGE_BAD;
}
