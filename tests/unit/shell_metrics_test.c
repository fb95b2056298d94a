#include "shell/metrics.h"

#include <stdlib.h>

#include "unit.h"

static void text_format(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_open();
    struct metric *small = metrics_counter(metrics, "orgcode_refused_total", "reason=\"size\"", "Records refused.");
    struct metric *other = metrics_counter(metrics, "orgcode_refused_total", "reason=\"frame\"", "Records refused.");
    struct metric *lag = metrics_gauge(metrics, "orgcode_lag", NULL, "Records behind.");
    struct metric *took = metrics_duration(metrics, "orgcode_batch_seconds", NULL, "Time of a batch.");
    metric_add(small, 2);
    metric_add(other, 1);
    metric_set(lag, 7);
    metric_observe_us(took, 1500);
    metric_observe_us(took, 90000000);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    metrics_write(metrics, out);
    fclose(out);
    static const char head[] = "# HELP orgcode_refused_total Records refused.\n# TYPE orgcode_refused_total counter\n"
                               "orgcode_refused_total{reason=\"size\"} 2\norgcode_refused_total{reason=\"frame\"} 1\n"
                               "# HELP orgcode_lag Records behind.\n# TYPE orgcode_lag gauge\norgcode_lag 7\n"
                               "# HELP orgcode_batch_seconds Time of a batch.\n# TYPE orgcode_batch_seconds histogram\n"
                               "orgcode_batch_seconds_bucket{le=\"0.001\"} 0\norgcode_batch_seconds_bucket{le=\"0.002\"} 1\n";
    assert_true(strncmp(text, head, sizeof head - 1) == 0);
    assert_non_null(strstr(text, "orgcode_batch_seconds_bucket{le=\"60\"} 1\n"));
    assert_non_null(strstr(text, "orgcode_batch_seconds_bucket{le=\"+Inf\"} 2\n"));
    assert_non_null(strstr(text, "orgcode_batch_seconds_sum 90.001500\norgcode_batch_seconds_count 2\n"));
    free(text);
    metrics_close(metrics);
}

static void bad_addresses_are_told(void **state)
{
    (void)state;
    struct metrics *metrics = metrics_open();
    struct fault fault;
    assert_int_equal(metrics_listen(metrics, "nonsense", NULL, &fault).class, STATUS_STOP);
    assert_non_null(strstr(fault.text, "HOST:PORT"));
    assert_int_equal(metrics_listen(metrics, "127.0.0.1:0", NULL, &fault).class, STATUS_OK);
    metrics_close(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(text_format), cmocka_unit_test(bad_addresses_are_told)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
