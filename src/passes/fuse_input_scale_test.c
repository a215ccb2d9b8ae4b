// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

#define HEAD "graph \"g\" { opset \"\" 12 input %x : f32[n,2,4,4]\n"
#define HEAD_AFTER "graph \"g\" {\n  opset \"\" 12\n  input %x : f32[n,2,4,4]\n"

static void factors_and_summands_go_in(void **state) {
  (void)state;
  test_pass("fuse_input_scale",
            HEAD
            "constant %w : f32[1,2,1,1] = [1, 2] constant %s : f32[1,2,1,1] = [3, 4]\n"
            "constant %b : f32[] = [5]\n"
            "%a = Mul(%s, %x) %c = Add(%a, %b) %y = Conv(%c, %w) output %y }",
            HEAD_AFTER
            "  constant %w : f32[1,2,1,1] = [3.0, 8.0]\n"
            "  constant %s : f32[1,2,1,1] = [3.0, 4.0]\n  constant %b : f32[] = [5.0]\n"
            "  constant %w_bias : f32[1] = [15.0]\n"
            "  %y = Conv(%x, %w, %w_bias)\n  output %y\n}\n");
}

static void padding_keeps_the_summand(void **state) {
  (void)state;
  test_pass("fuse_input_scale",
            HEAD
            "constant %w : f32[2,1,1,1] = [1, 2] constant %s : f32[1,2,1,1] = [2, 4]\n"
            "constant %b : f32[] = [5]\n"
            "%a = Mul(%s, %x) %c = Add(%a, %b) %y = Conv(%c, %w) {group = 2, pads = [1, 1, 1, 1]} "
            "output %y }",
            HEAD_AFTER
            "  constant %w : f32[2,1,1,1] = [2.0, 8.0]\n"
            "  constant %s : f32[1,2,1,1] = [2.0, 4.0]\n  constant %b : f32[] = [5.0]\n"
            "  constant %b_1 : f32[2,1,1] = [2.5, 1.25]\n"
            "  %c = Add(%x, %b_1)\n  %y = Conv(%c, %w) {group = 2, pads = [1, 1, 1, 1]}\n"
            "  output %y\n}\n");
}

static void others_stay(void **state) {
  (void)state;
  // A padded sum; a factor along the width; a result that is used twice; x that is stretched.
  test_pass_keeps("fuse_input_scale", HEAD
                  "constant %w : f32[1,2,1,1] = [1, 2] constant %b : f32[] = [5]\n"
                  "%a = Add(%x, %b) %y = Conv(%a, %w) {pads = [1, 1, 1, 1]} output %y }");
  test_pass_keeps("fuse_input_scale", HEAD
                  "constant %w : f32[1,2,1,1] = [1, 2] constant %s : f32[4] = [1, 2, 3, 4]\n"
                  "%a = Mul(%x, %s) %y = Conv(%a, %w) output %y }");
  test_pass_keeps("fuse_input_scale", HEAD
                  "constant %w : f32[1,2,1,1] = [1, 2] constant %s : f32[] = [3]\n"
                  "%a = Mul(%x, %s) %y = Conv(%a, %w) output %y output %a }");
  test_pass_keeps("fuse_input_scale",
                  "graph \"g\" { opset \"\" 12 input %x : f32[n,1,4,4]\n"
                  "constant %w : f32[1,2,1,1] = [1, 2] constant %s : f32[1,2,1,1] = [3, 4]\n"
                  "%a = Mul(%x, %s) %y = Conv(%a, %w) output %y }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(factors_and_summands_go_in),
      cmocka_unit_test(padding_keeps_the_summand),
      cmocka_unit_test(others_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
