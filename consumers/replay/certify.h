#ifndef ORGCODE_REPLAY_CERTIFY_H
#define ORGCODE_REPLAY_CERTIFY_H

#include "base/status.h"

/* Runs `program verb name` (deploy/tls/tls account H26) and waits for its end; its output goes to stderr. STOP "certify"
 * when it does not end with 0. */
struct status certify(const char *program, const char *verb, const char *name, struct fault *fault) MUST_USE;

#endif
