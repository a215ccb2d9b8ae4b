// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmcls/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("mmcls/convnext");
  golden_check("mmpretrain/convnext");
  golden_check("mmpretrain/convnext_v2");  // response norm, convolutions, no scale
}

static void test_keys(void **state) {
  (void)state;
  golden_check_keys("convnext-tiny",
                    "model = dict(type='ImageClassifier', "
                    "backbone=dict(type='ConvNeXt', arch='tiny'), "
                    "head=dict(type='LinearClsHead', num_classes=1000, in_channels=768))");
}

static void expect(const char *change, int code, const char *message) {
  golden_t golden;
  mmd_graph_t *graph = NULL;
  golden_open(&golden, "mmcls/convnext");
  mmd_assert_ok(mmd_pyconfig_apply_override(golden.config, change));
  mmd_assert_fails(golden_build(&golden, &graph), code, message);
  golden_close(&golden);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.backbone.arch=tinny", MMD_INVALID_ARGUMENT,
         "model.backbone.arch: there is no 'tinny'; did you mean 'tiny'?");
  expect("model.backbone.arch.depths=[1,1]", MMD_INVALID_ARGUMENT, "model.backbone.arch: a name");
  expect("model.backbone.norm_cfg.type=BN", MMD_NOT_SUPPORTED, "model.backbone.norm_cfg");
  expect("model.backbone.out_indices=[4]", MMD_INVALID_ARGUMENT, "model.backbone.out_indices: 4");
  expect("model.head.in_channels=16", MMD_INVALID_ARGUMENT, "head.fc.weight");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_keys),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
