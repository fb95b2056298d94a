#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADLINE "orgcode-publish state 1"

static struct status world(struct fault *fault, const char *path)
{
    return status_fail(fault, STATUS_RETRY, "state", "%s: %s", path, strerror(errno));
}

/* One line of the file; false when it is not understood. */
static bool take_line(struct progress *progress, char *line)
{
    char word[160], digest[SHA256_TEXT_SIZE];
    long long a, b, c;
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "cluster %63s", progress->cluster) == 1 || sscanf(line, "prefix %127s", progress->prefix) == 1)
        return true;
    if (sscanf(line, "acts %lld %64s", &a, digest) == 2) {
        progress->acts = a;
        return a >= 0 && sha256_parse(str_of(digest), &progress->chain);
    }
    if (sscanf(line, "route %7s %lld %lld %lld", word, &a, &b, &c) == 4) {
        struct progress_route *route = progress_route(progress, word);
        if (!route)
            return false;
        route->first = a;
        route->next = b;
        route->receipts = c;
        return a >= 0 && b >= a;
    }
    return false;
}

static struct status read_file(struct progress *progress, struct fault *fault)
{
    FILE *file = fopen(progress->path, "re");
    if (!file)
        return errno == ENOENT ? status_ok() : world(fault, progress->path);
    char line[256];
    bool good = fgets(line, sizeof line, file) && strcmp(line, HEADLINE "\n") == 0, ended = false;
    while (good && !ended && fgets(line, sizeof line, file)) {
        ended = strcmp(line, "end\n") == 0;
        good = ended || take_line(progress, line);
    }
    fclose(file);
    if (!good || !ended)
        return status_fail(fault, STATUS_REJECT, "state", "%s is not a state file of this program", progress->path);
    progress->found = true;
    return status_ok();
}

struct status progress_open(const char *path, struct progress *out, struct fault *fault)
{
    *out = (struct progress){.lock = -1};
    if (!path)
        return status_ok();
    char lock[PATH_MAX];
    if ((size_t)snprintf(lock, sizeof lock, "%s.lock", path) >= sizeof lock)
        return status_fail(fault, STATUS_RETRY, "state", "%s: the path is too long", path);
    out->lock = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (out->lock < 0)
        return world(fault, lock);
    if (flock(out->lock, LOCK_EX | LOCK_NB) != 0) {
        close(out->lock);
        out->lock = -1;
        return status_fail(fault, STATUS_STOP, "locked", "another run uses the state file %s", path);
    }
    out->path = strdup(path);
    if (!out->path)
        return status_fail(fault, STATUS_STOP, "memory", "no memory");
    return read_file(out, fault);
}

void progress_forget(struct progress *progress)
{
    free(progress->route);
    *progress = (struct progress){.path = progress->path, .lock = progress->lock};
}

void progress_close(struct progress *progress)
{
    if (progress->lock >= 0)
        close(progress->lock);
    free(progress->route);
    free(progress->path);
    *progress = (struct progress){.lock = -1};
}

struct progress_route *progress_route(struct progress *progress, const char *authority)
{
    for (size_t i = 0; i < progress->routes; i++)
        if (strcmp(progress->route[i].authority, authority) == 0)
            return &progress->route[i];
    struct progress_route *grown = realloc(progress->route, (progress->routes + 1) * sizeof *grown);
    if (!grown)
        return NULL;
    progress->route = grown;
    struct progress_route *route = &grown[progress->routes++];
    *route = (struct progress_route){.first = -1, .next = -1, .receipts = -1};
    snprintf(route->authority, sizeof route->authority, "%s", authority);
    return route;
}

static bool write_all(const struct progress *progress, FILE *file)
{
    char digest[SHA256_TEXT_SIZE];
    fprintf(file, HEADLINE "\ncluster %s\nprefix %s\nacts %" PRId64 " %s\n", progress->cluster, progress->prefix,
        progress->acts, sha256_format(progress->chain, digest));
    for (size_t i = 0; i < progress->routes; i++) {
        const struct progress_route *r = &progress->route[i];
        if (r->first >= 0)
            fprintf(
                file, "route %s %" PRId64 " %" PRId64 " %" PRId64 "\n", r->authority, r->first, r->next, r->receipts);
    }
    fputs("end\n", file);
    return fflush(file) == 0 && fsync(fileno(file)) == 0;
}

/* A new name is on the disk only when its folder is. */
static void sync_folder(const char *path)
{
    char copy[PATH_MAX];
    snprintf(copy, sizeof copy, "%s", path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!fsync(fd);
        close(fd);
    }
}

struct status progress_save(const struct progress *progress, struct fault *fault)
{
    if (!progress->path)
        return status_ok();
    char next[PATH_MAX];
    if ((size_t)snprintf(next, sizeof next, "%s.new", progress->path) >= sizeof next)
        return status_fail(fault, STATUS_RETRY, "state", "%s: the path is too long", progress->path);
    FILE *file = fopen(next, "we");
    if (!file)
        return world(fault, next);
    bool good = write_all(progress, file);
    good = fclose(file) == 0 && good;
    if (!good || rename(next, progress->path) != 0)
        return world(fault, next);
    sync_folder(progress->path);
    return status_ok();
}

void progress_done(struct progress *progress)
{
    if (!progress->path)
        return;
    char lock[PATH_MAX];
    snprintf(lock, sizeof lock, "%s.lock", progress->path);
    unlink(progress->path);
    unlink(lock);
}

struct sha256 progress_chain(struct hasher *hasher, struct sha256 chain, struct sha256 digest)
{
    hasher_begin(hasher);
    hasher_add(hasher, chain.byte, sizeof chain.byte);
    hasher_add(hasher, digest.byte, sizeof digest.byte);
    return hasher_end(hasher);
}

/* mkdir -p. */
static bool make_folders(char *path)
{
    for (char *at = path + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        bool made = mkdir(path, 0700) == 0 || errno == EEXIST;
        *at = kept;
        if (!made || kept == '\0')
            return made;
    }
}

char *progress_default_path(const char *const *file, int files, const char *bootstrap, const char *prefix)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    char path[PATH_MAX];
    int used;
    if (state && state[0] == '/')
        used = snprintf(path, sizeof path, "%s/orgcode/publish", state);
    else if (home && home[0] == '/')
        used = snprintf(path, sizeof path, "%s/.local/state/orgcode/publish", home);
    else
        return NULL;
    if (files == 0 || used < 0 || (size_t)used + 40 >= sizeof path)
        return NULL;
    struct hasher *hasher = hasher_open();
    hasher_begin(hasher);
    hasher_add(hasher, bootstrap, strlen(bootstrap) + 1);
    hasher_add(hasher, prefix, strlen(prefix) + 1);
    bool known = true;
    for (int i = 0; known && i < files; i++) {
        char real[PATH_MAX];
        struct stat about;
        known =
            strcmp(file[i], "-") != 0 && realpath(file[i], real) && stat(real, &about) == 0 && S_ISREG(about.st_mode);
        if (known)
            hasher_add(hasher, real, strlen(real) + 1);
    }
    char name[SHA256_TEXT_SIZE];
    sha256_format(hasher_end(hasher), name);
    hasher_close(hasher);
    if (!known || !make_folders(path))
        return NULL;
    snprintf(path + used, sizeof path - (size_t)used, "/%.16s", name);
    return strdup(path);
}
