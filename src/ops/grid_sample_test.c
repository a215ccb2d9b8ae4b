// SPDX-License-Identifier: Apache-2.0
#include "ops/op_golden.h"

static void results_are_those_of_pytorch(void **state) {
  (void)state;
  mmd_golden_check("grid_sample.txt", 100, 2e-5);
}

static void symbols_are_kept(void **state) {
  (void)state;
  mmd_golden_check_type(
      "graph \"g\" {\n"
      "  opset \"mmdeploy\" 1\n"
      "  input %x : f32[n,c,h,w]\n"
      "  input %g : f32[n,a,2*w,2]\n"
      "  %y = mmdeploy::grid_sampler(%x, %g)\n"
      "  output %y\n"
      "}\n",
      "f32[n,c,a,2*w]");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(results_are_those_of_pytorch),
      cmocka_unit_test(symbols_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
