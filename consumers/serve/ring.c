#include "ring.h"

#include <stdlib.h>

enum { BYTES_MAX = 64 << 20 };

void tail_event_release(struct tail_event *event)
{
    if (atomic_fetch_sub(&event->users, 1) == 1)
        free(event);
}

static struct tail_event *make_event(const struct event *event)
{
    char id[CHANGE_ID_SIZE];
    change_id_format(event->attributes.epoch, event->attributes.sequence, id);
    struct str subject = event->attributes.subject;
    size_t line = event->json.len + CHANGE_ID_SIZE + 40;
    struct tail_event *made = malloc(sizeof *made + line + subject.len);
    if (!made)
        abort();
    *made = (struct tail_event){.sequence = event->attributes.sequence, .event = *event};
    atomic_init(&made->users, 1);
    int size = snprintf(made->text, line, "id: %s\nevent: change\ndata: %.*s\n\n", id, STR_ARG(event->json));
    made->size = (size_t)size;
    /* the copy's texts point into the copy */
    const char *json = made->text + made->size - 2 - event->json.len;
    memcpy(made->text + line, subject.data, subject.len);
    made->event.attributes.subject = (struct str){made->text + line, subject.len};
    made->event.json = (struct str){json, event->json.len};
    made->event.authority.data = json + (event->authority.data - event->json.data);
    if (event->authority.len == 0)
        made->event.authority = STR("");
    return made;
}

static void drop_oldest(struct ring *ring)
{
    struct tail_event **place = &ring->event[ring->oldest % ring->room];
    ring->bytes -= (*place)->size;
    tail_event_release(*place);
    *place = NULL;
    ring->oldest++;
}

void ring_open(struct ring *ring, int room)
{
    *ring = (struct ring){.room = room, .oldest = 1, .event = calloc((size_t)room, sizeof *ring->event)};
    if (!ring->event)
        abort();
}

void ring_close(struct ring *ring)
{
    ring_begin(ring, 0);
    free(ring->event);
}

void ring_begin(struct ring *ring, int64_t head)
{
    while (ring->oldest <= ring->head)
        drop_oldest(ring);
    ring->head = head;
    ring->oldest = head + 1;
}

void ring_keep(struct ring *ring, const struct event *event)
{
    struct tail_event *made = make_event(event);
    while (ring->oldest <= ring->head &&
           (ring->head + 1 - ring->oldest >= ring->room || ring->bytes + made->size > BYTES_MAX))
        drop_oldest(ring);
    ring->head = made->sequence;
    ring->event[made->sequence % ring->room] = made;
    ring->bytes += made->size;
}

struct tail_event *ring_find(struct ring *ring, int64_t *after, const struct filter *filter)
{
    while (*after < ring->head) {
        struct tail_event *event = ring->event[++*after % ring->room];
        if (filter_fits(filter, &event->event))
            return event;
    }
    return NULL;
}
