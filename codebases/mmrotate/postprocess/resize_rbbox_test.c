// SPDX-License-Identifier: Apache-2.0
//
// Against the original runtime's component on outputs of real networks (tests/tasks), and against
// mmrotate itself where the runtime leaves the angle of boxes whose axes have two scales.
#include "codebases/mmrotate/postprocess/resize_rbbox.h"

#include <math.h>
#include <string.h>

#include "tests/support/head_golden.h"
#include "tests/support/mmd_test.h"
#include "value/json.h"

static void compare_boxes(const mmd_head_case_t *head_case) {
  const mmd_value_t *wanted = head_case->answer ? head_case->answer : head_case->codebase;
  const mmd_value_t *found = mmd_object_get(head_case->result, "detections");
  if (strcmp(head_case->name, "nan") == 0) return;
  assert_int_equal(mmd_array_size(wanted), mmd_array_size(found));
  for (size_t i = 0; i < mmd_array_size(wanted); ++i) {
    const mmd_value_t *a = mmd_array_at(wanted, i), *b = mmd_array_at(found, i);
    assert_int_equal(mmd_value_get_int(mmd_object_get(a, "label_id"), -1),
                     mmd_value_get_int(mmd_object_get(b, "label_id"), -2));
    mmd_test_assert_near(mmd_object_get(a, "score"), mmd_object_get(b, "score"), 1e-6, "score");
    mmd_test_assert_near(mmd_object_get(a, "rbox"), mmd_object_get(b, "rbbox"), 1e-3, "rbbox");
  }
}

// What mmrotate 1.x makes of the same outputs.
static void compare_rescaled(const mmd_head_case_t *head_case) {
  mmd_head_case_t other = *head_case;
  mmd_value_t *exported = NULL;
  mmd_assert_ok(mmd_json_read_file(
      MMD_TEST_FILE("tests/tasks/goldens/rotated-detection_retinanet_1x/exported.json"),
      &exported));
  other.answer = exported;
  compare_boxes(&other);
  mmd_value_release(exported);
}

static void test_goldens(void **state) {
  (void)state;
  mmd_head_golden_check("rotated-detection_retinanet", &mmd_resize_rbbox, NULL, compare_boxes);
  mmd_head_golden_check("rotated-detection_retinanet_1x", &mmd_resize_rbbox, NULL,
                        compare_rescaled);
}

// Without params the threshold is 0.05; the original left it unset.
static void test_threshold(void **state) {
  static const float rows[] = {8, 6, 4, 2, 0.5F, 0.05F, 8, 6, 4, 2, 0.5F, 0.06F};
  static const float labels[] = {3, 4};
  mmd_value_t *inputs[] = {mmd_test_json("{\"img_metas\": {\"scale_factor\": [2, 0.5, 2, 0.5]}}"),
                           mmd_value_object()};
  mmd_value_t *result = NULL,
              *wanted = mmd_test_json(
                  "{\"detections\": [{\"label_id\": 4, \"rbbox\": [4, 12, 2, 4, 0.5]}]}");
  (void)state;
  mmd_test_put_f32(inputs[1], "dets", 3, (int64_t[]){1, 2, 6}, rows);
  mmd_test_put_f32(inputs[1], "labels", 2, (int64_t[]){1, 2}, labels);
  mmd_assert_ok(mmd_head_run(&mmd_resize_rbbox, 0, NULL, NULL, inputs, 2, &result));
  mmd_test_assert_near(wanted, result, 1e-6, "result");
  mmd_value_release(wanted);
  mmd_value_release(result);
  mmd_value_release(inputs[0]);
  mmd_value_release(inputs[1]);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_goldens),
                                     cmocka_unit_test(test_threshold)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
