#include <stdlib.h>

#include "codec/json_change.h"
#include "health.h"
#include "tail.h"

enum { SILENCE_MS = 10000 };

static void answer(struct work *work, bool good, const char *word)
{
    char id[CHANGE_ID_SIZE], time[TIME_TEXT_SIZE];
    int epoch;
    int64_t head;
    time_ms recorded;
    bool known = tail_head(work->serve->tail, &epoch, &head, &recorded) && epoch > 0;
    time_ms lag = tail_lag(work->serve->tail);
    struct str behind = lag < 0 ? STR("") : str_format(work->arena, "\"lagMs\":%lld,\"replica\":true,", (long long)lag);
    struct response *r = work->response;
    r->status = good ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE;
    r->type = "application/json";
    r->cache = "no-store";
    r->body = known ? str_format(work->arena,
                          "{\"id\":\"%s\",%.*s\"recordedTime\":\"%s\",\"silenceMs\":%lld,\"status\":\"%s\"}",
                          change_id_format(epoch, head, id), STR_ARG(behind), time_format(recorded, time),
                          (long long)tail_silence(work->serve->tail), word)
                    : str_format(work->arena, "{\"status\":\"%s\"}", word);
}

void serve_healthz(struct work *work)
{
    answer(work, true, "alive");
}

void serve_readyz(struct work *work)
{
    int epoch;
    int64_t head;
    time_ms recorded;
    bool ready = tail_head(work->serve->tail, &epoch, &head, &recorded) && !tail_leaving(work->serve->tail) &&
                 tail_silence(work->serve->tail) < SILENCE_MS;
    answer(work, ready, ready ? "ready" : "not ready");
}

void serve_metrics(struct work *work)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        abort();
    metrics_write(work->serve->metrics, out);
    fclose(out);
    work->response->status = MHD_HTTP_OK;
    work->response->type = "text/plain; version=0.0.4; charset=utf-8";
    work->response->cache = "no-store";
    work->response->body = str_copy(work->arena, (struct str){text, size});
    free(text);
}
