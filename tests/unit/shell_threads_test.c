/* What any thread may call: used by several at once, for the thread sanitizer to look at. */

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "shell/log.h"
#include "shell/metrics.h"
#include "shell/process.h"

#include "unit.h"

enum { THREADS = 4, TIMES = 5000 };

struct shared {
    struct log *log;
    struct metrics *metrics;
    struct metric *counter, *gauge, *duration;
};

static void *use(void *argument)
{
    struct shared *shared = argument;
    for (int i = 0; i < TIMES && !process_stopping(); i++) {
        metric_add(shared->counter, 1);
        metric_set(shared->gauge, i);
        metric_observe_us(shared->duration, i * 10);
        metrics_ready(shared->metrics, i % 2 == 0);
        metrics_beat(shared->metrics);
        process_alive();
        log_info(shared->log, "one of many", LOG_INT("number", i), LOG_TEXT("text", "x\"y"));
    }
    return NULL;
}

static void threads(void **state)
{
    (void)state;
    pthread_t thread[THREADS];
    struct metrics *metrics = metrics_open();
    int nowhere = open("/dev/null", O_WRONLY);
    FILE *out = fopen("/dev/null", "w");
    struct shared shared = {.log = log_open("test", LOG_LEVEL_INFO, LOG_FORMAT_JSON, nowhere),
        .metrics = metrics,
        .counter = metrics_counter(metrics, "a_total", NULL, "A."),
        .gauge = metrics_gauge(metrics, "b", NULL, "B."),
        .duration = metrics_duration(metrics, "c_seconds", NULL, "C.")};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, use, &shared), 0);
    for (int i = 0; i < 100; i++)
        metrics_write(metrics, out);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    assert_true(metric_value(shared.counter) == THREADS * TIMES);
    assert_true(metric_value(shared.duration) == THREADS * TIMES);
    fclose(out);
    log_close(shared.log);
    close(nowhere);
    metrics_close(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(threads)};
    return cmocka_run_group_tests_name("shell threads", tests, NULL, NULL);
}
