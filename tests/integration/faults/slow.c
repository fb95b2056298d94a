/* Preloaded into a server (slow.py): what it syncs to the disk takes longer by the microseconds that stand in the file
 * $ORGCODE_SLOW. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *shared;

__attribute__((constructor)) static void open_shared(void)
{
    const char *path = getenv("ORGCODE_SLOW");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0)
        return;
    void *page = mmap(NULL, sizeof *shared, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (page != MAP_FAILED)
        shared = page;
}

static void turn(void)
{
    int64_t micros = shared ? *shared : 0;
    struct timespec left = {micros / 1000000, micros % 1000000 * 1000};
    while (micros > 0 && nanosleep(&left, &left) != 0)
        ;
}

int fsync(int file)
{
    turn();
    return (int)syscall(SYS_fsync, file);
}

int fdatasync(int file)
{
    turn();
    return (int)syscall(SYS_fdatasync, file);
}
