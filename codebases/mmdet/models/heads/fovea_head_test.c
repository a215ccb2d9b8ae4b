// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/fovea");
  golden_check("1.x/fovea");
}

static void test_aligned(void **state) {
  (void)state;
  golden_check("0.x/fovea_align");
  golden_check("1.x/fovea_align");
}

static void expect(const char *change, int code, const char *message) {
  golden_expect_failure("0.x/fovea_align", change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.bbox_head.base_edge_list=[16, 32]", MMD_INVALID_ARGUMENT,
         "model.bbox_head.base_edge_list: 2 numbers; one for each of 5 strides");
  expect("model.bbox_head.feat_channels=12", MMD_INVALID_ARGUMENT,
         "model.bbox_head.feat_channels: 12; with_deform needs as many as in_channels, 16");
  expect("model.bbox_head.deform_groups=3", MMD_INVALID_ARGUMENT, "no 3 deform_groups");
  expect("model.bbox_head.strides=[8, 16]", MMD_INVALID_ARGUMENT,
         "model.bbox_head: it expects 2 levels");
  expect("model.bbox_head.strides=[8, 'x']", MMD_INVALID_ARGUMENT, "model.bbox_head.strides");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_aligned),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
