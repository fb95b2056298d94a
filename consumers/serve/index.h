#ifndef ORGCODE_SERVE_INDEX_H
#define ORGCODE_SERVE_INDEX_H

#include "serve.h"

/* The search index (schemas/sql/004_entry.sql), kept beside the registry by a thread of one copy of serve with
 * --index: of several one works at a time. It is behind the directory by a moment, never ahead. */
struct index;

struct index *index_open(struct serve *serve);
void index_close(struct index *index);

#endif
