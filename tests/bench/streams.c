#include "streams.h"

#include <errno.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

enum { TOGETHER = 100, LINE = 48, OPEN_WAIT_MS = 10000 };

/* Reads a chunked answer: of each line of the body its first bytes. */
struct stream_client {
    int fd;
    enum { IN_HEAD, IN_SIZE, IN_DATA, IN_END } in;
    size_t left; /* of the chunk */
    char line[LINE];
    size_t len;
    int64_t sequence;
    bool change, begun; /* begun: the head was good */
};

static void give_up(const char *what, const char *detail)
{
    fprintf(stderr, "bench: %s: %s\n", what, detail);
    exit(3);
}

static void note(struct streams *streams, const struct stream_client *client, int64_t now)
{
    if (streams->arrivals == streams->room) {
        streams->room = streams->room * 2 + 4096;
        streams->arrival = realloc(streams->arrival, streams->room * sizeof *streams->arrival);
        if (!streams->arrival)
            abort();
    }
    streams->arrival[streams->arrivals++] = (struct arrival){client->sequence, now};
    if (client == streams->client)
        atomic_fetch_add(streams->first, 1);
}

/* A line of the body: "id: 01-00000000000000000042", "event: change", "data: ...", and the empty one that ends an
 * event. */
static void take_line(struct streams *streams, struct stream_client *client, int64_t now)
{
    char *line = client->line;
    line[client->len < LINE ? client->len : LINE - 1] = '\0';
    if (strncmp(line, "id: ", 4) == 0)
        client->sequence = strtoll(line + 7, NULL, 10);
    else if (strncmp(line, "event: ", 7) == 0)
        client->change = strcmp(line + 7, "change") == 0;
    else if (line[0] == '\0' && client->change)
        note(streams, client, now);
    if (line[0] == '\0')
        client->change = false;
    client->len = 0;
}

/* Up to a newline, which belongs to it; false: there is none yet. */
static bool gather(struct stream_client *client, const char **at, size_t size)
{
    const char *end = memchr(*at, '\n', size);
    size_t count = end ? (size_t)(end - *at) : size;
    size_t fits = client->len < LINE - 1 ? LINE - 1 - client->len : 0;
    memcpy(client->line + (client->len < LINE - 1 ? client->len : 0), *at, count < fits ? count : fits);
    client->len = client->len + count;
    *at += count + (end != NULL);
    return end != NULL;
}

static void take_head_line(struct stream_client *client)
{
    client->line[client->len < LINE ? client->len : LINE - 1] = '\0';
    if (strncmp(client->line, "HTTP/", 5) == 0 && !strstr(client->line, " 200 "))
        give_up("a stream was refused", client->line);
    if (client->line[0] == '\r') {
        client->begun = true;
        client->in = IN_SIZE;
    }
    client->len = 0;
}

static void take_bytes(struct streams *streams, struct stream_client *client, const char *at, size_t size, int64_t now)
{
    for (const char *end = at + size; at < end;) {
        size_t left = (size_t)(end - at);
        if (client->in == IN_HEAD) {
            if (gather(client, &at, left))
                take_head_line(client);
        } else if (client->in == IN_SIZE) {
            const char digit = *at++;
            if (digit == '\n')
                client->in = client->left ? IN_DATA : IN_SIZE;
            else if (digit != '\r')
                client->left = client->left * 16 + (size_t)(digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        } else if (client->in == IN_DATA) {
            size_t part = client->left < left ? client->left : left;
            const char *from = at;
            if (gather(client, &at, part))
                take_line(streams, client, now);
            client->left -= (size_t)(at - from);
            if (client->left == 0)
                client->in = IN_END;
        } else if (*at++ == '\n') {
            client->in = IN_SIZE;
        }
    }
}

static void read_one(struct streams *streams, struct stream_client *client)
{
    static char buffer[1 << 16];
    ssize_t size = recv(client->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size > 0)
        take_bytes(streams, client, buffer, (size_t)size, probe_now());
    else if (size == 0 || (errno != EAGAIN && errno != EINTR))
        give_up("a stream has ended", size ? strerror(errno) : "closed");
}

static void read_some(struct streams *streams, int wait_ms)
{
    struct epoll_event event[256];
    int count = epoll_wait(streams->epoll, event, 256, wait_ms);
    for (int i = 0; i < count; i++)
        read_one(streams, event[i].data.ptr);
}

static void *read_all(void *argument)
{
    struct streams *streams = argument;
    while (!atomic_load(streams->stop))
        read_some(streams, 100);
    return NULL;
}

static void open_one(struct streams *streams, struct stream_client *client, const struct addrinfo *address)
{
    static const char request[] = "GET /v1/changes/stream HTTP/1.1\r\nHost: bench\r\nAccept: text/event-stream\r\n\r\n";
    client->fd = socket(address->ai_family, SOCK_STREAM, 0);
    if (client->fd < 0 || connect(client->fd, address->ai_addr, address->ai_addrlen) != 0 ||
        send(client->fd, request, sizeof request - 1, MSG_NOSIGNAL) != sizeof request - 1)
        give_up("orgcode-serve cannot be reached", strerror(errno));
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    if (epoll_ctl(streams->epoll, EPOLL_CTL_ADD, client->fd, &event) != 0)
        give_up("epoll", strerror(errno));
}

/* Until clients first..end-1 have the head of their answer. */
static void await_heads(struct streams *streams, long first, long end)
{
    int64_t until = probe_now() + OPEN_WAIT_MS * 1000;
    while (first < end) {
        if (streams->client[first].begun)
            first++;
        else if (probe_now() > until)
            give_up("a stream", "no answer");
        else
            read_some(streams, 100);
    }
}

void streams_open(struct streams *streams, const char *address, long count, atomic_long *first, atomic_bool *stop)
{
    char host[256];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    const char *colon = strrchr(address, ':');
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    snprintf(host, sizeof host, "%.*s", colon ? (int)(colon - address) : 0, address);
    if (!colon || getaddrinfo(host, colon + 1, &hints, &found) != 0)
        give_up("--serve", address);
    *streams = (struct streams){.count = count, .first = first, .stop = stop, .epoll = epoll_create1(0)};
    streams->client = calloc((size_t)count, sizeof *streams->client);
    if (!streams->client)
        abort();
    for (long i = 0; i < count; i += TOGETHER) {
        long end = i + TOGETHER < count ? i + TOGETHER : count;
        for (long k = i; k < end; k++)
            open_one(streams, &streams->client[k], found);
        await_heads(streams, i, end);
    }
    freeaddrinfo(found);
    pthread_create(&streams->thread, NULL, read_all, streams);
}

void streams_close(struct streams *streams)
{
    pthread_join(streams->thread, NULL);
    for (long i = 0; i < streams->count; i++)
        close(streams->client[i].fd);
    close(streams->epoll);
    free(streams->client);
}
