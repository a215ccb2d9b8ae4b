// SPDX-License-Identifier: Apache-2.0
#include "convert/optimize_verify.h"

#include <string.h>

#include "base/alloc.h"
#include "base/file.h"
#include "formats/npy/npy.h"
#include "graph/text.h"
#include "tests/support/mmd_test.h"

static mmd_graph_t *parse(const char *text) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  return graph;
}

static void check(const char *before, const char *after, int runs, bool differs, const char *text) {
  mmd_graph_t *a = parse(before), *b = parse(after);
  const mmd_optimize_trial_t trial = {.tolerance = 1e-4};
  mmd_optimize_check_t result;
  mmd_assert_ok(mmd_optimize_verify(a, b, &trial, &result));
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

// Only more than a few roundings counts, however small an output is.
static void roundings_are_no_difference(void **state) {
  (void)state;
#define TINY(number) FIXED "constant %t : f32[] = [" number "] %y = Mul(%x, %t) output %y }"
  check(TINY("1e-7"), TINY("2e-7"), 1, false, "");
  check(TINY("1e-5"), TINY("2e-5"), 1, true, "output 'y' differs by");
}

// The graphs differ where x is above 5, which no random number is.
static void given_numbers_find_what_random_ones_do_not(void **state) {
  (void)state;
#define ABOVE "constant %5 : f32[] = [5] %c = Greater(%x, %5) %n = Neg(%x) "
  mmd_graph_t *before = parse(FIXED ABOVE "%y = Where(%c, %n, %x) output %y }");
  mmd_graph_t *after = parse(FIXED "%y = Identity(%x) output %y }");
  char *folder = mmd_test_make_directory(), *path = mmd_path_join(folder, "x.npy");
  mmd_tensor_t array = {0};
  const mmd_shape_t shape = {.rank = 2, .dims = {1, 4}};
  mmd_assert_ok(mmd_tensor_create(MMD_F32, &shape, true, &array));
  mmd_dtype_store_f64(MMD_F32, mmd_tensor_mutable_data(&array), 2, 6);
  mmd_assert_ok(mmd_npy_write_file(path, &array));
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_str_printf(&text, "x=%s", path));
  mmd_value_t *inputs = mmd_value_array();
  mmd_assert_ok(mmd_array_take(inputs, mmd_value_string(mmd_str_text(&text))));

  mmd_optimize_trial_t trial = {.tolerance = 1e-4};
  mmd_optimize_check_t result;
  mmd_assert_ok(mmd_optimize_verify(before, after, &trial, &result));
  assert_false(result.differs);
  mmd_optimize_check_deinit(&result);
  trial.inputs = inputs;
  mmd_assert_ok(mmd_optimize_verify(before, after, &trial, &result));
  assert_true(result.differs && result.runs == 1);
  mmd_optimize_check_deinit(&result);
  mmd_assert_ok(mmd_optimize_verify(before, before, &trial, &result));
  assert_true(!result.differs && result.runs == 2);
  mmd_optimize_check_deinit(&result);

  mmd_value_release(inputs);
  mmd_str_deinit(&text);
  mmd_tensor_deinit(&array);
  mmd_test_remove_tree(folder);
  mmd_free(path);
  mmd_free(folder);
  mmd_graph_destroy(before);
  mmd_graph_destroy(after);
}

// Who gives inputs wants to know that they do not fit.
static void given_numbers_that_do_not_fit_are_an_error(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(FIXED "%y = Relu(%x) output %y }");
  mmd_value_t *shapes = mmd_value_array();
  mmd_assert_ok(mmd_array_take(shapes, mmd_value_string("z=1x4")));
  const mmd_optimize_trial_t trial = {.tolerance = 1e-4, .shapes = shapes};
  mmd_optimize_check_t result;
  mmd_assert_fails(mmd_optimize_verify(graph, graph, &trial, &result), MMD_INVALID_ARGUMENT,
                   "no input 'z'");
  mmd_optimize_check_deinit(&result);
  mmd_value_release(shapes);
  mmd_graph_destroy(graph);
}

// Both branches are run: the second has the mistake.
static void choices_are_tried(void **state) {
  (void)state;
#define CHOICE(last)                                                                               \
  "graph \"g\" { opset \"\" 17 input %x : f32[4] input %k : i64[] constant %8 : i64[] = [8] %c = " \
  "Equal(%k, %8) %y = If(%c) {then_branch = region \"t\" { %a = Neg(%x) output %a }, else_branch " \
  "= region \"e\" { %b = " last "(%x) output %b }} output %y }"
  check(CHOICE("Exp"), CHOICE("Exp"), 2, false, "");
  check(CHOICE("Exp"), CHOICE("Abs"), 2, true, "output 'y' differs by");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equal_graphs_pass),
      cmocka_unit_test(the_first_output_that_differs_is_named),
      cmocka_unit_test(what_cannot_be_run_is_told),
      cmocka_unit_test(other_sizes_are_tried),
      cmocka_unit_test(roundings_are_no_difference),
      cmocka_unit_test(given_numbers_find_what_random_ones_do_not),
      cmocka_unit_test(given_numbers_that_do_not_fit_are_an_error),
      cmocka_unit_test(choices_are_tried),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
