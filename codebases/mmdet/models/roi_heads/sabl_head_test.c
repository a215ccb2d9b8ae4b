// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/sabl_faster_rcnn");
  golden_check("1.x/sabl_faster_rcnn");
}

static void expect(const char *change, int code, const char *message) {
  golden_expect_failure("0.x/sabl_faster_rcnn", change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.roi_head.bbox_head.bbox_coder.num_buckets=12", MMD_INVALID_ARGUMENT,
         "model.roi_head.bbox_head.reg_feat_up_ratio: 2; at least 2 is expected, and 2 times");
  expect("model.roi_head.bbox_head.bbox_coder.type=DeltaXYWHBBoxCoder", MMD_NOT_SUPPORTED,
         "model.roi_head.bbox_head.bbox_coder: 'DeltaXYWHBBoxCoder'");
  expect("model.roi_head.bbox_head.reg_in_channels=8", MMD_INVALID_ARGUMENT,
         "model.roi_head.bbox_head.reg_in_channels: 8, but cls_in_channels is 12");
  expect("model.roi_head.bbox_head.reg_class_agnostic=False", MMD_NOT_SUPPORTED,
         "model.roi_head.bbox_head.reg_class_agnostic");
  expect("model.roi_head.bbox_head.num_classes=6", MMD_INVALID_ARGUMENT,
         "roi_head.bbox_head.fc_cls.weight");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
