// SPDX-License-Identifier: Apache-2.0
#include "ops/op_golden.h"

static void results_are_those_of_the_published_formula(void **state) {
  (void)state;
  mmd_golden_check("dcnv3.txt", 12, 2e-5);
}

static void symbols_are_kept(void **state) {
  (void)state;
  mmd_golden_check_type(
      "graph \"g\" {\n"
      "  opset \"mmdeploy\" 1\n"
      "  input %x : f32[n,h,w,448]\n"
      "  input %o : f32[n,a,b,504]\n"
      "  input %m : f32[n,a,b,252]\n"
      "  %y = mmdeploy::TRTDCNv3(%x, %o, %m) {stride_h = 2}\n"
      "  output %y\n"
      "}\n",
      "f32[n,floor((h + 1) / 2),w,448]");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(results_are_those_of_the_published_formula),
      cmocka_unit_test(symbols_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
