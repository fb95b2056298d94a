#ifndef ORGCODE_BASE_ARENA_H
#define ORGCODE_BASE_ARENA_H

#include <stddef.h>

/* A bump allocator: everything of a batch is taken from one arena and given back at once.
 * One thread. */
struct arena;

/* `limit` in bytes, 0 for none. NULL only when the system has no memory. */
struct arena *arena_open(size_t limit);
void arena_close(struct arena *arena);

/* Zeroed, aligned to 16 bytes; never NULL (aborts when the system has no memory). Size 0 is allowed. */
void *arena_alloc(struct arena *arena, size_t size);
/* As arena_alloc, but NULL when `limit` would be passed. For sizes that input decides. */
void *arena_try(struct arena *arena, size_t size);
/* A copy of `size` bytes with a NUL behind them. */
void *arena_copy(struct arena *arena, const void *data, size_t size);

/* Everything taken after the mark is given back. */
struct arena_mark { void *block; size_t used; };
struct arena_mark arena_mark(const struct arena *arena);
void arena_rewind(struct arena *arena, struct arena_mark mark);
/* Everything is given back; one block is kept for the next round. */
void arena_reset(struct arena *arena);
/* Bytes handed out now. */
size_t arena_used(const struct arena *arena);

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (size_t)(count)))

/* Growing array in an arena: VEC(struct x) v = {0}; *vec_push(arena, &v) = item; */
#define VEC(type) struct { type *item; size_t count, room; }
#define vec_push(arena, v)                                                                                   \
    ((v)->count == (v)->room ? (void)((v)->item = arena_grow((arena), (v)->item, sizeof *(v)->item, (v)->count, &(v)->room)) : (void)0, \
     &(v)->item[(v)->count++])
/* Doubles `room` (from 8, of large items from 1) and returns the moved items. */
void *arena_grow(struct arena *arena, const void *items, size_t item_size, size_t count, size_t *room);
/* Room for so many more: a list that grows by doubling leaves as much behind as it is long. */
#define vec_reserve(arena, v, more)                                                                          \
    ((v)->item = arena_reserve((arena), (v)->item, sizeof *(v)->item, (v)->count, (more), &(v)->room))
void *arena_reserve(struct arena *arena, void *items, size_t item_size, size_t count, size_t more, size_t *room);

#endif
