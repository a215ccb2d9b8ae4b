// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

static void equal_constants_are_one(void **state) {
  (void)state;
  test_pass(
      "eliminate_duplicate_initializers",
      "graph \"g\" { opset \"\" 17 input %x : f32[2]\n"
      "constant %a : f32[2] = [1, 2] constant %b : f32[2] = [1, 2] constant %c : f32[1,2] = [1, "
      "2]\n"
      "constant %d : f32[2] = [1, 3] constant %e : f32[2] = [1, 2]\n"
      "%p = Add(%x, %a) %q = Add(%p, %b) %r = Add(%q, %c) %s = Add(%r, %d) %t = Add(%s, %e) output "
      "%t }",
      "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[2]\n  constant %a : f32[2] = [1.0, 2.0]\n"
      "  constant %c : f32[1,2] = [1.0, 2.0]\n  constant %d : f32[2] = [1.0, 3.0]\n"
      "  %p = Add(%x, %a)\n  %q = Add(%p, %a)\n  %r = Add(%q, %c)\n  %s = Add(%r, %d)\n"
      "  %t = Add(%s, %a)\n  output %t\n}\n");
}

static void scopes_are_kept(void **state) {
  (void)state;
  test_pass_text(
      "eliminate_duplicate_initializers",
      "graph \"g\" { opset \"my\" 1 constant %a : i64[] = [7] constant %o : i64[] = [7]\n"
      "%x = my::F() {p = region \"p\" { constant %b : i64[] = [7] constant %c : i64[] = [8] %i = "
      "my::G(%b, %c) output %i },"
      " q = region \"q\" { constant %d : i64[] = [8] %j = my::G(%d, %a) output %j }} output %o "
      "output %x }",
      "graph \"g\" {\n  opset \"my\" 1\n  constant %a : i64[] = [7]\n  constant %o : i64[] = [7]\n"
      "  %x = my::F() {p = region \"p\" {\n    constant %c : i64[] = [8]\n    %i = my::G(%a, %c)\n"
      "    output %i\n  }, q = region \"q\" {\n    constant %d : i64[] = [8]\n"
      "    %j = my::G(%d, %a)\n    output %j\n  }}\n  output %o\n  output %x\n}\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_constants_are_one),
      cmocka_unit_test(scopes_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
