// SPDX-License-Identifier: Apache-2.0
#include "kernels/cpu.h"
#include "ops/op_golden.h"

static void results_are_those_of_mmcv(void **state) {
  (void)state;
  mmd_isa_t before = mmd_cpu_isa();
  for (int isa = 0; isa < MMD_ISA_COUNT; ++isa) {
    if (mmd_cpu_set_isa((mmd_isa_t)isa)) mmd_golden_check("deform_conv.txt", 39, 2e-5);
  }
  mmd_cpu_set_isa(before);
}

static void symbols_are_kept(void **state) {
  (void)state;
  mmd_golden_check_type(
      "graph \"g\" {\n"
      "  opset \"mmdeploy\" 1\n"
      "  input %x : f32[n,8,h,w]\n"
      "  input %o : f32[n,18,a,b]\n"
      "  input %m : f32[n,9,a,b]\n"
      "  input %w : f32[16,8,3,3]\n"
      "  %y = mmdeploy::MMCVModulatedDeformConv2d(%x, %o, %m, %w) {stride = [2, 1], padding = [1, "
      "1]}\n"
      "  output %y\n"
      "}\n",
      "f32[n,16,floor((h + 1) / 2),w]");
  // The weight is not known: the offset says how large the result is.
  mmd_golden_check_type(
      "graph \"g\" {\n"
      "  opset \"mmcv\" 1\n"
      "  input %x : f32[n,8,h,w]\n"
      "  input %o : f32[n,18,a,7]\n"
      "  input %w : f32[c,d,e,f]\n"
      "  %y = mmcv::MMCVDeformConv2d(%x, %o, %w)\n"
      "  output %y\n"
      "}\n",
      "f32[n,c,a,7]");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(results_are_those_of_mmcv),
      cmocka_unit_test(symbols_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
