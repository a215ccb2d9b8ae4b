// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

#define CONSTANTS                                                                     \
  "constant %0 : i64[1] = [0] constant %1 : i64[1] = [1] constant %2 : i64[1] = [2] " \
  "constant %9 : i64[1] = [9] constant %m : i64[1] = [-1]\n"
#define CONSTANTS_AFTER                                                                        \
  "  constant %0 : i64[1] = [0]\n  constant %1 : i64[1] = [1]\n  constant %2 : i64[1] = [2]\n" \
  "  constant %9 : i64[1] = [9]\n  constant %m : i64[1] = [-1]\n"

static void slices_of_other_axes_are_one(void **state) {
  (void)state;
  test_pass("fuse_slices",
            "graph \"g\" { opset \"\" 17 input %x : f32[n,4,6]\n" CONSTANTS
            "%a = Slice(%x, %0, %9, %1, %2) %y = Slice(%a, %1, %9, %m) %z = Slice(%a, %0, %2, %2) "
            "output %y output %z }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[n,4,6]\n" CONSTANTS_AFTER
            "  constant %y_starts : i64[2] = [0, 1]\n  constant %y_ends : i64[2] = [9, 9]\n"
            "  constant %y_axes : i64[2] = [1, 2]\n  constant %y_steps : i64[2] = [2, 1]\n"
            "  constant %z_starts : i64[2] = [0, 0]\n  constant %z_ends : i64[2] = [9, 2]\n"
            "  constant %z_axes : i64[2] = [1, 2]\n  constant %z_steps : i64[2] = [2, 1]\n"
            "  %y = Slice(%x, %y_starts, %y_ends, %y_axes, %y_steps)\n"
            "  %z = Slice(%x, %z_starts, %z_ends, %z_axes, %z_steps)\n"
            "  output %y\n  output %z\n}\n");
}

static void others_stay(void **state) {
  (void)state;
  // The same axis; a first slice that something else reads.
  test_pass_keeps("fuse_slices",
                  "graph \"g\" { opset \"\" 17 input %x : f32[n,4,6]\n" CONSTANTS
                  "%a = Slice(%x, %0, %9, %2) %y = Slice(%a, %1, %9, %m) output %y }");
  test_pass_keeps("fuse_slices",
                  "graph \"g\" { opset \"\" 17 input %x : f32[n,4,6]\n" CONSTANTS
                  "%a = Slice(%x, %0, %9, %1) %y = Slice(%a, %1, %9, %m) output %y output %a }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(slices_of_other_axes_are_one),
      cmocka_unit_test(others_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
