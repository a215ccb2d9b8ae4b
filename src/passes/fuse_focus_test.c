// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

#define CONSTANTS                                                                    \
  "constant %s00 : i64[2] = [0, 0] constant %s01 : i64[2] = [0, 1] constant %s10 : " \
  "i64[2] = [1, 0] constant %s11 : i64[2] = [1, 1] constant %e : i64[2] = "          \
  "[9223372036854775807, 9223372036854775807] constant %a : i64[2] = [2, 3] "        \
  "constant %t : i64[2] = [2, 2] constant %w : f32[1,4,1,1] = [1, 2, 3, 4]\n"
#define SLICES                                                          \
  "%p = Slice(%x, %s00, %e, %a, %t) %q = Slice(%x, %s10, %e, %a, %t)\n" \
  "%r = Slice(%x, %s01, %e, %a, %t) %s = Slice(%x, %s11, %e, %a, %t)\n" \
  "%c = Concat(%p, %q, %r, %s) {axis = 1}\n"

static void the_stem_is_one_conv(void **state) {
  (void)state;
  test_pass("fuse_focus",
            "graph \"g\" { opset \"\" 11 input %x : f32[1,1,4,6]\n" CONSTANTS SLICES
            "%y = Conv(%c, %w) {pads = [1, 0, 1, 0]} output %y }",
            "graph \"g\" {\n  opset \"\" 11\n  input %x : f32[1,1,4,6]\n"
            "  constant %s00 : i64[2] = [0, 0]\n  constant %s01 : i64[2] = [0, 1]\n"
            "  constant %s10 : i64[2] = [1, 0]\n  constant %s11 : i64[2] = [1, 1]\n"
            "  constant %e : i64[2] = [9223372036854775807, 9223372036854775807]\n"
            "  constant %a : i64[2] = [2, 3]\n  constant %t : i64[2] = [2, 2]\n"
            "  constant %w : f32[1,4,1,1] = [1.0, 2.0, 3.0, 4.0]\n"
            "  constant %w_1 : f32[1,1,2,2] = [1.0, 3.0, 2.0, 4.0]\n"
            "  %p = Slice(%x, %s00, %e, %a, %t)\n  %q = Slice(%x, %s10, %e, %a, %t)\n"
            "  %r = Slice(%x, %s01, %e, %a, %t)\n  %s = Slice(%x, %s11, %e, %a, %t)\n"
            "  %y = Conv(%x, %w_1) {pads = [2, 0, 2, 0], kernel_shape = [2, 2], strides = [2, 2]}\n"
            "  output %y\n}\n");
}

static void others_stay(void **state) {
  (void)state;
  // An odd or unknown width; a stride of the Conv; a part that stands there twice.
  test_pass_keeps("fuse_focus",
                  "graph \"g\" { opset \"\" 11 input %x : f32[1,1,4,w]\n" CONSTANTS SLICES
                  "%y = Conv(%c, %w) output %y }");
  test_pass_keeps("fuse_focus",
                  "graph \"g\" { opset \"\" 11 input %x : f32[1,1,4,6]\n" CONSTANTS SLICES
                  "%y = Conv(%c, %w) {strides = [2, 2]} output %y }");
  test_pass_keeps("fuse_focus",
                  "graph \"g\" { opset \"\" 11 input %x : f32[1,1,4,6]\n" CONSTANTS
                  "%p = Slice(%x, %s00, %e, %a, %t) %c = Concat(%p, %p, %p, %p) {axis = 1} "
                  "%y = Conv(%c, %w) output %y }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_stem_is_one_conv),
      cmocka_unit_test(others_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
