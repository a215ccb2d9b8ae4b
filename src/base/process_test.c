// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/str.h"
#include "tests/support/mmd_test.h"
#include "tests/support/mmd_test_fail.h"

static mmd_process_result_t run(const char *script, const char *directory, const char *log) {
  const char *const arguments[] = {"sh", "-c", script, NULL};
  const mmd_process_t process = {arguments, directory, log, 0};
  mmd_process_result_t result;
  mmd_assert_ok(mmd_process_run(&process, &result));
  return result;
}

static char *read_text(const char *path) {
  char *text = NULL;
  size_t size = 0;
  mmd_assert_ok(mmd_file_read(path, 0, &text, &size));
  return text;
}

// All that it prints, in the order of printing; nothing to read; the folder.
static void test_log(void **state) {
  (void)state;
  char *folder = mmd_test_make_directory();
  char *log = mmd_path_join(folder, "child.log");
  const mmd_process_result_t result =
      run("echo one; echo two >&2; cat; basename \"$PWD\"; exit 3", folder, log);
  assert_int_equal(result.exit_status, 3);
  assert_int_equal(result.signal, 0);
  char *text = read_text(log), wanted[256];
  snprintf(wanted, sizeof wanted, "one\ntwo\n%s\n", mmd_path_base(folder));
  assert_string_equal(text, wanted);
  mmd_free(text);
  mmd_free(log);
  mmd_test_remove_tree(folder);
  mmd_free(folder);
}

static void test_cost(void **state) {
  (void)state;
  const mmd_process_result_t result = run("sleep 0.2", NULL, NULL);
  assert_true(result.seconds >= 0.2 && result.seconds < 60);
  assert_true(result.peak_mib > 0.1 && result.peak_mib < 1000);
}

static void test_signal(void **state) {
  (void)state;
  const mmd_process_result_t result = run("kill -TERM $$", NULL, NULL);
  assert_int_equal(result.signal, SIGTERM);
  assert_int_equal(result.exit_status, -1);
}

// What it has started goes with it: the file is not written.
static void test_limit(void **state) {
  (void)state;
  char *folder = mmd_test_make_directory(), *late = mmd_path_join(folder, "late");
  const char *const arguments[] = {"sh", "-c", "(sleep 1; echo >late) & sleep 60", NULL};
  const mmd_process_t process = {arguments, folder, NULL, 0.2};
  mmd_process_result_t result;
  mmd_assert_ok(mmd_process_run(&process, &result));
  assert_true(result.is_late && result.seconds >= 0.2 && result.seconds < 30);
  assert_int_equal(result.signal, SIGKILL);
  const struct timespec pause = {.tv_sec = 1, .tv_nsec = 300000000};
  nanosleep(&pause, NULL);
  assert_false(mmd_path_exists(late));
  const char *const quick[] = {"true", NULL};
  const mmd_process_t other = {quick, NULL, NULL, 30};
  mmd_assert_ok(mmd_process_run(&other, &result));
  assert_false(result.is_late);
  assert_int_equal(result.exit_status, 0);
  mmd_free(late);
  mmd_test_remove_tree(folder);
  mmd_free(folder);
}

static void test_missing(void **state) {
  (void)state;
  mmd_process_result_t result;
  mmd_process_t process = {(const char *const[]){"no-such-program-here", NULL}, NULL, NULL, 0};
  mmd_assert_fails(mmd_process_run(&process, &result), MMD_NOT_FOUND,
                   "no program 'no-such-program-here' in PATH");
  process.arguments = (const char *const[]){"/nonexistent/program", NULL};
  mmd_assert_fails(mmd_process_run(&process, &result), MMD_NOT_FOUND,
                   "/nonexistent/program: no such program");
  process.arguments = (const char *const[]){"/etc/passwd", NULL};  // cannot be executed
  mmd_assert_fails(mmd_process_run(&process, &result), MMD_NOT_FOUND, "/etc/passwd");
  process.arguments = (const char *const[]){"/bin", NULL};
  mmd_assert_fails(mmd_process_run(&process, &result), MMD_NOT_FOUND, "/bin");
  process = (mmd_process_t){(const char *const[]){"true", NULL}, "/nonexistent", NULL, 0};
  mmd_assert_fails(mmd_process_run(&process, &result), MMD_NOT_FOUND, "cannot start");
  process = (mmd_process_t){(const char *const[]){"true", NULL}, NULL, "/nonexistent/log", 0};
  mmd_assert_fails(mmd_process_run(&process, &result), MMD_NOT_FOUND, "/nonexistent/log");
}

static void test_find(void **state) {
  (void)state;
  char *path = NULL;
  mmd_assert_ok(mmd_process_find("sh", &path));
  assert_true(mmd_str_ends_with(path, "/sh"));
  mmd_free(path);
  char *saved = mmd_strdup(getenv("PATH"));
  setenv("PATH", "/nonexistent", 1);
  mmd_assert_fails(mmd_process_find("sh", &path), MMD_NOT_FOUND, "no program 'sh'");
  setenv("PATH", saved, 1);
  mmd_free(saved);
}

static mmd_status_t run_true(void *context) {
  const char *const arguments[] = {"true", NULL};
  const mmd_process_t process = {arguments, NULL, NULL, 0};
  mmd_process_result_t result;
  (void)context;
  return mmd_process_run(&process, &result);
}

static void test_short_memory(void **state) {
  (void)state;
  mmd_test_sweep(run_true, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_log),    cmocka_unit_test(test_cost),
      cmocka_unit_test(test_signal), cmocka_unit_test(test_missing),
      cmocka_unit_test(test_find),   cmocka_unit_test(test_short_memory),
      cmocka_unit_test(test_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
