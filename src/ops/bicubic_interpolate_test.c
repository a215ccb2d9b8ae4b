// SPDX-License-Identifier: Apache-2.0
#include "ops/op_golden.h"

static void results_are_those_of_pytorch(void **state) {
  (void)state;
  mmd_golden_check("bicubic_interpolate.txt", 20, 2e-5);
}

static void symbols_are_kept(void **state) {
  (void)state;
  mmd_golden_check_type(
      "graph \"g\" {\n"
      "  opset \"mmdeploy\" 1\n"
      "  input %x : f32[n,3,h,w]\n"
      "  %y = mmdeploy::TRTBicubicInterpolate(%x) {scale_factor = [4.0, 1.5]}\n"
      "  output %y\n"
      "}\n",
      "f32[n,3,4*h,floor(3*w / 2)]");
  mmd_golden_check_type(
      "graph \"g\" {\n"
      "  opset \"mmdeploy\" 1\n"
      "  input %x : f32[n,3,10,w]\n"
      "  %y = mmdeploy::TRTBicubicInterpolate(%x) {scale_factor = [0.7f, 1.0]}\n"
      "  output %y\n"
      "}\n",
      "f32[n,3,7,w]");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(results_are_those_of_pytorch),
      cmocka_unit_test(symbols_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
