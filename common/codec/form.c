#include "codec/form.h"

/* Nothing else stands in this file, so that a test can put tables with further forms in its place. */

change_form *const change_forms[] = {change_write_1};
receipt_form *const receipt_forms[] = {receipt_write_1};
