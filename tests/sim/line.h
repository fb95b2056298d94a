#ifndef ORGCODE_TESTS_SIM_LINE_H
#define ORGCODE_TESTS_SIM_LINE_H

#include <jansson.h>

#include "codec/avro_act.h"
#include "core/registry.h"

/* A journal record from a line of JSON (README.md). What is no such line ends the program with code 2. */

void line_read(struct arena *arena, const struct avro_reader *avro, const json_t *line, struct journal_record *out);

#endif
