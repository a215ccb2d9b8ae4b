// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

#define HEAD "graph \"g\" { opset \"\" 12 input %x : f32[n,1,4,4]\n"
#define HEAD_AFTER "graph \"g\" {\n  opset \"\" 12\n  input %x : f32[n,1,4,4]\n"
#define WEIGHT "constant %w : f32[2,1,1,1] = [1, 2]\n"

static void a_summand_becomes_the_bias(void **state) {
  (void)state;
  test_pass("fuse_scale_bias",
            HEAD WEIGHT
            "constant %b : f32[1,2,1,1] = [3, 4]\n"
            "%a = Conv(%x, %w) %y = Add(%b, %a) output %y }",
            HEAD_AFTER
            "  constant %w : f32[2,1,1,1] = [1.0, 2.0]\n"
            "  constant %b : f32[1,2,1,1] = [3.0, 4.0]\n"
            "  constant %w_bias : f32[2] = [3.0, 4.0]\n"
            "  %y = Conv(%x, %w, %w_bias) name \"a\"\n  output %y\n}\n");
}

static void factors_change_the_weights(void **state) {
  (void)state;
  test_pass("fuse_scale_bias",
            HEAD WEIGHT
            "constant %v : f32[2] = [5, 6] constant %b : f32[2,1,1] = [3, 4]\n"
            "constant %h : f32[] = [2]\n"
            "%a = Conv(%x, %w, %v) %c = Mul(%a, %b) %d = Div(%c, %h) "
            "%y = Sub(%h, %d) output %y }",
            HEAD_AFTER
            "  constant %w : f32[2,1,1,1] = [-1.5, -4.0]\n"
            "  constant %v : f32[2] = [-5.5, -10.0]\n"
            "  constant %b : f32[2,1,1] = [3.0, 4.0]\n"
            "  constant %h : f32[] = [2.0]\n"
            "  %y = Conv(%x, %w, %v) name \"a\"\n  output %y\n}\n");
}

static void gemm_takes_a_row(void **state) {
  (void)state;
  test_pass("fuse_scale_bias",
            "graph \"g\" { opset \"\" 17 input %x : f32[n,2]\n"
            "constant %w : f32[2,2] = [1, 2, 3, 4] constant %b : f32[2] = [1, 2]\n"
            "%a = Gemm(%x, %w, %b) {alpha = 2.0, beta = 3.0} %y = Sub(%a, %b) output %y }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[n,2]\n"
            "  constant %w : f32[2,2] = [1.0, 2.0, 3.0, 4.0]\n"
            "  constant %b : f32[2] = [1.0, 2.0]\n  constant %w_bias : f32[2] = [2.0, 4.0]\n"
            "  %y = Gemm(%x, %w, %w_bias) {alpha = 2.0, beta = 1.0} name \"a\"\n"
            "  output %y\n}\n");
}

static void others_stay(void **state) {
  (void)state;
  // Numbers along the width; a result that is used twice; a division by zero; a constant over x.
  test_pass_keeps("fuse_scale_bias", HEAD WEIGHT
                  "constant %b : f32[4] = [3, 4, 5, 6]\n"
                  "%a = Conv(%x, %w) %y = Add(%a, %b) output %y }");
  test_pass_keeps("fuse_scale_bias", HEAD WEIGHT
                  "constant %b : f32[] = [3]\n"
                  "%a = Conv(%x, %w) %y = Add(%a, %b) %z = Relu(%a) output %y "
                  "output %z }");
  test_pass_keeps("fuse_scale_bias", HEAD WEIGHT
                  "constant %b : f32[] = [0]\n"
                  "%a = Conv(%x, %w) %y = Div(%a, %b) output %y }");
  test_pass_keeps("fuse_scale_bias", HEAD WEIGHT
                  "constant %b : f32[] = [1]\n"
                  "%a = Conv(%x, %w) %y = Div(%b, %a) output %y }");
  test_pass_keeps("fuse_scale_bias", HEAD WEIGHT
                  "constant %b : f32[1,1,1,1,1] = [1]\n"
                  "%a = Conv(%x, %w) %y = Add(%a, %b) output %y }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_summand_becomes_the_bias),
      cmocka_unit_test(factors_change_the_weights),
      cmocka_unit_test(gemm_takes_a_row),
      cmocka_unit_test(others_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
