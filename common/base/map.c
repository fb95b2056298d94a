#include "map.h"

#include "arena.h"

/* The slot that holds the key, or the free one where it belongs. Linear probing, at most 3/4 full. */
static size_t find_slot(const struct map *map, struct str key)
{
    size_t mask = map->slots - 1;
    size_t slot = str_hash(key) & mask;
    while (map->slot[slot] != 0) {
        struct str other = map->entry[map->slot[slot] - 1].key;
        if (other.len == key.len && (key.len == 0 || memcmp(other.data, key.data, key.len) == 0))
            break;
        slot = (slot + 1) & mask;
    }
    return slot;
}

void *map_get(const struct map *map, struct str key)
{
    if (map->count == 0)
        return NULL;
    unsigned at = map->slot[find_slot(map, key)];
    return at ? map->entry[at - 1].value : NULL;
}

static void grow_slots(struct arena *arena, struct map *map)
{
    map->slots = map->slots ? map->slots * 2 : 16;
    map->slot = arena_array(arena, unsigned, map->slots);
    for (size_t i = 0; i < map->count; i++)
        map->slot[find_slot(map, map->entry[i].key)] = (unsigned)i + 1;
}

void **map_put(struct arena *arena, struct map *map, struct str key)
{
    if ((map->count + 1) * 4 > map->slots * 3)
        grow_slots(arena, map);
    size_t slot = find_slot(map, key);
    if (map->slot[slot] == 0) {
        if (map->count == map->room)
            map->entry = arena_grow(arena, map->entry, sizeof *map->entry, map->count, &map->room);
        map->entry[map->count++] = (struct map_entry){key, NULL};
        map->slot[slot] = (unsigned)map->count;
    }
    return &map->entry[map->slot[slot] - 1].value;
}
