// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

#define NAME "eliminate_common_subexpressions"

static void equal_nodes_are_one(void **state) {
  (void)state;
  test_pass(NAME,
            "graph \"g\" { opset \"\" 17 input %x : f32[n,4]\n"
            "%a = Softmax(%x) {axis = 1} %b = Softmax(%x) {axis = 1} %c = Softmax(%x) {axis = 0}\n"
            "%d = Relu(%a) %e = Relu(%b) %f = Add(%d, %e) %y = Add(%f, %c) output %y }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[n,4]\n"
            "  %a = Softmax(%x) {axis = 1}\n  %c = Softmax(%x) {axis = 0}\n  %d = Relu(%a)\n"
            "  %f = Add(%d, %d)\n  %y = Add(%f, %c)\n  output %y\n}\n");
}

static void inner_nodes_use_outer_ones(void **state) {
  (void)state;
  test_pass(NAME,
            "graph \"g\" { opset \"\" 17 input %x : f32[2] input %c : bool[]\n"
            "%a = Relu(%x)\n"
            "%y = If(%c) {then_branch = region \"t\" { %p = Relu(%x) %q = Neg(%p) output %q }, "
            "else_branch = region \"e\" { %r = Relu(%x) %s = Abs(%r) output %s }}\n"
            "%z = Add(%y, %a) output %z }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[2]\n  input %c : bool[]\n"
            "  %a = Relu(%x)\n"
            "  %y = If(%c) {then_branch = region \"t\" {\n    %q = Neg(%a)\n    output %q\n  }, "
            "else_branch = region \"e\" {\n    %s = Abs(%a)\n    output %s\n  }}\n"
            "  %z = Add(%y, %a)\n  output %z\n}\n");
}

static void equal_sizes_are_one(void **state) {
  (void)state;
  // Relu keeps the shape, so the second Gather gives what the first gives.
  test_pass(NAME,
            "graph \"g\" { opset \"\" 17 input %x : f32[n,4] constant %i : i64[] = [0]\n"
            "%s = Shape(%x) %a = Gather(%s, %i) %r = Relu(%x) %t = Shape(%r) %b = Gather(%t, %i)\n"
            "%y = Add(%a, %b) output %y output %r }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[n,4]\n"
            "  constant %i : i64[] = [0]\n"
            "  %s = Shape(%x)\n  %a = Gather(%s, %i)\n  %r = Relu(%x)\n"
            "  %y = Add(%a, %a)\n  output %y\n  output %r\n}\n");
}

static void others_stay(void **state) {
  (void)state;
  test_pass_keeps(NAME,
                  "graph \"g\" { opset \"\" 17 opset \"other\" 1 input %x : f32[2]\n"
                  "%a = RandomNormalLike(%x) %b = RandomNormalLike(%x) %c = other.What(%x) "
                  "%d = other.What(%x) %y = Sum(%a, %b, %c, %d) output %y }");
  // Both are outputs, which keep their names.
  test_pass_keeps(NAME,
                  "graph \"g\" { opset \"\" 17 input %x : f32[2]\n"
                  "%a = Relu(%x) %b = Relu(%x) output %a output %b }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_nodes_are_one),
      cmocka_unit_test(inner_nodes_use_outer_ones),
      cmocka_unit_test(equal_sizes_are_one),
      cmocka_unit_test(others_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
