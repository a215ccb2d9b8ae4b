// SPDX-License-Identifier: Apache-2.0
#include "passes/pass_testing.h"

#define NAME "eliminate_pairs"
#define HEAD "graph \"g\" { opset \"\" 17 input %x : f32[n,2,4]\n"
#define HEAD_AFTER "graph \"g\" {\n  opset \"\" 17\n  input %x : f32[n,2,4]\n"

static void transposes_are_joined(void **state) {
  (void)state;
  test_pass(NAME,
            HEAD
            "%a = Transpose(%x) {perm = [1, 2, 0]} %y = Transpose(%a) {perm = [0, 2, 1]} "
            "output %y }",
            HEAD_AFTER "  %y = Transpose(%x) {perm = [1, 0, 2]}\n  output %y\n}\n");
}

static void the_last_reshape_stays(void **state) {
  (void)state;
  test_pass(NAME,
            HEAD
            "constant %s : i64[2] = [0, -1] constant %axes : i64[1] = [3]\n"
            "%a = Unsqueeze(%x, %axes) %y = Reshape(%a, %s) output %y }",
            HEAD_AFTER
            "  constant %s : i64[2] = [0, -1]\n  constant %axes : i64[1] = [3]\n"
            "  %y = Reshape(%x, %s)\n  output %y\n}\n");
}

static void what_is_undone_goes(void **state) {
  (void)state;
  test_pass(NAME,
            HEAD
            "constant %axes : i64[1] = [0]\n"
            "%r = Relu(%x) %a = Unsqueeze(%r, %axes) %b = Squeeze(%a, %axes) %y = Neg(%b) "
            "output %y }",
            HEAD_AFTER
            "  constant %axes : i64[1] = [0]\n"
            "  %r = Relu(%x)\n  %a = Unsqueeze(%r, %axes)\n"
            "  %y = Neg(%r)\n  output %y\n}\n");
}

static void casts_that_lose_nothing_are_joined(void **state) {
  (void)state;
  test_pass(NAME,
            "graph \"g\" { opset \"\" 17 input %x : i32[n]\n"
            "%a = Cast(%x) {to = 7} %y = Cast(%a) {to = 1} output %y }",
            "graph \"g\" {\n  opset \"\" 17\n  input %x : i32[n]\n"
            "  %y = Cast(%x) {to = 1}\n  output %y\n}\n");
}

static void concats_are_joined(void **state) {
  (void)state;
  test_pass(NAME,
            HEAD
            "%r = Relu(%x) %a = Concat(%r, %x) {axis = -2} "
            "%y = Concat(%x, %a, %r) {axis = 1} output %y }",
            HEAD_AFTER
            "  %r = Relu(%x)\n  %y = Concat(%x, %r, %x, %r) {axis = 1}\n"
            "  output %y\n}\n");
}

static void others_stay(void **state) {
  (void)state;
  // 0 copies a dimension that the first Reshape made; a Cast that rounds; Concat of other axes.
  test_pass_keeps(NAME, HEAD
                  "constant %s : i64[3] = [2, -1, 4] constant %t : i64[2] = [0, -1]\n"
                  "%a = Reshape(%x, %s) %y = Reshape(%a, %t) output %y }");
  test_pass_keeps(NAME, HEAD "%a = Cast(%x) {to = 7} %y = Cast(%a) {to = 1} output %y }");
  test_pass_keeps(NAME, HEAD
                  "%a = Concat(%x, %x) {axis = 1} %b = Concat(%x, %x) {axis = 1} "
                  "%y = Concat(%a, %b) {axis = 2} output %y }");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(transposes_are_joined), cmocka_unit_test(the_last_reshape_stays),
      cmocka_unit_test(what_is_undone_goes),   cmocka_unit_test(casts_that_lose_nothing_are_joined),
      cmocka_unit_test(concats_are_joined),    cmocka_unit_test(others_stay),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
