// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_boxes(void **state) {
  (void)state;
  golden_check("0.x/cascade_rcnn");
  golden_check("1.x/cascade_rcnn");
}

static void test_masks(void **state) {
  (void)state;
  golden_check("0.x/cascade_mask_rcnn");
  golden_check("1.x/cascade_mask_rcnn");
}

static void test_htc(void **state) {
  (void)state;
  golden_check("0.x/htc");
  golden_check("1.x/htc");
}

static void test_bad_configs(void **state) {
  (void)state;
  golden_expect_failure("0.x/cascade_rcnn", "model.roi_head.num_stages=2", MMD_INVALID_ARGUMENT,
                        "model.roi_head.bbox_head: 3 items, but num_stages is 2");
  golden_expect_failure("0.x/cascade_rcnn", "model.roi_head.bbox_head.1.num_classes=4",
                        MMD_INVALID_ARGUMENT,
                        "model.roi_head.bbox_head[1].num_classes: 4, but the first stage has 5");
  golden_expect_failure("0.x/cascade_rcnn", "model.roi_head.bbox_head.1.in_channels=4",
                        MMD_INVALID_ARGUMENT, "model.roi_head.bbox_head[1].in_channels: 4");
  golden_expect_failure("0.x/htc", "model.roi_head.semantic_head.num_ins=4", MMD_INVALID_ARGUMENT,
                        "model.roi_head.semantic_head: num_ins 4");
  golden_expect_failure(
      "0.x/htc", "model.roi_head.semantic_head.in_channels=4", MMD_INVALID_ARGUMENT,
      "model.roi_head.semantic_head.in_channels: 4, but the module before gives 8");
  golden_expect_failure("0.x/htc", "model.roi_head.semantic_head.type=FusedSemanticHeed",
                        MMD_NOT_SUPPORTED, "FusedSemanticHead");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_boxes),
      cmocka_unit_test(test_masks),
      cmocka_unit_test(test_htc),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
