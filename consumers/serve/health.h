#ifndef ORGCODE_SERVE_HEALTH_H
#define ORGCODE_SERVE_HEALTH_H

#include "work.h"

/* For whoever watches over the server. Made by the front itself: true even when all workers hang. */
handler serve_healthz; /* it answers */
handler serve_readyz;  /* and the database was heard of within ten seconds */
handler serve_metrics;

#endif
