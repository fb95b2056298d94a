#ifndef ORGCODE_SHELL_RIGHTS_H
#define ORGCODE_SHELL_RIGHTS_H

#include "shell/kafka_acl.h"

/* Who may do what in a registry's Kafka: the least that each account needs. Appended to `out`, names in the arena. */

/* An authority writes its own acts and reads its own receipts, nothing else. Its groups are PREFIX.CODE.*. To know the
 * coordinator of the group of orgcode-publish, which is never joined, stays its right when all else is taken. */
void rights_authority(struct arena *arena, const char *prefix, const char *code, kafka_rights *out);
/* The part of them that suspending takes away: writing. */
void rights_authority_write(struct arena *arena, const char *prefix, const char *code, kafka_rights *out);
/* A subscriber reads changes and state. Its groups are PREFIX.NAME.*. */
void rights_subscriber(struct arena *arena, const char *prefix, const char *name, kafka_rights *out);
/* The registry's own: validate, apply, notify, gateway, redrive, operator. */
void rights_services(struct arena *arena, const char *prefix, kafka_rights *out);
/* Is this the name of one of those, or of `admin` or `broker`? */
bool rights_is_service(const char *name);
/* Transactional ids that an account uses: it needs `write` and `describe` on all that begin so. Ends with NULL. */
struct rights_transactional {
    const char *account, *suffix; /* behind the prefix */
};
extern const struct rights_transactional rights_transactional[];

#endif
