#ifndef ORGCODE_BASE_TEXT_H
#define ORGCODE_BASE_TEXT_H

#include "arena.h"
#include "str.h"

/* What may stand in the registry's texts. */
enum text_fault {
    TEXT_OK = 0,
    TEXT_NOT_UTF8,
    TEXT_CONTROL,    /* C0, C1, DEL, line and paragraph separators, NUL */
    TEXT_UNASSIGNED, /* a code point that Unicode 14.0 does not assign (pinned table), or a noncharacter */
};

enum text_fault text_check(struct str s);
/* Number of code points of valid UTF-8. */
size_t text_length(struct str s);
/* The NFC form: `s` itself when it is NFC already (quick check without copy), else a copy in the arena. */
struct str text_nfc(struct arena *arena, struct str s);

#endif
