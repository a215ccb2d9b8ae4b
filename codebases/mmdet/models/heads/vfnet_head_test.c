// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/vfnet");
  golden_check("1.x/vfnet");
}

// Deformable convolutions in the towers, distances in strides, points in the middle of cells.
static void test_deformable(void **state) {
  (void)state;
  golden_check("0.x/vfnet_dcn");
  golden_check("1.x/vfnet_dcn");
}

static void expect(const char *change, int code, const char *message) {
  golden_expect_failure("0.x/vfnet", change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.bbox_head.strides=[8, 16]", MMD_INVALID_ARGUMENT,
         "model.bbox_head.strides: positive numbers for 5 levels");
  expect("model.bbox_head.strides=[8, 16, 32, 64, 0]", MMD_INVALID_ARGUMENT,
         "model.bbox_head.strides: positive numbers for 5 levels");
  expect("model.bbox_head.regress_ranges=[[-1, 64]]", MMD_INVALID_ARGUMENT,
         "model.bbox_head.regress_ranges: positive numbers for 5 levels");
  expect("model.bbox_head.bbox_norm_type=size", MMD_INVALID_ARGUMENT, "bbox_norm_type");
  expect("model.neck.num_outs=4", MMD_INVALID_ARGUMENT, "model.bbox_head: it expects 5 levels");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_deformable),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
