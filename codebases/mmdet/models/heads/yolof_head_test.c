// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/yolof");
  golden_check("1.x/yolof");
}

static void expect(const char *change, int code, const char *message) {
  golden_expect_failure("0.x/yolof", change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.neck.in_channels=32", MMD_INVALID_ARGUMENT,
         "model.neck.in_channels: 32, but the module before gives 16 channels");
  expect("model.neck.block_dilations=[2, 4]", MMD_INVALID_ARGUMENT, "model.neck.block_dilations");
  expect("model.bbox_head.anchor_generator.strides=[32, 64]", MMD_INVALID_ARGUMENT,
         "model.bbox_head: it expects 2 levels");
  expect("model.bbox_head.num_classes=6", MMD_INVALID_ARGUMENT, "bbox_head.cls_score.weight");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
