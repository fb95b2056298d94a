#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 16, BLOCK_MIN = 1 << 14, BLOCK_MAX = 1 << 20 };

struct block {
    struct block *older;
    size_t size, used;
    size_t before; /* bytes handed out from older blocks */
    _Alignas(ALIGN) unsigned char data[];
};

struct arena {
    struct block *newest;
    size_t limit;
    size_t next_size;
};

static size_t round_up(size_t size)
{
    if (size > SIZE_MAX - ALIGN - sizeof(struct block))
        abort();
    return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

struct arena *arena_open(size_t limit)
{
    struct arena *arena = malloc(sizeof *arena);
    if (arena)
        *arena = (struct arena){.limit = limit, .next_size = BLOCK_MIN};
    return arena;
}

static void free_until(struct arena *arena, const struct block *keep)
{
    while (arena->newest && arena->newest != keep) {
        struct block *block = arena->newest;
        arena->newest = block->older;
        free(block);
    }
}

void arena_close(struct arena *arena)
{
    if (!arena)
        return;
    free_until(arena, NULL);
    free(arena);
}

static void add_block(struct arena *arena, size_t size)
{
    size_t room = size > arena->next_size ? size : arena->next_size;
    if (arena->next_size < BLOCK_MAX)
        arena->next_size *= 2;
    struct block *block = malloc(sizeof *block + room);
    if (!block)
        abort();
    block->older = arena->newest;
    block->size = room;
    block->used = 0;
    block->before = arena_used(arena);
    arena->newest = block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size = round_up(size ? size : 1);
    struct block *block = arena->newest;
    if (!block || block->size - block->used < size) {
        add_block(arena, size);
        block = arena->newest;
    }
    void *out = block->data + block->used;
    block->used += size;
    return memset(out, 0, size);
}

void *arena_try(struct arena *arena, size_t size)
{
    if (arena->limit) {
        size_t used = arena_used(arena);
        if (used > arena->limit || size > arena->limit - used)
            return NULL;
    } else if (size > SIZE_MAX / 2) {
        return NULL;
    }
    return arena_alloc(arena, size);
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
    char *out = arena_alloc(arena, size + 1);
    if (size)
        memcpy(out, data, size);
    return out;
}

struct arena_mark arena_mark(const struct arena *arena)
{
    return (struct arena_mark){arena->newest, arena->newest ? arena->newest->used : 0};
}

void arena_rewind(struct arena *arena, struct arena_mark mark)
{
    if (!mark.block) {
        arena_reset(arena);
        return;
    }
    free_until(arena, mark.block);
    if (arena->newest)
        arena->newest->used = mark.used;
}

void arena_reset(struct arena *arena)
{
    struct block *kept = NULL;
    while (arena->newest) {
        struct block *block = arena->newest;
        arena->newest = block->older;
        if (block->size <= BLOCK_MAX && (!kept || block->size > kept->size)) {
            free(kept);
            kept = block;
        } else {
            free(block);
        }
    }
    if (kept) {
        kept->older = NULL;
        kept->used = 0;
        kept->before = 0;
        arena->newest = kept;
    }
}

size_t arena_used(const struct arena *arena)
{
    return arena->newest ? arena->newest->before + arena->newest->used : 0;
}

static void *moved(struct arena *arena, const void *items, size_t item_size, size_t count, size_t room)
{
    void *out = arena_alloc(arena, room * item_size);
    if (count)
        memcpy(out, items, count * item_size);
    return out;
}

void *arena_grow(struct arena *arena, const void *items, size_t item_size, size_t count, size_t *room)
{
    size_t larger = *room ? *room * 2 : item_size > 32 ? 1 : 8; /* a list of large items is mostly one of one */
    if (larger < *room || (item_size && larger > SIZE_MAX / 2 / item_size))
        abort();
    return moved(arena, items, item_size, count, *room = larger);
}

void *arena_reserve(struct arena *arena, void *items, size_t item_size, size_t count, size_t more, size_t *room)
{
    if (*room - count >= more)
        return items;
    if (more > SIZE_MAX / 2 / item_size - count)
        abort();
    return moved(arena, items, item_size, count, *room = count + more);
}
