// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

static void optional_outputs_are_left_out(void **state) {
  (void)state;
  test_pass("eliminate_unused_outputs",
            "graph \"g\" { opset \"\" 17 input %x : f32[1,2,4] %y, %i = MaxPool(%x) {kernel_shape "
            "= [2]} output %y }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[1,2,4]\n"
            "  %y = MaxPool(%x) {kernel_shape = [2]}\n  output %y\n}\n");
  // The first is kept for its place.
  test_pass("eliminate_unused_outputs",
            "graph \"g\" { opset \"\" 17 input %x : f32[6] %u, %i, %v, %c = Unique(%x) output %i }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[6]\n"
            "  %u, %i = Unique(%x)\n  output %i\n}\n");
}

static void branches_and_bodies_make_less(void **state) {
  (void)state;
  test_pass("eliminate_unused_outputs",
            "graph \"g\" { opset \"\" 17 input %x : f32[2] input %k : bool[]\n"
            "%y, %z = If(%k) {then_branch = region \"t\" { %a = Neg(%x) %b = Exp(%x) output %a "
            "output %b }, else_branch = region \"e\" { %c = Relu(%x) output %x output %c }} "
            "output %z }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[2]\n  input %k : bool[]\n"
            "  %z = If(%k) {then_branch = region \"t\" {\n    %a = Neg(%x)\n    %b = Exp(%x)\n"
            "    output %b\n  }, else_branch = region \"e\" {\n    %c = Relu(%x)\n"
            "    output %c\n  }} name \"y\"\n  output %z\n}\n");
  test_pass("eliminate_unused_outputs",
            "graph \"g\" { opset \"\" 17 input %x : f32[2] constant %n : i64[] = [3]\n"
            "%y, %all = Loop(%n, _, %x) {body = region \"b\" { input %i : i64[] input %c : bool[] "
            "input %v : f32[2] %r = Exp(%v) %o = Identity(%c) output %o output %r output %v }} "
            "output %y }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[2]\n  constant %n : i64[] = [3]\n"
            "  %y = Loop(%n, _, %x) {body = region \"b\" {\n    input %i : i64[]\n"
            "    input %c : bool[]\n    input %v : f32[2]\n    %r = Exp(%v)\n"
            "    %o = Identity(%c)\n    output %o\n    output %r\n  }}\n  output %y\n}\n");
}

static void one_part_is_a_slice(void **state) {
  (void)state;
  test_pass("eliminate_unused_outputs",
            "graph \"g\" { opset \"\" 17 input %x : f32[n,6] constant %s : i64[3] = [1, 2, 3]\n"
            "%a, %b, %c = Split(%x, %s) {axis = -1} output %b }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[n,6]\n"
            "  constant %s : i64[3] = [1, 2, 3]\n  constant %starts : i64[1] = [1]\n"
            "  constant %ends : i64[1] = [3]\n  constant %axes : i64[1] = [1]\n"
            "  %b = Slice(%x, %starts, %ends, %axes) name \"a\"\n  output %b\n}\n");
  test_pass_keeps("eliminate_unused_outputs",
                  "graph \"g\" { opset \"\" 17 input %x : f32[n,6] constant %s : i64[3] = [1, 2, "
                  "3]\n%a, %b, %c = Split(%x, %s) {axis = -1} output %b output %a }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(optional_outputs_are_left_out),
      cmocka_unit_test(branches_and_bodies_make_less),
      cmocka_unit_test(one_part_is_a_slice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
