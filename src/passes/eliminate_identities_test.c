// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

static void identities_go(void **state) {
  (void)state;
  test_pass(
      "eliminate_identities",
      "graph \"g\" { opset \"\" 17 input %x : f32[n,4]\n"
      "constant %zero : f32[1] = [0] constant %one : f32[4] = [1, 1, 1, 1] constant %s : i64[2] = "
      "[-1, 4]\n"
      "constant %p : i64[4] = [0, 0, 0, 0]\n"
      "%a = Relu(%x) %b = Identity(%a) %c = Dropout(%b) %d = Cast(%c) {to = 1} %e = Add(%d, "
      "%zero)\n"
      "%f = Mul(%one, %e) %g = Reshape(%f, %s) %h = Transpose(%g) {perm = [0, 1]} %i = Pad(%h, "
      "%p)\n"
      "%j = Concat(%i) {axis = 0} %k = Sub(%j, %zero) output %k }",
      "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[n,4]\n  constant %zero : f32[1] = [0.0]\n"
      "  constant %one : f32[4] = [1.0, 1.0, 1.0, 1.0]\n  constant %s : i64[2] = [-1, 4]\n"
      "  constant %p : i64[4] = [0, 0, 0, 0]\n  %k = Relu(%x) name \"a\"\n  output %k\n}\n");
}

static void others_stay(void **state) {
  (void)state;
  // Broadcasting makes the first larger; 0 - x, 1 / x, another type, another order, a cut are no
  // identities.
  test_pass_keeps(
      "eliminate_identities",
      "graph \"g\" { opset \"\" 17 input %x : f32[4]\n"
      "constant %zero : f32[2,1] = [0, 0] constant %z : f32[] = [0] constant %o : f32[] = [1]\n"
      "constant %b : i64[1] = [3] constant %e : i64[1] = [-100] constant %ax : i64[1] = [0]\n"
      "constant %m : i64[1] = [-1]\n"
      "%p = Add(%x, %zero) %q = Sub(%z, %x) %r = Div(%o, %x) %s = Cast(%x) {to = 11}\n"
      "%t = Transpose(%p) %u = Slice(%x, %b, %e, %ax, %m)\n"
      "output %q output %r output %s output %t output %u }");
}

static void outputs_keep_their_names(void **state) {
  (void)state;
  // Both ends of these are part of the interface.
  test_pass_keeps("eliminate_identities",
                  "graph \"g\" { opset \"\" 17 input %x : f32[4] constant %k : f32[1] = [1]\n"
                  "%y = Identity(%x) %a = Relu(%x) %z = Identity(%a) %c = Identity(%k)\n"
                  "output %y output %a output %z output %c }");
}

static void opaque_nodes_stay(void **state) {
  (void)state;
  test_pass_keeps(
      "eliminate_identities",
      "graph \"g\" { opset \"\" 17 opset \"my\" 1 function \"my\" \"Identity\" { opset \"\" 17 "
      "input %X %Y = Neg(%X) output %Y } input %x : f32[4] %y = my::Identity(%x) "
      "%z = Relu(%y) output %z }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(identities_go),
      cmocka_unit_test(others_stay),
      cmocka_unit_test(outputs_keep_their_names),
      cmocka_unit_test(opaque_nodes_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
