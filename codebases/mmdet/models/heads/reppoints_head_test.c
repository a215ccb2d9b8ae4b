// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/reppoints");
  golden_check("1.x/reppoints");
}

// 25 points that start as a grid; the first four span the box.
static void test_partial(void **state) {
  (void)state;
  golden_check("0.x/reppoints_partial");
  golden_check("1.x/reppoints_partial");
}

static void test_grid(void **state) {
  (void)state;
  golden_check("0.x/reppoints_grid");
  golden_check("1.x/reppoints_grid");
}

static void expect(const char *change, int code, const char *message) {
  golden_expect_failure("0.x/reppoints", change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.bbox_head.num_points=10", MMD_INVALID_ARGUMENT,
         "model.bbox_head.num_points: 10; the square of an odd number");
  expect("model.bbox_head.transform_method=mean", MMD_INVALID_ARGUMENT, "transform_method");
  expect("model.bbox_head.point_strides=[8, 16]", MMD_INVALID_ARGUMENT,
         "model.bbox_head: it expects 2 levels");
  expect("model.bbox_head.point_strides=[8, 'x']", MMD_INVALID_ARGUMENT,
         "model.bbox_head.point_strides");
  expect("model.bbox_head.in_channels=8", MMD_INVALID_ARGUMENT, "model.bbox_head.in_channels: 8");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_partial),
      cmocka_unit_test(test_grid),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
