// SPDX-License-Identifier: Apache-2.0
#include "ops/op_golden.h"

static void results_are_those_of_mmcv(void **state) {
  (void)state;
  mmd_golden_check("ms_deform_attn.txt", 17, 2e-5);
}

static void symbols_are_kept(void **state) {
  (void)state;
  mmd_golden_check_type(
      "graph \"g\" {\n"
      "  opset \"mmdeploy\" 1\n"
      "  input %v : f32[n,s,m,32]\n"
      "  input %z : i32[4,2]\n"
      "  input %l : i32[4]\n"
      "  input %a : f32[n,q,m,4,p,2]\n"
      "  input %w : f32[n,q,m,4,p]\n"
      "  %y = mmdeploy::MMCVMultiScaleDeformableAttention(%v, %z, %l, %a, %w)\n"
      "  output %y\n"
      "}\n",
      "f32[n,q,32*m]");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(results_are_those_of_mmcv),
      cmocka_unit_test(symbols_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
