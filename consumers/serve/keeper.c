#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "codec/json_change.h"
#include "folder.h"
#include "shell/process.h"
#include "snapshot.h"
#include "snapshots.h"

struct keeper {
    struct serve *serve;
    pthread_t thread;
};

enum { LOOK_MS = 10000 };

static const char *const endings[] = {"json", "ndjson", "ndjson.gz", "csv", "csv.gz"};

static void delete_snapshot(struct serve *serve, const char *id)
{
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) { /* the manifest first: then it is not there */
        char path[512];
        snprintf(path, sizeof path, "%s/%s.%s", serve->options->snapshots, id, endings[i]);
        unlink(path);
    }
}

static void make_and_delete(struct serve *serve)
{
    struct snapshot_list list;
    struct fault fault;
    char id[CHANGE_ID_SIZE];
    snapshots_list(serve->options->snapshots, &list);
    int64_t age_s = list.count ? time(NULL) - list.item[0].made : INT64_MAX / 1000;
    if (age_s * 1000 >= serve->options->snapshot_every_ms) {
        struct status status = snapshot_make(serve, id, &fault);
        if (status_failed(status) && !process_stopping())
            log_warn(serve->log, "no snapshot was made", LOG_TEXT("why", fault.text));
        snapshots_list(serve->options->snapshots, &list);
    }
    for (int i = (int)serve->options->snapshots_kept; i < list.count; i++)
        delete_snapshot(serve, list.item[i].id);
    for (int i = 0; i < list.count && i < (int)serve->options->snapshots_kept; i++) {
        struct status status = snapshot_zip(serve, list.item[i].id, &fault);
        if (status_failed(status) && !process_stopping())
            log_warn(serve->log, "a snapshot was not zipped", LOG_TEXT("why", fault.text));
    }
}

static void look(struct keeper *keeper)
{
    struct fault fault;
    int taken;
    struct status status = folder_take(keeper->serve->options->snapshots, false, &taken, &fault);
    if (status_failed(status))
        log_warn(keeper->serve->log, "no snapshot can be made", LOG_TEXT("why", fault.text));
    if (taken < 0) /* or another copy is at work on it */
        return;
    make_and_delete(keeper->serve);
    close(taken);
}

static void *keep(void *user)
{
    while (!process_stopping()) {
        struct keeper *keeper = user;
        look(keeper);
        process_wait(
            -1, (int)(keeper->serve->options->snapshot_every_ms < LOOK_MS ? keeper->serve->options->snapshot_every_ms
                                                                          : LOOK_MS));
    }
    return NULL;
}

struct keeper *keeper_open(struct serve *serve)
{
    struct keeper *keeper = calloc(1, sizeof *keeper);
    if (!keeper)
        abort();
    keeper->serve = serve;
    if (pthread_create(&keeper->thread, NULL, keep, keeper) != 0)
        abort();
    return keeper;
}

void keeper_close(struct keeper *keeper)
{
    if (keeper)
        pthread_join(keeper->thread, NULL);
    free(keeper);
}
