#ifndef ORGCODE_SERVE_DMDC_H
#define ORGCODE_SERVE_DMDC_H

#include "work.h"

/* The shapes of the shared catalogue (danh mục dùng chung), for adapters that speak them already. */
handler dmdc_metadata; /* GET /dmdc/Metadata/qlvanbandieuhanhcap{1..4}: the fields */
handler dmdc_category; /* GET /dmdc/Category/qlvanbandieuhanhcap{1..4}: the rows */

#endif
