#ifndef ORGCODE_BENCH_NATIONAL_H
#define ORGCODE_BENCH_NATIONAL_H

#include "base/arena.h"
#include "core/act.h"

/* A made-up national registry, the same for every run: 63 provinces, thousands of bodies under each in a tree, and what
 * happens to them. All acts are good ones, but for a handful that would close a circle of
 * successions on one day. */
struct national;

/* mixed: all kinds of acts; else `established` alone. */
struct national *national_open(bool mixed, uint64_t seed);
void national_close(struct national *national);
/* The next act, in the arena: first ROOT's 63, then the agencies' own, round about. */
struct act *national_next(struct national *national, struct arena *arena);
#define NATIONAL_PROVINCES 63
/* The day on which all of it is recorded. */
#define NATIONAL_TODAY 20400

#endif
