#ifndef ORGCODE_BASE_MAP_H
#define ORGCODE_BASE_MAP_H

#include <stdint.h>

#include "str.h"

/* A hash map from text to pointer in an arena. Keys are not copied: they must live as long as the map.
 * Iteration order is insertion order, so that what is written from a map is the same everywhere. */
struct map_entry {
    struct str key;
    void *value;
};
struct map {
    struct map_entry *entry; /* `count` of them, in insertion order */
    size_t count, room;
    uint64_t *slot; /* low half: index + 1 into entry, 0 is free; high half: of the key's hash */
    size_t slots;
};

/* NULL when absent. */
void *map_get(const struct map *map, struct str key);
/* The place of the value for `key`, made (NULL value) when absent. Valid until the next map_put. */
void **map_put(struct arena *arena, struct map *map, struct str key);

#endif
