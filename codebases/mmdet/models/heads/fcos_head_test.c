// SPDX-License-Identifier: Apache-2.0
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/fcos");
  golden_check("1.x/fcos");
}

// Distances in strides, the centerness from the boxes' tower, a deformable convolution.
static void test_tricks(void **state) {
  (void)state;
  golden_check("0.x/fcos_tricks");
  golden_check("1.x/fcos_tricks");
}

// NASFCOSHead behind its own neck, AutoAssignHead.
static void test_relatives(void **state) {
  (void)state;
  golden_check("0.x/nasfcos");
  golden_check("1.x/nasfcos");
  golden_check("0.x/autoassign");
  golden_check("1.x/autoassign");
}

static void expect(const char *change, int code, const char *message) {
  golden_expect_failure("0.x/fcos", change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.bbox_head.strides=[8, 16]", MMD_INVALID_ARGUMENT,
         "model.bbox_head: it expects 2 levels");
  expect("model.bbox_head.strides=[8, 16, 32, 64, 0]", MMD_INVALID_ARGUMENT,
         "model.bbox_head.strides");
  expect("model.bbox_head.in_channels=8", MMD_INVALID_ARGUMENT, "model.bbox_head.in_channels: 8");
  expect("model.bbox_head.num_classes=6", MMD_INVALID_ARGUMENT, "bbox_head.conv_cls.weight");
  golden_expect_failure("0.x/nasfcos", "model.neck.start_level=0", MMD_INVALID_ARGUMENT,
                        "model.neck: in_channels has 4 numbers, start_level 0");
  golden_expect_failure("0.x/nasfcos", "model.neck.in_channels=[2, 4, 8, 8]", MMD_INVALID_ARGUMENT,
                        "model.neck.in_channels[3]: 8, but the module before gives 16 channels");
  expect("model.bbox_head.dcn_on_last_conv=True", MMD_INVALID_ARGUMENT,
         "bbox_head.cls_convs.1.conv.conv_offset.weight");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_tricks),
      cmocka_unit_test(test_relatives),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
