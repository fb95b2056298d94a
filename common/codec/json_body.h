#ifndef ORGCODE_CODEC_JSON_BODY_H
#define ORGCODE_CODEC_JSON_BODY_H

#include "codec/json_reader.h"
#include "codec/json_writer.h"
#include "core/act.h"

/* Parts of an act's JSON form. Inside the codec only. */

/* The member `name`; not required. */
void json_read_decision(struct reader *reader, const json_t *object, const struct reader_place *place, const char *name,
    struct decision_doc *out);
/* `act->kind` is set. */
void json_read_body(struct reader *reader, const json_t *body, struct act *act);

/* An object with the fields given, those of `without` left out. */
void json_write_info(struct writer *writer, const struct info *info, field_mask without);
void json_write_decision(struct writer *writer, const struct decision_doc *decision);
void json_write_grammar(struct writer *writer, const struct grammar_item *item, size_t count);

/* Info fields in the order of their names. */
extern const enum info_field json_info_order[INFO_FIELDS];

#endif
