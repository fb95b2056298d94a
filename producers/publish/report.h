#ifndef ORGCODE_PUBLISH_REPORT_H
#define ORGCODE_PUBLISH_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "base/time.h"
#include "core/act.h"
#include "core/rule.h"

/* What the program tells people (plain text, colour on a terminal alone) or other programs (one JSON object a line) on
 * stdout, and its progress on stderr while that is a terminal. Messages are in one language in plain text and in both
 * in JSON. */

struct report {
    FILE *out;
    bool json, colour, progress;
    enum language language;
    const char *const *file; /* names by number */
    struct arena *arena;     /* scratch, reset after each line */
    time_ms shown;
    bool line_open; /* a progress line stands on the terminal */
    struct {
        long long acts, good, refused, unread, warned; /* judged here */
        long long sent, present;                       /* present: stood there already, of a run that was killed */
        long long verdict[VERDICTS];
    } count;
};

/* `json` or plain; `language` by name ("auto" looks at the locale's variables). */
bool report_open(struct report *report, FILE *out, bool json, enum language language, const char *const *file);
void report_close(struct report *report);
enum language report_language(void);

struct report_place {
    int file;
    long long line;
};
/* The act, or NULL when it could not be read. One line for each fault and warning (JSON: one object). Counts. */
void report_judged(struct report *report, struct report_place place, const struct act *act,
    const struct findings *faults, const struct findings *warnings);
/* A verdict as it came. Accepted ones are counted and shown in JSON alone. */
void report_verdict(struct report *report, struct report_place place, struct str authority, struct uuid id,
    enum verdict verdict, const json_t *receipt);
/* At most a few times a second. */
void report_progress(struct report *report, long long delivered, long long waiting_verdicts);
/* The closing line; `failed` (NULL: all went well) says why it ended early. */
void report_summary(struct report *report, bool published, const char *failed);

#endif
