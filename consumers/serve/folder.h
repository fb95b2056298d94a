#ifndef ORGCODE_SERVE_FOLDER_H
#define ORGCODE_SERVE_FOLDER_H

#include <stdbool.h>

#include "base/status.h"

/* The folder of the snapshots (snapshot.h): several programs may share it, one at a time writes into it. */

/* Takes the folder, until the descriptor is closed, and removes what a maker before has left unfinished. Another has
 * it: -1, or, with `wait`, it is waited for; a program that shall end waits no longer. Makes the folder when it is not
 * there. */
struct status folder_take(const char *folder, bool wait, int *out, struct fault *fault) MUST_USE;
/* What was renamed in it stays so after a power cut. */
struct status folder_settle(const char *folder, struct fault *fault) MUST_USE;

#endif
