// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/pvt_v1");
  golden_check("1.x/pvt_v1");  // projections without bias
  golden_check("0.x/pvt_v2");
  golden_check("1.x/pvt_v2");
}

static void expect(const char *name, const char *change, int code, const char *message) {
  golden_expect_failure(name, change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("0.x/pvt_v1", "model.backbone.num_layers=[1,2]", MMD_INVALID_ARGUMENT,
         "model.backbone.num_layers");
  expect("0.x/pvt_v1", "model.backbone.sr_ratios=[4,0,1]", MMD_INVALID_ARGUMENT,
         "model.backbone.sr_ratios");
  expect("0.x/pvt_v1", "model.backbone.pretrain_img_size=8", MMD_INVALID_ARGUMENT,
         "model.backbone.pretrain_img_size: no patch of stage 2");
  expect("0.x/pvt_v1", "model.backbone.pretrain_img_size=96", MMD_INVALID_ARGUMENT,
         "layers.0.1.0.pos_embed");
  expect("0.x/pvt_v2", "model.backbone.out_indices=[0,1,4]", MMD_INVALID_ARGUMENT,
         "model.backbone.out_indices: 4");
  expect("0.x/pvt_v2", "model.backbone.patch_sizes=[4,2,2,2]", MMD_INVALID_ARGUMENT,
         "model.backbone.patch_sizes");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
