#include "shell/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/time.h"

/* The program's only mutable global: the stop flag with its pipe. */
static struct {
    atomic_bool stopping;
    int pipe[2];
    _Atomic long long alive_ms;
} state = {.pipe = {-1, -1}};

int process_exit_of(struct status status)
{
    switch (status.class) {
    case STATUS_OK:
        return PROCESS_DONE;
    case STATUS_REJECT:
        return PROCESS_REFUSED;
    case STATUS_RETRY:
        return PROCESS_WORLD;
    default:
        return PROCESS_STOP;
    }
}

void process_stop(void)
{
    if (!atomic_exchange(&state.stopping, true) && state.pipe[1] >= 0) {
        ssize_t written = write(state.pipe[1], "x", 1);
        (void)written;
    }
}

static void on_signal(int number)
{
    if (atomic_load(&state.stopping)) {
        _exit(128 + number);
    }
    int saved = errno;
    process_stop();
    errno = saved;
}

struct status process_open(struct fault *fault)
{
    if (pipe2(state.pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
        return status_fail(fault, STATUS_STOP, "pipe", "cannot make a pipe: %s", strerror(errno));
    }
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    return status_ok();
}

bool process_stopping(void)
{
    return atomic_load_explicit(&state.stopping, memory_order_relaxed);
}

int process_fd(void)
{
    return state.pipe[0];
}

bool process_wait(int fd, int timeout_ms)
{
    struct pollfd poll_for[2] = {{.fd = state.pipe[0], .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    time_ms end = time_monotonic() + timeout_ms;
    while (!process_stopping()) {
        time_ms left = end - time_monotonic();
        int ready = poll(poll_for, fd >= 0 ? 2 : 1, left > 0 ? (int)left : 0);
        if (ready >= 0 || errno != EINTR) {
            break;
        }
    }
    return process_stopping();
}

static void notify(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path == NULL || (path[0] != '/' && path[0] != '@') || strlen(path) >= sizeof address.sun_path) {
        return;
    }
    size_t length = strlen(path);
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') {
        address.sun_path[0] = '\0';
    }
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return;
    }
    ssize_t sent = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address,
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    (void)sent;
    close(fd);
}

void process_ready(void)
{
    notify("READY=1\n");
}

void process_leaving(void)
{
    notify("STOPPING=1\n");
}

void process_alive(void)
{
    const char *interval = getenv("WATCHDOG_USEC");
    if (interval == NULL) {
        return;
    }
    long long half_ms = strtoll(interval, NULL, 10) / 2000;
    long long now = time_monotonic();
    if (half_ms > 0 && now - atomic_load(&state.alive_ms) >= half_ms) {
        atomic_store(&state.alive_ms, now);
        notify("WATCHDOG=1\n");
    }
}
