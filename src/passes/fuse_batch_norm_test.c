// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

// scale / sqrt(var + epsilon) is 1 and 0.5 here, so the golden text is exact.
#define NORM(input, output) \
  "%" output " = BatchNormalization(%" input ", %scale, %shift, %mean, %var) {epsilon = 0.0}\n"
#define NORM_CONSTANTS                                                    \
  "constant %scale : f32[2] = [2, 1] constant %shift : f32[2] = [5, 6]\n" \
  "constant %mean : f32[2] = [1, 2] constant %var : f32[2] = [4, 4]\n"
#define NORM_CONSTANTS_AFTER                                                           \
  "  constant %scale : f32[2] = [2.0, 1.0]\n  constant %shift : f32[2] = [5.0, 6.0]\n" \
  "  constant %mean : f32[2] = [1.0, 2.0]\n  constant %var : f32[2] = [4.0, 4.0]\n"

static void conv_takes_the_norm(void **state) {
  (void)state;
  test_pass("fuse_batch_norm",
            "graph \"g\" { opset \"\" 17 input %x : f32[n,1,4,4]\n"
            "constant %c.weight : f32[2,1,1,2] = [1, 2, 3, 4]\n" NORM_CONSTANTS
            "%a = Conv(%x, %c.weight)\n" NORM("a", "y") "output %y }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[n,1,4,4]\n"
            "  constant %c.weight : f32[2,1,1,2] = [1.0, 2.0, 1.5, 2.0]\n" NORM_CONSTANTS_AFTER
            "  constant %c.bias : f32[2] = [4.0, 5.0]\n"
            "  %y = Conv(%x, %c.weight, %c.bias) name \"a\"\n  output %y\n}\n");
}

static void shared_weights_are_copied(void **state) {
  (void)state;
  test_pass(
      "fuse_batch_norm",
      "graph \"g\" { opset \"\" 17 input %x : f32[n,1,4,4]\n"
      "constant %w : f32[2,1,1,1] = [1, 2] constant %b : f32[2] = [1, 1]\n" NORM_CONSTANTS
      "%a = Conv(%x, %w, %b) %z = Conv(%x, %w, %b)\n" NORM("a", "y") "output %y output %z }",
      "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[n,1,4,4]\n"
      "  constant %w : f32[2,1,1,1] = [1.0, 2.0]\n  constant %b : f32[2] = [1.0, "
      "1.0]\n" NORM_CONSTANTS_AFTER
      "  constant %w_1 : f32[2,1,1,1] = [1.0, 1.0]\n  constant %w_bias : f32[2] = [5.0, 5.5]\n"
      "  %y = Conv(%x, %w_1, %w_bias) name \"a\"\n  %z = Conv(%x, %w, %b)\n"
      "  output %y\n  output %z\n}\n");
}

static void conv_transpose_counts_channels_by_group(void **state) {
  (void)state;
  test_pass("fuse_batch_norm",
            "graph \"g\" { opset \"\" 17 input %x : f32[1,4,2,2]\n"
            "constant %w : f32[4,1,1,1] = [1, 2, 3, 4]\n" NORM_CONSTANTS
            "%a = ConvTranspose(%x, %w) {group = 2}\n" NORM("a", "y") "output %y }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[1,4,2,2]\n"
            "  constant %w : f32[4,1,1,1] = [1.0, 2.0, 1.5, 2.0]\n" NORM_CONSTANTS_AFTER
            "  constant %w_bias : f32[2] = [4.0, 5.0]\n"
            "  %y = ConvTranspose(%x, %w, %w_bias) {group = 2} name \"a\"\n  output %y\n}\n");
}

static void deform_conv_takes_the_norm(void **state) {
  (void)state;
  test_pass("fuse_batch_norm",
            "graph \"g\" { opset \"\" 20 input %x : f32[1,1,4,4] input %o : f32[1,2,4,4]\n"
            "input %m : f32[1,1,4,4] constant %w : f32[2,1,1,1] = [1, 2]\n" NORM_CONSTANTS
            "%a = DeformConv(%x, %w, %o, _, %m)\n" NORM("a", "y") "output %y }",
            "graph \"g\" {\n  opset \"\" 20\n  input %x : f32[1,1,4,4]\n"
            "  input %o : f32[1,2,4,4]\n  input %m : f32[1,1,4,4]\n"
            "  constant %w : f32[2,1,1,1] = [1.0, 1.0]\n" NORM_CONSTANTS_AFTER
            "  constant %w_bias : f32[2] = [4.0, 5.0]\n"
            "  %y = DeformConv(%x, %w, %o, %w_bias, %m) name \"a\"\n  output %y\n}\n");
}

static void gemm_takes_the_norm(void **state) {
  (void)state;
  test_pass("fuse_batch_norm",
            "graph \"g\" { opset \"\" 17 input %x : f32[n,2]\n"
            "constant %w : f32[2,2] = [1, 2, 3, 4] constant %b : f32[] = [1]\n" NORM_CONSTANTS
            "%a = Gemm(%x, %w, %b) {beta = 3.0, alpha = 2.0}\n" NORM("a", "y") "output %y }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[n,2]\n"
            "  constant %w : f32[2,2] = [1.0, 1.0, 3.0, 2.0]\n  constant %b : f32[2] = [7.0, "
            "6.5]\n" NORM_CONSTANTS_AFTER
            "  %y = Gemm(%x, %w, %b) {beta = 1.0, alpha = 2.0} name \"a\"\n  output %y\n}\n");
  test_pass("fuse_batch_norm",
            "graph \"g\" { opset \"\" 17 input %x : f32[n,2]\n"
            "constant %w : f32[2,2] = [1, 2, 3, 4]\n" NORM_CONSTANTS
            "%a = Gemm(%x, %w) {transB = 1}\n" NORM("a", "y") "output %y }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[n,2]\n"
            "  constant %w : f32[2,2] = [1.0, 2.0, 1.5, 2.0]\n" NORM_CONSTANTS_AFTER
            "  constant %w_bias : f32[2] = [4.0, 5.0]\n"
            "  %y = Gemm(%x, %w, %w_bias) {transB = 1} name \"a\"\n  output %y\n}\n");
}

static void others_stay(void **state) {
  (void)state;
  // The layer's output is used elsewhere, is an output itself, or the weights are no constants.
  test_pass_keeps("fuse_batch_norm",
                  "graph \"g\" { opset \"\" 17 input %x : f32[n,1,4,4]\n"
                  "constant %w : f32[2,1,1,1] = [1, 2]\n" NORM_CONSTANTS
                  "%a = Conv(%x, %w)\n" NORM("a", "y") "%z = Relu(%a) output %y output %z }");
  test_pass_keeps("fuse_batch_norm",
                  "graph \"g\" { opset \"\" 17 input %x : f32[n,1,4,4]\n"
                  "constant %w : f32[2,1,1,1] = [1, 2]\n" NORM_CONSTANTS
                  "%a = Conv(%x, %w)\n" NORM("a", "y") "output %a output %y }");
  test_pass_keeps(
      "fuse_batch_norm",
      "graph \"g\" { opset \"\" 17 input %x : f32[n,1,4,4] input %w : f32[2,1,1,1]\n" NORM_CONSTANTS
      "%a = Conv(%x, %w)\n" NORM("a", "y") "output %y }");
  test_pass_keeps("fuse_batch_norm",
                  "graph \"g\" { opset \"\" 17 input %x : f32[n,1,4,4]\n"
                  "constant %w : f32[2,1,1,1] = [1, 2]\n" NORM_CONSTANTS
                  "%a = Conv(%x, %w) %y = BatchNormalization(%a, %scale, %shift, %mean, %var) "
                  "{training_mode = 1} output %y }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(conv_takes_the_norm),
      cmocka_unit_test(shared_weights_are_copied),
      cmocka_unit_test(conv_transpose_counts_channels_by_group),
      cmocka_unit_test(deform_conv_takes_the_norm),
      cmocka_unit_test(gemm_takes_the_norm),
      cmocka_unit_test(others_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
