#ifndef ORGCODE_ENGINE_MIGRATE_H
#define ORGCODE_ENGINE_MIGRATE_H

#include "shell/pg.h"

/* Brings the database to the newest schema: each migration of schemas/sql that is not in orgcode_ops.migration, in
 * order, in a transaction of its own. Several may do it at once: one works, the others wait. *applied: how many were.
 */
struct status migrate(struct pg *pg, int *applied, struct fault *fault) MUST_USE;
/* Makes the schema `schema`, which must not be there, with the tables of a registry that has read nothing. */
struct status migrate_schema(struct pg *pg, const char *schema, struct fault *fault) MUST_USE;

#endif
