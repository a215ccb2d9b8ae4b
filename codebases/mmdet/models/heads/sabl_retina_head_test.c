// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/sabl_retinanet");
  golden_check("1.x/sabl_retinanet");
}

static void expect(const char *change, int code, const char *message) {
  golden_expect_failure("0.x/sabl_retinanet", change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.bbox_head.bbox_coder.num_buckets=2", MMD_OUT_OF_RANGE,
         "model.bbox_head.bbox_coder.num_buckets: 2");
  expect("model.bbox_head.bbox_coder.scale_factor=0", MMD_OUT_OF_RANGE,
         "model.bbox_head.bbox_coder.scale_factor: 0");
  expect("model.bbox_head.bbox_coder.type=DeltaXYWHBBoxCoder", MMD_NOT_SUPPORTED,
         "known: BucketingBBoxCoder");
  expect("model.bbox_head.bbox_coder.num_buckets=5", MMD_INVALID_ARGUMENT,
         "bbox_head.retina_bbox_cls.weight");
  expect("model.bbox_head.square_anchor_generator.scales=[4, 8]", MMD_INVALID_ARGUMENT,
         "model.bbox_head.square_anchor_generator: 2 anchors a cell");
  expect("model.bbox_head.in_channels=8", MMD_INVALID_ARGUMENT, "model.bbox_head.in_channels: 8");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
