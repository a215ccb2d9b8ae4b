// SPDX-License-Identifier: Apache-2.0
#include "convert/optimize_numbers.h"

#include <string.h>

#include "graph/text.h"
#include "tests/support/mmd_test.h"

static mmd_graph_t *parse(const char *text) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  return graph;
}

static mmd_tensor_t fill(const mmd_graph_t *graph, size_t input, uint32_t seed, int64_t count) {
  const mmd_edge_t *edge = graph->root->inputs[input];
  const mmd_shape_t shape = {.rank = 1, .dims = {count}};
  mmd_tensor_t tensor = {0};
  mmd_assert_ok(mmd_tensor_create(edge->type.dtype, &shape, true, &tensor));
  mmd_optimize_fill(edge, seed, &tensor);
  return tensor;
}

static void assert_range(const mmd_graph_t *graph, size_t input, double low, double high) {
  bool is_low = false, is_high = false;
  for (uint32_t seed = 0; seed < 4; ++seed) {
    mmd_tensor_t tensor = fill(graph, input, seed, 100);
    for (size_t i = 0; i < 100; ++i) {
      const double number = mmd_tensor_get_f64(&tensor, i);
      if (!(number >= low && number <= high)) fail_msg("%g is not in %g..%g", number, low, high);
      is_low |= number < low + 0.1;
      is_high |= number > high - 0.1;
    }
    mmd_tensor_deinit(&tensor);
  }
  assert_true(is_low && is_high);
}

#define GRAPH                                                                                   \
  "graph \"g\" { opset \"\" 17 input %x : f32[n] input %rate : i64[] input %at : i64[k] input " \
  "%size : i64[1] input %any : i32[k] input %flag : bool[k]\n"                                  \
  "constant %16 : i64[1] = [16000] constant %table : f32[7,2] = [1, "                           \
  "2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5] constant %0 : i64[1] = [0]\n"                         \
  "%r = Unsqueeze(%rate, %0) %wide = Equal(%r, %16) %s = Cast(%rate) {to = 6} %8 = Constant() " \
  "{value = tensor i32[] = [8000]} %narrow = "                                                  \
  "Less(%8, %s) %row = Gather(%table, %at) %many = Expand(%x, %size) output %wide output "      \
  "%narrow output %row output %many output %any output %flag }"

static void integers_are_what_the_graph_expects(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(GRAPH);
  assert_range(graph, 0, -1, 1);
  assert_range(graph, 2, 0, 6);
  assert_range(graph, 3, 1, 4);
  assert_range(graph, 4, 0, 3);
  assert_range(graph, 5, 0, 1);
  bool is_wide = false, is_narrow = false, is_other = false;
  for (uint32_t seed = 0; seed < 3; ++seed) {
    mmd_tensor_t rate = fill(graph, 1, seed, 1);
    const int64_t number = mmd_tensor_get_i64(&rate, 0);
    is_wide |= number == 16000;
    is_narrow |= number == 8000;
    is_other |= number >= 0 && number < 4;
    mmd_tensor_deinit(&rate);
  }
  assert_true(is_wide && is_narrow && is_other);
  assert_true(mmd_optimize_has_choices(graph));
  mmd_graph_destroy(graph);
}

static void equal_seeds_give_equal_numbers(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(GRAPH);
  mmd_tensor_t a = fill(graph, 0, 1, 9), b = fill(graph, 0, 1, 9), c = fill(graph, 0, 2, 9);
  assert_true(mmd_tensor_equal(&a, &b));
  assert_false(mmd_tensor_equal(&a, &c));
  mmd_tensor_deinit(&a);
  mmd_tensor_deinit(&b);
  mmd_tensor_deinit(&c);
  mmd_graph_destroy(graph);
}

static void floats_are_no_choices(void **state) {
  (void)state;
  mmd_graph_t *graph = parse(
      "graph \"g\" { opset \"\" 17 input %x : f32[n] input %k : i64[] constant %0 : f32[] = [0] "
      "%y = Less(%x, %0) output %y output %k }");
  assert_false(mmd_optimize_has_choices(graph));
  mmd_graph_destroy(graph);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(integers_are_what_the_graph_expects),
      cmocka_unit_test(equal_seeds_give_equal_numbers),
      cmocka_unit_test(floats_are_no_choices),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
