/* Questions to brokers that are not ready: librdkafka's own cluster in the process answers them with errors first. */

#include "shell/kafka_again.h"

#include <librdkafka/rdkafka_mock.h>
#include <pthread.h>
#include <time.h>

#include "unit.h"

enum { FETCH = 1, LIST_OFFSETS = 2 }; /* requests of the protocol */

struct cluster {
    rd_kafka_t *rk;
    rd_kafka_mock_cluster_t *brokers;
    struct option_kafka options;
    struct kafka_config config;
    struct kafka_client client;
};

static int open_cluster(void **state)
{
    static struct cluster cluster;
    char error[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_log_cb(conf, NULL);
    cluster.rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
    cluster.brokers = rd_kafka_mock_cluster_new(cluster.rk, 1);
    cluster.options.bootstrap = rd_kafka_mock_cluster_bootstraps(cluster.brokers);
    cluster.config = (struct kafka_config){.options = &cluster.options, .client_id = "test"};
    rd_kafka_mock_topic_create(cluster.brokers, "there", 1, 1);
    struct status status =
        kafka_consumer_open(&cluster.config, &(struct kafka_consumer_config){0}, &cluster.client, NULL);
    *state = &cluster;
    return status_failed(status);
}

static int close_cluster(void **state)
{
    struct cluster *cluster = *state;
    kafka_close(&cluster->client);
    rd_kafka_mock_cluster_destroy(cluster->brokers);
    rd_kafka_destroy(cluster->rk);
    return 0;
}

/* As many errors of one kind as there may be requests; they end with the test. */
static void answer_always(struct cluster *cluster, int16_t request, rd_kafka_resp_err_t err)
{
    static rd_kafka_resp_err_t errors[1000];
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        errors[i] = err;
    rd_kafka_mock_push_request_errors_array(cluster->brokers, request, sizeof errors / sizeof *errors, errors);
}

static struct status ask(struct cluster *cluster, const char *topic, int timeout_ms, struct fault *fault)
{
    int64_t low, high;
    return kafka_watermarks(&cluster->client, topic, 0, timeout_ms, &low, &high, fault);
}

static void asks_again_until_the_broker_is_ready(void **state)
{
    static const rd_kafka_resp_err_t passing[] = {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_FENCED_LEADER_EPOCH,
        RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART};
    struct cluster *cluster = *state;
    struct fault fault = {""};
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++) {
        rd_kafka_mock_push_request_errors(
            cluster->brokers, LIST_OFFSETS, 4, passing[i], passing[i], passing[i], passing[i]);
        struct status status = ask(cluster, "there", 30000, &fault);
        if (status_failed(status))
            fail_msg("%s: %s", rd_kafka_err2name(passing[i]), fault.text);
        rd_kafka_mock_clear_request_errors(cluster->brokers, LIST_OFFSETS);
    }
}

static void gives_up_in_time_and_says_how_often_it_asked(void **state)
{
    struct cluster *cluster = *state;
    struct fault fault = {""};
    answer_always(cluster, LIST_OFFSETS, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    time_ms begun = time_monotonic();
    struct status status = ask(cluster, "there", 1000, &fault);
    rd_kafka_mock_clear_request_errors(cluster->brokers, LIST_OFFSETS);
    assert_int_equal(status.class, STATUS_RETRY);
    assert_true(time_monotonic() - begun >= 900);
    assert_non_null(strstr(fault.text, "Not leader for partition (asked "));
}

static void what_does_not_pass_is_told_at_once(void **state)
{
    struct cluster *cluster = *state;
    struct fault fault = {""};
    answer_always(cluster, LIST_OFFSETS, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
    time_ms begun = time_monotonic();
    struct status status = ask(cluster, "there", 60000, &fault);
    rd_kafka_mock_clear_request_errors(cluster->brokers, LIST_OFFSETS);
    assert_int_equal(status.class, STATUS_STOP);
    assert_true(time_monotonic() - begun < 30000);
}

static void *make_later(void *argument)
{
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    rd_kafka_mock_topic_set_error(argument, "later", RD_KAFKA_RESP_ERR_NO_ERROR);
    return NULL;
}

static void a_topic_that_nobody_knows_yet_is_waited_for(void **state)
{
    struct cluster *cluster = *state;
    struct fault fault = {""};
    pthread_t thread;
    rd_kafka_mock_topic_set_error(cluster->brokers, "never", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    rd_kafka_mock_topic_set_error(cluster->brokers, "later", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    time_ms begun = time_monotonic();
    assert_string_equal(ask(cluster, "never", 60000, &fault).code, "unknown-topic");
    assert_in_range(time_monotonic() - begun, KAFKA_UNKNOWN_MS - 100, 30000);
    assert_int_equal(pthread_create(&thread, NULL, make_later, cluster->brokers), 0);
    struct status status = ask(cluster, "later", 30000, &fault);
    pthread_join(thread, NULL);
    if (status_failed(status))
        fail_msg("%s", fault.text);
}

static void *mend_later(void *argument)
{
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    rd_kafka_mock_topic_set_error(argument, "there", RD_KAFKA_RESP_ERR_NO_ERROR);
    return NULL;
}

static void a_topic_without_a_leader_is_there(void **state)
{
    struct cluster *cluster = *state;
    struct fault fault = {""};
    pthread_t thread;
    int partitions = 0;
    rd_kafka_mock_topic_set_error(cluster->brokers, "there", RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
    assert_int_equal(pthread_create(&thread, NULL, mend_later, cluster->brokers), 0);
    struct status status = kafka_partitions(&cluster->client, "there", 30000, &partitions, &fault);
    pthread_join(thread, NULL);
    if (status_failed(status))
        fail_msg("%s", fault.text);
    assert_int_equal(partitions, 1);
}

static bool take(const rd_kafka_message_t *message, void *user)
{
    (void)message;
    ++*(int *)user;
    return true;
}

static void a_scan_goes_on(void **state)
{
    enum { RECORDS = 10 };
    struct cluster *cluster = *state;
    struct fault fault = {""};
    int taken = 0;
    for (int i = 0; i < RECORDS; i++)
        assert_false(status_failed(
            kafka_send(&cluster->config, "there", 0, STR_NONE, STR("one"), NULL, 0, 30000, NULL, &fault)));
    rd_kafka_mock_push_request_errors(cluster->brokers, LIST_OFFSETS, 2, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
    rd_kafka_mock_push_request_errors(cluster->brokers, FETCH, 3, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
        RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
    struct status status =
        kafka_scan(&cluster->config, "there", 0, RD_KAFKA_OFFSET_BEGINNING, 30000, take, &taken, &fault);
    if (status_failed(status))
        fail_msg("%s", fault.text);
    assert_int_equal(taken, RECORDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_again_until_the_broker_is_ready),
        cmocka_unit_test(gives_up_in_time_and_says_how_often_it_asked),
        cmocka_unit_test(what_does_not_pass_is_told_at_once),
        cmocka_unit_test(a_topic_that_nobody_knows_yet_is_waited_for),
        cmocka_unit_test(a_topic_without_a_leader_is_there),
        cmocka_unit_test(a_scan_goes_on),
    };
    return cmocka_run_group_tests(tests, open_cluster, close_cluster);
}
