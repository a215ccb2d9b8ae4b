// SPDX-License-Identifier: Apache-2.0
//
// What inlining does in detail is tested in graph/inline_test.c.
#include "passes/pass_testing.h"

static void calls_are_replaced(void **state) {
  (void)state;
  test_pass("inline_functions",
            "graph \"g\" { opset \"\" 17 opset \"f\" 1 function \"f\" \"Double\" { opset \"\" 17 "
            "input %a %b = Add:17(%a, %a) output %b }\n"
            "input %x : f32[n] %y = f::Double(%x) name \"d\" %z = Neg(%y) output %z }",
            "graph \"g\" {\n  opset \"\" 17\n  opset \"f\" 1\n  input %x : f32[n]\n"
            "  %y = Add(%x, %x) name \"d/b\"\n  %z = Neg(%y)\n  output %z\n}\n");
}

static void other_graphs_stay(void **state) {
  (void)state;
  test_pass_keeps(
      "inline_functions",
      "graph \"g\" { opset \"\" 17 opset \"f\" 1 function \"f\" \"Double\" { opset \"\" "
      "17 input %a %b = Add:17(%a, %a) output %b }\n"
      "input %x : f32[n] %z = Neg(%x) output %z }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(calls_are_replaced),
      cmocka_unit_test(other_graphs_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
