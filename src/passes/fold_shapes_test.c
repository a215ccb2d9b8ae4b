// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

#define HEAD                                                                      \
  "graph \"g\" { opset \"\" 17 input %x : f32[n,2,h,4]\n"                         \
  "constant %0 : i64[1] = [0] constant %2 : i64[1] = [2] constant %4 : i64[1] = " \
  "[4] constant %8 : i64[1] = [8] constant %m : i64[1] = [-1]\n"                  \
  "%s = Shape(%x) %n = Gather(%s, %0) %h = Gather(%s, %2)\n"
#define HEAD_AFTER                                               \
  "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[n,2,h,4]\n"  \
  "  constant %0 : i64[1] = [0]\n  constant %2 : i64[1] = [2]\n" \
  "  constant %4 : i64[1] = [4]\n  constant %8 : i64[1] = [8]\n" \
  "  constant %m : i64[1] = [-1]\n"
#define SHAPE_AFTER "  %s = Shape(%x)\n  %n = Gather(%s, %0)\n  %h = Gather(%s, %2)\n"

static void a_reshape_tells_one_size_itself(void **state) {
  (void)state;
  test_pass("fold_shapes",
            HEAD "%to = Concat(%n, %8, %h) {axis = 0} %y = Reshape(%x, %to) output %y }",
            HEAD_AFTER "  constant %to_1 : i64[3] = [0, 8, 0]\n" SHAPE_AFTER
                       "  %to = Concat(%n, %8, %h) {axis = 0}\n  %y = Reshape(%x, %to_1)\n"
                       "  output %y\n}\n");
  test_pass("fold_shapes",
            HEAD "%to = Concat(%n, %h, %8) {axis = 0} %y = Reshape(%x, %to) output %y }",
            HEAD_AFTER "  constant %to_1 : i64[3] = [0, -1, 8]\n" SHAPE_AFTER
                       "  %to = Concat(%n, %h, %8) {axis = 0}\n  %y = Reshape(%x, %to_1)\n"
                       "  output %y\n}\n");
}

static void an_expand_keeps_sizes(void **state) {
  (void)state;
  test_pass("fold_shapes",
            HEAD "%to = Concat(%4, %n, %2, %h, %4) {axis = 0} %y = Expand(%x, %to) output %y }",
            HEAD_AFTER "  constant %to_1 : i64[5] = [4, 1, 1, 1, 1]\n" SHAPE_AFTER
                       "  %to = Concat(%4, %n, %2, %h, %4) {axis = 0}\n  %y = Expand(%x, %to_1)\n"
                       "  output %y\n}\n");
}

static void others_stay(void **state) {
  (void)state;
  // Two sizes that 0 cannot tell; a size that is stretched.
  test_pass_keeps("fold_shapes",
                  HEAD "%to = Concat(%h, %n, %8) {axis = 0} %y = Reshape(%x, %to) output %y }");
  test_pass_keeps("fold_shapes",
                  HEAD "%to = Concat(%n, %m, %n) {axis = 0} %y = Reshape(%x, %to) output %y }");
  test_pass_keeps("fold_shapes", HEAD
                  "%to = Concat(%n, %2, %h, %4) {axis = 0} "
                  "%one = Slice(%x, %0, %2, %m) %y = Expand(%2, %h) output %y }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_reshape_tells_one_size_itself),
      cmocka_unit_test(an_expand_keeps_sizes),
      cmocka_unit_test(others_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
