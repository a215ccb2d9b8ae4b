// SPDX-License-Identifier: Apache-2.0
//
// For the tests of this folder: a small graph as text goes through passes, its new text is
// compared, and our evaluator must give the same numbers before and after.
#ifndef MMD_PASSES_PASS_TESTING_H_
#define MMD_PASSES_PASS_TESTING_H_

#include <string.h>

#include "graph/text.h"
#include "graph/verify.h"
#include "ops/evaluator.h"
#include "passes/pass.h"
#include "tests/support/mmd_test.h"

enum { TEST_SYMBOL = 3, TEST_MAX_VALUES = 8 };  // value of every symbolic dimension

static inline mmd_graph_t *test_parse(const char *text) {
  mmd_graph_t *graph = NULL;
  mmd_assert_ok(mmd_graph_parse(text, strlen(text), "test", &graph));
  return graph;
}

static inline void test_assert_text(const mmd_graph_t *graph, const char *expected) {
  mmd_str_t text = {0};
  mmd_assert_ok(mmd_graph_verify(graph));
  mmd_assert_ok(mmd_graph_print(graph, MMD_TEXT_NO_TYPES, &text));
  assert_string_equal(mmd_str_text(&text), expected);
  mmd_str_deinit(&text);
}

// Numbers without pattern, of the input's type.
static inline void test_make_input(const mmd_edge_t *edge, mmd_tensor_t *out_tensor) {
  mmd_shape_t shape = {.rank = edge->type.rank};
  for (int i = 0; i < shape.rank; ++i)
    shape.dims[i] = mmd_dim_is_const(edge->type.dims[i]) ? edge->type.dims[i]->number : TEST_SYMBOL;
  mmd_assert_ok(mmd_tensor_create(edge->type.dtype, &shape, true, out_tensor));
  unsigned seed = 1;
  for (size_t i = 0; i < mmd_tensor_count(out_tensor); ++i) {
    seed = seed * 1103515245u + 12345u;
    double number = (double)(seed >> 16 & 0x3ff) / 512.0 - 1.0;
    if (!mmd_dtype_is_float(edge->type.dtype)) number = (double)(seed >> 16 & 3);
    mmd_dtype_store_f64(edge->type.dtype, mmd_tensor_mutable_data(out_tensor), i, number);
  }
}

static inline void test_evaluate(const mmd_graph_t *graph, mmd_tensor_t outputs[TEST_MAX_VALUES]) {
  mmd_tensor_t inputs[TEST_MAX_VALUES] = {{0}};
  mmd_evaluator_options_t options = {.mode = MMD_EVAL_PLAIN};
  mmd_evaluator_t *evaluator = NULL;
  size_t count = graph->root->input_count;
  assert_true(count <= TEST_MAX_VALUES && graph->root->output_count <= TEST_MAX_VALUES);
  for (size_t i = 0; i < count; ++i) test_make_input(graph->root->inputs[i], &inputs[i]);
  mmd_assert_ok(mmd_evaluator_create(graph, &options, &evaluator));
  mmd_assert_ok(
      mmd_evaluator_run_tensors(evaluator, inputs, count, outputs, graph->root->output_count));
  mmd_evaluator_destroy(evaluator);
  for (size_t i = 0; i < count; ++i) mmd_tensor_deinit(&inputs[i]);
}

static inline void test_assert_same_numbers(const mmd_graph_t *before, const mmd_graph_t *after) {
  mmd_tensor_t a[TEST_MAX_VALUES] = {{0}}, b[TEST_MAX_VALUES] = {{0}};
  assert_int_equal(before->root->output_count, after->root->output_count);
  test_evaluate(before, a);
  test_evaluate(after, b);
  for (size_t i = 0; i < before->root->output_count; ++i) {
    mmd_difference_t difference;
    assert_string_equal(before->root->outputs[i]->name, after->root->outputs[i]->name);
    mmd_assert_ok(mmd_tensor_difference(&a[i], &b[i], &difference));
    if (!(difference.max_rel < 1e-5)) fail_msg("output %zu differs by %g", i, difference.max_rel);
    mmd_tensor_deinit(&a[i]);
    mmd_tensor_deinit(&b[i]);
  }
}

static inline mmd_graph_t *test_run(const char *pass, const char *text,
                                    const mmd_pass_options_t *options) {
  const mmd_pass_options_t defaults = {0};
  const mmd_pass_t *found = NULL;
  mmd_graph_t *graph = test_parse(text);
  bool changed = false;
  mmd_assert_ok(mmd_pass_find(pass, &found));
  mmd_assert_ok(found->run(graph, options ? options : &defaults, &changed));
  mmd_assert_ok(mmd_graph_verify(graph));
  return graph;
}

// |before| becomes |after|; the numbers stay.
static inline void test_pass(const char *pass, const char *before, const char *after) {
  mmd_graph_t *graph = test_run(pass, before, NULL), *original = test_parse(before);
  test_assert_text(graph, after);
  test_assert_same_numbers(original, graph);
  mmd_graph_destroy(original);
  mmd_graph_destroy(graph);
}

// The same without numbers, for graphs that we cannot evaluate.
static inline void test_pass_text(const char *pass, const char *before, const char *after) {
  mmd_graph_t *graph = test_run(pass, before, NULL);
  test_assert_text(graph, after);
  mmd_graph_destroy(graph);
}

// The pass finds nothing to do.
static inline void test_pass_keeps(const char *pass, const char *text) {
  mmd_graph_t *graph = test_run(pass, text, NULL), *original = test_parse(text);
  mmd_str_t expected = {0};
  mmd_assert_ok(mmd_graph_print(original, MMD_TEXT_NO_TYPES, &expected));
  test_assert_text(graph, mmd_str_text(&expected));
  mmd_str_deinit(&expected);
  mmd_graph_destroy(original);
  mmd_graph_destroy(graph);
}

#endif  // MMD_PASSES_PASS_TESTING_H_
