// SPDX-License-Identifier: Apache-2.0
#include "convert/optimize_verify.h"

#include <string.h>

#include "graph/text.h"
#include "tests/support/mmd_test.h"

static mmd_graph_t *parse(const char *text) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  return graph;
}

static void check(const char *before, const char *after, int runs, bool differs, const char *text) {
  mmd_graph_t *a = parse(before), *b = parse(after);
  mmd_optimize_check_t result;
  mmd_assert_ok(mmd_optimize_verify(a, b, 1e-4, NULL, &result));
  assert_int_equal(result.runs, runs);
  assert_int_equal(result.differs, differs);
  if (!strstr(mmd_str_text(&result.text), text) || !*text != !*mmd_str_text(&result.text))
    fail_msg("'%s' is not in '%s'", text, mmd_str_text(&result.text));
  mmd_optimize_check_deinit(&result);
  mmd_graph_destroy(a);
  mmd_graph_destroy(b);
}

#define HEAD "graph \"g\" { opset \"\" 17 opset \"other\" 1 input %x : f32[n,3,h,w] "
#define FIXED "graph \"g\" { opset \"\" 17 input %x : f32[1,4] "

static void equal_graphs_pass(void **state) {
  (void)state;
  check(HEAD "%a = Add(%x, %x) %y = Relu(%a) output %y }",
        HEAD "constant %2 : f32[] = [2] %a = Mul(%x, %2) %y = Relu(%a) output %y }", 2, false, "");
  check(FIXED "%y = Relu(%x) output %y }", FIXED "%y = Relu(%x) output %y }", 1, false, "");
}

static void the_first_output_that_differs_is_named(void **state) {
  (void)state;
  check(HEAD "%y = Relu(%x) %z = Neg(%x) output %y output %z }",
        HEAD "%y = Relu(%x) %z = Abs(%x) output %y output %z }", 1, true, "output 'z' differs by");
  check(FIXED "%y = Transpose(%x) {perm = [0, 1]} output %y }",
        FIXED "%y = Transpose(%x) {perm = [1, 0]} output %y }", 1, true,
        "output 'y' is f32[4x1], it was f32[1x4]");
}

static void what_cannot_be_run_is_told(void **state) {
  (void)state;
  check(HEAD "%y = other.What(%x) output %y }", HEAD "%y = other.What(%x) output %y }", 0, false,
        "What");
  check("graph \"g\" { opset \"\" 17 input %x : f32[?] %y = Relu(%x) output %y }",
        "graph \"g\" { opset \"\" 17 input %x : f32[?] %y = Relu(%x) output %y }", 0, false,
        "known rank");
  // The input graph runs, the result does not.
  check(FIXED "%y = Relu(%x) output %y }",
        FIXED "constant %s : i64[1] = [3] %y = Reshape(%x, %s) output %y }", 0, true,
        "the result cannot be run");
}

// A window of 200 needs a larger picture than those that are tried first.
static void other_sizes_are_tried(void **state) {
  (void)state;
  static const char text[] =
      "graph \"g\" { opset \"\" 17 input %x : f32[1,1,s] %y = AveragePool(%x) {kernel_shape = "
      "[200]} output %y }";
  check(text, text, 2, false, "");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_graphs_pass),
      cmocka_unit_test(the_first_output_that_differs_is_named),
      cmocka_unit_test(what_cannot_be_run_is_told),
      cmocka_unit_test(other_sizes_are_tried),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
