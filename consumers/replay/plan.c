#include "plan.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void plan_json(json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER);
    if (!text)
        abort();
    puts(text);
    free(text);
    json_decref(json);
    fflush(stdout);
}

void plan_open(struct plan *plan, struct command_run *run, const char *head)
{
    *plan = (struct plan){.run = run, .head = head, .json = json_object()};
    plan->lines = open_memstream(&plan->text, &plan->text_size);
    if (!plan->json || !plan->lines)
        abort();
}

void plan_line(struct plan *plan, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("  ", plan->lines);
    vfprintf(plan->lines, format, arguments);
    fputc('\n', plan->lines);
    va_end(arguments);
}

void plan_set(struct plan *plan, const char *key, json_t *value)
{
    json_object_set_new(plan->json, key, value);
}

struct status plan_show(struct plan *plan, bool *go, struct fault *fault)
{
    const struct command_common *common = plan->run->common;
    bool moved = common->at && strcmp(common->at, plan->head) != 0;
    fclose(plan->lines);
    *go = !common->dry_run && !moved;
    if (common->json) {
        json_object_set_new(plan->json, "head", json_string(plan->head));
        plan_json(json_pack("{s:o}", "plan", plan->json));
    } else {
        printf("plan, at %s:\n%s", plan->head, plan->text);
        if (common->dry_run)
            printf("nothing was changed; to do exactly this: --at %s\n", plan->head);
        fflush(stdout);
        json_decref(plan->json);
    }
    free(plan->text);
    if (moved)
        return status_fail(fault, STATUS_REJECT, "moved",
            "the plan of --at %s is over: things stand at %s now; nothing was changed", common->at, plan->head);
    return status_ok();
}

void plan_done(struct command_run *run, json_t *json, const char *format, ...)
{
    if (run->common->json) {
        plan_json(json_pack("{s:o}", "done", json ? json : json_object()));
        return;
    }
    json_decref(json);
    va_list arguments;
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}
