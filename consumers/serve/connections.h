#ifndef ORGCODE_SERVE_CONNECTIONS_H
#define ORGCODE_SERVE_CONNECTIONS_H

#include <microhttpd.h>

#include "base/time.h"

/* Which connections are open, and what each waits for: libmicrohttpd cuts those that are silent, this those that send a
 * request or take an answer byte by byte, and at the end it knows who is still owed an answer. */

struct connections *connections_open(void);
void connections_close(struct connections *all);
/* For MHD_OPTION_NOTIFY_CONNECTION. */
void connections_notify(
    void *all, struct MHD_Connection *connection, void **context, enum MHD_ConnectionNotificationCode what);
/* A request line was read; the whole request was; an answer that lies in memory is sent; an answer is over. */
void connections_asks(struct connections *all, struct MHD_Connection *connection);
void connections_asked(struct connections *all, struct MHD_Connection *connection);
void connections_answers(struct connections *all, struct MHD_Connection *connection);
void connections_answered(struct connections *all, struct MHD_Connection *connection);
/* Cuts those whose request has not come whole in that time, and those that have not taken their answer in the other;
 * how many. Any thread. */
int connections_cut(struct connections *all, time_ms request, time_ms answer);
/* How many have asked, or were just opened to ask, and are not yet answered. */
int connections_owed(struct connections *all);

#endif
