// SPDX-License-Identifier: Apache-2.0
//
// Against the original runtime's component on outputs of real networks (tests/tasks), values far
// out of range and gray pictures among them.
#include "codebases/mmedit/postprocess/tensor_to_img.h"

#include <math.h>
#include <string.h>

#include "tests/support/head_golden.h"
#include "tests/support/mmd_test.h"

static void compare_image(const mmd_head_case_t *head_case) {
  mmd_value_t *arrays = mmd_head_case_arrays(head_case, "arrays");
  const mmd_tensor_t *wanted = mmd_value_get_tensor(mmd_object_get(arrays, "image"));
  const mmd_image_t *found = mmd_value_get_image(head_case->result);
  const size_t channels = (size_t)mmd_pixel_channels(found->format);
  assert_int_equal(found->height, wanted->shape.dims[0]);
  assert_int_equal(found->width, wanted->shape.dims[1]);
  assert_int_equal(mmd_tensor_count(wanted),
                   (size_t)found->height * (size_t)found->width * channels);
  assert_memory_equal(found->data, mmd_tensor_data(wanted), mmd_tensor_count(wanted));
  assert_int_equal(found->format, channels == 1 ? MMD_PIXEL_GRAY : MMD_PIXEL_RGB);
  mmd_value_release(arrays);
}

static void test_goldens(void **state) {
  (void)state;
  mmd_head_golden_check("restoration_srcnn", &mmd_tensor_to_img, NULL, compare_image);
  mmd_head_golden_check("restoration_esrgan", &mmd_tensor_to_img, NULL, compare_image);
  mmd_head_golden_check("restoration_srcnn_1x", &mmd_tensor_to_img, NULL, compare_image);
}

static mmd_status_t run(int64_t channels, const float *data, mmd_value_t **out_result) {
  mmd_value_t *input = mmd_value_object();
  mmd_test_put_f32(input, "output", 4, (int64_t[]){1, channels, 1, 2}, data);
  mmd_status_t status = mmd_head_run(&mmd_tensor_to_img, 0, NULL, NULL, &input, 1, out_result);
  mmd_value_release(input);
  return status;
}

static void test_edges(void **state) {
  static const float data[] = {NAN, INFINITY, 0, 0};
  mmd_value_t *result = NULL;
  (void)state;
  mmd_assert_ok(run(1, data, &result));
  assert_int_equal(mmd_value_get_image(result)->data[0], 0);
  assert_int_equal(mmd_value_get_image(result)->data[1], 255);
  mmd_value_release(result);
  mmd_assert_fails(run(2, data, &result), MMD_NOT_SUPPORTED, "2 channels");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_goldens), cmocka_unit_test(test_edges)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
