// SPDX-License-Identifier: Apache-2.0
//
// CSPDarknet, YOLOXPAFPN and YOLOXHead with depthwise convolutions, as YOLOX-nano has them; the
// plain ones are in yolox_head_test.c.
#include "codebases/mmdet/models/golden_support.h"

static void test_goldens(void **state) {
  (void)state;
  golden_check("1.x/yolox_depthwise");
}

static void expect(const char *change, int code, const char *message) {
  golden_expect_failure("1.x/yolox_depthwise", change, code, message);
}

static void test_bad_configs(void **state) {
  (void)state;
  expect("model.backbone.out_indices=[2,3,5]", MMD_INVALID_ARGUMENT,
         "model.backbone.out_indices: 5 is no stage; 0 to 4 are");
  expect("model.backbone.arch_ovewrite=[]", MMD_INVALID_ARGUMENT, "model.backbone.arch_ovewrite");
  expect("model.backbone.widen_factor=0.001", MMD_OUT_OF_RANGE, "widen_factor 0.001");
  expect("model.backbone.arch_ovewrite=[[64,64,100,True,False]]", MMD_INVALID_ARGUMENT,
         "model.backbone.out_indices: 2 is no stage");
  expect("model.backbone.deepen_factor=64", MMD_OUT_OF_RANGE, "deepen_factor 64");
  expect("model.neck.in_channels=[10,20]", MMD_INVALID_ARGUMENT, "model.neck.in_channels: 2");
  expect("model.neck.upsample_cfg.mode=bilinear", MMD_NOT_SUPPORTED,
         "model.neck.upsample_cfg.mode: 'bilinear'");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_goldens),
      cmocka_unit_test(test_bad_configs),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
