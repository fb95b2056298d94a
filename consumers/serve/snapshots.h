#ifndef ORGCODE_SERVE_SNAPSHOTS_H
#define ORGCODE_SERVE_SNAPSHOTS_H

#include <time.h>

#include "codec/json_change.h"
#include "work.h"

/* The snapshots in a folder (snapshot.h), as they are served. */

#define SNAPSHOTS_SHOWN 64
struct snapshot_entry {
    char id[CHANGE_ID_SIZE];
    time_t made;
};
/* The newest first. */
struct snapshot_list {
    struct snapshot_entry item[SNAPSHOTS_SHOWN];
    int count;
};
void snapshots_list(const char *folder, struct snapshot_list *out);

handler serve_snapshots; /* GET /v1/snapshots */
handler serve_snapshot;  /* GET /v1/snapshots/{id}, "latest" among them */

#endif
