// SPDX-License-Identifier: Apache-2.0
//
// Backbones of mmcls and mmpretrain within mmdet: "mmcls.X".
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("0.x/mmcls_convnext");
  golden_check("1.x/mmcls_convnext");
  golden_check("0.x/mmcls_mobilenet_v2");
  golden_check("1.x/mmcls_mobilenet_v2");
  golden_check("0.x/mmcls_vit");  // maps of one size, positions fitted to the image
  golden_check("1.x/mmcls_resnet");
}

static void test_bad_configs(void **state) {
  (void)state;
  golden_expect_failure("0.x/mmcls_convnext", "model.backbone.type=mmcls.ConvNext",
                        MMD_NOT_SUPPORTED, "model.backbone");
  golden_expect_failure("0.x/mmcls_convnext", "model.backbone.out_indices=[1,2]",
                        MMD_INVALID_ARGUMENT, "model.neck.in_channels: 3 inputs");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
