#include "connections.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

enum state {
    FRESH,   /* opened, and nothing was asked yet */
    RESTING, /* answered; may ask again */
    BUSY,    /* from the request line to the last byte of the answer */
};

/* In a list while a request is awaited or read, or an answer is sent, those that have longest first. */
struct connection {
    struct connection *next, *previous; /* NULL: not in the list */
    int fd;
    enum state state;
    time_ms since;
};

struct connections {
    pthread_mutex_t lock;
    struct connection awaited, sent; /* the lists' heads */
    int owed;
};

struct connections *connections_open(void)
{
    struct connections *all = calloc(1, sizeof *all);
    if (!all)
        abort();
    all->awaited.next = all->awaited.previous = &all->awaited;
    all->sent.next = all->sent.previous = &all->sent;
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

static void put_into(struct connection *list, struct connection *one)
{
    one->since = time_monotonic();
    one->next = list;
    one->previous = list->previous;
    one->previous->next = list->previous = one;
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
        put_into(&all->awaited, one);
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

void connections_answers(struct connections *all, struct MHD_Connection *connection)
{
    struct connection *one = find(connection);
    pthread_mutex_lock(&all->lock);
    if (one) {
        take_out(one);
        put_into(&all->sent, one);
    }
    pthread_mutex_unlock(&all->lock);
}

void connections_answered(struct connections *all, struct MHD_Connection *connection)
{
    struct connection *one = find(connection);
    pthread_mutex_lock(&all->lock);
    if (one) {
        set(all, one, RESTING);
        take_out(one);
        put_into(&all->awaited, one);
    }
    pthread_mutex_unlock(&all->lock);
}

static int cut(struct connection *list, time_ms older)
{
    int count = 0;
    for (struct connection *one; (one = list->next) != list && time_monotonic() - one->since > older; count++) {
        take_out(one);
        shutdown(one->fd, SHUT_RDWR); /* the front sees its end, and closes it */
    }
    return count;
}

int connections_cut(struct connections *all, time_ms request, time_ms answer)
{
    pthread_mutex_lock(&all->lock);
    int count = cut(&all->awaited, request) + cut(&all->sent, answer);
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
