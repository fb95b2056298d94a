#include "connections.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

enum state {
    FRESH,   /* opened, and nothing was asked yet */
    RESTING, /* answered; may ask again */
    BUSY,    /* from the request line to the last byte of the answer */
};

/* In the list while a request is awaited or read, those that have longest first. */
struct connection {
    struct connection *next, *previous; /* NULL: not in the list */
    int fd;
    enum state state;
    time_ms since;
};

struct connections {
    pthread_mutex_t lock;
    struct connection awaited; /* the list's head */
    int owed;
};

struct connections *connections_open(void)
{
    struct connections *all = calloc(1, sizeof *all);
    if (!all)
        abort();
    all->awaited.next = all->awaited.previous = &all->awaited;
    pthread_mutex_init(&all->lock, NULL);
    return all;
}

void connections_close(struct connections *all)
{
    pthread_mutex_destroy(&all->lock);
    free(all);
}

static void take_out(struct connection *one)
{
    if (!one->next)
        return;
    one->previous->next = one->next;
    one->next->previous = one->previous;
    one->next = one->previous = NULL;
}

static void await(struct connections *all, struct connection *one)
{
    one->since = time_monotonic();
    one->next = &all->awaited;
    one->previous = all->awaited.previous;
    one->previous->next = all->awaited.previous = one;
}

static void set(struct connections *all, struct connection *one, enum state state)
{
    all->owed += (state != RESTING) - (one->state != RESTING);
    one->state = state;
}

void connections_notify(
    void *user, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode what)
{
    struct connections *all = user;
    struct connection *one = *context;
    pthread_mutex_lock(&all->lock);
    if (what == MHD_CONNECTION_NOTIFY_STARTED && (one = calloc(1, sizeof *one))) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        one->fd = info ? info->connect_fd : -1;
        one->state = FRESH;
        all->owed++;
        await(all, one);
    } else if (what == MHD_CONNECTION_NOTIFY_CLOSED && one) {
        take_out(one);
        set(all, one, RESTING);
        free(one);
        one = NULL;
    }
    pthread_mutex_unlock(&all->lock);
    *context = one;
}

static struct connection *find(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

void connections_asks(struct connections *all, struct MHD_Connection *connection)
{
    struct connection *one = find(connection);
    pthread_mutex_lock(&all->lock);
    if (one)
        set(all, one, BUSY);
    pthread_mutex_unlock(&all->lock);
}

void connections_asked(struct connections *all, struct MHD_Connection *connection)
{
    struct connection *one = find(connection);
    pthread_mutex_lock(&all->lock);
    if (one)
        take_out(one);
    pthread_mutex_unlock(&all->lock);
}

void connections_answered(struct connections *all, struct MHD_Connection *connection)
{
    struct connection *one = find(connection);
    pthread_mutex_lock(&all->lock);
    if (one) {
        set(all, one, RESTING);
        take_out(one);
        await(all, one);
    }
    pthread_mutex_unlock(&all->lock);
}

int connections_cut(struct connections *all, time_ms older)
{
    int count = 0;
    pthread_mutex_lock(&all->lock);
    for (struct connection *one; (one = all->awaited.next) != &all->awaited && time_monotonic() - one->since > older;) {
        take_out(one);
        shutdown(one->fd, SHUT_RDWR); /* the front sees its end, and closes it */
        count++;
    }
    pthread_mutex_unlock(&all->lock);
    return count;
}

int connections_owed(struct connections *all)
{
    pthread_mutex_lock(&all->lock);
    int owed = all->owed;
    pthread_mutex_unlock(&all->lock);
    return owed;
}
