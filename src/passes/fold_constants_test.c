// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

static void constants_are_computed(void **state) {
  (void)state;
  test_pass(
      "fold_constants",
      "graph \"g\" { opset \"\" 17 input %x : f32[2]\n"
      "constant %a : f32[2] = [1, 2] constant %b : f32[] = [3]\n"
      "%c = Mul(%a, %b) %d = Constant() {value = tensor f32[2] = [10, 20]} %e = Add(%c, %d)\n"
      "%f = Add(%x, %e) output %f }",
      "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[2]\n  constant %a : f32[2] = [1.0, 2.0]\n"
      "  constant %b : f32[] = [3.0]\n  constant %c : f32[2] = [3.0, 6.0]\n"
      "  constant %d : f32[2] = [10.0, 20.0]\n  constant %e : f32[2] = [13.0, 26.0]\n"
      "  %f = Add(%x, %e)\n  output %f\n}\n");
}

static void known_shapes_are_constants(void **state) {
  (void)state;
  test_pass(
      "fold_constants",
      "graph \"g\" { opset \"\" 17 input %x : f32[2,3,4] constant %i : i64[1] = [0]\n"
      "constant %m : i64[1] = [-1] %s = Shape(%x) %n = Gather(%s, %i) %t = Concat(%n, %m) {axis = "
      "0}\n"
      "%y = Reshape(%x, %t) output %y }",
      "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[2,3,4]\n  constant %i : i64[1] = [0]\n"
      "  constant %m : i64[1] = [-1]\n  constant %s : i64[3] = [2, 3, 4]\n  constant %n : i64[1] = "
      "[2]\n"
      "  constant %t : i64[2] = [2, -1]\n  %y = Reshape(%x, %t)\n  output %y\n}\n");
}

static void outputs_get_an_identity(void **state) {
  (void)state;
  static const char once[] =
      "graph \"g\" {\n  opset \"\" 17\n  constant %a : f32[1] = [1.0]\n  constant %y_1 : f32[1] = "
      "[-1.0]\n"
      "  %y = Identity(%y_1)\n  output %y\n}\n";
  test_pass("fold_constants",
            "graph \"g\" { opset \"\" 17 constant %a : f32[1] = [1] %y = Neg(%a) output %y }",
            once);
  test_pass_keeps("fold_constants", once);
}

static void large_results_stay(void **state) {
  (void)state;
  test_pass_keeps(
      "fold_constants",
      "graph \"g\" { opset \"\" 17 constant %k : f32[] = [1]\n"
      "constant %s : i64[3] = [1000, 1000, 1000000] %y = Expand(%k, %s) %z = Neg(%y) output %z }");
}

static void chance_and_opaque_nodes_stay(void **state) {
  (void)state;
  test_pass_keeps("fold_constants",
                  "graph \"g\" { opset \"\" 17 opset \"my\" 1 constant %k : f32[1] = [1]\n"
                  "%y = my::F(%k) %z = RandomNormalLike(%k) output %y output %z }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(constants_are_computed),       cmocka_unit_test(known_shapes_are_constants),
      cmocka_unit_test(outputs_get_an_identity),      cmocka_unit_test(large_results_stay),
      cmocka_unit_test(chance_and_opaque_nodes_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
