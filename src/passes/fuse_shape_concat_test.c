// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

#define HEAD                                                                                     \
  "graph \"g\" { opset \"\" 17 input %x : f32[n,3,h,w] constant %0 : i64[] = [0] constant %2 : " \
  "i64[1] = [2] constant %m : i64[] = [-1] constant %axes : i64[1] = [0]\n"

static void sizes_are_taken_at_once(void **state) {
  (void)state;
  test_pass("fuse_shape_concat",
            HEAD
            "%s = Shape(%x) %t = Shape(%x) %a = Gather(%s, %0) {axis = 0} %b = Unsqueeze(%a, "
            "%axes) %c = Gather(%t, %2) %d = Gather(%s, %m) %e = Unsqueeze(%d, %axes) %y = "
            "Concat(%b, %c, %e) {axis = 0} output %y }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[n,3,h,w]\n"
            "  constant %0 : i64[] = [0]\n  constant %2 : i64[1] = [2]\n"
            "  constant %m : i64[] = [-1]\n  constant %axes : i64[1] = [0]\n"
            "  constant %indices : i64[3] = [0, 2, -1]\n"
            "  %s = Shape(%x)\n  %t = Shape(%x)\n  %a = Gather(%s, %0) {axis = 0}\n"
            "  %b = Unsqueeze(%a, %axes)\n  %c = Gather(%t, %2)\n  %d = Gather(%s, %m)\n"
            "  %e = Unsqueeze(%d, %axes)\n  %y = Gather(%s, %indices) {axis = 0}\n"
            "  output %y\n}\n");
}

static void others_stay(void **state) {
  (void)state;
  // Something that is no size, and the size of another tensor.
  test_pass_keeps("fuse_shape_concat", HEAD
                  "%s = Shape(%x) %a = Gather(%s, %0) %b = Unsqueeze(%a, %axes) %y = Concat(%b, "
                  "%axes) {axis = 0} output %y }");
  test_pass_keeps("fuse_shape_concat", HEAD
                  "%s = Shape(%x) %r = Relu(%x) %t = Shape(%r) %a = Gather(%s, %2) %b = Gather(%t, "
                  "%2) %y = Concat(%a, %b) {axis = 0} output %y }");
  // A part of the shape, in which 2 is another size.
  test_pass_keeps("fuse_shape_concat", HEAD
                  "%s = Shape(%x) {start = 1} %a = Gather(%s, %2) %b = Gather(%s, %2) %y = "
                  "Concat(%a, %b) {axis = 0} output %y }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sizes_are_taken_at_once),
      cmocka_unit_test(others_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
