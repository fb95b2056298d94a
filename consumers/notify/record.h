#ifndef ORGCODE_NOTIFY_RECORD_H
#define ORGCODE_NOTIFY_RECORD_H

#include "base/str.h"

/* The value of a member of a JSON object, as it stands in the text; absent when there is none. The text is canonical JSON
 * that was written by this project: only its outline is looked at. */
struct str record_member(struct str object, struct str name);

#endif
