#ifndef ORGCODE_CORE_SCENE_H
#define ORGCODE_CORE_SCENE_H

#include "base/map.h"
#include "core/registry.h"

/* What is loaded, and what has been made of it since the last reset: what the shell loads later is merged with that. The shell fills it in answer to needs; the core reads it and
 * marks what it changes as dirty. Nothing is ever loaded twice: a put of what is there is ignored. All structs and texts
 * handed in must live in the registry's arena. */

struct hold { int64_t count; int64_t bytes; };
struct act_list { VEC(struct act_entry *) entry; };
struct text_list { bool loaded; VEC(struct str) text; };

struct scene {
    struct arena *arena;
    struct map codes;     /* key -> struct code * */
    struct map schemes;   /* id -> struct scheme * */
    struct map acts;      /* 16 bytes of id -> struct act_list * */
    struct map legacy;    /* legacy code -> struct text_list * (keys of open codes) */
    struct map holds;     /* authority -> struct hold * */
    struct map marks;     /* topic/partition -> struct origin_mark * */
    struct map subjects;  /* "first-last" -> struct text_list * */
    struct map built;     /* "key sequence" -> bool * */
    struct map pendings;  /* 8 bytes of number -> struct pending * */
    struct map born;      /* parent key -> struct text_list *: children granted since the last reset */
    VEC(struct pending) due; /* answer to NEED_DUE, in order */
    bool due_loaded, due_sought; /* sought: what these acts will ask for */
};

/* The thing in an entry of one of the maps; NULL when it is only known to be absent, or asked for. For walking the maps. */
void *scene_known(const struct map_entry *entry);

/* Answers. `code`, `scheme`, `mark` NULL: there is no such row (it is remembered as absent). */
void scene_put_code(struct scene *scene, struct str key, struct code *code);
/* facts: in any order, those of undone acts and UNDO markers included, as stored; edges likewise (undone ones skipped).
 * The core orders and filters them, and both arrays are its own from then on. */
void scene_put_history(struct scene *scene, struct str key, struct fact *facts, size_t fact_count, struct edge *edges,
                       size_t edge_count);
/* `date`: that of the need. The children must have been put as codes before. For NEED_SUBTREE: call for every code of the
 * subtree, leaves too. */
void scene_put_children(struct scene *scene, struct str key, date_day date, struct str *child, size_t count);
void scene_put_legacy(struct scene *scene, struct str legacy, struct str *key, size_t count);
void scene_put_scheme(struct scene *scene, struct str id, struct scheme *scheme);
void scene_put_acts(struct scene *scene, struct uuid id, struct act_entry *entry, size_t count);
void scene_put_subjects(struct scene *scene, int64_t first, int64_t last, struct str *key, size_t count);
void scene_put_built(struct scene *scene, struct str key, int64_t sequence, bool built);
void scene_put_hold(struct scene *scene, struct str authority, struct hold hold);
/* pending NULL: there is none. */
void scene_put_pending(struct scene *scene, int64_t number, struct pending *pending);
void scene_put_mark(struct scene *scene, struct str key, struct origin_mark *mark);
void scene_put_due(struct scene *scene, struct pending *pending, size_t count);

#endif
