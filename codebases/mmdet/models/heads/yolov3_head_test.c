// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check_large("0.x/yolov3");
  golden_check_large("1.x/yolov3");
  golden_check("0.x/yolov3_mobilenet");
  golden_check("1.x/yolov3_mobilenet");
}

static void expect(const char *change, int code, const char *message) {
  golden_expect_failure("0.x/yolov3_mobilenet", change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.neck.in_channels=[32, 16, 16]", MMD_INVALID_ARGUMENT,
         "model.neck.in_channels[2]: 16, but the module before gives 8 channels");
  expect("model.neck.num_scales=2", MMD_INVALID_ARGUMENT, "model.neck.num_scales");
  expect("model.bbox_head.in_channels=[16, 12]", MMD_INVALID_ARGUMENT,
         "model.bbox_head.in_channels: 2 inputs, but the module before gives 3");
  expect("model.bbox_head.featmap_strides=[32, 16]", MMD_INVALID_ARGUMENT,
         "model.bbox_head.featmap_strides: 2 items, but in_channels has 3");
  expect("model.bbox_head.num_classes=6", MMD_INVALID_ARGUMENT, "bbox_head.convs_pred.0.weight");
  expect("model.bbox_head.anchor_generator.strides=[32, 16]", MMD_INVALID_ARGUMENT,
         "model.bbox_head.anchor_generator.base_sizes");
  expect("model.bbox_head.bbox_coder.type=DeltaXYWHBBoxCoder", MMD_NOT_SUPPORTED,
         "model.bbox_head.bbox_coder.type");
  expect("model.test_cfg.conf_thr=1.5", MMD_OUT_OF_RANGE, "model.test_cfg.conf_thr: 1.5");
  expect("model.test_cfg.score_thr=1.5", MMD_OUT_OF_RANGE, "model.test_cfg.score_thr: 1.5");
  golden_expect_failure("0.x/yolov3", "model.backbone.depth=19", MMD_INVALID_ARGUMENT,
                        "model.backbone.depth");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
