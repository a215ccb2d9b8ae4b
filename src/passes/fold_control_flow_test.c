// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

#define BRANCHES                                                                           \
  "{then_branch = region \"t\" { constant %k : f32[] = [2] %a = Mul(%x, %k) %b = Neg(%x) " \
  "output %a output %b }, else_branch = region \"e\" { %c = Relu(%x) output %c output %x }}"

static void the_branch_that_is_taken_stays(void **state) {
  (void)state;
  test_pass("fold_control_flow",
            "graph \"g\" { opset \"\" 17 input %x : f32[2] constant %yes : bool[] = [1]\n"
            "%y, %z = If(%yes) " BRANCHES " %w = Add(%y, %z) output %w output %y }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[2]\n"
            "  constant %yes : bool[] = [1]\n  constant %k : f32[] = [2.0]\n"
            "  %y = Mul(%x, %k) name \"a\"\n  %b = Neg(%x)\n  %w = Add(%y, %b)\n"
            "  output %w\n  output %y\n}\n");
  // A branch that hands on what lies outside.
  test_pass("fold_control_flow",
            "graph \"g\" { opset \"\" 17 input %x : f32[2] constant %no : bool[1] = [0]\n"
            "%y, %z = If(%no) " BRANCHES " %w = Add(%y, %z) output %w }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[2]\n"
            "  constant %no : bool[1] = [0]\n"
            "  %c = Relu(%x)\n  %w = Add(%c, %x)\n  output %w\n}\n");
}

static void nested_branches_move_out(void **state) {
  (void)state;
  test_pass("fold_control_flow",
            "graph \"g\" { opset \"\" 17 input %x : f32[2] constant %yes : bool[] = [1]\n"
            "%y = If(%yes) {then_branch = region \"t\" { %a = Neg(%x) %b = If(%yes) "
            "{then_branch = region \"u\" { %c = Exp(%a) output %c }, else_branch = region \"v\" { "
            "%d = Abs(%a) output %d }} output %b }, else_branch = region \"e\" { %e = Relu(%x) "
            "output %e }} output %y }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[2]\n"
            "  constant %yes : bool[] = [1]\n"
            "  %a = Neg(%x)\n  %y = Exp(%a) name \"c\"\n  output %y\n}\n");
}

#define BODY                                                                                   \
  "{body = region \"b\" { input %i : i64[] input %c : bool[] input %v : f32[2] %f = Cast(%i) " \
  "{to = 1} %s = Add(%v, %f) %r = Exp(%s) %o = Identity(%c) output %o output %r }}"

static void a_loop_of_one_trip_is_its_body(void **state) {
  (void)state;
  test_pass("fold_control_flow",
            "graph \"g\" { opset \"\" 17 input %x : f32[2] constant %n : i64[] = [1]\n"
            "%y = Loop(%n, _, %x) " BODY " output %y }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[2]\n  constant %n : i64[] = [1]\n"
            "  constant %i_1 : i64[] = [0]\n  constant %c_1 : bool[] = [1]\n"
            "  %f = Cast(%i_1) {to = 1}\n  %s = Add(%x, %f)\n  %y = Exp(%s) name \"r\"\n"
            "  %o = Identity(%c_1)\n  output %y\n}\n");
}

static void a_loop_that_never_runs_goes(void **state) {
  (void)state;
  test_pass("fold_control_flow",
            "graph \"g\" { opset \"\" 17 input %x : f32[2] constant %n : i64[] = [0]\n"
            "%v0 = Neg(%x) %y = Loop(%n, _, %v0) " BODY " output %y }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[2]\n  constant %n : i64[] = [0]\n"
            "  %y = Neg(%x) name \"v0\"\n  output %y\n}\n");
}

static void what_is_not_known_stays(void **state) {
  (void)state;
  test_pass_keeps("fold_control_flow",
                  "graph \"g\" { opset \"\" 17 input %x : f32[2] input %cond : bool[]\n"
                  "%y, %z = If(%cond) " BRANCHES " output %y output %z }");
  test_pass_keeps("fold_control_flow",
                  "graph \"g\" { opset \"\" 17 input %x : f32[2] constant %n : i64[] = [2]\n"
                  "%y = Loop(%n, _, %x) " BODY " output %y }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_branch_that_is_taken_stays),
      cmocka_unit_test(nested_branches_move_out),
      cmocka_unit_test(a_loop_of_one_trip_is_its_body),
      cmocka_unit_test(a_loop_that_never_runs_goes),
      cmocka_unit_test(what_is_not_known_stays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
