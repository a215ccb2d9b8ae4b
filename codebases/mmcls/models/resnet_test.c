// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmcls/models/golden_support.h"

#define MODEL(backbone, channels)                                              \
  "model = dict(type='ImageClassifier', backbone=dict(" backbone               \
  "), neck=dict(type='GlobalAveragePooling'), head=dict(type='LinearClsHead'," \
  " num_classes=1000, in_channels=" channels ", topk=(1, 5)))"

static void test_goldens(void **state) {
  (void)state;
  golden_check("mmcls/resnet18");
  golden_check("mmcls/resnet50");
  golden_check("mmcls/resnet50_caffe");
  golden_check("mmcls/resnet18_dilated");
  golden_check("mmpretrain/resnet18");
}

static void test_v1c_and_v1d_goldens(void **state) {
  (void)state;
  golden_check("mmcls/resnetv1c50");
  golden_check("mmcls/resnetv1d50");
  golden_check("mmpretrain/resnetv1d50");
}

static void test_seresnet_goldens(void **state) {
  (void)state;
  golden_check("mmcls/seresnet50");
  golden_check("mmpretrain/seresnet50");
}

static void test_options(void **state) {
  (void)state;
  golden_check("options/mmcls/resnet_avg_down");
}

static void test_keys(void **state) {
  (void)state;
  golden_check_keys("resnet18", MODEL("type='ResNet', depth=18", "512"));
  golden_check_keys("resnet34", MODEL("type='ResNet', depth=34", "512"));
  golden_check_keys("resnet50", MODEL("type='ResNet', depth=50", "2048"));
  golden_check_keys("resnet101", MODEL("type='mmcls.ResNet', depth=101", "2048"));
  golden_check_keys("resnet152", MODEL("type='mmpretrain.ResNet', depth=152", "2048"));
  golden_check_keys("resnetv1c50", MODEL("type='ResNetV1c', depth=50", "2048"));
  golden_check_keys("resnetv1d50", MODEL("type='ResNetV1d', depth=50", "2048"));
  golden_check_keys("seresnet50", MODEL("type='SEResNet', depth=50", "2048"));
}

// Builds the golden resnet18 with |change| made to its backbone.
static void expect_failure(const char *change, const char *message) {
  golden_t golden;
  mmd_graph_t *graph = NULL;
  golden_open(&golden, "mmcls/resnet18");
  mmd_assert_ok(mmd_pyconfig_apply_override(golden.config, change));
  mmd_assert_fails(golden_build(&golden, &graph), MMD_INVALID_ARGUMENT, message);
  golden_close(&golden);
}

static void test_bad_options(void **state) {
  (void)state;
  expect_failure("model.backbone.depth=19", "model.backbone.depth: 19 is none of 18, 34, 50");
  expect_failure("model.backbone.dept=18", "did you mean 'depth'");
  expect_failure("model.backbone.strides=(1,2)", "num_stages is 4, but there are 2 strides");
  expect_failure("model.backbone.out_indices=(4,)", "out_indices: 4 is no stage, there are 4");
  expect_failure("model.backbone.style=tensorflow", "model.backbone.style: expected one of");
  expect_failure("model.backbone.expansion=2", "model.backbone.expansion: must be 1");
}

static void test_unknown_norm(void **state) {
  golden_t golden;
  mmd_graph_t *graph = NULL;
  (void)state;
  golden_open(&golden, "mmcls/resnet18");
  golden_set(mmd_object_get_path(golden.config, "model.backbone"), "norm_cfg", "dict(type='XN')");
  mmd_assert_fails(golden_build(&golden, &graph), MMD_NOT_SUPPORTED,
                   "model.backbone.norm_cfg: norm type 'XN' is not supported");
  golden_close(&golden);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_v1c_and_v1d_goldens),
      cmocka_unit_test(test_seresnet_goldens),
      cmocka_unit_test(test_options),
      cmocka_unit_test(test_keys),
      cmocka_unit_test(test_bad_options),
      cmocka_unit_test(test_unknown_norm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
