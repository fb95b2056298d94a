#ifndef ORGCODE_SERVE_ASSETS_H
#define ORGCODE_SERVE_ASSETS_H

#include "work.h"

/* The files of web/ and the words, embedded into the program: /assets/{version}/{name}. The version is made from all of
 * them, so that an answer may be kept for ever, and no page ever mixes modules of two releases. */
struct str assets_version(void);
handler assets_serve;

/* answer.c: `body` gzipped, in the arena; `body` itself when that fails or does not pay. */
struct str answer_gzip(struct arena *arena, struct str body);

#endif
