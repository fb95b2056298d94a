#ifndef ORGCODE_CORE_SEEK_H
#define ORGCODE_CORE_SEEK_H

#include "core/scene.h"

/* Reading the scene while deciding. What is not loaded is asked for (once) in registry->needs and NULL is returned, as for
 * what does not exist: deciding goes on to collect further needs, and its result is dropped when `needs.count` is not 0. */

struct code *seek_code(struct registry *registry, struct str key);
/* NULL when never granted. */
struct code *seek_granted(struct registry *registry, struct str key);
/* The code, made (NAMED) when there is none; it must have been sought before. */
struct code *seek_or_make(struct registry *registry, struct str key);
/* True when all facts and edges are there. */
bool seek_history(struct registry *registry, struct code *code);
/* True when the children that were open on `date` or later are there; `deep`: at any depth. */
bool seek_children(struct registry *registry, struct code *code, date_day date, bool deep);
/* Asks for what the acts that are due will surely ask for. */
void seek_due(struct registry *registry);
struct scheme *seek_scheme(struct registry *registry, struct str id);
struct act_list *seek_acts(struct registry *registry, struct uuid id);
struct text_list *seek_legacy(struct registry *registry, struct str legacy);
struct text_list *seek_subjects(struct registry *registry, int64_t first, int64_t last);
struct hold *seek_hold(struct registry *registry, struct str authority);
struct pending *seek_pending(struct registry *registry, int64_t number);
struct origin_mark *seek_mark(struct registry *registry, struct str key);
/* "topic/partition" */
struct str origin_key(struct arena *arena, const struct origin *origin);
/* NULL: not loaded yet. */
const bool *seek_built(struct registry *registry, struct str key, struct str heir, int64_t sequence);

/* Notes that `key` was granted below its parent, and which legacy code it bears. */
void scene_note_born(struct scene *scene, struct code *code);
void scene_note_legacy(struct scene *scene, struct str legacy, struct str key);
void scene_note_act(struct scene *scene, struct act_entry *entry);
void scene_note_pending(struct scene *scene, struct pending *pending);

struct scene *scene_open(struct arena *arena);

static inline bool code_granted(const struct code *code) { return code && code->now.status != CODE_NAMED; }
static inline bool code_open_now(const struct code *code) { return code && code->now.status == CODE_OPEN; }

#endif
