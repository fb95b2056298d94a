#ifndef ORGCODE_SERVE_DOCUMENTS_H
#define ORGCODE_SERVE_DOCUMENTS_H

#include "work.h"

/* The interfaces as documents: for programs as they are, for people as a page made of both. */
handler serve_openapi;  /* GET /openapi.json */
handler serve_asyncapi; /* GET /asyncapi.json */
handler page_docs;      /* GET /docs; page_docs.c */

#endif
