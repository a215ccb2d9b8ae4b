// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check_large("0.x/ssd");
  golden_check_large("1.x/ssd");
  golden_check("0.x/ssdlite");
  golden_check("1.x/ssdlite");
}

static void expect(const char *change, int code, const char *message) {
  golden_expect_failure("0.x/ssdlite", change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.neck.in_channels=[16, 128]", MMD_INVALID_ARGUMENT,
         "model.neck.in_channels[1]: 128, but the module before gives 32 channels");
  expect("model.neck.out_channels=[16, 32, 24]", MMD_INVALID_ARGUMENT, "model.neck.level_strides");
  expect("model.neck.out_channels=[16, 32]", MMD_INVALID_ARGUMENT, "model.neck.out_channels");
  expect("model.bbox_head.in_channels=[16, 32, 24, 8]", MMD_INVALID_ARGUMENT,
         "model.bbox_head.in_channels[3]: 8, but the module before gives 16 channels");
  expect("model.bbox_head.anchor_generator.strides=[16, 32, 64]", MMD_INVALID_ARGUMENT,
         "model.bbox_head.anchor_generator");
  expect("model.bbox_head.anchor_generator.max_sizes=None", MMD_INVALID_ARGUMENT,
         "model.bbox_head.anchor_generator.max_sizes");
  expect("model.bbox_head.num_classes=6", MMD_INVALID_ARGUMENT, "bbox_head.cls_convs.0.1.weight");
  golden_expect_failure("0.x/ssd", "model.backbone.depth=12", MMD_NOT_SUPPORTED,
                        "model.backbone.depth: 12");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
