#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "unit.h"

#include "progress.h"

static char folder[64], path[96];

static int set_up(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/publish_progress_test.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/state", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char lock[128];
    snprintf(lock, sizeof lock, "%s.lock", path);
    unlink(path);
    unlink(lock);
    return rmdir(folder);
}

static void keeps(void **state)
{
    (void)state;
    struct progress progress;
    struct fault fault;
    assert_false(status_failed(progress_open(path, &progress, &fault)));
    assert_false(progress.found);
    snprintf(progress.cluster, sizeof progress.cluster, "cluster-1");
    snprintf(progress.prefix, sizeof progress.prefix, "orgcode");
    progress.acts = 12345678901;
    progress.chain = sha256_of("x", 1);
    *progress_route(&progress, "H26") = (struct progress_route){"H26", 5, 17, 3, false};
    *progress_route(&progress, "ROOT") = (struct progress_route){"ROOT", 0, 0, -1, false};
    progress_route(&progress, "G01"); /* nothing known yet: not kept */
    assert_false(status_failed(progress_save(&progress, &fault)));
    struct progress second;
    struct status status = progress_open(path, &second, &fault);
    assert_string_equal(status.code, "locked");
    progress_close(&second);
    progress_close(&progress);

    assert_false(status_failed(progress_open(path, &progress, &fault)));
    assert_true(progress.found);
    assert_string_equal(progress.cluster, "cluster-1");
    assert_string_equal(progress.prefix, "orgcode");
    assert_true(progress.acts == 12345678901);
    struct sha256 expected = sha256_of("x", 1);
    assert_memory_equal(&progress.chain, &expected, sizeof expected);
    assert_int_equal(progress.routes, 2);
    assert_int_equal(progress_route(&progress, "H26")->next, 17);
    assert_int_equal(progress_route(&progress, "ROOT")->receipts, -1);
    progress_done(&progress);
    progress_close(&progress);
    assert_int_equal(access(path, F_OK), -1);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void refuses_other_files(void **state)
{
    (void)state;
    static const char *const text[] = {"", "hello\n", "orgcode-publish state 1\n",
        "orgcode-publish state 1\nacts 1 abc\nend\n", "orgcode-publish state 1\nroute H26 9 1 0\nend\n",
        "orgcode-publish state 2\nend\n"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        struct progress progress;
        struct fault fault;
        write_file(text[i]);
        assert_int_equal(progress_open(path, &progress, &fault).class, STATUS_REJECT);
        progress_close(&progress);
    }
}

static void nothing_kept(void **state)
{
    (void)state;
    struct progress progress;
    struct fault fault;
    assert_false(status_failed(progress_open(NULL, &progress, &fault)));
    assert_false(status_failed(progress_save(&progress, &fault)));
    progress_done(&progress);
    progress_close(&progress);
}

static void default_path(void **state)
{
    (void)state;
    setenv("XDG_STATE_HOME", folder, 1);
    const char *standard[] = {"-"}, *missing[] = {"/nonexistent"}, *file[] = {path};
    assert_null(progress_default_path(standard, 1, "a:1", "p"));
    assert_null(progress_default_path(missing, 1, "a:1", "p"));
    write_file("x");
    char *one = progress_default_path(file, 1, "a:1", "p"), *same = progress_default_path(file, 1, "a:1", "p"),
         *other = progress_default_path(file, 1, "a:2", "p");
    assert_non_null(one);
    assert_string_equal(one, same);
    assert_string_not_equal(one, other);
    free(one);
    free(same);
    free(other);
    char inner[128];
    snprintf(inner, sizeof inner, "%s/orgcode/publish", folder);
    rmdir(inner);
    snprintf(inner, sizeof inner, "%s/orgcode", folder);
    rmdir(inner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_other_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(default_path, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("publish: progress", tests, NULL, NULL);
}
