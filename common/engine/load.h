#ifndef ORGCODE_ENGINE_LOAD_H
#define ORGCODE_ENGINE_LOAD_H

#include "core/scene.h"
#include "engine/store.h"

/* One loading: the questions sent, and what must wait for the last answer. */
struct load {
    struct store *store;
    struct registry *registry;
    struct arena *arena;   /* the registry's */
    struct arena *scratch; /* the store's, of this loading: what answers are sorted with */
    struct scene *scene;
    struct status status;
    struct fault *fault;
    VEC(struct need) asked;  /* by index of the pipeline */
    struct map facts, edges; /* key -> struct fact_list, edge_list */
    struct map families;     /* key -> struct need *: whose children are asked for */
    VEC(struct str) heirs;   /* of closed level-1 codes, not yet in the scene */
};
struct fact_list {
    VEC(struct fact) item;
};
struct edge_list_loaded {
    VEC(struct edge) item;
};
struct key_list {
    VEC(struct str) item;
};

/* store_ask.c: sends the statements for all of registry->needs into the open pipeline. */
struct status load_ask(struct load *load) MUST_USE;

#endif
