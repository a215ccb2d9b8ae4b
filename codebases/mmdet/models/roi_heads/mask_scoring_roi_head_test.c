// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/mask_scoring_rcnn");
  golden_check("1.x/mask_scoring_rcnn");
}

static void test_bad_configs(void **state) {
  (void)state;
  golden_expect_failure("1.x/mask_scoring_rcnn", "model.roi_head.mask_iou_head.num_classes=4",
                        MMD_INVALID_ARGUMENT, "roi_head.mask_iou_head.fc_mask_iou.weight");
  golden_expect_failure("1.x/mask_scoring_rcnn", "model.roi_head.mask_iou_head.type=MaskIoUHeed",
                        MMD_NOT_SUPPORTED, "MaskIoUHead");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
