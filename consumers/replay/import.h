#ifndef ORGCODE_REPLAY_IMPORT_H
#define ORGCODE_REPLAY_IMPORT_H

#include "codec/archive.h"
#include "command.h"
#include "shell/sender.h"

/* A file of a journal, opened for one reading. */
struct import_file {
    const char *path;
    int fd;
    struct archive_reader *reader;
    struct archive_head head;
};
struct status import_file_open(struct import_file *file, const char *path, struct fault *fault) MUST_USE;
void import_file_close(struct import_file *file);
/* The next record, fit to be written; NULL behind the last. The fault names the file. */
struct status import_file_next(
    struct import_file *file, const struct archive_record **out, struct fault *fault) MUST_USE;

/* The journal that is written. */
struct import_target {
    struct command_run *run;
    const char *topic;
    int64_t there; /* records of the file that stand in it */
    int64_t end;   /* its end */
    int64_t total; /* records of the file; 0: unknown */
};
/* Reads the file's beginning and the journal side by side: what stands there must be the file's. Then the file goes on
 * behind it. STOP "other-journal". */
struct status import_compare(struct import_target *target, struct import_file *file, struct fault *fault) MUST_USE;
/* Writes the rest, in transactions; the records of a transaction stand there all or none. RETRY "stopping" when told to
 * stop. */
struct status import_write(
    struct import_target *target, struct import_file *file, struct sender *sender, struct fault *fault) MUST_USE;

#endif
