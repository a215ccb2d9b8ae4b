// SPDX-License-Identifier: Apache-2.0
//
// Against the original runtime's component on outputs of real networks (tests/tasks).
#include "codebases/mmseg/postprocess/resize_mask.h"

#include <math.h>
#include <string.h>

#include "tests/support/head_golden.h"
#include "tests/support/mmd_test.h"

static void compare_labels(const mmd_head_case_t *head_case) {
  mmd_value_t *arrays = mmd_head_case_arrays(head_case, "arrays");
  const mmd_tensor_t *wanted = mmd_value_get_tensor(mmd_object_get(arrays, "mask"));
  const mmd_tensor_t *found = mmd_value_get_tensor(mmd_object_get(head_case->result, "mask"));
  const uint8_t *a = mmd_tensor_data(wanted);
  const int32_t *b = mmd_tensor_data(found);
  assert_int_equal(found->shape.rank, 4);
  assert_int_equal(found->shape.dims[1], wanted->shape.dims[0]);
  assert_int_equal(found->shape.dims[2], wanted->shape.dims[1]);
  for (size_t i = 0; i < mmd_tensor_count(wanted); ++i) assert_int_equal(a[i], b[i]);
  assert_true(mmd_value_is_null(mmd_object_get(head_case->result, "score")));
  mmd_value_release(arrays);
}

static void compare_scores(const mmd_head_case_t *head_case) {
  mmd_value_t *arrays = mmd_head_case_arrays(head_case, "arrays");
  const mmd_tensor_t *wanted = mmd_value_get_tensor(mmd_object_get(arrays, "scores"));
  const mmd_tensor_t *found = mmd_value_get_tensor(mmd_object_get(head_case->result, "score"));
  const float *a = mmd_tensor_data(wanted), *b = mmd_tensor_data(found);
  for (int i = 0; i < 3; ++i) {
    assert_int_equal(found->shape.dims[i + 1], wanted->shape.dims[i]);
  }
  for (size_t i = 0; i < mmd_tensor_count(wanted); ++i) assert_true(fabsf(a[i] - b[i]) < 1e-5F);
  mmd_value_release(arrays);
}

static void test_goldens(void **state) {
  (void)state;
  mmd_head_golden_check("segmentation_fcn", &mmd_resize_mask, NULL, compare_labels);
  mmd_head_golden_check("segmentation_fcn_1x", &mmd_resize_mask, NULL, compare_labels);
  mmd_head_golden_check("segmentation_fcn_scores_1x", &mmd_resize_mask, NULL, compare_scores);
  mmd_head_golden_check("segmentation_pspnet_scores", &mmd_resize_mask, NULL, compare_scores);
}

static mmd_status_t run(const char *params, int64_t channels, const float *data,
                        mmd_value_t **out_result) {
  mmd_value_t *inputs[] = {mmd_test_json("{\"img_metas\": {\"ori_shape\": [1, 2, 4, 3]}}"),
                           mmd_value_object()};
  mmd_test_put_f32(inputs[1], "output", 4, (int64_t[]){1, channels, 1, 2}, data);
  mmd_status_t status = mmd_head_run(&mmd_resize_mask, 0, params, NULL, inputs, 2, out_result);
  mmd_value_release(inputs[0]);
  mmd_value_release(inputs[1]);
  return status;
}

// Float labels are rounded; NaN is class 0.
static void test_float_labels(void **state) {
  static const float data[] = {2.6F, NAN};
  static const int32_t wanted[] = {3, 3, 0, 0, 3, 3, 0, 0};
  mmd_value_t *result = NULL;
  (void)state;
  mmd_assert_ok(run("{\"num_classes\": 5}", 1, data, &result));
  assert_int_equal(mmd_value_get_int(mmd_object_get(result, "classes"), 0), 5);
  assert_int_equal(mmd_value_get_int(mmd_object_get(result, "height"), 0), 2);
  const mmd_tensor_t *mask = mmd_value_get_tensor(mmd_object_get(result, "mask"));
  assert_memory_equal(mmd_tensor_data(mask), wanted, sizeof wanted);
  mmd_value_release(result);
}

static void test_refusals(void **state) {
  static const float data[] = {1, 2, 3, 4};
  mmd_value_t *result = NULL;
  (void)state;
  mmd_assert_fails(run("{\"num_classes\": 5}", 2, data, &result), MMD_INVALID_ARGUMENT,
                   "[1x1x?x?]");
  mmd_assert_fails(run("{}", 1, data, &result), MMD_INVALID_ARGUMENT, "num_classes");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_float_labels),
      cmocka_unit_test(test_refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
