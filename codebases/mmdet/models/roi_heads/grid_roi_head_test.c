// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/grid_rcnn");
  golden_check("1.x/grid_rcnn");
}

static void test_bad_configs(void **state) {
  (void)state;
  golden_expect_failure("0.x/grid_rcnn", "model.roi_head.grid_head.grid_points=8",
                        MMD_INVALID_ARGUMENT,
                        "model.roi_head.grid_head.grid_points: 8; a square number is expected");
  golden_expect_failure("0.x/grid_rcnn", "model.roi_head.grid_head.in_channels=4",
                        MMD_INVALID_ARGUMENT, "model.roi_head.grid_head: in_channels 4");
  golden_expect_failure("0.x/grid_rcnn", "model.roi_head.bbox_head.num_classes=6",
                        MMD_INVALID_ARGUMENT, "roi_head.bbox_head.fc_cls.weight");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
