#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shell/process.h"

enum { LOOK_MS = 100 };

static struct status failed(const char *folder, struct fault *fault)
{
    return status_fail(fault, STATUS_RETRY, "snapshot", "%s: %s", folder, strerror(errno));
}

static void remove_unfinished(const char *folder)
{
    static const char ending[] = ".new";
    const struct dirent *entry;
    DIR *files = opendir(folder);
    while (files && (entry = readdir(files))) {
        size_t size = strlen(entry->d_name);
        if (size > sizeof ending && strcmp(entry->d_name + size - (sizeof ending - 1), ending) == 0)
            unlinkat(dirfd(files), entry->d_name, 0);
    }
    if (files)
        closedir(files);
}

struct status folder_take(const char *folder, bool wait, int *out, struct fault *fault)
{
    *out = -1;
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return failed(folder, fault);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return failed(folder, fault);
    bool taken;
    while (!(taken = flock(fd, LOCK_EX | LOCK_NB) == 0) && errno == EWOULDBLOCK && wait && !process_stopping())
        process_wait(-1, LOOK_MS);
    if (taken) {
        remove_unfinished(folder);
        *out = fd;
        return status_ok();
    }
    bool busy = errno == EWOULDBLOCK;
    struct status status = busy && !wait ? status_ok() : failed(folder, fault);
    close(fd);
    return status;
}

struct status folder_settle(const char *folder, struct fault *fault)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && fsync(fd) == 0;
    struct status status = good ? status_ok() : failed(folder, fault);
    if (fd >= 0)
        close(fd);
    return status;
}
