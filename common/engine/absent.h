#ifndef ORGCODE_ENGINE_ABSENT_H
#define ORGCODE_ENGINE_ABSENT_H

#include "core/scene.h"

/* What surely has no row: while a registry is read from its first record on, all that was ever written is noted here (a
 * Bloom filter), so that for a new act, code or older code, which is most of what is asked for, no table is looked at.
 */
struct absent;

struct absent *absent_open(void);
void absent_close(struct absent *absent);
/* What the batch has written. */
void absent_note(struct absent *absent, const struct scene *scene);
/* Takes those of registry->needs away whose answer is "none", and gives it to the scene. */
void absent_answer(const struct absent *absent, struct registry *registry);

#endif
