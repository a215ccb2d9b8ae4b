// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/progress.h"
#include "tests/support/mmd_test.h"

static char last[256];
static int count;

static void remember(mmd_log_level_t level, const char *message, void *user) {
  assert_ptr_equal(user, &count);
  snprintf(last, sizeof last, "%s %s", mmd_log_level_name(level), message);
  ++count;
}

static void test_levels(void **state) {
  (void)state;
  assert_int_equal(mmd_log_level(), MMD_LOG_ERROR);  // from the environment: see main
  mmd_log_set_callback(remember, &count);
  MMD_LOGW("hidden");
  assert_int_equal(count, 0);
  mmd_log_set_level(MMD_LOG_INFO);
  MMD_LOGD("hidden");
  MMD_LOGI("shown %d\nforged", 1);
  assert_string_equal(last, "info shown 1?forged");
  assert_int_equal(count, 1);
  mmd_log_set_level(MMD_LOG_OFF);
  MMD_LOGE("hidden");
  assert_int_equal(count, 1);
  mmd_log_set_callback(NULL, NULL);
}

static void test_names(void **state) {
  (void)state;
  mmd_log_level_t level;
  assert_true(mmd_log_level_parse("WARNING", &level) && level == MMD_LOG_WARN);
  assert_true(mmd_log_level_parse("err", &level) && level == MMD_LOG_ERROR);
  assert_true(mmd_log_level_parse("trace", &level) && level == MMD_LOG_TRACE);
  assert_true(mmd_log_level_parse("OFF", &level) && level == MMD_LOG_OFF);
  assert_false(mmd_log_level_parse("loud", &level));
}

static bool stop_at_five(void *user, const char *stage, uint64_t done, uint64_t total) {
  (void)stage;
  (void)total;
  ++*(int *)user;
  return done < 5;
}

static void test_progress(void **state) {
  (void)state;
  int calls = 0;
  mmd_progress_t progress = {&calls, stop_at_five};
  mmd_assert_ok(mmd_progress_update(NULL, "x", 1, 2));
  mmd_assert_ok(mmd_progress_update(&progress, "x", 1, 2));
  mmd_assert_fails(mmd_progress_update(&progress, "read", 5, 0), MMD_CANCELLED, "read");
  assert_int_equal(calls, 2);
}

int main(void) {
  setenv("SPDLOG_LEVEL", "err", 1);
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_levels), cmocka_unit_test(test_names),
                                     cmocka_unit_test(test_progress)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
