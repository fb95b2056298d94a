#ifndef ORGCODE_SERVE_SNAPSHOT_H
#define ORGCODE_SERVE_SNAPSHOT_H

#include "serve.h"

/* The whole directory as files, each at one place of the feed: FOLDER/<id>.ndjson, .csv, and then <id>.json, which says
 * what they are; a snapshot without it is not there. Zipping takes several times as long: their .gz follow, and who
 * asks earlier gets the plain file. */

/* Only who has taken the folder (folder.h). One that is there already, of the same id, is left as it is. */
struct status snapshot_make(struct serve *serve, char id[32], struct fault *fault) MUST_USE;
/* Makes the zipped forms that are not there yet. Only who has taken the folder. */
struct status snapshot_zip(struct serve *serve, const char *id, struct fault *fault) MUST_USE;

/* Makes one when there is none, and when the newest is older than --snapshot-every; deletes those beyond
 * --snapshots-kept. */
struct keeper;
struct keeper *keeper_open(struct serve *serve);
void keeper_close(struct keeper *keeper);

#endif
