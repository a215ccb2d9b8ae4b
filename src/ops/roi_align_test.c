// SPDX-License-Identifier: Apache-2.0
#include "ops/op_golden.h"

static void results_are_those_of_mmcv(void **state) {
  (void)state;
  mmd_golden_check("roi_align.txt", 50, 2e-5);
}

static void symbols_are_kept(void **state) {
  (void)state;
  mmd_golden_check_type(
      "graph \"g\" {\n"
      "  opset \"mmcv\" 1\n"
      "  input %x : f32[n,c,h,w]\n"
      "  input %r : f32[k,5]\n"
      "  %y = mmcv::MMCVRoiAlign(%x, %r) {output_height = 3}\n"
      "  output %y\n"
      "}\n",
      "f32[k,c,3,7]");
  mmd_golden_check_type(
      "graph \"g\" {\n"
      "  opset \"mmdeploy\" 1\n"
      "  input %r : f32[2*k,6]\n"
      "  input %x : f32[n,c,h,w]\n"
      "  input %z : f32[n,c,a,b]\n"
      "  %y = mmdeploy::MMCVMultiLevelRotatedRoiAlign(%r, %x, %z) {output_width = 14}\n"
      "  output %y\n"
      "}\n",
      "f32[2*k,c,7,14]");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(results_are_those_of_mmcv),
      cmocka_unit_test(symbols_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
