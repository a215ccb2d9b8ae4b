// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

#define HEAD                                          \
  "graph \"g\" { opset \"\" 13 input %x : f32[n,2]\n" \
  "constant %w : f32[2,2] = [1, 2, 3, 4] constant %b : f32[2] = [5, 6]\n"

static void product_and_sum_are_gemm(void **state) {
  (void)state;
  test_pass("fuse_matmul_bias", HEAD "%a = MatMul(%x, %w) %y = Add(%b, %a) output %y }",
            "graph \"g\" {\n  opset \"\" 13\n  input %x : f32[n,2]\n"
            "  constant %w : f32[2,2] = [1.0, 2.0, 3.0, 4.0]\n"
            "  constant %b : f32[2] = [5.0, 6.0]\n"
            "  %y = Gemm(%x, %w, %b) name \"a\"\n  output %y\n}\n");
}

static void others_stay(void **state) {
  (void)state;
  // A product that is used twice; more than a matrix; a column.
  test_pass_keeps("fuse_matmul_bias",
                  HEAD "%a = MatMul(%x, %w) %y = Add(%a, %b) output %y output %a }");
  test_pass_keeps("fuse_matmul_bias",
                  "graph \"g\" { opset \"\" 13 input %x : f32[n,3,2]\n"
                  "constant %w : f32[2,2] = [1, 2, 3, 4] constant %b : f32[2] = [5, 6]\n"
                  "%a = MatMul(%x, %w) %y = Add(%a, %b) output %y }");
  test_pass_keeps("fuse_matmul_bias", HEAD
                  "constant %c : f32[3,1] = [1, 2, 3]\n"
                  "%a = MatMul(%x, %w) %y = Add(%a, %c) output %y }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(product_and_sum_are_gemm),
      cmocka_unit_test(others_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
