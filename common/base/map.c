#include "map.h"

#include "arena.h"

static uint32_t hash_of(struct str key)
{
    size_t hash = str_hash(key);
    return (uint32_t)(hash ^ hash >> 32);
}

static size_t entry_at(uint64_t slot) { return (size_t)(slot & UINT32_MAX) - 1; }

/* The slot that holds the key, or the free one where it belongs. Linear probing, at most 3/4 full. Keys are looked at only
 * where the hashes are equal. */
static size_t find_slot(const struct map *map, struct str key, uint32_t hash)
{
    size_t mask = map->slots - 1;
    size_t slot = hash & mask;
    for (; map->slot[slot] != 0; slot = (slot + 1) & mask) {
        if (map->slot[slot] >> 32 != hash)
            continue;
        struct str other = map->entry[entry_at(map->slot[slot])].key;
        if (other.len == key.len && (key.len == 0 || memcmp(other.data, key.data, key.len) == 0))
            break;
    }
    return slot;
}

void *map_get(const struct map *map, struct str key)
{
    if (map->count == 0)
        return NULL;
    uint64_t slot = map->slot[find_slot(map, key, hash_of(key))];
    return slot ? map->entry[entry_at(slot)].value : NULL;
}

static void grow_slots(struct arena *arena, struct map *map)
{
    const uint64_t *old = map->slot;
    size_t count = map->slots;
    map->slots = count ? count * 2 : 16;
    map->slot = arena_array(arena, uint64_t, map->slots);
    size_t mask = map->slots - 1;
    for (size_t i = 0; i < count; i++) {
        if (!old[i])
            continue;
        size_t slot = (size_t)(old[i] >> 32) & mask;
        while (map->slot[slot])
            slot = (slot + 1) & mask;
        map->slot[slot] = old[i];
    }
}

void **map_put(struct arena *arena, struct map *map, struct str key)
{
    if ((map->count + 1) * 4 > map->slots * 3)
        grow_slots(arena, map);
    uint32_t hash = hash_of(key);
    size_t slot = find_slot(map, key, hash);
    if (map->slot[slot] == 0) {
        if (map->count == map->room)
            map->entry = arena_grow(arena, map->entry, sizeof *map->entry, map->count, &map->room);
        map->entry[map->count++] = (struct map_entry){key, NULL};
        map->slot[slot] = (uint64_t)hash << 32 | map->count;
    }
    return &map->entry[entry_at(map->slot[slot])].value;
}
