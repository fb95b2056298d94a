#include "shell/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct status listen_open(const char *option, const char *address, int backlog, int *fd, struct fault *fault)
{
    char host[256];
    const char *colon = strrchr(address, ':');
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV}, *found = NULL;
    if (!colon || colon[1] == '\0' || (size_t)(colon - address) >= sizeof host)
        return status_fail(fault, STATUS_STOP, "address", "%s: expected HOST:PORT, not \"%s\"", option, address);
    size_t length = (size_t)(colon - address);
    bool brackets = length >= 2 && address[0] == '[' && address[length - 1] == ']';
    snprintf(host, sizeof host, "%.*s", (int)(brackets ? length - 2 : length), address + (brackets ? 1 : 0));
    int code = getaddrinfo(host[0] ? host : "127.0.0.1", colon + 1, &hints, &found);
    if (code != 0)
        return status_fail(fault, STATUS_STOP, "address", "%s %s: %s", option, address, gai_strerror(code));
    struct status status = status_ok();
    int on = 1;
    *fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (*fd >= 0)
        setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (*fd < 0 || bind(*fd, found->ai_addr, found->ai_addrlen) != 0 || listen(*fd, backlog) != 0) {
        status = status_fail(fault, STATUS_RETRY, "address-taken", "%s %s: %s", option, address, strerror(errno));
        if (*fd >= 0)
            close(*fd);
        *fd = -1;
    }
    freeaddrinfo(found);
    return status;
}

int listen_inherited(void)
{
    enum { FIRST = 3 };
    const char *count = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
    if (!count || !pid || strtol(count, NULL, 10) < 1 || strtol(pid, NULL, 10) != getpid())
        return -1;
    if (fcntl(FIRST, F_SETFD, FD_CLOEXEC) != 0 || fcntl(FIRST, F_SETFL, fcntl(FIRST, F_GETFL) | O_NONBLOCK) != 0)
        return -1;
    return FIRST;
}

int listen_port(int fd)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    if (getsockname(fd, (struct sockaddr *)&bound, &size) != 0)
        return 0;
    return ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                             : ((struct sockaddr_in *)&bound)->sin_port);
}
