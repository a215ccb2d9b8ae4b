// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

#define HEAD                                                                  \
  "graph \"g\" { opset \"\" 13 input %x : f32[n,1,4,4]\n"                     \
  "constant %w : f32[1,1,3,3] = [1, 2, 3, 4, 5, 6, 7, 8, 9] constant %one : " \
  "f32[] = [1]\nconstant %p : i64[8] = [0, 0, 1, 2, 0, 0, 3, 0]\n"
#define HEAD_AFTER                                                                 \
  "graph \"g\" {\n  opset \"\" 13\n  input %x : f32[n,1,4,4]\n"                    \
  "  constant %w : f32[1,1,3,3] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]\n" \
  "  constant %one : f32[] = [1.0]\n  constant %p : i64[8] = [0, 0, 1, 2, 0, 0, 3, 0]\n"

static void conv_pads_itself(void **state) {
  (void)state;
  test_pass("fuse_pad", HEAD "%a = Pad(%x, %p) %y = Conv(%a, %w) {pads = [1, 1, 1, 1]} output %y }",
            HEAD_AFTER "  %y = Conv(%x, %w) {pads = [2, 3, 4, 1]}\n  output %y\n}\n");
}

static void a_pool_that_counts_it_pads_itself(void **state) {
  (void)state;
  test_pass("fuse_pad",
            "graph \"g\" { opset \"\" 9 input %x : f32[n,1,4,4]\n"
            "%a = Pad(%x) {pads = [0, 0, 1, 2, 0, 0, 1, 0]} "
            "%y = AveragePool(%a) {kernel_shape = [3, 3], count_include_pad = 1} output %y }",
            "graph \"g\" {\n  opset \"\" 9\n  input %x : f32[n,1,4,4]\n"
            "  %y = AveragePool(%x) {kernel_shape = [3, 3], count_include_pad = 1, "
            "pads = [1, 2, 1, 0]}\n  output %y\n}\n");
  // A window that is not larger than the padding.
  test_pass_keeps(
      "fuse_pad",
      "graph \"g\" { opset \"\" 9 input %x : f32[n,1,4,4]\n"
      "%a = Pad(%x) {pads = [0, 0, 1, 2, 0, 0, 1, 0]} "
      "%y = AveragePool(%a) {kernel_shape = [2, 2], count_include_pad = 1} output %y }");
}

static void others_stay(void **state) {
  (void)state;
  // Ones around; edges repeated; a pool that leaves padding out.
  test_pass_keeps("fuse_pad", HEAD "%a = Pad(%x, %p, %one) %y = Conv(%a, %w) output %y }");
  test_pass_keeps("fuse_pad",
                  HEAD "%a = Pad(%x, %p) {mode = \"edge\"} %y = Conv(%a, %w) output %y }");
  test_pass_keeps("fuse_pad",
                  HEAD "%a = Pad(%x, %p) %y = AveragePool(%a) {kernel_shape = [2, 2]} output %y }");
  test_pass_keeps("fuse_pad", HEAD "%a = Pad(%x, %p) %y = Conv(%a, %w) output %y output %a }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(conv_pads_itself),
      cmocka_unit_test(a_pool_that_counts_it_pads_itself),
      cmocka_unit_test(others_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
