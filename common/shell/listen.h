#ifndef ORGCODE_SHELL_LISTEN_H
#define ORGCODE_SHELL_LISTEN_H

#include <stdbool.h>

#include "base/status.h"

/* Listening TCP sockets. */

/* A socket that listens on "HOST:PORT", "[::1]:PORT" or ":PORT" (loopback); port 0: any. `option` names the option in
 * faults. RETRY "address-taken", STOP "address" when it is no address. */
struct status listen_open(const char *option, const char *address, int backlog, int *fd, struct fault *fault) MUST_USE;
/* The first socket that the service manager handed over (LISTEN_FDS), -1 when there is none: it outlives the program,
 * so a restart refuses nobody. */
int listen_inherited(void);
/* Its port; 0 when it has none. */
int listen_port(int fd);

#endif
