// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("1.x/rtmdet");            // as the stock models
  golden_check("1.x/rtmdet_separable");  // levels of their own, objectness, exponents
  golden_check("1.x/rtmdet_plain");      // RTMDetHead, P6
}

static void expect(const char *change, int code, const char *message) {
  golden_expect_failure("1.x/rtmdet", change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.bbox_head.in_channels=8", MMD_INVALID_ARGUMENT,
         "model.bbox_head.in_channels: 8, but the module before gives 12 channels");
  expect("model.bbox_head.num_classes=6", MMD_INVALID_ARGUMENT, "bbox_head.rtm_cls.0.weight");
  expect("model.bbox_head.anchor_generator.strides=[8,16]", MMD_INVALID_ARGUMENT,
         "model.bbox_head: it expects 2 levels");
  expect("model.bbox_head.bbox_coder.type=DeltaXYWHBBoxCoder", MMD_INVALID_ARGUMENT,
         "model.bbox_head: anchor_generator");
  expect("model.bbox_head.use_depthwise=True", MMD_INVALID_ARGUMENT, "model.bbox_head.share_conv");
  expect("model.neck.in_channels=[8,16,24]", MMD_INVALID_ARGUMENT, "model.neck.in_channels[2]");
  expect("model.backbone.out_indices=[2,3,5]", MMD_INVALID_ARGUMENT, "model.backbone.out_indices");
  expect("model.backbone.arch_ovewrite=[[8,8]]", MMD_INVALID_ARGUMENT,
         "model.backbone.arch_ovewrite[0]");
  expect("model.backbone.widen_factor=0.001", MMD_OUT_OF_RANGE, "widen_factor 0.001");
  expect("model.test_cfg.score_thr=1.5", MMD_OUT_OF_RANGE, "model.test_cfg.score_thr: 1.5");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
