#include "command.h"

#include <stdarg.h>
#include <stdio.h>

#define PG_WAIT_MS 10000

const char *command_topic(struct command_run *run, const char *name)
{
    return str_format(run->arena, "%s.%s", run->common->kafka.prefix, name).data;
}

struct status command_pg(struct command_run *run, struct pg *out, struct fault *fault)
{
    return pg_open_wait(run->common->pg.conninfo, "orgcode-replay", run->log, PG_WAIT_MS, out, fault);
}

struct status command_usage(struct fault *fault, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault->text, sizeof fault->text, format, arguments);
    va_end(arguments);
    return (struct status){STATUS_REJECT, "usage"};
}

struct kafka_config command_bulk(const struct command_run *run)
{
    static const struct kafka_setting bulk[] = {
        {"queued.max.messages.kbytes", "32768"}, {"queued.min.messages", "200000"}};
    struct kafka_config config = run->kafka;
    config.extra = bulk;
    config.extras = sizeof bulk / sizeof *bulk;
    return config;
}

struct status command_end(struct command_run *run, const char *topic, int64_t *out, struct fault *fault)
{
    struct kafka_client client = {0};
    int64_t low;
    struct status status = kafka_consumer_open(&run->kafka, &(struct kafka_consumer_config){0}, &client, fault);
    if (!status_failed(status))
        status = kafka_watermarks(&client, topic, 0, KAFKA_DEADLINE_MS, &low, out, fault);
    kafka_close(&client);
    return status;
}
