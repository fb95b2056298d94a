#ifndef ORGCODE_REPLAY_PLAN_H
#define ORGCODE_REPLAY_PLAN_H

#include <jansson.h>

#include "command.h"

/* What a command is about to change, printed before it does. A plan is made at a head: a short word that names all it
 * was made from (ends of topics, places), so that `--at` can ask for exactly this plan again. */
struct plan {
    struct command_run *run;
    const char *head; /* in the run's arena */
    json_t *json;     /* an object; members are the caller's to set */
    char *text;       /* lines for people */
    size_t text_size;
    FILE *lines; /* writes `text` */
};

void plan_open(struct plan *plan, struct command_run *run, const char *head);
/* A line for people, without its line's end. */
void plan_line(struct plan *plan, const char *format, ...) FORMAT_LIKE(2, 3);
/* A member for programs; `value` is taken. */
void plan_set(struct plan *plan, const char *key, json_t *value);
/* Prints and closes it. *go: to be carried out now. REJECT "moved" when --at names another head. */
struct status plan_show(struct plan *plan, bool *go, struct fault *fault) MUST_USE;
/* What came of it: in plain form the line, in JSON the object (taken, may be NULL). */
void plan_done(struct command_run *run, json_t *json, const char *format, ...) FORMAT_LIKE(3, 4);

/* One JSON object as a line (taken). */
void plan_json(json_t *json);

#endif
