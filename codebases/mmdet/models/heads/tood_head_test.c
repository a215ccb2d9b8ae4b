// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/tood");
  golden_check("1.x/tood");
}

// Deltas of anchors, a deformable layer, no norm.
static void test_anchors(void **state) {
  (void)state;
  golden_check("0.x/tood_anchors");
  golden_check("1.x/tood_anchors");
}

static void expect(const char *change, int code, const char *message) {
  golden_expect_failure("0.x/tood", change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.bbox_head.anchor_generator.ratios=[1.0, 2.0]", MMD_INVALID_ARGUMENT,
         "model.bbox_head.anchor_generator: 2 anchors a cell");
  expect("model.bbox_head.anchor_type=free", MMD_INVALID_ARGUMENT, "anchor_type");
  expect("model.bbox_head.feat_channels=4", MMD_OUT_OF_RANGE, "model.bbox_head.feat_channels: 4");
  expect("model.bbox_head.stacked_convs=100", MMD_OUT_OF_RANGE,
         "model.bbox_head.stacked_convs: 100");
  expect("model.bbox_head.loss_cls.use_sigmoid=False", MMD_NOT_SUPPORTED,
         "model.bbox_head.loss_cls.use_sigmoid");
  expect("model.bbox_head.in_channels=8", MMD_INVALID_ARGUMENT, "model.bbox_head.in_channels: 8");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_anchors),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
