// SPDX-License-Identifier: Apache-2.0
//
// Scores as the code base's class scores of a real network (tests/tasks).
#include "codebases/mmaction/postprocess/base_head.h"

#include "tests/support/head_golden.h"
#include "tests/support/mmd_test.h"

static void compare_classes(const mmd_head_case_t *head_case) {
  assert_true(mmd_array_size(head_case->answer) > 0);
  mmd_test_assert_near(head_case->answer, head_case->result, 1e-5, head_case->golden);
}

static void test_goldens(void **state) {
  (void)state;
  mmd_head_golden_check("video_tsn", &mmd_action_base_head, NULL, compare_classes);
}

static void expect(const mmd_component_t *component, const char *params, const char *options,
                   const char *wanted_json) {
  static const float scores[] = {0.25F, 2, -1};
  mmd_value_t *input = mmd_value_object(), *result = NULL, *wanted = mmd_test_json(wanted_json);
  mmd_value_t *call_options = mmd_test_json(options);
  const mmd_call_t call = {.options = call_options};
  mmd_test_put_f32(input, "output", 2, (int64_t[]){1, 3}, scores);
  mmd_assert_ok(mmd_head_run(component, 0, params, &call, &input, 1, &result));
  mmd_test_assert_near(wanted, result, 1e-6, "result");
  mmd_value_release(wanted);
  mmd_value_release(call_options);
  mmd_value_release(result);
  mmd_value_release(input);
}

// topk is 1 by default, ends at the number of classes, and a call may give its own.
static void test_topk(void **state) {
  (void)state;
  expect(&mmd_action_tsn_head, NULL, "{}", "[{\"label_id\": 1, \"score\": 2}]");
  expect(&mmd_action_slow_fast_head, "{\"topk\": 400}", "{}",
         "[{\"label_id\": 1}, {\"label_id\": 0}, {\"label_id\": 2, \"score\": -1}]");
  expect(&mmd_action_base_head, "{\"topk\": 400}", "{\"topk\": 2}",
         "[{\"label_id\": 1}, {\"label_id\": 0}]");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_goldens), cmocka_unit_test(test_topk)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
