#ifndef ORGCODE_VALIDATE_JUDGE_H
#define ORGCODE_VALIDATE_JUDGE_H

#include "codec/avro_act.h"
#include "core/rule.h"

/* May these bytes stand in the journal as an act? Nothing else is asked here: what the act says is judged by apply,
 * so that one receipt carries all of its faults. Pure. */
struct judgement {
    enum reason reason;  /* REASON_NONE: they may */
    struct str code;     /* the authority that the act names, when it is not the topic's */
    struct str expected; /* what was expected instead; in `arena` */
    bool has_id;
    struct uuid id;
};

/* `value` absent: a record without a value. Texts live in `arena` or in `value`. */
void judge(const struct avro_reader *reader, struct arena *arena, struct str authority, struct str value,
    struct judgement *out);

#endif
