// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/swin");  // absolute positions
  golden_check("1.x/swin");  // maps of odd size are merged
}

static void expect(const char *name, const char *change, int code, const char *message) {
  golden_expect_failure(name, change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("0.x/swin", "model.backbone.depths=[2,3,1,1]", MMD_INVALID_ARGUMENT,
         "model.backbone: depths");
  expect("0.x/swin", "model.backbone.num_heads=[1,3,4]", MMD_INVALID_ARGUMENT,
         "model.backbone: 16 channels cannot be split into 3");
  expect("0.x/swin", "model.backbone.strides=[4,2,4]", MMD_NOT_SUPPORTED,
         "model.backbone.strides[2]: 4");
  expect("0.x/swin", "model.backbone.patch_size=8", MMD_INVALID_ARGUMENT,
         "model.backbone.strides[0]: 4");
  expect("0.x/swin", "model.backbone.depths=[2,3,60000]", MMD_OUT_OF_RANGE,
         "model.backbone.depths[2]: 60000");
  expect("0.x/swin", "model.backbone.window_size=65", MMD_OUT_OF_RANGE, "model.backbone: windows");
  expect("0.x/swin", "model.backbone.window_size=8", MMD_INVALID_ARGUMENT,
         "relative_position_bias_table");
  expect("0.x/swin", "model.backbone.out_indices=[0,1,3]", MMD_INVALID_ARGUMENT,
         "model.backbone.out_indices: 3");
  expect("1.x/swin", "model.backbone.use_abs_pos_embed=True", MMD_NOT_SUPPORTED,
         "model.backbone.use_abs_pos_embed");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
