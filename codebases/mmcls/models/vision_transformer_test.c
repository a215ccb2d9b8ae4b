// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmcls/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("mmcls/vit");
  golden_check("mmpretrain/vit");
}

// The checkpoint was trained on another grid of patches: resized on loading, again at other sizes.
static void test_resized_goldens(void **state) {
  (void)state;
  golden_check("mmcls/vit_resized");
  golden_check("mmpretrain/vit_resized");
}

static void test_options(void **state) {
  (void)state;
  golden_check("options/mmcls/vit_no_class_token");
  golden_check("options/mmcls/vit_layers_and_patches");
  golden_check("options/mmpretrain/vit_featmap");
  golden_check("options/mmpretrain/vit_avg_featmap");
  golden_check("options/mmpretrain/vit_pre_norm");
}

static void test_keys(void **state) {
  (void)state;
  golden_check_keys("vit-base-p16",
                    "model = dict(type='ImageClassifier', "
                    "backbone=dict(type='VisionTransformer', arch='b', img_size=224), neck=None, "
                    "head=dict(type='VisionTransformerClsHead', num_classes=1000, "
                    "in_channels=768, hidden_dim=3072))");
  golden_check_keys("vit-base-p16-384",
                    "model = dict(type='ImageClassifier', "
                    "backbone=dict(type='VisionTransformer', arch='base', img_size=384), "
                    "neck=None, head=dict(type='VisionTransformerClsHead', num_classes=1000, "
                    "in_channels=768))");
}

static void expect_failure(const char *change, const char *message) {
  golden_t golden;
  mmd_graph_t *graph = NULL;
  golden_open(&golden, "mmcls/vit");
  mmd_assert_ok(mmd_pyconfig_apply_override(golden.config, change));
  mmd_assert_fails(golden_build(&golden, &graph), MMD_INVALID_ARGUMENT, message);
  golden_close(&golden);
}

static void test_bad_options(void **state) {
  (void)state;
  expect_failure("model.backbone.arch=enormous", "model.backbone.arch: 'enormous' is none of");
  expect_failure("model.backbone.arch.num_heads=5", "32 channels cannot be split into 5");
  expect_failure("model.backbone.with_cls_token=False", "with_cls_token: must be True");
  expect_failure("model.backbone.img_size=-3", "model.backbone.img_size: expected a number");
  expect_failure("model.backbone.out_indices=9", "out_indices: 9 is no layer, there are 3");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),     cmocka_unit_test(test_resized_goldens),
      cmocka_unit_test(test_options),     cmocka_unit_test(test_keys),
      cmocka_unit_test(test_bad_options),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
