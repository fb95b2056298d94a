#ifndef ORGCODE_ENGINE_PLACE_H
#define ORGCODE_ENGINE_PLACE_H

#include "engine/store.h"

/* The row of table place, both ways: place.sql and place_move.sql. */
void place_read(const PGresult *result, struct journal_place *out);
void place_params(struct pg_params *params, const struct journal_place *to);

#endif
